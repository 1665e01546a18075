"""Insight: what the log says about the business. It reads events and posted lines only."""

from . import sale_subscription_customer
from . import sale_subscription_customer_movement
from . import sale_subscription_event
from . import base_partner_merge
