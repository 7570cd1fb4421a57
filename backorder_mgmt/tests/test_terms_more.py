"""Terms of customers by other doors: orders raised later, kits and dozens, returns, two warehouses,
other currencies, and nothing cancelled that nobody was told."""

import csv
import io

from freezegun import freeze_time

from odoo import Command, fields
from odoo.service.model import call_kw
from odoo.tests import Form, new_test_user, tagged

from .test_terms import TermsCommon


@tagged("post_install", "-at_install")
class TestNoBackordersByOtherDoors(TermsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.backorder_accept = "no"

    def assertCancelled(self, line, quantity, ordered):
        """The line is closed short, with a row, a note and an e-mail that say why."""
        self.assertHeld(line, 0)
        self.assertAlmostEqual(line.product_uom_qty, ordered)
        rows = line.backorder_event_ids.filtered(lambda row: row.type == "cancel")
        self.assertAlmostEqual(-sum(rows.mapped("quantity")), quantity)
        self.assertIn("takes no backorders", rows[-1].note)
        order = line.order_id
        self.assertIn("takes no backorders", " ".join(order.message_ids.mapped("body")))
        mails = self.env["mail.mail"].search(
            [("model", "=", "sale.order"), ("res_id", "=", order.id)]
        )
        self.assertIn("could not supply", " ".join(mails.mapped("subject")))

    def test_a_line_that_is_raised_after_the_confirmation(self):
        self._stock(self.product, 4)
        order = self._order((self.product, 3))
        order.order_line.product_uom_qty = 6
        self.assertCancelled(order.order_line, 2, 4)
        self.assertEqual(self._reserved(order), 4)

    def test_a_line_that_is_raised_on_the_form_of_the_order(self):
        self._stock(self.product, 4)
        order = self._order((self.product, 3))
        with Form(order) as form, form.order_line.edit(0) as line:
            line.product_uom_qty = 6
        self.assertCancelled(order.order_line, 2, 4)

    def test_a_line_that_is_added_after_the_confirmation(self):
        self._stock(self.product, 3)
        order = self._order((self.product, 3))
        order.write(
            {"order_line": [Command.create({"product_id": self.other.id, "product_uom_qty": 2})]}
        )
        self.assertHeld(order.order_line[0], 0, reserved=3)
        self.assertCancelled(order.order_line[1], 2, 0)

    def test_what_waits_with_their_consent_goes_on_waiting(self):
        self.customer.backorder_accept = "yes"
        order = self._order((self.product, 5))
        order.backorder_accept = "no"
        order.order_line.product_uom_qty = 7
        self.assertHeld(order.order_line, 5)
        self.assertEqual(order.order_line.product_uom_qty, 5)

    def test_raised_by_a_salesperson_over_rpc(self):
        self.salesman.group_ids += self.env.ref("backorder_mgmt.group_backorder_user")
        self._stock(self.product, 4)
        order = self._order((self.product, 3), confirm=False)
        orders = self.env["sale.order"].with_user(self.salesman)
        call_kw(orders, "action_confirm", [order.ids], {})
        vals = {"order_line": [(1, order.order_line.id, {"product_uom_qty": 9})]}
        call_kw(orders, "write", [order.ids, vals], {})
        self.assertCancelled(order.order_line, 5, 4)

    def test_dozens_to_the_piece(self):
        self._stock(self.product, 23)
        order = self._order((self.product, 2, {"product_uom_id": self.dozen.id}))
        line = order.order_line
        self.assertHeld(line, 0)
        self.assertAlmostEqual(line.product_uom_qty, 23 / 12, places=2)
        self.assertEqual(sum(order.picking_ids.move_ids.mapped("product_qty")), 23)
        rows = line.backorder_event_ids.filtered(lambda row: row.type == "cancel")
        self.assertEqual(sum(rows.mapped("product_qty")), -1)

    def test_kits_whole(self):
        part, screw = self._product("Part"), self._product("Screw")
        kit = self._kit("Kit", (part, 2), (screw, 4))
        self._stock(part, 5)
        self._stock(screw, 100)
        order = self._order((kit, 4))
        self.assertCancelled(order.order_line, 2, 2)
        demand = {
            move.product_id: move.product_uom_qty
            for move in order.picking_ids.move_ids
            if move.state != "cancel"
        }
        self.assertEqual(demand, {part: 4, screw: 8})

    def test_services_and_consumables_stay_as_they_were_ordered(self):
        service = self._product("Advice", type="service", is_storable=False)
        paint = self._product("Paint", is_storable=False)
        order = self._order((service, 3), (paint, 2), (self.product, 1))
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [3, 2, 0])

    def test_signed_on_the_portal(self):
        self._stock(self.product, 3)
        order = self._order((self.product, 5), confirm=False)
        public = self.env.ref("base.public_user")
        # as the portal's controller does when the customer has signed
        order.with_user(public).sudo()._validate_order()
        self.assertCancelled(order.order_line, 2, 3)

    def test_approved_and_invoiced_by_the_processor(self):
        self._stock(self.product, 3)
        order = self._order((self.product, 5), confirm=False)
        dialog = self.env["backorder.process"].create(
            {
                "order_ids": [Command.set(order.ids)],
                "approve": True,
                "create_invoice": True,
                "include_backordered": True,
            }
        )
        dialog.action_process()
        self.assertEqual(order.state, "sale")
        self.assertCancelled(order.order_line, 2, 3)
        self.assertEqual(order.invoice_ids.invoice_line_ids.mapped("quantity"), [3])

    def test_a_new_order_that_gives_back_waits_until_the_next_fill(self):
        self.customer.backorder_accept = "yes"
        self.company.backorder_fill_approved = "new_order"
        order = self._order((self.product, 5))
        self._stock(self.product, 2)
        new = order.fill_backorders().run_order_ids.new_order_id
        order.backorder_accept = "no"
        new._action_cancel()
        self.assertHeld(order.order_line, 5)
        self._run(order).action_start()
        self.assertHeld(order.order_line, 0)


@tagged("post_install", "-at_install")
class TestTermsByOtherDoors(TermsCommon):
    def _send_back(self, picking, quantity, exchange=False):
        wizard = self.env["stock.return.picking"].with_context(
            active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
        )
        wizard = wizard.create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = quantity
        action = wizard.action_create_exchanges() if exchange else wizard.action_create_returns()
        back = self.env["stock.picking"].browse(action.get("res_id"))
        if exchange:
            back = picking.return_ids[-1:]
        back.move_ids.write({"quantity": quantity, "picked": True})
        back._action_done()
        return back

    def test_a_return_is_no_shipment(self):
        self.customer.backorder_max_shipments = 3
        self._stock(self.product, 3)
        order = self._order((self.product, 9))
        self._deliver(order.picking_ids)
        self._send_back(order.picking_ids.filtered(lambda p: p.state == "done"), 1)
        self.assertEqual(order._backorder_shipments(), 1)

    def test_an_exchange_sent_later_is_one(self):
        self.customer.backorder_max_shipments = 3
        self._stock(self.product, 3)
        order = self._order((self.product, 9))
        sent = order.picking_ids
        self._deliver(sent)
        self._send_back(sent, 1, exchange=True)
        self.assertEqual(order._backorder_shipments(), 1)
        self._stock(self.product, 2)
        order.fill_backorders()
        self._deliver(order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")))
        self.assertEqual(order._backorder_shipments(), 2)
        self._stock(self.product, 2)
        self.assertOffers(order, [0], "last_shipment")

    def test_a_cancelled_new_order_is_none_and_a_sent_one_is(self):
        self.company.backorder_fill_approved = "new_order"
        self.customer.backorder_max_shipments = 2
        order = self._order((self.product, 9))
        self._stock(self.product, 3)
        new = order.fill_backorders().run_order_ids.new_order_id
        self.assertOffers(order, [0])
        self._stock(self.product, 1)
        self.assertOffers(order, [0], "last_shipment")
        new._action_cancel()
        self.assertOffers(order, [4])
        new = order.fill_backorders().run_order_ids.new_order_id
        self._deliver(new.picking_ids)
        self._stock(self.product, 2)
        self.assertOffers(order, [0], "last_shipment")

    def test_goods_of_two_warehouses_are_two_shipments(self):
        second = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "TW2", "company_id": self.company.id}
        )
        route = second.delivery_route_id
        route.sale_selectable = True
        self.company.backorder_fill_approved = "new_order"
        self.customer.backorder_max_shipments = 3
        order = self._order((self.product, 5), (self.other, 5, {"route_ids": route.ids}))
        self.assertEqual(order.order_line.warehouse_id, self.warehouse | second)
        self._stock(self.product, 2)
        self._stock(self.other, 2, location=second.lot_stock_id)
        # One fill makes two shipments: of three the last one goes out complete all the same.
        self.assertOffers(order, [2, 2])
        order.fill_backorders()
        self.assertEqual(len(order.backorder_child_ids.picking_ids), 2)
        self._stock(self.product, 1)
        self.assertOffers(order, [0, 0])
        order.backorder_max_shipments = 2
        again = self._order((self.product, 5), (self.other, 5, {"route_ids": route.ids}))
        again.backorder_max_shipments = 2
        self._stock(self.product, 2)
        self._stock(self.other, 2, location=second.lot_stock_id)
        self.assertEqual(again._backorder_complete_reason(), "last_shipment")

    def test_the_smallest_value_in_another_currency(self):
        other = self.env["res.currency"].create(
            {
                "name": "XTS",
                "symbol": "T",
                "rate_ids": [Command.create({"name": "2020-01-01", "rate": 2.0})],
            }
        )
        prices = self.env["product.pricelist"].create({"name": "T", "currency_id": other.id})
        self.customer.backorder_min_value = 40
        order = self._order((self.product, 9, {"price_unit": 10}), pricelist_id=prices.id)
        self.assertEqual(order.currency_id, other)
        self._stock(self.product, 7)  # 70 T are 35 of the company's
        self.assertOffers(order, [0], "min_value")
        self._stock(self.product, 1)
        self.assertOffers(order, [8])

    def test_a_small_rest_does_not_wait_for_ever(self):
        """What is there of a small rest waits for the other items of it, and goes out with them."""
        self.customer.backorder_min_value = 60
        order = self._order((self.product, 2), (self.other, 1))
        self._stock(self.product, 2)
        self.assertOffers(order, [0, 0])
        self._stock(self.other, 1)
        self.assertOffers(order, [2, 1])

    def test_what_was_carried_is_no_part_of_the_value(self):
        self.company.backorder_fill_approved = "new_order"
        self.customer.backorder_min_value = 40
        order = self._order((self.product, 9))
        self._stock(self.product, 4)
        run = self._run(order, carry_balance=True, carry_credit="whole")
        self.assertEqual(run.line_ids.planned_qty, 4)
        run.action_start()
        self._stock(self.product, 3)
        self.assertOffers(order, [0], "min_value")

    def test_days_are_counted_where_the_company_is(self):
        self.company.backorder_tz = "America/Los_Angeles"
        self.customer.backorder_cancel_days = 10
        with freeze_time("2026-03-11 03:00:00"):  # the evening of the 10th there
            order = self._order((self.product, 1))
        self.assertEqual(order.backorder_cancel_date, fields.Date.to_date("2026-03-20"))
        with freeze_time("2026-03-21 06:30:00"):
            self.assertFalse(order._backorder_is_past_cancel_date())
        with freeze_time("2026-03-21 07:30:00"):
            self.assertTrue(order._backorder_is_past_cancel_date())


@tagged("post_install", "-at_install")
class TestNothingIsCancelledInSilence(TermsCommon):
    def _night(self, day):
        with freeze_time(f"{day} 23:00:00"):
            for order_id in self.env["sale.order"]._backorder_cancel_due().ids:
                self.env["sale.order"]._backorder_cancel_date_work(order_id)
        self.env.invalidate_all()

    def _told(self):
        self._stock(self.other, 3)
        order = self._order((self.product, 5), (self.other, 3))
        order.backorder_cancel_date = "2026-03-20"
        self._night("2026-03-13")
        self.assertNotIn("Nails", order.activity_ids.note)
        return order

    def test_an_item_that_went_missing_after_the_notice_is_told_first(self):
        order = self._told()
        self._count(self.other, 1)
        self.assertHeld(order.order_line[1], 2, reserved=1)
        self._night("2026-03-18")
        self.assertIn("Nails", " ".join(order.activity_ids.mapped("note")))
        self._night("2026-03-19")
        self.assertEqual(len(order.activity_ids), 2, "told once each")
        self._night("2026-03-21")
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [0, 1])

    def test_what_went_missing_on_the_last_day_waits_another_night(self):
        order = self._told()
        self._count(self.other, 1)
        self._night("2026-03-21")
        self.assertHeld(order.order_line[0], 0)
        self.assertHeld(order.order_line[1], 2, reserved=1)
        self.assertEqual(order.backorder_cancel_told, fields.Date.to_date("2026-03-21"))
        self._night("2026-03-21")
        self.assertHeld(order.order_line[1], 2, reserved=1)
        self._night("2026-03-22")
        self.assertHeld(order.order_line[1], 0, reserved=1)

    def test_of_a_line_that_was_raised_the_rest_is_told(self):
        order = self._told()
        order.order_line[0].product_uom_qty = 8
        self._night("2026-03-21")
        self.assertHeld(order.order_line[0], 3)
        self._night("2026-03-22")
        self.assertHeld(order.order_line[0], 0)

    def test_what_was_filled_and_is_lost_again_after_another_date(self):
        order = self._told()
        self._stock(self.product, 5)
        with freeze_time("2026-03-14"):
            order.fill_backorders()
        self.assertHeld(order.order_line[0], 0)
        order.backorder_cancel_date = "2026-05-20"
        self._count(self.other, 1)
        self._night("2026-05-14")
        self._count(self.product, 0)
        self.assertHeld(order.order_line[0], 5)
        self._night("2026-05-21")
        self.assertHeld(order.order_line[0], 5)
        self.assertHeld(order.order_line[1], 0)


@tagged("post_install", "-at_install")
class TestTermsAsFiles(TermsCommon):
    """What Odoo exports is imported again, by whoever may change contacts."""

    def _export(self, records, names):
        """The file that a client is given."""
        out = io.StringIO()
        csv.writer(out).writerows([names, *records.export_data(names)["datas"]])
        return out.getvalue()

    def _import(self, model, text, by):
        """Ids of what ``by`` gets by importing the file."""
        names = next(csv.reader(io.StringIO(text)))
        options = {"quoting": '"', "separator": ",", "has_headers": True, "encoding": "utf-8"}
        wizard = (
            self.env["base_import.import"]
            .with_user(by)
            .create(
                {
                    "res_model": model,
                    "file": text.encode(),
                    "file_type": "text/csv",
                    "file_name": "file.csv",
                }
            )
        )
        result = wizard.execute_import(names, names, options)
        self.assertFalse(result["messages"], result["messages"])
        return result["ids"]

    def _manager(self):
        return new_test_user(
            self.env,
            "terms_importer",
            groups="sales_team.group_sale_manager,base.group_partner_manager",
        )

    def test_terms_of_customers(self):
        terms = {
            "backorder_priority_id": self.env["backorder.priority"].create({"name": "Gold"}).id,
            "backorder_accept": "no",
            "backorder_policy": "line",
            "backorder_max_shipments": 2,
            "backorder_min_value": 99.5,
            "backorder_cancel_days": -1,
        }
        partner = self.env["res.partner"].create({"name": "Cleo Import", **terms})
        text = self._export(partner, ["id", "name", *terms])
        self.assertIn("Gold", text)
        before = partner.read(list(terms))[0]
        partner.write(dict.fromkeys(terms, False))
        ids = self._import("res.partner", text, self._manager())
        self.assertEqual(ids, partner.ids, "the same customer, by their external id")
        self.assertEqual(partner.read(list(terms))[0], before)

    def test_terms_of_a_new_customer(self):
        partner = self.env["res.partner"].create(
            {"name": "Cleo Import", "backorder_policy": "complete", "backorder_min_value": 12.25}
        )
        names = ["name", "backorder_policy", "backorder_min_value"]
        text = self._export(partner, names).replace("Cleo", "Dora")
        [copy] = self.env["res.partner"].browse(self._import("res.partner", text, self._manager()))
        self.assertEqual((copy.backorder_policy, copy.backorder_min_value), ("complete", 12.25))

    def test_priorities_and_rules(self):
        priority = self.env["backorder.priority"].create(
            {"name": "Gold", "sequence": 33, "color": 4}
        )
        names = ["id", "name", "sequence", "color"]
        text = self._export(priority, names).replace("Gold", "Golden").replace(",33,", ",77,")
        boss = self._manager()
        self.assertEqual(self._import("backorder.priority", text, boss), priority.ids)
        self.assertEqual((priority.name, priority.sequence, priority.color), ("Golden", 77, 4))
        rule = self.env["backorder.rule"].create(
            {
                "name": "Hospitals",
                "treatment": "share",
                "domain": "[('order_partner_id.name', 'ilike', 'hospital')]",
                "sort_1": "priority",
                "sort_2": "since",
            }
        )
        names = ["name", "sequence", "treatment", "domain", "sort_1", "sort_2", "company_id"]
        text = self._export(rule, names).replace("Hospitals", "Clinics")
        [copy] = self.env["backorder.rule"].browse(self._import("backorder.rule", text, boss))
        self.assertEqual(
            copy.read(names[1:], load=False)[0] | {"id": 0},
            rule.read(names[1:], load=False)[0] | {"id": 0},
        )
