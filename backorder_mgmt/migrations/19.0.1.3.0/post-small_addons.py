from odoo import SUPERUSER_ID, api
from odoo.tools import config

# The small addons that came since 19.0.1.0.0 and install themselves beside an app of Odoo's.
SMALL_ADDONS = (
    "backorder_mgmt_mrp",
    "backorder_mgmt_queue_job",
    "backorder_mgmt_sale_loyalty",
    "backorder_mgmt_website_sale_stock",
    "backorder_mgmt_website_sale_collect",
    "backorder_mgmt_website_sale_mrp",
)


def migrate(cr, version):
    """Odoo installs such an addon when the last of what it needs is installed, not when its folder
    comes to a database that has all of it. It is marked here, and Odoo installs in the same upgrade
    what is marked meanwhile."""
    if config.get("skip_auto_install"):
        return
    modules = api.Environment(cr, SUPERUSER_ID, {})["ir.module.module"]
    found = modules.search([("name", "in", SMALL_ADDONS), ("state", "=", "uninstalled")])
    for module in sorted(found, key=lambda found: SMALL_ADDONS.index(found.name)):
        needed = module.dependencies_id.mapped("state")
        if all(state in ("installed", "to upgrade", "to install") for state in needed):
            module.state = "to install"
