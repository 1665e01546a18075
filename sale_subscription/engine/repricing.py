# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""New prices from old ones: by a percentage, by an index, rounded to what a price looks like."""

from decimal import Decimal

from .rounding import round_half_up
from .values import amount as to_amount

MAX_PLACES = 6


def raised(price, percent):
    """Return a price raised by a percentage, exactly.

    :param price: ``int``, ``Decimal``, ``Fraction`` or text
    :param percent: the same; below zero lowers the price, not below nothing
    :rtype: fractions.Fraction
    :raises ValueError: for a bad number or a percentage below -100

    >>> raised('9.99', 3)
    Fraction(102897, 10000)
    """
    percent = to_amount(percent, "percent")
    if percent < -100:
        raise ValueError(f"a price can't fall by more than 100 %, not {percent}")
    return to_amount(price, "price") * (100 + percent) / 100


def indexed(price, old, new):
    """Return a price that follows an index from one reading to another, exactly.

    :param price: ``int``, ``Decimal``, ``Fraction`` or text
    :param old: the index the price was agreed at, above zero
    :param new: the index now, above zero
    :rtype: fractions.Fraction
    :raises ValueError: for a bad number or an index that isn't above zero

    >>> indexed('10', '100', '104.2')
    Fraction(521, 50)
    """
    old, new = to_amount(old, "old"), to_amount(new, "new")
    if old <= 0 or new <= 0:
        raise ValueError("an index must be above zero")
    return to_amount(price, "price") * new / old


def places(value):
    """Return how many decimals a price is written with, six at most.

    >>> places('10'), places('9.9'), places('0.0125'), places('1/3')
    (0, 1, 4, 6)
    """
    value = to_amount(value, "value")
    for count in range(MAX_PLACES):
        if (value * 10**count).denominator == 1:
            return count
    return MAX_PLACES


def as_fine_as(price, old_price, quantum):
    """Return a price rounded to the currency; as fine as the old price where that is below one.

    Small prices (a kilowatt-hour, a message) are written with more decimals than a currency has;
    on larger ones such decimals are left over from a conversion. What would come out free that way
    gets six decimals.

    :param price: the exact new price
    :param old_price: the price it replaces
    :param decimal.Decimal quantum: the currency's rounding, above zero
    :rtype: decimal.Decimal

    >>> cent = Decimal('0.01')
    >>> [str(as_fine_as(*prices, cent)) for prices in (('10.2897', '9.99'), ('82.39176', '79.992'))]
    ['10.29', '82.39']
    >>> str(as_fine_as('0.012875', '0.0125', cent))
    '0.0129'
    >>> str(as_fine_as('0.00164383', '0.05', cent))
    '0.001644'
    """
    if abs(to_amount(old_price, "old_price")) < 1:
        quantum = min(quantum, Decimal(1).scaleb(-places(old_price)))
    rounded = round_half_up(price, quantum)
    if not rounded and to_amount(price, "price"):
        rounded = round_half_up(price, min(quantum, Decimal(1).scaleb(-MAX_PLACES)))
    return rounded


def ending_in(price, step, ending=0):
    """Return the nearest price of the form *multiple of a step, plus an ending*.

    Halves go away from zero; what costs something never comes out free.

    :param price: the exact new price
    :param step: what the price is a multiple of, above zero
    :param ending: added to the multiple, from zero to less than the step
    :rtype: decimal.Decimal
    :raises ValueError: for a bad step or ending

    >>> step = Decimal('0.05')
    >>> [str(ending_in(price, step)) for price in ('10.2897', '10.275', '0.01', '0')]
    ['10.30', '10.30', '0.05', '0.00']
    >>> [str(ending_in(price, Decimal(1), '0.99')) for price in ('10.29', '10.60', '0.20')]
    ['9.99', '10.99', '0.99']
    >>> str(ending_in('-5.15', Decimal('0.5')))
    '-5.0'
    """
    price, offset = to_amount(price, "price"), to_amount(ending, "ending")
    if price < 0:
        return -ending_in(-price, step, ending)
    if not 0 <= offset < to_amount(step, "step"):
        raise ValueError(f"an ending lies between zero and the step, not {ending!r}")
    decimal_ending = Decimal(offset.numerator) / Decimal(offset.denominator)
    rounded = round_half_up(price - offset, step) + decimal_ending
    if price and rounded <= 0:
        rounded += Decimal(step)
    return rounded
