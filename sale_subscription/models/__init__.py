# Catalog.
from . import sale_subscription_close_reason
from . import sale_subscription_plan
from . import sale_subscription_stage
from . import sale_subscription_tag
from . import sale_subscription_template
from . import sale_subscription_template_line
from . import sale_subscription_template_option
# Contract.
# Sales.
# Accounting.
