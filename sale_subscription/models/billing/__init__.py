"""From what is owed to charges, and from charges to invoices."""

from . import sale_subscription_line_ledger
from . import sale_subscription_charge
from . import sale_subscription_charge_credit
from . import sale_subscription_job
from . import sale_subscription_billing
from . import sale_subscription_failure
from . import sale_subscription_invoicing
from . import sale_subscription_preview
from . import account_move
from . import account_move_batch
from . import account_move_batch_guard
from . import account_move_batch_lines
from . import account_move_line
from . import account_move_ledger
from . import account_move_line_ledger
from . import account_tax
from . import res_partner_batch
