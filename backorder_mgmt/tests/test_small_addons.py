"""An upgrade brings the small addons whose app is there."""

from pathlib import Path
from unittest.mock import patch

from odoo.modules.migration import load_script
from odoo.tests import TransactionCase, tagged
from odoo.tools import config

SCRIPT = Path(__file__).parents[1] / "migrations" / "19.0.1.3.0" / "post-small_addons.py"


@tagged("post_install", "-at_install")
class TestSmallAddons(TransactionCase):
    def _marked(self, **states):
        """Small addons that are to be installed where apps have ``states``, all others none."""
        modules = self.env["ir.module.module"]
        apps = ("mrp", "queue_job", "sale_loyalty", "website_sale_stock", "website_sale_collect")
        apps += ("website_sale_mrp",)
        small = modules.search([("name", "=like", r"backorder\_mgmt\_%")])
        (small | modules.search([("name", "in", apps)])).state = "uninstalled"
        for name, state in states.items():
            modules.search([("name", "=", name)]).state = state
        self.env.flush_all()
        load_script(str(SCRIPT), "small_addons").migrate(self.env.cr, "19.0.1.2.0")
        self.env.flush_all()
        self.env.invalidate_all()
        return small.filtered(lambda module: module.state == "to install").mapped("name")

    def test_one_that_needs_another_one_comes_with_it(self):
        self.assertCountEqual(
            self._marked(website_sale_stock="installed", website_sale_collect="to upgrade"),
            ["backorder_mgmt_website_sale_stock", "backorder_mgmt_website_sale_collect"],
        )

    def test_none_comes_for_an_app_that_goes_or_without_the_one_that_it_needs(self):
        self.assertEqual(self._marked(mrp="to remove", website_sale_mrp="installed"), [])

    def test_none_comes_where_nothing_is_to_install_itself(self):
        with patch.dict(config.options, {"skip_auto_install": True}):
            self.assertEqual(self._marked(mrp="installed"), [])
        self.assertEqual(self._marked(mrp="installed"), ["backorder_mgmt_mrp"])
