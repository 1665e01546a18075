# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Ratios of recurring revenue over a period.

Amounts lost (churn, contraction) are given as positive numbers; every ratio is an exact
``Fraction`` (0.05 is 5 %). A ratio whose denominator is zero is empty: ``None``, not 0 %.
"""

from fractions import Fraction

from .values import amount


def ratio(part, whole):
    """Return ``part / whole``, or ``None`` when there is no whole.

    :raises ValueError: for a bad number, as in every function here

    >>> ratio(10, 200), ratio(10, 0)
    (Fraction(1, 20), None)
    """
    whole = amount(whole, "whole")
    return amount(part, "part") / whole if whole else None


def gross_churn(start, churn, contraction):
    """Return gross revenue churn: (churn + contraction) / MRR at the start.

    >>> gross_churn(100, 10, 10)
    Fraction(1, 5)
    """
    return ratio(amount(churn) + amount(contraction), start)


def net_churn(start, churn, contraction, expansion, reactivation=0):
    """Return net revenue churn: what was lost less what running contracts gained, / the start.

    >>> net_churn(100, 10, 10, 10)
    Fraction(1, 10)
    """
    gained = amount(expansion) + amount(reactivation)
    return ratio(amount(churn) + amount(contraction) - gained, start)


def gross_retention(start, churn, contraction):
    """Return gross revenue retention (GRR): 1 - gross churn, at most 1.

    >>> gross_retention(20000, 1200, 800)
    Fraction(9, 10)
    """
    lost = gross_churn(start, churn, contraction)
    return None if lost is None else min(1 - lost, Fraction(1))


def net_retention(start, churn, contraction, expansion):
    """Return net revenue retention (NRR): what the contracts of the start are worth now, / then.

    >>> net_retention(20000, 1200, 800, 3000)
    Fraction(21, 20)
    """
    lost = net_churn(start, churn, contraction, expansion)
    return None if lost is None else 1 - lost


def quick_ratio(new, expansion, reactivation, churn, contraction):
    """Return how much was won for each unit lost: (new + expansion + reactivation) / lost.

    >>> quick_ratio(20000, 8000, 0, 5000, 3000)
    Fraction(7, 2)
    """
    won = amount(new) + amount(expansion) + amount(reactivation)
    return ratio(won, amount(churn) + amount(contraction))


def lifetime_value(average, churn_rate, margin=1):
    """Return lifetime value (LTV): average MRR per contract x margin / contract churn per month.

    >>> lifetime_value(100, '0.05', margin='0.8')
    Fraction(1600, 1)
    """
    return ratio(amount(average) * amount(margin), churn_rate)


def run_rate(mrr):
    """Return the annual run-rate (ARR): 12 x MRR.

    >>> run_rate('814.87') == amount('9778.44')
    True
    """
    return 12 * amount(mrr)
