# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The table, and what it must show."""

import ast
import dataclasses
import os
import platform
from datetime import date
from pathlib import Path

from dev import testkit

RESULTS = Path(__file__).resolve().parent / "results.md"

LABELS = {
    ("ours", "posted"): "(a) ours, posted",
    ("core", "posted"): "(b) core alone, posted",
    ("contract", "drafts"): "(c) contract, drafts",
    ("contract", "posted"): "(c) contract, drafts then posted",
    ("subscription_oca", "posted"): "(d) subscription_oca, posted, no mail",
}

WAYS = {
    "one": "one process",
    "two": "two processes",
    "apart": "two processes with a database each: what the machine allows",
}


@dataclasses.dataclass
class Bound:
    """Something the figures must show."""

    text: str
    value: float
    limit: float
    is_minimum: bool = False

    @property
    def holds(self):
        return self.value >= self.limit if self.is_minimum else self.value <= self.limit

    def __str__(self):
        sign = "≥" if self.is_minimum else "≤"
        verdict = "yes" if self.holds else "**no**"
        return f"| {self.text} | {self.value:.2f} | {sign} {self.limit:g} | {verdict} |"


def get_bounds(costs, ratios, shared, sizes, growth):
    """What must be shown, from the figures of the three experiments."""
    return [
        Bound("queries per invoice of (a)", costs["ours", "posted"].queries, 10),
        Bound("time of (a) / (b)", 1 / ratios["core", "posted"], 1.15),
        Bound("time of (d) / (a)", ratios["subscription_oca", "posted"], 3, is_minimum=True),
        Bound("time of (c) posted / (a)", ratios["contract", "posted"], 1, is_minimum=True),
        Bound("throughput of two processes / one", shared["two"].ratio, 1.6, is_minimum=True),
        Bound(
            f"time of {sizes[-1].due} due of {sizes[-1].contracts} / of {sizes[0].contracts}",
            growth,
            1.25,
        ),
        Bound(f"ms of an idle run over {sizes[-1].contracts}", sizes[-1].idle_ms, 50),
    ]


def write_report(plan, costs, ratios, shared, sizes, bounds):
    """The whole report as text."""
    lines = [
        "# Benchmark results",
        "",
        _describe(plan),
        "",
        "## One invoice: two lines, 15 % tax",
        "",
        _explain(plan),
        "",
        "| | ms | of it Python | queries | time / (a) |",
        "|---|--:|--:|--:|--:|",
        *(_row(label, costs[key], ratios[key]) for key, label in LABELS.items()),
        "",
        f"## {plan.worker_contracts} invoices by one and two processes",
        "",
        "| | per second | × |",
        "|---|--:|--:|",
        *(
            f"| {text} | {shared[way].per_second:.1f} | {shared[way].ratio:.2f} |"
            for way, text in WAYS.items()
        ),
        "",
        "## Few due among many",
        "",
        "| contracts | due | ms per due | queries per due | idle run, ms | idle run, queries |",
        "|--:|--:|--:|--:|--:|--:|",
        *(
            f"| {size.contracts} | {size.due} | {size.cost.ms:.1f} | {size.cost.queries:.1f} "
            f"| {size.idle_ms:.1f} | {size.idle_queries:.0f} |"
            for size in sizes
        ),
        "",
        "## What it must show",
        "",
        "| | measured | wanted | shown |",
        "|---|--:|--:|---|",
        *map(str, bounds),
    ]
    return "\n".join(lines) + "\n"


def _explain(plan):
    return (
        f"{plan.contracts} contracts, measured in turns; rounds: {plan.rounds}. Medians of the "
        "rounds; ratios are medians of each round's ratio to (a)."
    )


def _row(label, cost, ratio):
    figures = f"{cost.ms:.1f} | {cost.python_ms:.1f} | {cost.queries:.1f} | {ratio:.2f}"
    return f"| {label} | {figures} |"


def _describe(plan):
    """When, with which versions and on what."""
    from odoo import release

    with testkit.connect("postgres") as cursor:
        cursor.execute("SHOW server_version")
        postgres = cursor.fetchone()[0].split()[0]
        cursor.execute("SHOW fsync")
        fsync = cursor.fetchone()[0]
    facts = [
        f"{date.today()}",
        f"Odoo {release.version}",
        f"Python {platform.python_version()}",
        f"PostgreSQL {postgres} (fsync {fsync})",
        *(f"{name} {_get_version(name)}" for name in ("contract", "subscription_oca")),
        f"{os.cpu_count()} processor cores",
    ]
    quick = " A quick run: too short to prove anything." if plan.is_quick else ""
    return ", ".join(facts) + "." + quick


def _get_version(module):
    manifest = Path(os.environ["PEER_ADDONS"], module, "__manifest__.py")
    return ast.literal_eval(manifest.read_text())["version"]
