from . import backorder_run
