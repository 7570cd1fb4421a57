"""What people look at. Where to begin:

- ``backorder_overview.py`` is the app's first page (``…_needed.py``: what waits, ``…_steps.py``:
  Odoo's onboarding), ``digest_digest.py`` its figures in managers' mail;
- ``backorder_report.py`` is the analysis (Odoo calls such a model a report): SQL, a row a line.
  What people call *Backorder Reports*, by customer, order and item, and the notice, is
  ``backorder_list.py`` with its dialog (``…_list_report.py`` makes pages of them);
- ``sale_order.py`` is what the form of an order has to know of its lines;
- ``sale_order_documents.py`` is what quotations, slips and invoices say;
- ``sale_order_line.py`` has what lists of very many lines are filtered, grouped and summed by.
"""

from . import sale_order
from . import sale_order_line
from . import sale_order_documents
from . import backorder_report
from . import backorder_overview
from . import backorder_overview_needed
from . import digest_digest
from . import backorder_list
from . import backorder_list_report
from . import backorder_overview_steps
from . import onboarding_onboarding_step
