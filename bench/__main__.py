# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""``python -m bench [--quick]``: run all experiments; ``make bench`` sets up what they need."""

import argparse
import sys

from dev.errors import DevError, say

from . import report
from .experiments import Plan, collect, compare, grow, share_work
from .processes import FailedError, Lab


def main():
    parser = argparse.ArgumentParser(prog="bench", description="Benchmarks of the billing job.")
    parser.add_argument(
        "--quick", action="store_true", help="few contracts, one round, nothing enforced"
    )
    parser.add_argument(
        "--collecting", action="store_true", help="only collecting; the rest of the results stays"
    )
    arguments = parser.parse_args()
    plan = Plan.quick() if arguments.quick else Plan()
    try:
        with Lab() as lab:
            collected = collect(lab, plan)
            if arguments.collecting:
                return finish_collecting(plan, collected)
            costs, ratios = compare(lab, plan)
            shared = share_work(lab, plan)
            sizes, growth = grow(lab, plan)
    except (DevError, FailedError) as error:
        print(error, file=sys.stderr)
        return 2
    bounds = report.get_bounds(costs, ratios, shared, sizes, growth, collected)
    text = report.write_report(plan, costs, ratios, shared, sizes, collected, bounds)
    print(f"\n{text}")
    return write(plan, text, bounds)


def finish_collecting(plan, collected):
    """Put the figures of collecting among those that are there."""
    print("\n" + "\n".join(report.write_collecting(plan, collected)))
    text = report.replace_collecting(report.RESULTS.read_text(), plan, collected)
    return write(plan, text, report.get_collecting_bounds(collected))


def write(plan, text, bounds):
    """Write the results down; return the exit code."""
    if plan.is_quick:
        return 0
    report.RESULTS.write_text(text)
    say(f"Wrote {report.RESULTS}")
    return 0 if all(bound.holds for bound in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
