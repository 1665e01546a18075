from . import test_billing
from . import test_pricing
from . import test_catalog
from . import test_lifecycle
from . import test_mrr
from . import test_sale_order
