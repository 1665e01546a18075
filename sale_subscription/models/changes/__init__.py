"""What changes a running contract: by hand, on a day to come, or by a quotation."""

from . import sale_subscription_change
from . import sale_subscription_line_plan
from . import sale_subscription_line_upsell
from . import sale_subscription_line_renewal
from . import sale_subscription_modify
from . import sale_subscription_modify_line
from . import sale_subscription_modify_plan
from . import sale_subscription_modify_ended
from . import sale_subscription_shift
from . import sale_subscription_simulation
from . import sale_subscription_effect
from . import sale_subscription_quotation
from . import sale_subscription_upsell
from . import sale_subscription_renewal
from . import sale_subscription_renewal_notice
from . import sale_order_change
from . import sale_order_change_totals
from . import sale_order_line_change
