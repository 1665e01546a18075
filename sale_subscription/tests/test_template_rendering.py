from datetime import date

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestTemplateRendering(SubscriptionCommon):
    """Every mail and every document of ours renders on every record of its model.

    Core renders a template on the newest record whenever it is written, also by an update of the
    module: one record on which it fails stops the update of the whole database.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-03-10 12:00:00"):
            contracts = cls._make_contracts()
            cls.records = {
                "sale.subscription": contracts,
                "account.move": contracts.invoice_ids | cls._make_moves(),
                "sale.order": cls._make_orders(),
            }

    @classmethod
    def _make_contracts(cls):
        """Make contracts in every state, with as little on them as each allows."""
        bare = cls.env["sale.subscription"].create({"partner_id": cls.partner.id})
        draft = cls._create_contract("2026-03-01")
        running = cls._activate("2026-03-01")
        limited = cls._activate("2026-03-01", end_date="2026-12-31")
        paused = cls._activate("2026-03-01")
        paused.action_pause()
        closing = cls._activate("2026-03-01")
        closed = cls._activate("2026-03-01")
        for contract in running | closing | closed:
            contract.action_bill(until="2026-03-10")
        closing.action_close(cls.reason.id, when="period_end")
        closed.action_close(cls.reason.id, when="now")
        nobody = cls._activate("2026-03-01")
        nobody.partner_id = cls.env["res.partner"].create({"name": "No Address"})
        found = bare | draft | running | limited | paused | closing | closed | nobody
        cls.states = set(found.mapped("state"))
        cls.closing = closing
        return found

    @classmethod
    def _make_moves(cls):
        """Make moves that have nothing to do with contracts: the newest one may be any of them."""
        entry = cls.env["account.move"].create({"move_type": "entry"})
        bill = cls.env["account.move"].create({"move_type": "in_invoice"})
        refund = cls.env["account.move"].create(
            {"move_type": "out_refund", "partner_id": cls.partner.id}
        )
        cancelled = entry.copy()
        cancelled.button_cancel()
        return entry | bill | refund | cancelled

    @classmethod
    def _make_orders(cls):
        """Make orders with and without anything that recurs."""
        Order = cls.env["sale.order"]
        line = Command.create({"product_id": cls.seat.id, "product_uom_qty": 2})
        draft = Order.create({"partner_id": cls.partner.id})
        confirmed = Order.create({"partner_id": cls.partner.id, "order_line": [line]})
        confirmed.action_confirm()
        cancelled = Order.create({"partner_id": cls.partner.id, "order_line": [line]})
        cancelled._action_cancel()
        return draft | confirmed | cancelled

    def _get_templates(self):
        names = self.env["ir.model.data"].search(
            [("module", "=", "sale_subscription"), ("model", "=", "mail.template")]
        )
        return self.env["mail.template"].browse(names.mapped("res_id"))

    def test_every_mail(self):
        self.assertEqual(self.states, {"draft", "active", "paused", "closed"})
        self.assertTrue(self.closing.close_date)
        templates = self._get_templates()
        self.assertGreaterEqual(len(templates), 13)
        for template in templates:
            names = template._get_dynamic_field_names()
            for record in self.records[template.model]:
                with self.subTest(mail=template.name, record=record.display_name):
                    for name in names:
                        template._render_field(name, record.ids)

    def test_writing_a_mail_while_the_newest_record_is_bare(self):
        self.env["sale.subscription"].create({"partner_id": self.partner.id})
        self.env["account.move"].create({"move_type": "entry"})
        self.env["sale.order"].create({"partner_id": self.partner.id})
        for template in self._get_templates():
            with self.subTest(mail=template.name):
                template.write({"subject": template.subject, "body_html": template.body_html})
                self.assertTrue(template.copy().exists())

    def test_every_document(self):
        report = self.env["ir.actions.report"]
        for contract in self.records["sale.subscription"]:
            with self.subTest(contract=contract.display_name):
                html, kind = report._render_qweb_html(
                    "sale_subscription.action_report_subscription", contract.ids
                )
                self.assertEqual(kind, "html")
                self.assertIn(contract.display_name, html.decode())

    def test_the_last_day_of_a_closing_is_named(self):
        template = self.env.ref("sale_subscription.mail_template_portal_close")
        body = template._render_field("body_html", self.closing.ids)[self.closing.id]
        # Monthly from 1 March, closed at the end of what was invoiced.
        self.assertEqual(self.closing.close_date, date(2026, 4, 1))
        self.assertIn("03/31/2026", body)
