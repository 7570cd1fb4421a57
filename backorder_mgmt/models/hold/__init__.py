"""What is held, set aside and reserved for order lines. Where to begin:

- ``sale_order_line.py`` has the fields of a hold, ``sale_order_line_units.py`` its quantities;
- ``facts.py`` is what an operation knows of its lines, ``sale_order_line_facts.py`` how;
- ``sale_order_line_hold.py`` changes holds and writes the ledger (``backorder_event.py``),
  ``sale_order_line_quotation.py`` says what quotations lack;
- ``sale_order_line_set_aside.py`` writes what is set aside for quotations;
- ``sale_order_customer.py`` has what is agreed with the customer, ``sale_order_terms.py`` what a
  fill may give by it; ``sale_order_line_reach.py`` what of free stock a line can reach;
- ``backorder_supply.py`` counts free stock (``…_free.py``), the claims on it (``…_set_aside.py``);
- ``stock_move.py`` binds Odoo's reservation to all that, ``stock_move_bulk.py`` for many;
- ``stock_rule.py`` and ``stock_location.py`` ask once for what is
  the same for many lines;
- ``settling.py`` and the files called ``…_doors.py`` bring holds in step after Odoo's own methods.
"""

from . import backorder_event
from . import backorder_supply
from . import backorder_supply_free
from . import backorder_supply_set_aside
from . import product_product
from . import product_template
from . import sale_order_line_units
from . import sale_order_line_facts
from . import sale_order_line_kit
from . import sale_order_line_kit_lines
from . import sale_order_line_reach
from . import sale_order_line_hold
from . import sale_order_line_quotation
from . import sale_order_line_again
from . import sale_order_line_doors
from . import sale_order_line_set_aside
from . import sale_order_line
from . import sale_order_line_view
from . import sale_order_line_fillable
from . import sale_order
from . import sale_order_customer
from . import sale_order_terms
from . import stock_move_bulk_rows
from . import stock_move_bulk
from . import stock_move
from . import stock_move_demand
from . import stock_move_shared
from . import stock_rule
from . import stock_move_doors
from . import stock_move_line
from . import stock_quant
from . import stock_location
from . import stock_picking
from . import res_partner
from . import res_config_settings
from . import report_stock_reception
