"""Doors beside those of the matrix: proposed values say nothing of orders that are not the user's,
and customers learn nothing of how the shop works, neither by reading nor by searching."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import PageCase
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

    def test_a_company_that_was_closed_is_no_company_to_work_in(self):
        user, closed = self.roles["own"], self.env["res.company"].create({"name": "Closed"})
        user.company_ids += closed
        context = {"allowed_company_ids": (self.company | closed).ids}

        def ask(model, name):
            return self.outcome(
                lambda: self.call("own", model, "search_read", [], [name], context=context)
            )

        asked = (
            ("sale.order", "backorder_state"),
            ("sale.order.line", "backorder_qty"),
            ("backorder.run", "name"),
            ("backorder.report", "product_id"),
        )
        self.assertEqual([ask(*names) for names in asked], ["+"] * 4)
        closed.active = False
        self.env.flush_all()
        self.env.transaction.reset()  # the next request
        self.assertEqual([ask(*names) for names in asked], ["-"] * 4)

    def test_who_follows_an_order_of_others_sees_no_more_of_it(self):
        partner = self.roles["own"].partner_id
        for world in ("others", "abroad"):
            w = self.worlds[world]
            followed = w.order, w.filled, w.quotation, w.run
            for record in followed:
                if "message_partner_ids" in record:
                    record.sudo().message_subscribe(partner.ids)
            for record in (*followed, w.line, w.event, w.row, w.run_order, w.charge, w.carry):
                with self.subTest(record._name, world=world):
                    outcome = self.outcome(
                        lambda record=record: self.call("own", record._name, "read", record.ids)
                    )
                    self.assertEqual(outcome, "-")
                    if record.browse().with_user(self.roles["own"]).has_access("read"):
                        named = [("id", "in", record.ids)]
                        self.assertFalse(self.call("own", record._name, "search", named))


@tagged("post_install", "-at_install")
class TestBeyondPages(MatrixCommon, PageCase):
    def test_files_of_runs_and_charges_of_others_are_not_handed_out(self):
        user, files = self.roles["own"], {}
        user.password = "rights_own_password"
        for world in WORLDS:
            w = self.worlds[world]
            files[world] = w.run.document_id | self.env["ir.attachment"].create(
                [
                    {"name": "a.txt", "raw": b"secret", "res_model": of._name, "res_id": of.id}
                    for of in (w.charge, w.run, w.order)
                ]
            )
        self.env.flush_all()
        self.authenticate(user.login, "rights_own_password")
        for world, attachments in files.items():
            for file in attachments:
                with self.subTest(file.res_model, world=world, name=file.name):
                    of = self.env[file.res_model].browse(file.res_id).with_user(user)
                    seen = of.has_access("read")
                    if world != "own":
                        self.assertFalse(seen)
                    read = self.outcome(
                        lambda file=file: self.call(
                            "own", "ir.attachment", "read", file.ids, ["name"]
                        )
                    )
                    found = self.call("own", "ir.attachment", "search", [("id", "=", file.id)])
                    page = self.url_open(f"/web/content/{file.id}")
                    self.assertEqual(read, "+" if seen else "-")
                    self.assertEqual(bool(found), seen)
                    self.assertEqual(page.status_code, 200 if seen else 404)

    def test_a_link_to_one_order_opens_no_other(self):
        shown, other = self.worlds["own"].order, self.worlds["others"].order
        for order in shown | other:
            order._portal_ensure_token()
        self.authenticate(None, None)
        right = self.url_open(f"/my/orders/{shown.id}?access_token={shown.access_token}")
        self.assertIn("On backorder", right.text)
        for token in (shown.access_token, other.access_token[:-1], ""):
            page = self.url_open(f"/my/orders/{other.id}?access_token={token}")
            self.assertNotIn(other.name, page.text)
            self.assertNotIn("On backorder", page.text)
