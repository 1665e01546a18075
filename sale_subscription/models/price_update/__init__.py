"""New prices for many contracts at once."""

from . import sale_subscription_price_update
from . import sale_subscription_price_update_price
from . import sale_subscription_price_update_line
from . import sale_subscription_price_update_preview
from . import sale_subscription_price_update_terms
from . import sale_subscription_price_update_actions
from . import sale_subscription_price_update_run
from . import sale_subscription_price_update_undo
from . import sale_subscription_price_update_job
