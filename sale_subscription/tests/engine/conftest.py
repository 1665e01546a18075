# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The engine's own tests: pytest, no Odoo.

    pytest sale_subscription/tests/engine --doctest-modules sale_subscription/engine

``ENGINE_EXAMPLES=5000`` looks longer for a counter-example of each property.
"""

import os
import sys
from pathlib import Path
from types import ModuleType

from hypothesis import settings

ADDON = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ADDON))

# pytest imports every package above what it collects; those need Odoo, so bare ones stand in.
for name, folder in {
    "sale_subscription": ADDON,
    "sale_subscription.tests": ADDON / "tests",
}.items():
    if name not in sys.modules:
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__path__ = [str(folder)]

settings.register_profile(
    "engine",
    deadline=None,
    database=None,
    print_blob=True,
    max_examples=int(os.environ.get("ENGINE_EXAMPLES", "100")),
)
settings.load_profile("engine")
