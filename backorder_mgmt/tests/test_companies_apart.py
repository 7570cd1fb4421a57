"""Two companies on one database: a recipe, a day and a purchase of one are none of the other's."""

from datetime import date, datetime

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestCompaniesApart(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["res.company"].create({"name": "Second", "backorder_auto": False})
        cls.env.user.company_ids |= cls.second
        cls.there = cls.env["stock.warehouse"].search([("company_id", "=", cls.second.id)], limit=1)

    def _order_there(self, *items, **values):
        """An order of the second company."""
        return self._order(
            *items,
            company_id=self.second.id,
            warehouse_id=self.there.id,
            user_id=False,
            pricelist_id=False,
            **values,
        )

    def _set_aside_there(self, product, quantity, **values):
        """A quotation of the second company for which stock is set aside."""
        quotation = self._order_there((product, quantity), confirm=False, **values)
        quotation.force_backorders()
        quotation.fill_backorders()
        self.assertEqual(quotation.order_line.backorder_promised_qty, quantity)
        return quotation

    def test_a_kit_here_that_is_set_aside_as_an_item_there_lets_goods_be_delivered(self):
        if "mrp.bom" not in self.env:
            return
        kit = self._product("Set")
        self._stock(kit, 1, self.there.lot_stock_id)
        quotation = self._set_aside_there(kit, 1)
        self._recipe(kit, (self.product, 2)).company_id = self.company
        self._stock(self.product, 2)
        order = self._order((self.product, 2))
        self._deliver(order.picking_ids)
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.assertEqual(quotation.order_line.backorder_promised_qty, 1)

    def test_components_that_are_set_aside_there_are_reserved_by_nobody_from_here(self):
        kit = self._kit("Set", (self.product, 2))
        kit.product_tmpl_id.bom_ids.company_id = self.second
        order = self._order_there((self.product, 2))
        self._stock(self.product, 2, self.there.lot_stock_id)
        self._set_aside_there(kit, 1)
        order.picking_ids.with_company(self.company).action_assign()
        self.assertEqual(self._reserved(order), 0)

    def test_a_purchase_order_of_the_other_company_is_not_named_when_the_rest_is_cancelled(self):
        order = self._order((self.product, 2))
        values = {
            "partner_id": self.vendor.id,
            "origin": order.name,
            "order_line": [Command.create({"product_id": self.product.id, "product_qty": 2})],
        }
        ours = self.env["purchase.order"].create(values)
        theirs = self.env["purchase.order"].with_company(self.second).create(values)
        self.assertEqual(theirs.company_id, self.second)
        order.cancel_backorders()
        bodies = " ".join(order.message_ids.mapped("body"))
        self.assertIn(ours.name, bodies)
        self.assertEqual(order.order_line._backorder_purchase_orders(), ours)

    def test_the_vendor_of_a_waiting_item_is_one_of_its_company_and_variant(self):
        """In the column, the filter and the groups of a list alike."""
        size = self.env["product.attribute"].create(
            {
                "name": "Size",
                "value_ids": [Command.create({"name": name}) for name in ("Small", "Large")],
            }
        )
        template = self.env["product.template"].create(
            {
                "name": "Gloves",
                "is_storable": True,
                "attribute_line_ids": [
                    Command.create(
                        {"attribute_id": size.id, "value_ids": [Command.set(size.value_ids.ids)]}
                    )
                ],
            }
        )
        small, large = template.product_variant_ids
        names = ("Of The Second", "Of Small", "Of All")
        second, of_small, of_all = self.env["res.partner"].create([{"name": n} for n in names])
        for sequence, (partner, values) in enumerate(
            (
                (second, {"company_id": self.second.id}),
                (of_small, {"product_id": small.id}),
                (of_all, {}),
            )
        ):
            self.env["product.supplierinfo"].create(
                {
                    "partner_id": partner.id,
                    "product_tmpl_id": template.id,
                    "sequence": sequence,
                    "company_id": self.company.id,
                    **values,
                }
            )
        lines = self._order((small, 1), (large, 1)).order_line
        for line, vendor in zip(lines, (of_small, of_all), strict=True):
            with self.subTest(product=line.product_id.display_name):
                self.assertEqual(line.backorder_vendor_id, vendor)
                domain = [("id", "in", lines.ids), ("backorder_vendor_id", "=", vendor.id)]
                self.assertEqual(lines.search(domain), line)
                grouped = lines._read_group(
                    [("id", "=", line.id)], ["backorder_vendor_id"], ["__count"]
                )
                self.assertEqual(grouped, [(vendor, 1)])

    # -- until which day stock is set aside -------------------------------------------------------

    def _valid_until(self, day, zone):
        """A quotation of a company in ``zone`` for which stock is set aside until ``day``."""
        self.company.backorder_tz = zone
        self._stock(self.product, 2)
        quotation = self._order((self.product, 2), confirm=False)
        quotation.force_backorders()
        quotation.fill_backorders()
        quotation.validity_date = day
        return quotation.order_line

    def _release(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_release_lapsed_promises").method_direct_trigger()
        self.env.invalidate_all()

    def test_stock_is_set_aside_to_the_end_of_its_companys_day_whoever_asks(self):
        """18:00 of June 1 in Los Angeles is June 2 in UTC, and in Sydney."""
        line = self._valid_until(date(2027, 6, 1), "America/Los_Angeles")
        with freeze_time(datetime(2027, 6, 2, 1)):
            for zone in ("America/Los_Angeles", "UTC", "Australia/Sydney"):
                newer = self._order((self.product, 2), confirm=False)
                newer.with_context(tz=zone).action_confirm()
                self.assertHeld(newer.order_line, 2, 0)
            self._release()
            self.assertEqual(line.backorder_promised_qty, 2)

    def test_what_was_set_aside_is_free_on_its_companys_next_day_whoever_asks(self):
        """20:00 of June 1 in UTC is June 2 in Sydney, and June 1 in Los Angeles."""
        line = self._valid_until(date(2027, 6, 1), "Australia/Sydney")
        with freeze_time(datetime(2027, 6, 1, 20)):
            newer = self._order((self.product, 1), confirm=False)
            newer.with_context(tz="America/Los_Angeles").action_confirm()
            self.assertHeld(newer.order_line, 0, 1)
            self._release()
            self.assertEqual(line.backorder_promised_qty, 0)
