from . import account_move_reversal
from . import sale_advance_payment_inv
from . import sale_subscription_change_wizard
from . import sale_subscription_change_wizard_line
from . import sale_subscription_close
from . import sale_subscription_pause_wizard
from . import sale_subscription_preview
from . import sale_subscription_preview_line
