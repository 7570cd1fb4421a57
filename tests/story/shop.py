"""The story's shop: two warehouses, goods of several kinds, customers with and without cards."""

from rows import Rows

from odoo import Command

#: What every story begins with; a step that wants another setting for itself puts it back.
SETTINGS = {
    "backorder_auto": True,
    "backorder_fifo": True,
    "backorder_fill_approved": "new_order",
    "backorder_approve_new_order": True,
    "backorder_require_last_po": False,
    "backorder_fill_on_receipt": "none",
    "backorder_charge_cards": False,
    "backorder_carry_credit": "none",
    "backorder_carry_balance": False,
    "backorder_run_threshold": 1000,
}
GROUPS = (
    "sales_team.group_sale_manager",
    "stock.group_stock_manager",
    "purchase.group_purchase_manager",
    "account.group_account_invoice",
    "backorder_mgmt.group_backorder_manager",
    "backorder_mgmt.group_backorder_cancel",
)


class Nothing(Exception):
    """There is no record to do this step to."""


class Shop:
    """The ids of what the shop has: records live for one step, and so does their environment."""

    @classmethod
    def open(cls, env):
        shop = cls()
        company = env.company
        company.write(SETTINGS)
        shop.first_run = max(env["backorder.run"].search([]).ids, default=0)
        shop.clerk = (
            env["res.users"]
            .create(
                {
                    "name": "Story Clerk",
                    "login": "story_clerk",
                    "email": "clerk@example.com",
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                    "group_ids": [Command.set([env.ref(name).id for name in GROUPS])],
                }
            )
            .id
        )
        warehouses = env["stock.warehouse"].create(
            [
                {"name": "Story One", "code": "ST1", "company_id": company.id},
                {
                    "name": "Story Two",
                    "code": "ST2",
                    "company_id": company.id,
                    "reception_steps": "two_steps",
                    "delivery_steps": "pick_ship",
                },
            ]
        )
        shop.warehouses = warehouses.ids
        shop._stock_goods(env)
        shop._know_customers(env, company)
        return shop

    def _stock_goods(self, env):
        unit, dozen = env.ref("uom.product_uom_unit"), env.ref("uom.product_uom_dozen")
        box = env["uom.uom"].create(
            {"name": "Box of 1000", "relative_uom_id": unit.id, "relative_factor": 1000}
        )
        self.goods, self.units = {}, {}
        for name, values in {
            "hammer": {},
            "nails": {},
            "bolts": {},
            "sand": {"uom_id": env.ref("uom.product_uom_kgm").id},
            "paint": {"tracking": "lot"},
            "toolbox": {"list_price": 30.0},
        }.items():
            product = env["product.product"].create(
                {
                    "name": name.title(),
                    "default_code": name,
                    "type": "consu",
                    "is_storable": True,
                    "list_price": 10.0,
                    "invoice_policy": "order",
                    "taxes_id": [Command.clear()],
                    **values,
                }
            )
            self.goods[name] = product.id
            # (unit, how much of an item's drawn quantity it is sold by)
            self.units[name] = [(product.uom_id.id, 1.0)]
        self.units["nails"].append((dozen.id, 0.5))
        self.units["bolts"] = [(unit.id, 250.0), (box.id, 0.5)]
        self.units["sand"] = [(env.ref("uom.product_uom_kgm").id, 1.375)]
        products = env["product.product"].browse(self.goods.values())
        by_name = dict(zip(self.goods, products, strict=True))
        env["mrp.bom"].create(
            {
                "product_tmpl_id": by_name["toolbox"].product_tmpl_id.id,
                "type": "phantom",
                "product_qty": 1,
                "bom_line_ids": [
                    Command.create({"product_id": by_name["hammer"].id, "product_qty": 1}),
                    Command.create({"product_id": by_name["nails"].id, "product_qty": 2}),
                ],
            }
        )
        lots = env["stock.lot"].create(
            [{"name": name, "product_id": by_name["paint"].id} for name in ("red", "blue")]
        )
        self.lots = lots.ids
        vendor = env["res.partner"].create({"name": "Vera Vendor", "email": "vera@example.com"})
        self.vendor = vendor.id
        for name in ("hammer", "nails", "bolts", "sand", "paint"):
            env["product.supplierinfo"].create(
                {
                    "partner_id": vendor.id,
                    "product_tmpl_id": by_name[name].product_tmpl_id.id,
                    "price": 4.0,
                    "delay": 3,
                    "min_qty": 5 if name == "nails" else 0,
                }
            )

    def _know_customers(self, env, company):
        # Nobody has an address to be mailed at: a story sends nothing.
        customers = env["res.partner"].create(
            [{"name": f"Story {name}"} for name in ("Ada", "Ben", "Cleo", "Dora")]
        )
        customers[3].backorder_policy = "complete"
        self.customers = customers.ids
        provider = env["payment.provider"].search(
            [("code", "=", "demo"), ("company_id", "=", company.id)], limit=1
        )
        provider.write({"state": "test", "allow_tokenization": True, "capture_manually": False})
        self.provider, self.method = provider.id, provider.payment_method_ids[:1].id
        for customer, outcome in zip(customers, ("done", "error", "done"), strict=False):
            env["payment.token"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": self.method,
                    "payment_details": "4242",
                    "partner_id": customer.id,
                    "provider_ref": f"story {customer.name}",
                    "demo_simulated_state": outcome,
                }
            )

    def rows(self, env):
        return Rows(
            env,
            env["product.product"].browse(self.goods.values()),
            env["res.partner"].browse(self.customers),
            self.first_run,
        )
