from odoo import SUPERUSER_ID, api

#: What an event says beside its amounts, worked out from those before it.
COUNTERS = """
    WITH past AS (
        SELECT id, subscription_id, kind, mrr, date,
               COALESCE(LAG(mrr) OVER history, 0) AS mrr_before,
               MIN(date) FILTER (WHERE mrr > 0) OVER (PARTITION BY subscription_id) AS first_date,
               CASE WHEN kind = 'churn' THEN 0 ELSE 1 END AS running
          FROM sale_subscription_event
        WINDOW history AS (PARTITION BY subscription_id ORDER BY date, id)
    ), counted AS (
        SELECT past.*,
               CASE WHEN date >= first_date
                    THEN running - COALESCE(LAG(running) OVER history, 0) ELSE 0 END
                   AS running_delta
          FROM past
        WINDOW history AS (
            PARTITION BY subscription_id, (date >= first_date) ORDER BY date, id
        )
    )
    UPDATE sale_subscription_event AS event
       SET running_delta = counted.running_delta,
           paying_delta = (counted.mrr > 0)::int - (counted.mrr_before > 0)::int,
           customer_key = COALESCE(event.customer_key, event.partner_id),
           cohort_date = CASE WHEN event.date >= first_date THEN first_date END,
           month_no = EXTRACT(YEAR FROM event.date) * 12 + EXTRACT(MONTH FROM event.date),
           cohort_month_no = CASE WHEN event.date >= first_date THEN
               EXTRACT(YEAR FROM first_date) * 12 + EXTRACT(MONTH FROM first_date) END
      FROM counted
     WHERE event.id = counted.id
"""

#: A contract was handed over between two events: out of the old hands, into the new ones.
TRANSFERS = """
    WITH past AS (
        SELECT event.*,
               SUM(amount_company) OVER history - amount_company AS company_before,
               mrr - amount AS mrr_before,
               LAG(id) OVER history AS before_id,
               SUM(running_delta) OVER history - running_delta AS running_before
          FROM sale_subscription_event AS event
        WINDOW history AS (PARTITION BY subscription_id ORDER BY date, id)
    )
    INSERT INTO sale_subscription_event (
        subscription_id, date, kind, amount, amount_company, mrr, user_id, team_id, template_id,
        plan_id, partner_id, customer_key, company_id, currency_id, running_delta, paying_delta,
        cohort_date, month_no, cohort_month_no, create_uid, write_uid, create_date, write_date
    )
    SELECT past.subscription_id, past.date, 'transfer', side.sign * past.mrr_before,
           side.sign * past.company_before,
           CASE WHEN side.sign > 0 THEN past.mrr_before ELSE 0 END,
           hands.user_id, hands.team_id, hands.template_id, hands.plan_id, hands.partner_id,
           hands.customer_key, past.company_id, past.currency_id, side.sign,
           side.sign * (past.mrr_before > 0)::int, past.cohort_date, past.month_no,
           past.cohort_month_no, 1, 1, past.create_date, past.write_date
      FROM past
      JOIN sale_subscription_event AS before ON before.id = past.before_id
CROSS JOIN (VALUES (-1), (1)) AS side(sign)
      JOIN sale_subscription_event AS hands
        ON hands.id = CASE WHEN side.sign < 0 THEN before.id ELSE past.id END
     WHERE past.running_before > 0
       AND (past.user_id, past.team_id, past.template_id, past.plan_id, past.customer_key)
           IS DISTINCT FROM
           (before.user_id, before.team_id, before.template_id, before.plan_id,
            before.customer_key)
  ORDER BY past.subscription_id, past.id, side.sign
"""


def migrate(cr, version):
    """Say of the events so far what reports now read, and log what wasn't logged before.

    Hand-overs between two events are dated as the second; one after the last event, and the end of
    a contract that had no MRR left, are logged now.
    """
    cr.execute(COUNTERS)
    cr.execute(TRANSFERS)
    env = api.Environment(cr, SUPERUSER_ID, {})
    env.invalidate_all()
    env["sale.subscription.customer.movement"]._rebuild()
    contracts = env["sale.subscription"].search([("state", "in", ("active", "paused", "closed"))])
    for start in range(0, len(contracts), 1000):
        contracts[start : start + 1000]._sync_mrr()
        env.flush_all()
        env.invalidate_all()
