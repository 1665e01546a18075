import sys
from pathlib import Path
from types import ModuleType

import pytest

ADDON = Path(__file__).resolve().parents[2]

# pytest imports every package above what it collects; those need Odoo, so bare ones stand in.
for name, folder in {
    "sale_subscription": ADDON,
    "sale_subscription.tests": ADDON / "tests",
}.items():
    if name not in sys.modules:
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__path__ = [str(folder)]


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    from lab import Lab

    laboratory = Lab(tmp_path_factory.mktemp("lab"))
    yield laboratory
    laboratory.close()
