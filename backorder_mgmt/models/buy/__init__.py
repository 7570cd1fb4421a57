"""What has to be bought for backorders, and what was. Where to begin:

- ``backorder_purchase_plan.py`` proposes rows, from the facts of ``…_facts.py`` and ``…_places.py``
  (the sums are ``engine/purchase.py``);
- ``…_screen.py`` is what the screen shows and its buttons decide, ``…_rows.py`` what typed values
  survive, ``…_words.py`` its sentences and the arithmetic of *How?*;
- ``…_create.py`` makes the requests for quotation, ``…_background.py`` those of very many rows;
- ``purchase_order.py`` and ``sale_order_line.py`` know what was bought for whom.
"""

from . import backorder_purchase_plan
from . import backorder_purchase_plan_facts
from . import backorder_purchase_plan_places
from . import backorder_purchase_plan_words
from . import backorder_purchase_plan_rows
from . import backorder_purchase_plan_create
from . import backorder_purchase_plan_background
from . import backorder_purchase_plan_screen
from . import sale_order_line
from . import purchase_order
from . import backorder_run
from . import backorder_run_line
from . import backorder_check
