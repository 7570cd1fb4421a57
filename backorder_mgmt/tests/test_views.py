"""The addon's views beside those of other modules, whichever was installed first."""

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestViews(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        needed = cls._needed("backorder_mgmt")
        of_module = {
            data.res_id: data.module
            for data in cls.env["ir.model.data"].search([("model", "=", "ir.ui.view")])
        }
        views = cls.env["ir.ui.view"].with_context(active_test=False).search([])
        cls.ours = views.filtered(lambda view: of_module.get(view.id) == "backorder_mgmt")
        cls.extensions = cls.ours.filtered(lambda view: view.mode == "extension")
        cls.foreign = views.filtered(
            lambda view: view.mode == "extension" and of_module.get(view.id) not in needed
        )

    @classmethod
    def _needed(cls, name):
        """The module and all that it depends on, which are always installed before it."""
        module = cls.env["ir.module.module"].search([("name", "=", name)])
        return {name, *module.upstream_dependencies(exclude_states=("",)).mapped("name")}

    def _assert_combined(self):
        """Every view of ours, and every view that ours extends, finds its anchors."""
        self.env.flush_all()
        self.env.registry.clear_cache("templates")
        parents = self.extensions.inherit_id
        based = self.env["ir.ui.view"].search(
            [("inherit_id", "in", parents.ids), ("mode", "=", "primary")]
        )
        for view in self.ours | parents | based:
            with self.subTest(view=view.xml_id):
                view.get_combined_arch()

    # Views are applied by priority, then by id: an earlier installation is a smaller id.

    def test_installed_after_the_other_modules(self):
        """I47: what the addon's views are anchored on is still there when all others are done."""
        self.extensions.priority = 10_000
        self._assert_combined()

    def test_installed_before_the_other_modules(self):
        """What the addon's views change leaves the others their anchors."""
        for view in self.foreign - self.ours:
            view.priority += 10_000
        self._assert_combined()
