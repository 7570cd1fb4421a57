"""What every room stands on, and knows of no order. Where to begin:

- ``token.py`` says who may write what this addon knows, and what methods tell each other;
- ``named.py`` says which records a client may name, ``batch.py`` writes many of them;
- ``jobs.py`` is the loop of scheduled jobs, ``days.py`` says which day a moment is, ``once.py``
  remembers what several searches of one page ask;
- ``res_company.py`` and ``res_partner.py`` have the settings that the rooms read.
"""

from . import token
from . import res_company
from . import days
from . import ir_cron_progress
from . import res_config_settings
from . import backorder_priority
from . import res_partner
from . import uom_uom
from . import backorder_saved_options
