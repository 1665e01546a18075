# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Figures that ChartMogul, Kill Bill, Polar, Stripe and others print for recurring revenue."""

from datetime import date
from fractions import Fraction

import pytest
from engine import kpi
from engine.mrr import State, line_mrr, movement, movements, totals
from reference import as_printed, assert_prints, to_run

UNITS = {"NO_BILLING_PERIOD": None, "MONTHLY": "month", "ANNUAL": "year"}
JAN, MAR, JUL = date(2026, 1, 1), date(2026, 3, 1), date(2026, 7, 1)


def percent(ratio):
    return 100 * ratio


def of_line(inputs):
    """Kill Bill writes a billing period and a price, the others an interval and an amount."""
    if "billing_period" in inputs:
        return line_mrr(1, inputs["price"], 0, UNITS[inputs["billing_period"]], 1)
    return line_mrr(1, inputs["amount"], 0, inputs["interval"], inputs.get("interval_count", 1))


def run_mrr_normalisation(inputs, expected):
    assert_prints(of_line(inputs), expected["mrr"])


def run_mrr(inputs, expected):
    """Each source writes its table of customers its own way: one pair or several of a price and a
    number of customers, in either order."""

    def total(pairs, unit):
        if not isinstance(pairs[0], list):
            pairs = [[pairs[0], int("".join(filter(str.isdigit, pairs[1])))]]
        return sum(line_mrr(number, price, 0, unit, 1) for number, price in pairs)

    assert_prints(
        total(inputs["monthly"], "month") + total(inputs["annual"], "year"), expected["mrr"]
    )


def run_trial_mrr(inputs, expected):
    """The MRR only: trial MRR is a figure of the dashboards, not of the engine."""
    histories = []
    for sub in inputs["subs"]:
        paid_from = date.fromisoformat(sub.get("trial_until", "2024-01-01"))
        mrr = 0 if "canceled_at_trial_end" in sub else sub["amount"]
        histories += movements([State(paid_from, mrr)])
    for month, mrr in zip(inputs["months"], expected["mrr"], strict=True):
        known = [event for event in histories if f"{event.date:%Y-%m}" <= month]
        assert sum(event.amount for event in known) == mrr


def run_movement(inputs, expected):
    before = inputs.get("customer_mrr_before", inputs.get("mrr_before"))
    event = inputs.get("event", "")
    after, cause = inputs.get("mrr_after"), None
    if event.startswith("cancels last"):
        after, cause = 0, "close"
    elif event.startswith("adds second"):
        after = Fraction(before) + line_mrr(2, 30, 0, "month", 1)
    kind, delta = movement(before, after, first=False, cause=cause)
    assert kind == expected["movement"]
    assert_prints(delta, expected["mrr_delta"])


def run_revenue_churn(inputs, expected):
    inputs = dict(inputs)
    if inputs.get("method", "").startswith("daily"):
        inputs = {
            "mrr_start": inputs["day_start"],
            "expansion": inputs["day_end_existing"] - inputs["day_start"],
        }
    start = inputs["mrr_start"]
    churn = inputs.get("churn", inputs.get("lost", inputs.get("churn_and_contraction", 0)))
    contraction = inputs.get("contraction", 0)
    gained = inputs.get("expansion", 0), inputs.get("reactivation", 0)
    figures = {
        "gross": kpi.gross_churn(start, churn, contraction),
        "net": kpi.net_churn(start, churn, contraction, *gained),
    }
    for name, figure in expected.items():
        assert_prints(percent(figures[name.split("_")[0]]), figure)


def run_grr(inputs, expected):
    contraction = inputs.get("contraction", inputs.get("downgrades"))
    grr = kpi.gross_retention(inputs["mrr_start"], inputs["churn"], contraction)
    assert_prints(percent(grr), expected["grr_pct"])


def run_nrr(inputs, expected):
    start = inputs.get("mrr_start", inputs.get("mrr_start_30d_ago"))
    nrr = kpi.net_retention(
        start, inputs["churn"], inputs.get("contraction", 0), inputs["expansion"]
    )
    assert_prints(percent(nrr), expected["nrr_pct"])


def run_expansion_rate(inputs, expected):
    kind, delta = movement(inputs["mrr_start"], inputs["mrr_after_expansion"], first=False)
    assert kind == "expansion"
    assert_prints(percent(kpi.ratio(delta, inputs["mrr_start"])), expected["expansion_rate_pct"])


def run_quick_ratio(inputs, expected):
    won = inputs.get("new_plus_expansion", inputs.get("new")), inputs.get("expansion", 0), 0
    lost = inputs.get("contraction_plus_churn", inputs.get("churn")), inputs.get("contraction", 0)
    assert_prints(kpi.quick_ratio(*won, *lost), expected["quick_ratio"])
    if "net_new_mrr" in expected:
        assert sum(won) - sum(lost) == int(expected["net_new_mrr"])


def run_ltv(inputs, expected):
    margin = Fraction(inputs.get("gross_margin_pct", 100), 100)
    rate = Fraction(inputs["churn_pct"]) / 100
    assert_prints(kpi.lifetime_value(inputs["arpa"], rate, margin), expected["ltv"])


def run_logo_churn(inputs, expected):
    churn = kpi.ratio(inputs["lost"], inputs["customers_start"])
    assert_prints(percent(churn), expected["logo_churn_pct"])


def run_movement_table(inputs, expected):
    end = sum(
        Fraction(inputs[name]) for name in ("existing_mrr", "new", "downgrades", "delinquent_churn")
    )
    assert_prints(end, expected["mrr"])
    assert_prints(kpi.run_rate(end), expected["arr"])


def ledger_of(customers):
    """The month's events by customer; who had MRR in a month before is no new customer."""
    events = {}
    for name, (before, after) in customers.items():
        history = [State(JAN, before)] if Fraction(before) else []
        cause = "close" if Fraction(before) and not Fraction(after) else None
        events[name] = movements([*history, State(MAR, after, cause)])[len(history) :]
    return events


def run_full_ledger(inputs, expected):
    customers = inputs["customer_month_end_mrr"]
    ledger = ledger_of(customers)
    sums = totals(event for events in ledger.values() for event in events)
    start = sum(Fraction(before) for before, _after in customers.values())
    end = start + sum(sums.values())
    active = [sum(1 for pair in customers.values() if Fraction(pair[at])) for at in (0, 1)]
    for kind in ("new", "expansion", "contraction", "churn", "reactivation"):
        assert_prints(abs(sums[kind]), expected[kind])
    for kind, names in expected["movements_by_customer"].items():
        assert names == [name for name in ledger if any(e.kind == kind for e in ledger[name])]
    assert active == [expected["customers_start"], expected["customers_end"]]
    lost = -sums["churn"], -sums["contraction"]
    gained = sums["expansion"], sums["reactivation"]
    figures = {
        "mrr_start": start,
        "mrr_end": end,
        "net_new_mrr": end - start,
        "logo_churn_pct": percent(
            kpi.ratio(
                sum(any(e.kind == "churn" for e in events) for events in ledger.values()), active[0]
            )
        ),
        "gross_mrr_churn_pct": percent(kpi.gross_churn(start, *lost)),
        "net_mrr_churn_pct_excl_reactivation": percent(kpi.net_churn(start, *lost, gained[0])),
        "net_mrr_churn_pct_chartmogul": percent(kpi.net_churn(start, *lost, *gained)),
        "grr_pct": percent(kpi.gross_retention(start, *lost)),
        "nrr_pct": percent(kpi.net_retention(start, *lost, gained[0])),
        "arpa_end": kpi.ratio(end, active[1]),
        "arr_end": kpi.run_rate(end),
    }
    for name, figure in figures.items():
        assert_prints(figure, expected[name])
    assert kpi.quick_ratio(sums["new"], *gained, *lost) is expected["quick_ratio"] is None


def kinds(*states):
    return [event.kind for event in movements(states)]


def treatment(inputs):
    """What the engine does with the case that each source words its own way."""
    if inputs.get("coupon") == "forever":
        assert line_mrr(1, 100, 10, "month", 1) == 90
        return "counted"
    if "item" in inputs:
        assert line_mrr(1, 100, 0, None, None) == 0
        return "excluded"
    start = State(JAN, 100)
    if inputs["case"].startswith("new and churned"):
        assert kinds(start, State(date(2026, 1, 20), 0, "close")) == ["new", "churn"]
        return "counted in both"
    if inputs["case"].startswith("subscription on hold"):
        paused = movements([start, State(MAR, 0, "pause")])
        return f"MRR = {paused[-1].mrr}"
    if inputs["case"].startswith("re-subscribe"):
        return kinds(start, State(MAR, 0, "close"), State(JUL, 100, "reopen"))[-1]
    assert inputs["case"] == "cancellation"
    events = movements([start, State(MAR, 0, "close")])  # cancelled in January, paid to March
    assert [event.date for event in events] == [JAN, MAR]
    return "MRR kept until end of billing cycle"


def run_mrr_inclusion_rule(inputs, expected):
    assert treatment(inputs) in (expected.get("treatment"), expected.get("mrr_treatment"))


def run_property(inputs, _expected):
    """Any segmentation of the events adds up to the total."""
    assert inputs["property"] == "partition invariance"
    customers = {"A": ("0", "100"), "B": ("50", "80"), "C": ("90", "0"), "D": ("10", "5")}
    ledger = ledger_of(customers)
    whole = totals(event for events in ledger.values() for event in events)
    for segments in (["AB", "CD"], ["A", "BCD"], ["A", "B", "C", "D"]):
        parts = [totals(e for name in names for e in ledger[name]) for names in segments]
        assert {kind: sum(part[kind] for part in parts) for kind in whole} == whole


@pytest.mark.parametrize("row", to_run("metrics.json"), ids=lambda row: row["id"])
def test_metric_case(row):
    globals()[f"run_{row['type']}"](row["inputs"], row["expected"])


def test_printed_figures_round_half_away_from_zero():
    assert str(as_printed(Fraction(5, 1000), "0.00")) == "0.01"
