"""What customers see and may do by themselves."""

from . import sale_subscription_template_portal
from . import sale_subscription_template_public
from . import sale_subscription_template_option_public
from . import sale_subscription_template_choice
from . import sale_subscription_template_offer
from . import sale_subscription_change_portal
from . import sale_subscription_portal
from . import sale_subscription_portal_page
from . import sale_subscription_portal_history
from . import sale_subscription_portal_attention
from . import sale_subscription_portal_send
from . import sale_subscription_print
from . import sale_subscription_portal_payment
from . import sale_subscription_portal_details
from . import sale_subscription_portal_change
from . import sale_subscription_portal_confirm
from . import sale_subscription_portal_life
from . import sale_subscription_portal_withdraw
from . import sale_subscription_portal_texts
from . import sale_subscription_template_subscribe
from . import sale_order_public
from . import sale_order_portal_page
from . import sale_order_line_portal
from . import account_move_portal_page
from . import account_move_portal
