"""Doors beside those of the matrix: proposed values say nothing of orders that are not the user's,
and customers learn nothing of how the shop works, neither by reading nor by searching."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .rights_ground import WORLDS
from .rights_matrix import MatrixCommon


@tagged("post_install", "-at_install")
class TestBeyondTheMatrix(MatrixCommon):
    def test_a_customer_is_told_nothing_of_stock_vendors_and_ranks(self):
        w, portal = self.worlds["own"], self.roles["portal"]
        order = w.order.with_user(portal)
        self.assertEqual(order.read(["backorder_state"])[0]["backorder_state"], "backordered")
        for records, names in (
            (
                w.line,
                (
                    "backorder_vendor_id",
                    "backorder_available_qty",
                    "backorder_fillable_qty",
                    "backorder_purchase_label",
                    "backorder_supply_note",
                    "backorder_to_buy",
                    "backorder_priority_id",
                ),
            ),
            (w.order, ("backorder_priority_id", "backorder_priority_color")),
            (portal.partner_id, ("backorder_priority_id",)),
        ):
            for name in names:
                with self.subTest(name):
                    model = records._name
                    for method, arguments in (
                        ("read", [records.ids, [name]]),
                        ("export_data", [records.ids, [name]]),
                        ("search", [[(name, "!=", False)]]),
                    ):
                        outcome = self.outcome(
                            lambda model=model, method=method, arguments=arguments: self.call(
                                "portal", model, method, *arguments
                            )
                        )
                        self.assertIn(outcome, "-!", method)
                    # Employees see it.
                    self.call("own", model, "read", records.ids, [name])

    def test_a_dialog_is_proposed_for_orders_that_the_user_may_read(self):
        """An action or a client that proposes somebody else's order gets a refusal."""
        for model, field, record in (
            ("backorder.force", "order_id", "order"),
            ("backorder.fill", "order_id", "order"),
            ("backorder.force.line", "sale_line_id", "line"),
            ("backorder.fill.line", "sale_line_id", "line"),
        ):
            for world in WORLDS:
                sent = {f"default_{field}": getattr(self.worlds[world], record).id}
                with self.subTest(model, world=world):
                    outcome = self.outcome(
                        lambda m=model, f=field, c=sent: self.call(
                            "own", m, "default_get", [f], context=c
                        )
                    )
                    self.assertEqual(outcome, "+" if world == "own" else "-")

    def test_held_deliveries_are_found_by_whoever_sees_them(self):
        """Also of orders of others: the column says so of each delivery."""
        clerk = new_test_user(
            self.env,
            "beyond_clerk",
            groups="stock.group_stock_user,sales_team.group_sale_salesman",
            company_id=self.company.id,
        )
        deliveries = self.worlds["own"].picking | self.worlds["others"].picking
        seen = deliveries.with_user(clerk)
        self.assertEqual(seen.mapped("backorder_held"), [True, True])
        domain = [("id", "in", deliveries.ids)]
        self.assertEqual(seen.search([*domain, ("backorder_held", "=", True)]), seen)
        self.assertFalse(seen.search([*domain, ("backorder_held", "=", False)]))
        abroad = self.worlds["abroad"].picking
        everything = self.env["stock.picking"].with_user(clerk)
        self.assertNotIn(abroad, everything.search([("backorder_held", "=", True)]))

    def test_figures_of_the_managers_mail_are_read_without_a_mail(self):
        names = [f"kpi_backorder_{name}_value" for name in ("value", "late", "fill_rate")]
        digest = self.env["digest.digest"].search([], limit=1)
        digest.company_id = self.company
        figures = self.call("mngr", "digest.digest", "read", digest.ids, names)[0]
        self.assertGreater(figures["kpi_backorder_value_value"], 0)
        with self.assertRaises(AccessError):
            self.call("own", "digest.digest", "read", digest.ids, names)
