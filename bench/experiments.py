# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The experiments: who is measured how often, and what the figures of a run are.

Whoever is compared is measured in turns, each round on fresh copies of the same databases. A noisy
machine slows down a whole round, so ratios are taken per round; the median of them counts.
"""

import contextlib
import dataclasses
from statistics import median

from dev.errors import say

from .processes import FailedError
from .subjects import COLLECTORS, NAMES

WARM_UP = 10  # see `subjects.catalog`, which only Odoo can import


@dataclasses.dataclass
class Plan:
    """How much is measured."""

    contracts: int = 400
    rounds: int = 3
    worker_contracts: int = 500
    worker_rounds: int = 3
    # Contracts, and how many of them are due: all of few, and 2 % of many.
    sizes: tuple = ((400, 400), (1000, 20), (5000, 100), (20000, 400))
    size_rounds: int = 2
    collected: int = 400
    collect_rounds: int = 3
    is_quick: bool = False

    @classmethod
    def quick(cls):
        """Just enough to see that everything runs."""
        sizes = ((20, 20), (500, 10), (1000, 20))
        return cls(40, 1, 100, 1, sizes, 1, 40, 1, is_quick=True)


@dataclasses.dataclass
class Cost:
    """What an invoice costs; medians of the rounds."""

    ms: float
    python_ms: float
    queries: float

    @classmethod
    def of(cls, rounds, count):
        return cls(*(median(r[f.name] for r in rounds) / count for f in dataclasses.fields(cls)))


def median_ratio(ones, others):
    """The median of the ratios per round."""
    return median(one / other for one, other in zip(ones, others, strict=True))


# ---------------------------------------------------------------- ours and others


def compare(lab, plan):
    """Invoice the same contracts with every subject.

    :return: costs per invoice and how many times as long as ours it takes, both by
        `(subject, step)`.
    """
    rounds = {}
    modules = {"ours": "sale_subscription", "core": None}
    count = plan.contracts + WARM_UP
    with contextlib.ExitStack() as stack:
        databases = {}
        for name in NAMES:
            say(f"Preparing {count} contracts: {name}")
            prepared = lab.prepared(modules.get(name, name), "prepare", name, count)
            databases[name] = stack.enter_context(prepared)
        for number in range(plan.rounds):
            for name, database in databases.items():
                (result,) = lab.measure(database, "measure", name)
                _check(name, result, count)
                for step, figures in result["steps"].items():
                    rounds.setdefault((name, step), []).append(figures)
                    _tell(f"round {number + 1}, {name} {step}", figures, plan.contracts)
    costs = {key: Cost.of(figures, plan.contracts) for key, figures in rounds.items()}
    times = {key: [figure["ms"] for figure in figures] for key, figures in rounds.items()}
    ours = times["ours", "posted"]
    return costs, {key: median_ratio(ms, ours) for key, ms in times.items()}


# ---------------------------------------------------------------- ours with more processes


# Names of the ways to work, each with the processes and whether they have a database each. The
# last one can't get into its own way: it tells what the machine allows.
WAYS = {"one": (1, False), "two": (2, False), "apart": (2, True)}


@dataclasses.dataclass
class Throughput:
    """What processes make of the same work."""

    per_second: float
    ratio: float  # to one process


def share_work(lab, plan):
    """Invoice the same contracts with one and with two processes.

    :return: a `Throughput` per way to work.
    """
    count = plan.worker_contracts + 2 * WARM_UP
    rates = {way: [] for way in WAYS}
    say(f"Preparing {count} contracts for two processes")
    with lab.prepared("sale_subscription", "prepare", "ours", count) as database:
        for number in range(plan.worker_rounds):
            for way, (workers, is_apart) in WAYS.items():
                results = lab.measure(database, "measure", "ours", workers, is_apart)
                # Only who ends last sees what all have made.
                last = max(results, key=lambda result: result["end"])
                _check(f"{way}: {workers} processes", last, count)
                seconds = last["end"] - min(result["begin"] for result in results)
                made = count * (workers if is_apart else 1) - workers * WARM_UP
                rates[way].append(made / seconds)
                say(f"  round {number + 1}, {way}: {rates[way][-1]:.1f} invoices per second")
    return {
        way: Throughput(median(rate), median_ratio(rate, rates["one"]))
        for way, rate in rates.items()
    }


# ---------------------------------------------------------------- ours among many contracts


@dataclasses.dataclass
class Size:
    """Ours among so many contracts."""

    contracts: int
    due: int
    cost: Cost
    idle_ms: float
    idle_queries: float


def grow(lab, plan):
    """Invoice the few contracts that are due among many, then look again in vain.

    :return: a `Size` each, and how many times the first one's time per invoice the last one takes;
        in both the same number is due.
    """
    results = {size: [] for size in plan.sizes}
    with contextlib.ExitStack() as stack:
        databases = {}
        for contracts, due in plan.sizes:
            say(f"Preparing {contracts} contracts of which {due} are due")
            databases[contracts, due] = stack.enter_context(
                lab.prepared(
                    "sale_subscription", "prepare_running", "ours", due + WARM_UP, contracts - due
                )
            )
        for number in range(plan.size_rounds):
            for (contracts, due), database in databases.items():
                (result,) = lab.measure(database, "measure_idle", "ours")
                _check(f"{contracts} contracts", result, contracts + due + 2 * WARM_UP)
                results[contracts, due].append(result)
                _tell(f"round {number + 1}, {contracts} contracts", result["steps"]["posted"], due)
    sizes = [_get_size(*size, rounds) for size, rounds in results.items()]
    return sizes, median_ratio(_get_times(results, -1), _get_times(results, 0))


def _get_times(results, place):
    """How long each round took at one of the sizes."""
    return [result["steps"]["posted"]["ms"] for result in list(results.values())[place]]


def _get_size(contracts, due, rounds):
    idle = [run for result in rounds for run in result["idle"]]
    return Size(
        contracts=contracts,
        due=due,
        cost=Cost.of([result["steps"]["posted"] for result in rounds], due),
        idle_ms=median(run["ms"] for run in idle),
        idle_queries=median(run["queries"] for run in idle),
    )


# ---------------------------------------------------------------- collecting


@dataclasses.dataclass
class Collecting:
    """What it takes to have invoices paid by saved cards."""

    cost: Cost
    throughput: Throughput
    ratio: float  # to core's own floor; how many times as long it takes


def collect(lab, plan):
    """Have the same invoices paid by core's API alone and by our job, with one and two processes.

    :return: a `Collecting` by `(subject, processes)`.
    """
    ways = [(name, 1) for name in COLLECTORS] + [("collect", 2)]
    rounds = {way: [] for way in ways}
    count = plan.collected + 2 * WARM_UP
    with contextlib.ExitStack() as stack:
        databases = {}
        for name in COLLECTORS:
            say(f"Preparing {count} invoices to be paid: {name}")
            module = None if name == "collect_core" else "sale_subscription"
            databases[name] = stack.enter_context(lab.prepared(module, "prepare", name, count))
        for number in range(plan.collect_rounds):
            for name, workers in ways:
                results = lab.measure(databases[name], "measure", name, workers)
                last = max(results, key=lambda result: result["end"])
                _check(f"{name}: {workers} processes", last, count)
                figures = _sum_up(results, count - workers * WARM_UP)
                rounds[name, workers].append(figures)
                _tell(f"round {number + 1}, {name} with {workers} processes", figures, 1)
    return {way: _get_collecting(way, rounds) for way in ways}


def _sum_up(results, made):
    """Figures per invoice of processes that shared the work."""
    seconds = max(r["end"] for r in results) - min(r["begin"] for r in results)
    steps = [result["steps"]["paid"] for result in results]
    shared = {name: sum(step[name] for step in steps) / made for name in ("python_ms", "queries")}
    return shared | {"ms": 1000 * seconds / made, "rate": made / seconds}


def _get_collecting(way, rounds):
    times = {key: [figures["ms"] for figures in some] for key, some in rounds.items()}
    rates = [figures["rate"] for figures in rounds[way]]
    ones = [figures["rate"] for figures in rounds[way[0], 1]]
    return Collecting(
        cost=Cost.of(rounds[way], 1),
        throughput=Throughput(median(rates), median_ratio(rates, ones)),
        ratio=median_ratio(times[way], times["collect_core", 1]),
    )


# ---------------------------------------------------------------- helpers


def _check(name, result, count):
    """Whoever made other invoices than wanted was not measured, but something else."""
    if result["invoices"] != count:
        raise FailedError(f"{name} made {result['invoices']} right invoices instead of {count}")


def _tell(name, figures, count):
    ms, queries = figures["ms"] / count, figures["queries"] / count
    say(f"  {name}: {ms:.1f} ms, {queries:.1f} queries per invoice")
