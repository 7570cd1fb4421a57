from . import sale_order_line
from . import sale_order_fill
from . import sale_order_dialog
from . import sale_order
from . import sale_order_jobs
