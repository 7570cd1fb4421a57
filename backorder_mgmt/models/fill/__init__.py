"""What people do to one order's backorders. Where to begin:

- ``sale_order.py`` and ``sale_order_fill.py`` have the public methods: find, force, cancel, fill;
- ``sale_order_line.py`` does them to lines, and checks what is asked for;
- ``sale_order_dialog.py`` is what the dialogs propose;
- ``new_order.py`` makes the new order of filled items, ``new_order_confirm.py`` approves it,
  ``new_order_back.py`` gives it back; ``new_order_said.py`` keeps what was said of its deliveries.
"""

from . import sale_order_line
from . import sale_order_line_words
from . import sale_order_line_quantity
from . import sale_order_fill
from . import sale_order_line_stay
from . import sale_order_line_bought
from . import new_order_line
from . import new_order_said
from . import new_order_deliveries
from . import new_order
from . import new_order_confirm
from . import new_order_back
from . import sale_order_documents
from . import sale_order_dialog
from . import sale_order
from . import sale_order_jobs
from . import sale_order_accept
from . import sale_order_line_accept
from . import sale_order_cancel_date
