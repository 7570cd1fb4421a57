"""Odoo's command line as a file that can be run: what scripts/odoo starts.

With ``--workers`` Odoo starts its websocket process as ``python sys.argv[0] gevent …``. Started by
``python -m odoo`` that would be ``odoo/__main__.py``, run from within the package, where Odoo's own
``http.py`` hides Python's.
"""

import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
