from odoo.exceptions import AccessError, ConcurrencyError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.public_common import SubscriptionPublicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestPublicOffer(SubscriptionPublicCommon):
    """What the public page of a template says, and which choices it takes."""

    def _get_total(self, plan=None, **quantities):
        options = {"storage": self.storage_option, "backup": self.backup_option}
        chosen = {options[name]: quantity for name, quantity in quantities.items()}
        return self.offer._get_public_total(self.visitor, plan or self.monthly, chosen)

    # === PRICES === #
    def test_prices_and_savings(self):
        monthly, yearly = self.offer._get_public_offer(self.visitor)
        self.assertEqual((monthly["plan"], yearly["plan"]), (self.monthly, self.yearly))
        self.assertEqual((monthly["price"], yearly["price"]), (10.0, 100.0))
        self.assertEqual((monthly["saving"], monthly["saving_percent"]), (0.0, 0))
        # 12 × 10.00 − 100.00 = 20.00, a sixth: rounded down, as a promise has to be.
        self.assertEqual((yearly["saving"], yearly["saving_percent"]), (20.0, 16))
        self.assertEqual(monthly["tax_note"], "plus taxes")
        self.assertEqual(
            monthly["options"],
            {
                self.storage_option.id: "$\xa05.00 per month",
                self.backup_option.id: "$\xa03.00 per month",
            },
        )
        self.assertEqual(
            yearly["options"],
            {
                self.storage_option.id: "$\xa060.00 per year",
                self.backup_option.id: "$\xa036.00 per year",
            },
        )

    def test_companies_that_show_taxes_show_them_here(self):
        self.company.account_price_include = "tax_included"
        self.tax.price_include_override = "tax_included"
        self.tax.price_include_override = "tax_excluded"
        monthly, yearly = self.offer._get_public_offer(self.visitor)
        self.assertEqual((monthly["price"], yearly["price"]), (11.0, 110.0))
        self.assertEqual(yearly["saving"], 22.0)
        self.assertEqual(monthly["tax_note"], "taxes included")

    def test_a_dearer_long_plan_saves_nothing(self):
        self._create_product_rule(
            self.seat, 130.0, subscription_plan_id=self.yearly.id, min_quantity=0
        )
        self.pricelist.item_ids.filtered(lambda item: item.fixed_price == 100.0).unlink()
        yearly = self.offer._get_public_offer(self.visitor)[1]
        self.assertEqual((yearly["saving"], yearly["saving_percent"]), (0.0, 0))

    def test_an_option_that_is_a_must_is_in_the_price(self):
        self.storage_option.min_quantity = 2
        monthly, yearly = self.offer._get_public_offer(self.visitor)
        self.assertEqual((monthly["price"], yearly["price"]), (20.0, 220.0))
        self.assertEqual(self.offer._read_public_choice()[1], {self.storage_option: 2.0})
        for quantity in (0, "0", 1, "1"):
            with self.assertRaisesRegex(UserError, "from 2 to 10"):
                self.offer._read_public_choice(None, {self.storage_option.id: quantity})

    # === TOTALS === #
    def test_total_of_a_choice(self):
        total = self._get_total(storage=2, backup=1)
        recurring = total["totals"]["recurring"][0]
        self.assertEqual((recurring["untaxed"], recurring["total"]), (23.0, 25.3))
        self.assertEqual(total["today"], 25.3)
        self.assertEqual((str(total["next"]["date"]), total["next"]["total"]), ("2026-04-10", 25.3))
        self.assertFalse(total["order"].id)

    def test_total_with_a_trial(self):
        self.offer.trial_days = 14
        total = self._get_total(self.yearly)
        self.assertEqual(total["today"], 0.0)
        self.assertEqual((str(total["next"]["date"]), total["next"]["total"]), ("2026-03-24", 110))
        self.offer.trial_end_action = "close"
        self.assertFalse(self._get_total()["next"])

    def test_total_on_a_fixed_day_of_the_month(self):
        """22 of 31 days of March: 10.00 × 22/31 = 7.10, plus 10 %."""
        self.offer.write({"anchor": "day", "anchor_day": 1})
        total = self._get_total()
        self.assertEqual(total["today"], 7.81)
        self.assertEqual((str(total["next"]["date"]), total["next"]["total"]), ("2026-04-01", 11.0))
        self.offer.trial_days = 14
        # 24 to 31 March: 8 of 31 days.
        total = self._get_total()
        self.assertEqual((str(total["next"]["date"]), total["next"]["total"]), ("2026-03-24", 2.84))

    def test_total_in_arrears(self):
        self.offer.timing = "arrears"
        total = self._get_total()
        self.assertEqual(total["today"], 0.0)
        self.assertEqual((str(total["next"]["date"]), total["next"]["total"]), ("2026-04-10", 11.0))

    def test_total_of_what_ends_by_itself(self):
        self.offer.write({"duration_count": 1, "duration_unit": "month"})
        self.assertFalse(self._get_total()["next"])

    def test_what_is_sold_once_comes_with_the_first_invoice(self):
        self.offer.line_ids = [Command.create({"product_id": self.setup_fee.id})]
        total = self._get_total()
        self.assertEqual((total["today"], total["next"]["total"]), (66.0, 11.0))
        self.offer.trial_days = 14
        total = self._get_total()
        self.assertEqual((total["today"], total["next"]["total"]), (0.0, 66.0))

    # === CHOICES === #
    def test_choices_that_are_refused(self):
        foreign = self._create_template(
            name="Other",
            option_ids=[Command.create({"product_id": self.backup.id, "max_quantity": 1})],
        )
        storage = str(self.storage_option.id)
        refused = [
            (self.weekly.id, {}),
            (0, {}),
            (-1, {}),
            ("abc", {}),
            ("²", {}),
            (10**30, {}),
            ([1], {}),
            (None, {storage: -1}),
            (None, {storage: 11}),
            (None, {storage: "1e400"}),
            (None, {storage: "nan"}),
            (None, {storage: "inf"}),
            (None, {storage: 1.5}),
            (None, {storage: "2 seats"}),
            (None, {storage: [1]}),
            (None, {str(self.backup_option.id): 2}),
            (None, {str(foreign.option_ids.id): 1}),
            (None, {str(self.storage.id + 10**6): 1}),
            (None, {"x": 1}),
            (None, [1, 2]),
            (None, "storage"),
        ]
        for plan_id, quantities in refused:
            with self.subTest(plan_id=plan_id, quantities=quantities), self.assertRaises(UserError):
                self.offer._read_public_choice(plan_id, quantities)

    def test_choices_that_are_taken(self):
        storage, backup = self.storage_option, self.backup_option
        taken = [
            ((None, None), (self.monthly, {})),
            ((str(self.yearly.id), {}), (self.yearly, {})),
            ((self.monthly.id, {str(storage.id): "10"}), (self.monthly, {storage: 10.0})),
            ((None, {storage.id: 0, str(backup.id): 1}), (self.monthly, {backup: 1.0})),
            ((None, {str(storage.id): ""}), (self.monthly, {})),
        ]
        for arguments, result in taken:
            with self.subTest(arguments=arguments):
                self.assertEqual(self.offer._read_public_choice(*arguments), result)

    def test_options_nobody_sells_any_more_are_not_offered(self):
        self.storage.active = False
        self.assertEqual(self.offer._get_public_options(), self.backup_option)
        with self.assertRaises(UserError):
            self.offer._read_public_choice(None, {str(self.storage_option.id): 1})

    def test_the_same_key_never_makes_two_orders(self):
        """Two clicks at once: the database refuses the second, and Odoo repeats the request."""
        order = self.offer._create_public_order(self.partner, self.monthly, {}, "a key")
        self.assertEqual(self.env["sale.order"]._find_self_subscription("a key"), order)
        self.assertFalse(self.env["sale.order"]._find_self_subscription("another"))
        with mute_logger("odoo.sql_db"), self.assertRaises(ConcurrencyError):
            self.offer._create_public_order(self.partner, self.monthly, {}, "a key")

    # === PUBLISHING === #
    def test_only_managers_publish(self):
        self.offer.with_user(self.manager).action_unpublish()
        self.assertFalse(self.offer.is_published)
        self.offer.with_user(self.manager).action_publish()
        self.assertTrue(self.offer.is_published)
        with self.assertRaises(AccessError):
            self.offer.with_user(self.salesman).action_unpublish()

    def test_what_sells_nothing_is_not_published(self):
        empty = self._create_template(name="Empty")
        with self.assertRaisesRegex(ValidationError, "includes no recurring product"):
            empty.action_publish()
        once = self._create_template(
            name="Once", line_ids=[Command.create({"product_id": self.setup_fee.id})]
        )
        with self.assertRaisesRegex(ValidationError, "includes no recurring product"):
            once.action_publish()
        with self.assertRaisesRegex(ValidationError, "includes no recurring product"):
            self.offer.line_ids = [Command.clear()]

    def test_who_finds_what(self):
        Template = self.env["sale.subscription.template"]
        self.assertEqual(Template._find_public(), self.offer)
        self.assertEqual(Template._find_public(f"team-space-{self.offer.id}"), self.offer)
        self.assertEqual(Template._find_public(str(self.offer.id)), self.offer)
        for identifier in ("", "team-space", "-1", "0", str(self.template.id), "9" * 40):
            self.assertFalse(Template._find_public(identifier), identifier)
        self.offer.company_id = False
        self.assertEqual(Template._find_public(), self.offer)
        self.seat.sale_ok = False
        self.assertFalse(Template._find_public())

    def test_a_copy_is_not_published(self):
        self.assertFalse(self.offer.copy().is_published)

    # === TERMS === #
    def test_terms_in_words(self):
        self.assertEqual(
            self.offer._get_public_terms(),
            [
                "Each period is paid in advance.",
                "It runs until it is closed.",
                "You can close it online at any time, to the end of the paid period.",
            ],
        )
        self.offer.write(
            {
                "trial_days": 14,
                "timing": "arrears",
                "anchor": "day",
                "anchor_day": 5,
                "duration_count": 1,
                "duration_unit": "year",
                "auto_renew": True,
                "closable": "no",
            }
        )
        self.assertEqual(
            self.offer._get_public_terms(),
            [
                "The first 14 days are free, then payments start.",
                "Each period is invoiced at its end.",
                "Periods start on day 5 of the month; the first one is charged by days.",
                "It runs for one year and then renews by itself for as long again.",
                "Please write to us to close it.",
            ],
        )
