from . import sale_advance_payment_inv
from . import sale_subscription_close
from . import sale_subscription_preview
from . import sale_subscription_preview_line
