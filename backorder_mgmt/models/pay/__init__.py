"""The money of orders and their families. Where to begin:

- ``sale_order_owed.py`` is what an order costs, ``sale_order_paid.py`` what came in and is asked
  for, ``sale_order_settled.py`` of that the bank, ``sale_order.py`` what is due;
- ``backorder_charge.py`` is one request for the money of an order, ``…_worker.py`` the job that
  works on it step by step, ``…_attempt.py`` what a provider was asked;
- ``payment_transaction_announced.py`` is what customers announced (a wire transfer) and nobody
  else decides: ``backorder_charge_transfer.py`` is what a person says of it;
- ``sale_order_charge.py`` begins one, and says whose card and which authorization is used;
- ``sale_order_carry.py`` moves money between the orders of a family;
- ``backorder_run.py`` and ``backorder_run_order.py`` hang all that on fills;
- ``account_move.py`` and ``sale_order_invoice.py`` are invoices of a family.
"""

from . import backorder_carry
from . import backorder_charge
from . import backorder_charge_worker
from . import backorder_charge_attempt
from . import backorder_charge_transfer
from . import backorder_check
from . import backorder_run
from . import backorder_run_order
from . import backorder_summary
from . import payment_transaction
from . import payment_transaction_announced
from . import payment_capture_wizard
from . import account_move
from . import account_payment
from . import stock_move
from . import sale_order_line_owed
from . import sale_order_owed
from . import sale_order_charge
from . import sale_order_carry
from . import sale_order_currency
from . import sale_order_invoice
from . import sale_order_paid
from . import sale_order_settled
from . import sale_order
from . import sale_order_dialog
from . import sale_order_overpaid
from . import sale_order_payment
from . import sale_order_authorized
from . import sale_order_announced
