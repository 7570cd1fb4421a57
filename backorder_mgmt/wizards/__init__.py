from . import backorder_force
from . import backorder_fill
from . import backorder_cancel
from . import backorder_fill_batch
from . import backorder_process
from . import backorder_purchase
from . import backorder_purchase_line
from . import mail_compose_message
