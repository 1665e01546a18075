# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rounding by place: cut a period as you like, the parts add up to the whole.

Within one grid period of price P, a day t after a part F(t) of the period's days stands at
round(P x F(t)). A slice [a, b) costs what lies between its ends: round(P x F(b)) - round(P x F(a)).
Hence any split of a period sums to round(P), every full period costs round(P), and the credit of a
slice is exactly what that slice was charged. Halves round away from zero, as Odoo's currencies do.
"""

from decimal import Decimal
from functools import lru_cache

from .proration import check_span
from .values import amount as to_amount


@lru_cache(maxsize=64, typed=True)
def _grain(quantum):
    """``quantum`` as ``(fraction, coefficient, exponent)``: coefficient x 10^-exponent."""
    value = to_amount(quantum, "quantum")
    if value <= 0:
        raise ValueError(f"quantum must be above zero, not {quantum!r}")
    for exponent in range(29):
        scaled = value * 10**exponent
        if scaled.denominator == 1:
            return value, scaled.numerator, exponent
    raise ValueError(f"quantum must be a decimal number, not {quantum!r}")


def _units(numerator, denominator):
    """The whole number nearest to ``numerator / denominator`` (> 0), halves away from zero."""
    if numerator < 0:
        return -_units(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def _decimal(units, quantum):
    """``units`` quanta as a ``Decimal``, exact at any size."""
    _value, coefficient, exponent = _grain(quantum)
    return Decimal(f"{units * coefficient}E-{exponent}")


def round_half_up(value, quantum):
    """Return ``value`` rounded to a multiple of ``quantum``, halves away from zero.

    :param value: ``int``, ``Decimal``, ``Fraction`` or text
    :param quantum: the currency's rounding, above zero: ``Decimal('0.01')``, ``Decimal('0.05')``…
    :rtype: decimal.Decimal
    :raises ValueError: for a bad value or quantum (a float: see ``exact``)

    >>> from fractions import Fraction
    >>> round_half_up(Fraction(5, 2), Decimal(1)), round_half_up(Fraction(-5, 2), Decimal(1))
    (Decimal('3'), Decimal('-3'))
    >>> round_half_up('12.345', Decimal('0.01')), round_half_up('12.33', Decimal('0.05'))
    (Decimal('12.35'), Decimal('12.35'))
    """
    grain = _grain(quantum)[0]
    value = to_amount(value, "value")
    units = _units(value.numerator * grain.denominator, value.denominator * grain.numerator)
    return _decimal(units, quantum)


def _units_within(price, grid_start, grid_end, start, end, quantum):
    """The quanta of ``[start, end)``; parameters as for :func:`amount_within`."""
    grain = _grain(quantum)[0]
    numerator = price.numerator * grain.denominator
    denominator = price.denominator * grain.numerator * (grid_end - grid_start).days
    before, after = (start - grid_start).days, (end - grid_start).days
    return _units(numerator * after, denominator) - _units(numerator * before, denominator)


def amount_within(price, grid_start, grid_end, start, end, quantum):
    """Return the rounded amount of ``[start, end)`` inside one grid period, by place.

    :param fractions.Fraction price: exact price of the full period
    :param datetime.date grid_start: first day of the grid period
    :param datetime.date grid_end: the day after its last
    :param datetime.date start: first day of the slice, not before the grid period
    :param datetime.date end: the day after its last, not after the grid period
    :param quantum: the currency's rounding, above zero
    :rtype: decimal.Decimal

    >>> from datetime import date
    >>> from fractions import Fraction
    >>> month = date(2026, 1, 1), date(2026, 2, 1)
    >>> amount_within(Fraction(10), *month, date(2026, 1, 16), date(2026, 2, 1), Decimal('0.01'))
    Decimal('5.16')
    """
    return _decimal(_units_within(price, grid_start, grid_end, start, end, quantum), quantum)


def rounded_slice(amount, recurrence, start, end, quantum):
    """Return the rounded amount of ``[start, end)`` for a price per period, by place.

    Over several grid periods it is the sum of its parts, a full period being round(amount).

    :param amount: price of one full period: ``int``, ``Decimal``, ``Fraction`` or text
    :param Recurrence recurrence: the grid
    :param datetime.date start: first day
    :param datetime.date end: the day after the last
    :param quantum: the currency's rounding, above zero
    :rtype: decimal.Decimal
    :raises ValueError: for a bad amount, span or quantum

    >>> from datetime import date
    >>> from .recurrence import Recurrence
    >>> monthly, cent = Recurrence('month', 1, date(2026, 1, 1)), Decimal('0.01')
    >>> cuts = [date(2026, 2, 1), date(2026, 2, 11), date(2026, 2, 21), date(2026, 3, 1)]
    >>> [str(rounded_slice('10', monthly, a, b, cent)) for a, b in zip(cuts, cuts[1:])]
    ['3.57', '3.57', '2.86']
    """
    check_span(start, end)
    if end is None:
        raise ValueError("an endless slice has no amount")
    price = to_amount(amount)
    units = sum(
        _units_within(price, grid_start, grid_end, left, right, quantum)
        for _index, grid_start, grid_end, left, right in recurrence.slices(start, end)
    )
    return _decimal(units, quantum)
