"""Invoices to collect, and what the child processes do about them."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from bank import note_charge
from jobs import watch
from world import Catalog, make_seller

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import retrying

from odoo.addons.sale_subscription.models.collecting import sale_subscription_attempt

BEING_PAID = ("is being paid right now", "is being charged already", "has been paid meanwhile")


# === THE WORLD === #
class CardCatalog(Catalog):
    """Customers with a saved card; two contracts each, an invoice per contract."""

    def __init__(self, env):
        super().__init__(env)
        self.provider = env.ref("payment.payment_provider_demo")
        # The first look at it makes core write how its payments are booked; two processes that look
        # at once write that twice, and core can't book any payment any more.
        assert self.provider.journal_id
        self.get_template("advance", "charge").write(
            {"retry_days": "1,3,5,7", "auto_close_days": 15}
        )

    def get_partner(self, number):
        partner = super().get_partner(number)
        partner.subscription_invoice_grouping = "contract"
        return partner

    def make_charged(self, number, start):
        contract = self.make_contract(number, "plan_monthly", start, "advance", "charge")
        contract.payment_token_id = self.get_card(contract.partner_id)
        return contract

    def get_card(self, partner):
        return partner.payment_token_ids[:1] or self.env["payment.token"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "partner_id": partner.id,
                "payment_details": "4242",
                "provider_ref": "demo",
                "demo_simulated_state": "done",
            }
        )


def seed_cards(env, count):
    """Write monthly contracts with cards, each with one posted invoice that is due today."""
    catalog = CardCatalog(env)
    make_seller(env)
    start = env.company._get_subscription_today()
    for number in range(count):
        catalog.make_charged(number, start)
    env.flush_all()
    env["sale.subscription"]._cron_bill()
    return env["account.move"].search_count([("state", "=", "posted")])


# === THE BANK === #
def open_bank(env, ledger, pause=0, pause_at=None, refusal=None):
    """Let every charge leave a line in the bank's list before the demo provider answers.

    :param str ledger: path of the list.
    :param float pause: seconds the bank takes to answer.
    :param int pause_at: only this charge of this process takes that long.
    :param str refusal: what the bank says when it refuses; nothing is charged then.
    """
    cls = type(env["payment.transaction"])
    original = cls._send_payment_request
    count = 0

    def _send_payment_request(transaction):
        nonlocal count
        count += 1
        if refusal:
            transaction._set_canceled(state_message=refusal)
            return
        note_charge(
            ledger,
            reference=transaction.reference,
            invoice=transaction.invoice_ids.name,
            order=transaction.sale_order_ids.client_order_ref,
            amount=transaction.amount,
        )
        if pause_at in (None, count):
            time.sleep(pause)
        original(transaction)

    cls._send_payment_request = _send_payment_request


# === COLLECTING === #
def run_collecting(env, **bank):
    """Run the collecting job."""
    open_bank(env, **bank)
    env["sale.subscription"]._cron_collect()


def run_collecting_and_die(env, model, method, when, call=1, **bank):
    """Run the collecting job and kill the process at a point; see `run_night_and_die`."""
    watch(env, model, method, when, call, lambda: os.kill(os.getpid(), signal.SIGKILL))
    run_collecting(env, **bank)
    return "survived"


def abandon_attempts(env, method, **bank):
    """Leave every attempt as a process does that always dies before the same method."""
    setattr(type(env["sale.subscription.attempt"]), method, lambda self: None)
    run_collecting(env, **bank)


def resolve_all_the_time(env, stop):
    """Look for dead processes again and again, and take everything in progress for abandoned."""
    sale_subscription_attempt.INTERRUPTED_AFTER = timedelta(hours=-1)
    repeat(env["sale.subscription.attempt"]._resolve_interrupted, stop, pause=0.02)


def post_process_all_the_time(env, stop):
    """Run core's own job again and again."""
    env.cr.commit()
    repeat(env["payment.transaction"]._cron_post_process, stop)


def repeat(method, stop, pause=0):
    """Call a method, each time in a transaction of its own, until a file is there."""
    while not Path(stop).exists():
        method()
        method.__self__.env.cr.commit()
        time.sleep(pause)


def bill_next_month(env):
    """Run the billing job in small batches."""
    env["sale.subscription"]._cron_bill(batch_size=10)


# === PEOPLE === #
def click_charge(env, refs, **bank):
    """Click on "Charge" contract by contract, as a salesperson over RPC.

    :return: how many charges the clicks made, and how often the salesperson was told to wait.
    """
    open_bank(env, **bank)
    counts = {"charged": 0, "told to wait": 0}
    for ref in refs:
        with env.registry.cursor() as cr:
            user = env(cr=cr)["res.users"].search([("login", "=", "seller")])
            contract = env(cr=cr)["sale.subscription"].search([("client_ref", "=", ref)])
            contract = contract.with_user(user)
            try:
                counts["charged"] += len(retrying(contract.action_collect, contract.env))
            except UserError as error:
                assert any(text in str(error) for text in BEING_PAID), error
                counts["told to wait"] += 1
    return counts


def click_charge_and_die(env, refs, model, method, when, call=1, **bank):
    """Click on "Charge" and kill the process at a point; see `run_night_and_die`."""
    watch(env, model, method, when, call, lambda: os.kill(os.getpid(), signal.SIGKILL))
    click_charge(env, refs, **bank)
    return "survived"


def begin_payments(env, operation, ledger):
    """Begin to pay every invoice online, the last one first, as customers on the portal.

    :param str operation: 'online_redirect': the customer leaves to the provider's page;
        'online_token': a saved card is charged at once.
    :return: names of the invoices whose payment began.
    """
    open_bank(env, ledger)
    begun = []
    for move in env["account.move"].search([("state", "=", "posted")], order="id desc"):
        with env.registry.cursor() as cr:
            own = move.with_env(env(cr=cr))
            try:
                retrying(lambda own=own: begin_payment(own, operation), own.env)
                begun.append(own.name)
            except UserError as error:
                assert any(text in str(error) for text in BEING_PAID), error
    return begun


def begin_payment(move, operation):
    """Do what the portal does when a customer clicks on "Pay"."""
    token = move.line_ids.subscription_id.payment_token_id
    transaction = move.env["payment.transaction"].create(
        {
            "provider_id": token.provider_id.id,
            "payment_method_id": token.payment_method_id.id,
            "token_id": token.id if operation == "online_token" else False,
            "amount": move.amount_residual,
            "currency_id": move.currency_id.id,
            "partner_id": move.partner_id.id,
            "operation": operation,
            "invoice_ids": [Command.set(move.ids)],
        }
    )
    if operation == "online_token":
        transaction._charge_with_token()


def decide(env, made):
    """Click on one of the two buttons wherever a payment is in doubt."""
    contracts = env["sale.subscription"].search([("payment_exception", "=", True)])
    for contract in contracts:
        if made:
            contract.action_payment_was_made()
        else:
            contract.action_payment_was_not_made()
    return len(contracts)
