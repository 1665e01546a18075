# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""This addon: as `collect`, and each customer gets a receipt by e-mail (queued, not sent)."""

from . import collect
from .collect import MODULE, STEPS, count, warm_up

__all__ = ["MODULE", "STEPS", "count", "prepare", "warm_up"]


def prepare(env, number):
    collect.RECEIPTS = True
    collect.prepare(env, number)
