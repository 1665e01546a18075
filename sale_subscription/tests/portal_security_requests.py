from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.portal_security_table import ORDER


class PortalRequests:
    """Makes the requests of the table in `portal_security_table`, for `HttpCase` tests."""

    def _prepare(self, route, params, need, token, token_of):
        """Bring the contract into the state a row needs.

        Returns the ids that rows name, the path, and the parameters of the request.
        """
        ids = self._get_ids(need)
        step = params.get("fingerprint", "").strip("{}")
        if step in ("change", "pause", "resume", "close"):
            ids[step] = self._get_fingerprint(step, ids["line"])
        values = {self._fill(name, ids): self._fill(value, ids) for name, value in params.items()}
        is_payment = values.pop("pay", None)
        if is_payment:
            values = {**self._get_payment_values(), **values}
        if token_of:
            token = self._get_token(route, token_of)
        if "/invoice/transaction" in route:
            values["access_token"] = token or ""  # core's route takes no request without
        elif token and not route.startswith("/subscriptions"):
            values["access_token"] = token
        return ids, self._fill_path(route, values, ids), values

    def _send(self, kind, path, values):
        """Make a request and return the letter of its outcome."""
        with mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model"):
            if kind == "rpc":
                return self._sort_answer(self._rpc(path, **values))
            send = self._get if kind == "get" else self._post
            return self._sort_response(send(path, **values))

    def _get_payment_values(self):
        return {
            "provider_id": self.provider.id,
            "payment_method_id": self.payment_method.id,
            "token_id": None,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/my",
        }

    def _get_token(self, route, contract):
        """Return the token of a document of the kind that the route is about."""
        if route.startswith(ORDER):
            return self._get_orders(contract)[:1].access_token
        if "invoice_id" in route:
            return contract._get_portal_invoices()[:1].access_token
        return contract.access_token

    def _fill_path(self, route, values, ids):
        """Put the ids into a route; what isn't in `values` is the contract's."""
        for name in ("page", "subscription_id", "move_id", "order_id", "invoice_id", "identifier"):
            default = ids.get(name)
            for converter in ("int", "string"):
                part = f"<{converter}:{name}>"
                if part in route:
                    route = route.replace(part, str(values.pop(name, default)))
        step = values.get("step")
        if "<any(" in route:
            values.pop("step")
            route = f"{route.partition('<any(')[0]}{step}"
        return route

    @staticmethod
    def _fill(value, ids):
        """Put ids in the place of their names."""
        if isinstance(value, dict):
            return {
                PortalRequests._fill(name, ids): PortalRequests._fill(item, ids)
                for name, item in value.items()
            }
        if isinstance(value, str) and value.startswith("{"):
            return ids[value.strip("{}")]
        return value

    def _get_ids(self, need):
        """Bring the contract into the state that a row needs, and return ids and fingerprints."""
        contract, foreign = self.contract, self.foreign_contract
        order = self._get_orders(contract)[:1]
        ids = {
            "subscription_id": contract.id,
            "order_id": order.id,
            "order_line": order.order_line.id,
            "foreign_order": self._get_orders(foreign)[:1].id,
            "identifier": self.portal_template.id,
            "hidden": self.hidden_template.id,
            "move": contract._get_portal_invoices()[:1].id,
            "move_id": contract._get_portal_invoices()[:1].id,
            "foreign_move": foreign._get_portal_invoices()[:1].id,
            "card": self.card.id,
            "foreign_card": self.foreign_card.id,
            "reason": self.reason.id,
            "belgium": self.env.ref("base.be").id,
        }
        if need:
            ids |= getattr(self, f"_need_{need}")() or {}
        line = contract._get_priced_lines().filtered(lambda li: li.product_id == self.seat)
        ids["line"] = f"line_{line.id}"
        self.env.flush_all()
        return ids

    def _get_fingerprint(self, step, line_key):
        """Return what confirms a step as the table takes it."""
        if step == "change":
            panel = self.contract._preview_portal_change({line_key: "3"})
        else:
            raw = {
                "pause": {"when": "now", "until": "2026-05-01"},
                "resume": {},
                "close": {"date": "2026-05-01", "reason_id": str(self.reason.id)},
            }[step]
            panel = self.contract._preview_portal_step(step, raw)
        return panel.get("fingerprint", "")

    # === WHAT A ROW NEEDS === #
    def _need_scheduled(self):
        ids = {}
        for name, contract, user in (
            ("scheduled", self.contract, self.owner),
            ("foreign_scheduled", self.foreign_contract, self.stranger),
        ):
            own = contract.with_user(user).sudo()
            ids[name] = own.change_quantity(own.line_ids[:1].id, 5, when="2026-05-01")
        return ids

    def _need_paused(self):
        self.contract.action_pause()

    def _need_pausing(self):
        self.contract.with_user(self.owner).sudo().action_pause(when="period_end")

    def _need_closing(self):
        self.contract.action_close(self.reason.id, when="date", date="2026-05-01")

    def _need_ending(self):
        self.contract.end_date = "2026-04-30"

    def _need_renewal(self):
        self._need_ending()
        order = self.env["sale.order"].sudo().browse(self.contract.action_renew()["res_id"])
        order.action_quotation_sent()
        order._portal_ensure_token()
        return {"renewal": order.id}

    def _need_card(self):
        self.contract.payment_token_id = self.card

    def _need_signature(self):
        self._get_orders(self.contract)[:1].write(
            {"require_signature": True, "require_payment": False}
        )
