from . import token
from . import res_company
from . import days
from . import res_config_settings
from . import backorder_priority
from . import res_partner
from . import uom_uom
from . import backorder_saved_options
