"""The Multi-Order Processor: many quotations in one go. Where to begin:

- ``sale_order.py`` is the list of quotations and its button, ``sale_order_in_stock.py`` and
  ``sale_order_bounded.py`` its filters;
- ``backorder_process_options.py`` has the options, ``backorder_run_tallies.py`` what is said of the
  chosen orders;
- ``backorder_run_plan.py`` plans, ``backorder_run.py`` does what was planned,
  ``backorder_run_print.py`` prints it.
"""

from . import backorder_process_options
from . import backorder_run
from . import backorder_run_plan
from . import backorder_run_tallies
from . import backorder_run_print
from . import backorder_summary
from . import backorder_run_order
from . import sale_order
from . import sale_order_in_stock
from . import sale_order_bounded
from . import ir_attachment
