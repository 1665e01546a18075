"""The contract: its record, lines, dates, states and MRR."""

from . import mail_activity
from . import sale_subscription
from . import sale_subscription_line
from . import sale_subscription_line_version
from . import sale_subscription_line_terms
from . import sale_subscription_option
from . import sale_subscription_pause
from . import sale_subscription_event
from . import sale_subscription_terms
from . import sale_subscription_schedule
from . import sale_subscription_locks
from . import sale_subscription_lifecycle
from . import sale_subscription_chatter
from . import sale_subscription_calendar
from . import sale_subscription_mrr
from . import sale_subscription_line_paid
from . import sale_subscription_transfer
from . import res_partner
from . import sale_subscription_line_quota
from . import sale_subscription_quota
from . import sale_subscription_form
from . import sale_subscription_onchange
from . import sale_subscription_order
