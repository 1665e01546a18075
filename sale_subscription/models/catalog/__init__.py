"""What is offered: products, plans, templates, stages and reasons."""

from . import sale_subscription_input_mixin
from . import sale_subscription_close_reason
from . import sale_subscription_plan
from . import sale_subscription_stage
from . import sale_subscription_tag
from . import sale_subscription_template
from . import sale_subscription_template_policy
from . import sale_subscription_template_mail
from . import sale_subscription_template_product_mixin
from . import sale_subscription_template_line
from . import sale_subscription_template_option
from . import product_pricelist
from . import product_pricelist_item
from . import product_product
from . import product_template
