from .common import SubscriptionCommon


class ChangeDialogCommon(SubscriptionCommon):
    """Contracts of a salesperson, for the dialogs that change, pause and close them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.user_id = cls.salesman

    def _start(self, **values):
        line = {"price_unit": 31.0, "quantity": 2, **values.pop("line", {})}
        with self._today("2026-03-01"):
            contract = self._activate(
                "2026-03-01", lines=[line], user_id=self.salesman.id, **values
            )
            self._bill(contract, "2026-03-01")
        return contract.with_user(self.salesman)

    def _text(self, text):
        return text.replace("\N{NO-BREAK SPACE}", " ")
