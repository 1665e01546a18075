# What every model checks.
from . import sale_subscription_input_mixin

# Catalog.
from . import sale_subscription_close_reason
from . import sale_subscription_plan
from . import sale_subscription_stage
from . import sale_subscription_tag
from . import sale_subscription_template
from . import sale_subscription_template_line
from . import sale_subscription_template_option

# Contract: the record, its parts, and its behaviour by concern.
from . import sale_subscription
from . import sale_subscription_line
from . import sale_subscription_line_ledger
from . import sale_subscription_option
from . import sale_subscription_pause
from . import sale_subscription_charge
from . import sale_subscription_event
from . import sale_subscription_terms
from . import sale_subscription_schedule
from . import sale_subscription_lifecycle
from . import sale_subscription_mrr
from . import sale_subscription_job
from . import sale_subscription_billing
from . import sale_subscription_failure
from . import sale_subscription_invoicing
from . import sale_subscription_preview
from . import sale_subscription_onchange
from . import sale_subscription_order
from . import sale_subscription_template_subscribe

# Sales.
from . import product_pricelist
from . import product_pricelist_item
from . import product_product
from . import product_template
from . import sale_order
from . import sale_order_line
from . import sale_order_line_contract
from . import sale_order_line_invoicing
from . import sale_order_template
from . import sale_order_template_line
from . import sale_order_totals

# Accounting and company.
from . import account_move
from . import account_move_batch
from . import account_move_batch_guard
from . import account_move_batch_lines
from . import account_move_line
from . import account_tax
from . import res_company
from . import res_config_settings
from . import res_partner
from . import res_partner_batch
