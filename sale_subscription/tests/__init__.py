from . import test_billing
from . import test_pricing
from . import test_catalog
