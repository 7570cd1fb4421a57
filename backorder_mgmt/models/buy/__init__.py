from . import backorder_purchase_plan
from . import backorder_purchase_plan_facts
from . import backorder_purchase_plan_words
from . import backorder_purchase_plan_create
from . import sale_order_line
from . import purchase_order
from . import backorder_run
from . import backorder_run_line
