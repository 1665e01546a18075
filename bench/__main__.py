# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""``python -m bench [--quick]``: run all experiments; ``make bench`` sets up what they need."""

import argparse
import sys

from dev.errors import DevError, say

from . import report
from .experiments import Plan, compare, grow, share_work
from .processes import FailedError, Lab


def main():
    parser = argparse.ArgumentParser(prog="bench", description="Benchmarks of the billing job.")
    parser.add_argument(
        "--quick", action="store_true", help="few contracts, one round, nothing enforced"
    )
    plan = Plan.quick() if parser.parse_args().quick else Plan()
    try:
        with Lab() as lab:
            costs, ratios = compare(lab, plan)
            shared = share_work(lab, plan)
            sizes, growth = grow(lab, plan)
    except (DevError, FailedError) as error:
        print(error, file=sys.stderr)
        return 2
    bounds = report.get_bounds(costs, ratios, shared, sizes, growth)
    text = report.write_report(plan, costs, ratios, shared, sizes, bounds)
    print(f"\n{text}")
    if plan.is_quick:
        return 0
    report.RESULTS.write_text(text)
    say(f"Wrote {report.RESULTS}")
    return 0 if all(bound.holds for bound in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
