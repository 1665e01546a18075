"""What the child processes do with a world."""

import functools
import os
import signal

from odoo.exceptions import UserError
from odoo.service.model import retrying


def run_night(env, batch_size=25, **options):
    """Run the addon's jobs as the scheduler does every night."""
    env["sale.subscription"]._cron_apply_transitions()
    env["sale.subscription"]._cron_bill(batch_size=batch_size)


def run_night_and_die(env, model, method, when, call=1, batch_size=25):
    """Run the jobs and kill the process, without a chance to clean up, at a point in between.

    :param str model: the model whose method is the point.
    :param str method: name of that method.
    :param str when: 'before' or 'after' the method does its work.
    :param int call: how many times the method is reached.
    """
    watch(env, model, method, when, call, lambda: os.kill(os.getpid(), signal.SIGKILL))
    run_night(env, batch_size)
    return "survived"


def run_prices(env, batch_size=25):
    """Run the job that applies and takes back new prices."""
    env["sale.subscription"]._cron_apply_price_updates(batch_size=batch_size)


def run_prices_and_die(env, model, method, when, call=1):
    """Run it and kill the process at a point in between, see `run_night_and_die`."""
    watch(env, model, method, when, call, lambda: os.kill(os.getpid(), signal.SIGKILL))
    run_prices(env)
    return "survived"


def undo_prices(env):
    """Take back what the price update changed; the job does it."""
    env["sale.subscription.price.update"].search([]).action_undo()


def watch(env, model, method, when, call, react):
    """Let something happen before or after the n-th call of a method."""
    cls = type(env[model])
    original = getattr(cls, method)
    count = 0

    @functools.wraps(original)
    def wrapper(self, *args, **kwargs):
        nonlocal count
        count += 1
        mine = count == call
        if mine and when == "before":
            react()
        result = original(self, *args, **kwargs)
        if mine and when == "after":
            react()
        return result

    setattr(cls, method, wrapper)


def run_scheduler(env):
    """Do what a cron worker of Odoo does when it looks at a database."""
    env.cr.commit()
    env.registry["ir.cron"]._process_jobs(env.cr.dbname)


def prepare_scheduler(env, workers=1):
    """Leave only the addon's billing jobs to the scheduler, each run by another user."""
    env["ir.cron"].search([]).active = False
    settings = env["res.config.settings"].create({"subscription_billing_workers": workers})
    settings.set_values()
    jobs = settings._get_billing_jobs().filtered("active")
    users = env.ref("base.user_root") | env.ref("base.user_admin")
    for job, user in zip(jobs, users, strict=False):
        job.user_id = user
    pass_an_hour(env)
    return jobs.ids


def pass_an_hour(env):
    """Make the billing jobs due, and those that failed last time due again."""
    env["ir.cron"].search([]).nextcall = "2026-01-01 00:00:00"
    env.flush_all()
    env.cr.execute(
        "UPDATE sale_subscription SET billing_retry_date = billing_retry_date - interval '1 hour',"
        " billing_error_date = billing_error_date - interval '1 hour'"
    )


def click_all(env, refs):
    """Click on "Invoice now" contract by contract, as a salesperson over RPC.

    :return: how often a click made an invoice, found nothing due, or was told to wait.
    """
    counts = {"invoiced": 0, "nothing due": 0, "being invoiced": 0}
    for ref in refs:
        with env.registry.cursor() as cr:
            user = env(cr=cr)["res.users"].search([("login", "=", "seller")])
            contract = env(cr=cr)["sale.subscription"].search([("client_ref", "=", ref)])
            contract = contract.with_user(user)
            try:
                made = retrying(contract.action_bill, contract.env)
                counts["invoiced" if made else "nothing due"] += 1
            except UserError as error:
                assert "being invoiced right now" in str(error), error
                counts["being invoiced"] += 1
    return counts
