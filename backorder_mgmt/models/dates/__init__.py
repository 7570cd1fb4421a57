"""What is expected when, and what customers were told. Where to begin:

- ``sale_order_line.py`` deals what is on its way to those who wait: the expected date;
- ``sale_order_line_arrivals.py`` and ``stock_move.py`` say what is on its way;
- ``backorder_due.py`` notes whose dates are to be worked out again;
- ``sale_order_line_told.py`` is what a customer was told, and whether that holds;
- ``backorder_delay.py`` is the notice of a told date that got worse, ``purchase_order.py`` the note
  on the purchase order that is late;
- ``sale_order_line_stuck.py`` is stock that is reserved and cannot ship.
"""

from . import backorder_affected
from . import backorder_delay
from . import backorder_due
from . import mail_template
from . import product_product
from . import product_template
from . import sale_order_line
from . import sale_order_line_arrivals
from . import sale_order_line_told
from . import sale_order_line_stuck
from . import sale_order
from . import stock_move
from . import stock_picking
from . import purchase_order
