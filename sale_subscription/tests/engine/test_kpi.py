# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Ratios of recurring revenue, with figures worked out on paper."""

from fractions import Fraction

import pytest
from engine import kpi


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (kpi.ratio, (30, 120), "1/4"),
        (kpi.ratio, (0, 120), "0"),
        (kpi.ratio, (-30, 120), "-1/4"),
        (kpi.gross_churn, (200, 30, 20), "1/4"),
        (kpi.gross_churn, (200, 0, 50), "1/4"),
        (kpi.net_churn, (1000, 100, 50, 30), "3/25"),
        (kpi.net_churn, (1000, 100, 50, 30, 20), "1/10"),  # who came back counts
        (kpi.net_churn, (1000, 0, 0, 0, 20), "-1/50"),
        (kpi.net_churn, (1000, 100, 50, 200), "-1/20"),  # more won than lost
        (kpi.gross_retention, (1000, 100, 50), "17/20"),
        (kpi.gross_retention, (1000, 0, 0), "1"),
        (kpi.gross_retention, (1000, 0, -50), "1"),  # never above one
        (kpi.net_retention, (1000, 100, 50, 250), "11/10"),
        (kpi.net_retention, (1000, 100, 50, 0), "17/20"),
        (kpi.quick_ratio, (100, 60, 40, 30, 20), "4"),
        (kpi.quick_ratio, (0, 0, 40, 30, 10), "1"),
        (kpi.quick_ratio, (0, 0, 0, 30, 10), "0"),
        (kpi.lifetime_value, (80, "0.02"), "4000"),
        (kpi.lifetime_value, (80, "0.02", "0.75"), "3000"),
        (kpi.run_rate, ("814.87",), "9778.44"),
    ],
)
def test_figures(function, arguments, expected):
    assert function(*arguments) == Fraction(expected)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (kpi.ratio, (1, 0)),
        (kpi.gross_churn, (0, 10, 10)),
        (kpi.net_churn, (0, 10, 10, 10, 10)),
        (kpi.gross_retention, (0, 10, 10)),
        (kpi.net_retention, (0, 10, 10, 10)),
        (kpi.quick_ratio, (10, 10, 10, 0, 0)),
        (kpi.lifetime_value, (100, 0)),
    ],
)
def test_of_nothing_there_is_no_share(function, arguments):
    assert function(*arguments) is None


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (kpi.ratio, (0.1, 1)),
        (kpi.ratio, (1, 0.1)),
        (kpi.net_churn, (1, 1, 1, 1, 0.1)),
        (kpi.run_rate, (0.1,)),
    ],
)
def test_floats_are_refused(function, arguments):
    with pytest.raises(ValueError, match="is a float"):
        function(*arguments)
