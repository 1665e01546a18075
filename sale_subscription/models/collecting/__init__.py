"""From open invoices to money: cards, attempts, reminders, doubts."""

from . import sale_subscription_charge_usual
from . import sale_subscription_attempt
from . import sale_subscription_attempt_result
from . import sale_subscription_collect
from . import sale_subscription_unpaid
from . import sale_subscription_doubt
from . import sale_subscription_card
from . import sale_order_payment
from . import sale_order_doubt
from . import payment_provider
from . import payment_provider_answer
from . import payment_token
from . import payment_transaction
from . import payment_transaction_order
from . import payment_transaction_unclear
from . import payment_transaction_card
from . import account_move_ladder
from . import account_move_charge
from . import account_move_collect
from . import account_move_payment
from . import account_move_subscription_mail
