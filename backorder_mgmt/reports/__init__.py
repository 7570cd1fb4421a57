from . import ir_actions_report
from . import backorder_run
from . import backorder_run_report
