"""Fills of many orders: planned, shown, done, reported. Where to begin:

- ``backorder_run.py`` is the document, ``backorder_run_order.py`` and ``…_line.py`` its rows;
- ``backorder_run_planner.py`` plans, ``backorder_run_worker.py`` does what was planned;
- ``backorder_run_now.py`` fills one order at once, ``backorder_run_background.py`` many by jobs;
- ``backorder_run_hooks.py`` is where other rooms, and other addons, hang on;
- ``backorder_run_order_undo.py`` takes back.
"""

from . import backorder_rule
from . import backorder_run_options
from . import backorder_run
from . import backorder_run_rights
from . import backorder_run_hooks
from . import backorder_run_after
from . import backorder_run_now
from . import backorder_run_compare
from . import backorder_run_planner
from . import backorder_run_change
from . import backorder_run_queue
from . import backorder_run_summary
from . import backorder_summary
from . import backorder_run_worker
from . import backorder_run_background
from . import backorder_run_receipt
from . import backorder_run_offer
from . import backorder_run_nightly
from . import backorder_run_order
from . import backorder_run_order_undo
from . import backorder_run_line
from . import product_product
from . import sale_order_line
from . import sale_order
from . import stock_move
from . import backorder_event
from . import backorder_check
from . import backorder_check_runs
from . import backorder_run_rules
from . import backorder_run_gifts
from . import backorder_check_stock
