"""Factories of the tests: a small shop with its own company data, and a salesman."""

from odoo import Command, fields
from odoo.tests import TransactionCase, new_test_user


class BackorderCommon(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env["base"].with_context(tracking_disable=True).env
        cls.company = cls.env.company
        cls.warehouse = cls.env["stock.warehouse"].create(
            {"name": "Test Warehouse", "code": "TWH", "company_id": cls.company.id}
        )
        cls.stock = cls.warehouse.lot_stock_id
        cls.customer = cls.env["res.partner"].create({"name": "Ada Customer"})
        cls.vendor = cls.env["res.partner"].create({"name": "Vera Vendor"})
        cls.unit = cls.env.ref("uom.product_uom_unit")
        cls.dozen = cls.env.ref("uom.product_uom_dozen")
        cls.product = cls._product("Hammer")
        cls.other = cls._product("Nails")
        cls.salesman = new_test_user(
            cls.env,
            "backorder_salesman",
            groups="sales_team.group_sale_salesman",
            company_id=cls.company.id,
        )
        cls.company.write(
            {
                "backorder_auto": True,
                "backorder_fifo": True,
                "backorder_fill_approved": "new_order",
                "backorder_approve_new_order": True,
                "backorder_require_last_po": False,
            }
        )

    @classmethod
    def _product(cls, name, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "consu",
                "is_storable": True,
                "list_price": 10.0,
                "invoice_policy": "order",
                **values,
            }
        )

    @classmethod
    def _stock(cls, product, quantity, location=None, lot=None):
        """Add to what is on hand, as a count would."""
        cls.env["stock.quant"]._update_available_quantity(
            product, location or cls.stock, quantity, lot_id=lot
        )

    @classmethod
    def _order(cls, *items, confirm=True, **values):
        """An order of (product, quantity[, line values]) items."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "warehouse_id": cls.warehouse.id,
                "user_id": cls.salesman.id,
                **values,
                "order_line": [
                    Command.create(
                        {
                            "product_id": item[0].id,
                            "product_uom_qty": item[1],
                            **(item[2] if len(item) > 2 else {}),
                        }
                    )
                    for item in items
                ],
            }
        )
        if confirm:
            order.action_confirm()
        return order

    def _receive(self, product, quantity, location=None):
        """A receipt from the vendor, validated; Odoo reserves after it what it would."""
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": (location or self.stock).id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "product_uom": product.uom_id.id,
                            "location_id": self.env.ref("stock.stock_location_suppliers").id,
                            "location_dest_id": (location or self.stock).id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking._action_done()
        return picking

    def _deliver(self, picking, quantities=None, backorder=True):
        """Validate a delivery of ``{product: quantity}`` (None: what is reserved)."""
        for move in picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel")):
            if quantities is not None:
                move.quantity = quantities.get(move.product_id, 0.0)
            move.picked = bool(move.quantity)
        picking.with_context(
            skip_backorder=True,
            picking_ids_not_to_backorder=[] if backorder else picking.ids,
        ).button_validate()

    def _reserved(self, order):
        moves = order.picking_ids.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))
        return sum(moves.mapped("quantity"))

    def assertHeld(self, line, needed, reserved=None):
        """Needed and reserved quantities of a line, and every invariant of design 2."""
        self.assertAlmostEqual(line.backorder_qty, needed, 4, "needed")
        if reserved is not None:
            self.assertAlmostEqual(line.backorder_reserved_qty, reserved, 4, "reserved")
        self.assertInvariants(line.order_id)

    def assertInvariants(self, orders):
        """Invariants 1 to 4 of the design, on these orders and on the stock they use."""
        self.env.flush_all()
        for line in orders.order_line.filtered(lambda line: not line.display_type):
            open_to_customer = max(0.0, line.product_uom_qty - line.qty_delivered)
            self.assertGreaterEqual(line.backorder_qty, 0.0)
            self.assertLessEqual(line.backorder_qty, open_to_customer + 1e-4)
            if line.state == "cancel" or not line.product_id.is_storable and not line.move_ids:
                self.assertEqual(line.backorder_qty, 0.0)
            figures = line._backorder_figures()[line]
            if line.state == "sale":
                self.assertLessEqual(figures.reserved + line.backorder_qty, figures.open_qty + 0.01)
            events = line.backorder_event_ids
            if line.state == "sale" or events:
                self.assertAlmostEqual(
                    sum(events.mapped("quantity")), line.backorder_hold_qty, 2, "ledger"
                )
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "in", orders.order_line.product_id.ids),
                ("location_id", "child_of", self.stock.id),
            ]
        )
        for product, rows in quants.grouped("product_id").items():
            reserved = sum(rows.mapped("reserved_quantity"))
            promised = sum(
                line.product_uom_id._compute_quantity(line.backorder_promised_qty, product.uom_id)
                for line in self.env["sale.order.line"].search(
                    [
                        ("product_id", "=", product.id),
                        ("backorder_promised_qty", ">", 0),
                        ("state", "in", ("draft", "sent")),
                        ("warehouse_id", "=", self.warehouse.id),
                        "|",
                        ("order_id.validity_date", "=", False),
                        ("order_id.validity_date", ">=", fields.Date.today()),
                    ]
                )
            )
            if promised:
                self.assertLessEqual(
                    reserved + promised, sum(rows.mapped("quantity")) + 1e-4, "promised twice"
                )
