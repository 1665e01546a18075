"""Quotations that become contracts."""

from . import sale_order
from . import sale_order_line
from . import sale_order_line_contract
from . import sale_order_line_invoicing
from . import sale_order_template
from . import sale_order_template_line
from . import sale_order_totals
