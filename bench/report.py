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

COLLECTING = "## Collecting one invoice by a saved card of the demo provider"
COLLECTORS = {
    ("collect_core", 1): "core alone, one plain loop",
    ("collect", 1): "ours",
    ("collect", 2): "ours, two processes",
    ("collect_receipts", 1): "ours, with a receipt by mail",
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


def get_bounds(costs, ratios, shared, sizes, growth, collected):
    """What must be shown, from the figures of the four experiments."""
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
        *get_collecting_bounds(collected),
    ]


def get_collecting_bounds(collected):
    """What collecting must show."""
    return [
        Bound("time of collecting / core's own floor", collected["collect", 1].ratio, 2),
        Bound(
            "collecting: throughput of two processes / one",
            collected["collect", 2].throughput.ratio,
            1.4,
            is_minimum=True,
        ),
    ]


def write_report(plan, costs, ratios, shared, sizes, collected, bounds):
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
        *write_collecting(plan, collected),
        "## What it must show",
        "",
        "| | measured | wanted | shown |",
        "|---|--:|--:|---|",
        *map(str, bounds),
    ]
    return "\n".join(lines) + "\n"


def write_collecting(plan, collected):
    """The lines of the section about collecting."""
    return [
        COLLECTING,
        "",
        _explain_collecting(plan),
        "",
        "| | per second | × | ms | of it Python | queries | time / core alone |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *(_collecting_row(label, collected[key]) for key, label in COLLECTORS.items()),
        "",
    ]


def _explain_collecting(plan):
    return (
        f"{plan.collected} invoices, measured in turns; rounds: {plan.collect_rounds}. Core alone "
        "creates, charges and post-processes a transaction per invoice and commits: the least that "
        "any addon has to do."
    )


def _collecting_row(label, it):
    rate = f"{it.throughput.per_second:.1f} | {it.throughput.ratio:.2f}"
    cost = f"{it.cost.ms:.1f} | {it.cost.python_ms:.1f} | {it.cost.queries:.1f}"
    return f"| {label} | {rate} | {cost} | {it.ratio:.2f} |"


def replace_collecting(text, plan, collected):
    """The report with a new section about collecting, and new bounds of it."""
    bounds = get_collecting_bounds(collected)
    lines, inside = [], False
    for line in text.splitlines():
        if line.startswith("## "):
            inside = line == COLLECTING
            if line == "## What it must show":
                lines += write_collecting(plan, collected)
        if not inside and not any(line.startswith(f"| {bound.text} |") for bound in bounds):
            lines.append(line)
    return "\n".join([*lines, *map(str, bounds)]) + "\n"


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
