# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""New prices from old ones, with figures worked out on paper."""

from decimal import Decimal
from fractions import Fraction

import pytest
from engine.repricing import as_fine_as, ending_in, indexed, places, raised

CENT = Decimal("0.01")


# === BY A PERCENTAGE OR AN INDEX === #
@pytest.mark.parametrize(
    ("price", "percent", "expected"),
    [
        ("100", 3, "103"),
        ("9.99", 10, "10.989"),
        ("9.99", 0, "9.99"),
        ("80", "-12.5", "70"),
        ("-20", 5, "-21"),
        ("50", -100, "0"),
        ("0", 7, "0"),
    ],
)
def test_raised_by_a_percentage(price, percent, expected):
    assert raised(price, percent) == Fraction(expected)


@pytest.mark.parametrize("percent", ["-100.01", -101, -200])
def test_no_price_falls_below_nothing(percent):
    with pytest.raises(ValueError, match="can't fall by more than 100 %"):
        raised("10", percent)


@pytest.mark.parametrize(
    ("price", "old", "new", "expected"),
    [
        ("10", 100, "104.2", "10.42"),
        ("30", 120, 100, "25"),
        ("10", "0.5", "0.75", "15"),
        ("-8", 2, 3, "-12"),
        ("7", 99, 99, "7"),
    ],
)
def test_as_an_index_moves(price, old, new, expected):
    assert indexed(price, old, new) == Fraction(expected)


@pytest.mark.parametrize(("old", "new"), [(0, 1), (1, 0), (-1, 1), (1, -1), (-2, -3), (0, 0)])
def test_an_index_is_above_zero(old, new):
    with pytest.raises(ValueError, match="an index must be above zero"):
        indexed("10", old, new)


@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (raised, (0.1, 1), "price"),
        (raised, ("1", 0.1), "percent"),
        (indexed, (0.1, "1", "2"), "price"),
        (indexed, ("1", 0.1, "2"), "old"),
        (indexed, ("1", "2", 0.1), "new"),
        (places, (0.1,), "value"),
        (as_fine_as, ("1", 0.1, CENT), "old_price"),
        (ending_in, (0.1, "1"), "price"),
        (ending_in, ("1", "1", 0.1), "ending"),
    ],
)
def test_floats_are_refused_by_name(function, arguments, name):
    with pytest.raises(ValueError, match=f"^{name} is a float"):
        function(*arguments)


# === DECIMALS === #
@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("0", 0),
        ("7", 0),
        ("100", 0),
        ("0.5", 1),
        ("-0.25", 2),
        ("1.125", 3),
        ("0.00001", 5),
        ("0.000001", 6),
        ("0.0000001", 6),
        ("1/3", 6),
        ("2.500", 1),
    ],
)
def test_how_many_decimals_a_price_has(value, count):
    assert places(value) == count


@pytest.mark.parametrize(
    ("price", "old_price", "expected"),
    [
        # From one on the currency's own decimals, however many the old price had.
        ("10.2897", "9.99", "10.29"),
        ("1.0345", "1.0044", "1.03"),
        ("1.0345", "1", "1.03"),
        ("-1.0345", "-1.0044", "-1.03"),
        ("-10.2897", "-9.999", "-10.29"),
        # Below one as many as the old price had.
        ("1.02897", "0.999", "1.029"),
        ("0.012875", "0.0125", "0.0129"),
        ("0.0128", "0.0125", "0.0128"),
        ("-0.012875", "-0.0125", "-0.0129"),
        ("-0.51515", "-0.505", "-0.515"),
        # Never coarser than the currency.
        ("0.515", "0.5", "0.52"),
        ("0.104", "0", "0.10"),
        # A price that grows past one keeps what the old one was written with.
        ("1.23456", "0.1234", "1.2346"),
        ("12.3456", "0.125", "12.346"),
        # What would come out free gets six decimals.
        ("0.00164383", "0.05", "0.001644"),
        ("-0.00164383", "-0.05", "-0.001644"),
        ("0.00164283", "0.05", "0.001643"),
        ("0.0049", "2", "0.004900"),
        ("0.005", "2", "0.01"),
        ("0", "0.05", "0.00"),
        ("0", "5", "0.00"),
    ],
)
def test_as_fine_as_the_old_price(price, old_price, expected):
    assert str(as_fine_as(price, old_price, CENT)) == expected


@pytest.mark.parametrize(
    ("price", "old_price", "quantum", "expected"),
    [
        ("1234.5", "1200", "1", "1235"),  # yen
        ("0.55", "0.5", "1", "0.6"),
        ("0.4", "200", "1", "0.400000"),
        ("10.12", "9.80", "0.05", "10.10"),
        ("0.0012345678", "0.001", "0.00000001", "0.00123457"),  # finer than six decimals
        ("0.000000004", "3", "0.00000001", "0E-8"),
    ],
)
def test_other_currencies(price, old_price, quantum, expected):
    assert str(as_fine_as(price, old_price, Decimal(quantum))) == expected


# === ENDINGS === #
@pytest.mark.parametrize(
    ("price", "step", "ending", "expected"),
    [
        ("10.2897", "0.05", 0, "10.30"),
        ("10.275", "0.05", 0, "10.30"),
        ("10.2749", "0.05", 0, "10.25"),
        ("10.29", "1", "0.99", "9.99"),
        ("10.49", "1", "0.99", "10.99"),  # in the middle: away from zero
        ("10.48", "1", "0.99", "9.99"),
        ("147", "10", "9", "149"),
        ("143", "10", "9", "139"),
        ("10", "1", "0", "10"),
        # What costs something never comes out free, nor below nothing.
        ("0.20", "1", "0.99", "0.99"),
        ("0.01", "0.05", 0, "0.05"),
        ("2", "10", 0, "10"),
        ("3", "10", "9", "9"),
        # Nothing stays nothing.
        ("0", "0.05", 0, "0.00"),
        ("0", "10", 0, "0"),
        # Discounts mirror prices.
        ("-5.15", "0.5", 0, "-5.0"),
        ("-10.29", "1", "0.99", "-9.99"),
        ("-0.01", "0.05", 0, "-0.05"),
    ],
)
def test_a_price_ends_as_wished(price, step, ending, expected):
    assert str(ending_in(price, Decimal(step), ending)) == expected


@pytest.mark.parametrize(("step", "ending"), [("1", "1"), ("1", "1.5"), ("1", "-0.01"), ("0", "0")])
def test_an_ending_lies_within_the_step(step, ending):
    with pytest.raises(ValueError, match="an ending lies between zero and the step"):
        ending_in("10", Decimal(step), ending)
