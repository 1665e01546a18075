-- A copied database never bills: its invoices and mails would reach real customers.
UPDATE ir_cron
   SET active = false
 WHERE id IN (
       SELECT cron.id
         FROM ir_cron cron
         JOIN ir_act_server action ON action.id = cron.ir_actions_server_id
         JOIN ir_model model ON model.id = action.model_id
        WHERE model.model = 'sale.subscription'
       );
