# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the engine takes as a date and as an amount."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction


def check_date(value, name):
    """Return ``value`` when it is a plain date.

    :param value: what should be a ``datetime.date``; a ``datetime`` is an instant, not a day
    :param str name: how the error calls it
    :raises ValueError: when it is anything else

    >>> check_date(date(2026, 1, 31), 'start')
    datetime.date(2026, 1, 31)
    >>> check_date(datetime(2026, 1, 31, 12), 'start')
    Traceback (most recent call last):
    ValueError: start must be a date, not datetime.datetime(2026, 1, 31, 12, 0)
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(f"{name} must be a date, not {value!r}")


def amount(value, name="amount"):
    """Return an exact number as a ``Fraction``; a float is refused, see :func:`exact`.

    :param value: ``int``, ``Decimal``, ``Fraction`` or text such as ``'9.99'`` or ``'1/3'``
    :param str name: how the error calls it
    :raises ValueError: for a float, a boolean, NaN, an infinity or what is no number

    >>> amount('9.99')
    Fraction(999, 100)
    >>> amount(0.1, 'price')
    Traceback (most recent call last):
    ValueError: price is a float: 0.1; pass it through exact() first
    """
    if type(value) is Fraction:
        return value
    if isinstance(value, float):
        raise ValueError(f"{name} is a float: {value!r}; pass it through exact() first")
    try:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal, Fraction, str)):
            raise ValueError
        return Fraction(value)
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        raise ValueError(f"{name} must be a finite number, not {value!r}") from error


def exact(value, name="amount"):
    """Return any number as a ``Fraction``; a float counts as the decimal it is written as.

    This is the one door through which floats (every ``Float`` and ``Monetary`` field of Odoo)
    enter the engine: ``0.1`` becomes one tenth, not 3602879701896397/36028797018963968.

    :param value: what :func:`amount` takes, or a finite ``float``
    :raises ValueError: for a boolean, NaN, an infinity or what is no number

    >>> exact(0.1), exact(19.95)
    (Fraction(1, 10), Fraction(399, 20))
    >>> exact(float('nan'))
    Traceback (most recent call last):
    ValueError: amount must be a finite number, not 'nan'
    """
    return amount(repr(float(value)) if isinstance(value, float) else value, name)
