from . import backorder_process_options
from . import backorder_run
from . import backorder_run_plan
from . import backorder_run_print
from . import backorder_run_order
from . import sale_order
from . import sale_order_bounded
from . import ir_attachment
