"""Who is who, and whose is what, in the matrix of rights (test_matrix.py)."""

from types import SimpleNamespace

from odoo import Command, fields
from odoo.service.model import call_kw
from odoo.tests import new_test_user

from .common import BackorderCommon

#: Whose a record is: of an order of *own*, of a colleague's order, of another company's order.
WORLDS = ("own", "others", "abroad")

SALESMAN = "sales_team.group_sale_salesman"
#: {role: its groups}. `own` is the salesperson of the own orders, `portal` their customer, `boss`
#: the head of sales, who also buys, `there` the same in the other company (the third world).
ROLES = {
    "public": "",
    "portal": "",
    "own": SALESMAN,
    "all": "sales_team.group_sale_salesman_all_leads",
    "stock": "stock.group_stock_user",
    "buyer": "purchase.group_purchase_user",
    "user": "backorder_mgmt.group_backorder_user",
    "mngr": "backorder_mgmt.group_backorder_manager",
    "cancel": f"{SALESMAN}_all_leads,backorder_mgmt.group_backorder_cancel",
    "bills": "account.group_account_invoice",
    "books": "account.group_account_manager",
    "boss": "sales_team.group_sale_manager,purchase.group_purchase_user",
    "there": "sales_team.group_sale_manager,purchase.group_purchase_user,"
    "backorder_mgmt.group_backorder_cancel",
}

#: {model: (record of a world, values to make another one)}; names are those of `World`.
DIALOGS = {
    "backorder.force": lambda w: {"order_id": w.filled.id},
    "backorder.fill": lambda w: {"order_id": w.order.id},
    "backorder.cancel": lambda w: {"order_id": w.order.id},
    "backorder.fill.batch": lambda w: {
        "company_id": w.company.id,
        "order_ids": [Command.set(w.order.ids)],
    },
    "backorder.process": lambda w: {
        "company_id": w.company.id,
        "order_ids": [Command.set(w.quotation.ids)],
        "approve": True,
    },
    "backorder.purchase": lambda w: {
        "company_id": w.company.id,
        "warehouse_id": w.warehouse.id,
        "product_ids": [Command.set(w.product.ids)],
        "line_ids": [Command.create(w.of_purchase)],
    },
    "backorder.summary": lambda w: {"run_ids": [Command.set(w.run.ids)]},
    "backorder.list": lambda w: {"kind": "order", "line_ids": [Command.set(w.line.ids)]},
    "backorder.stuck": lambda w: {
        "company_id": w.company.id,
        "line_ids": [Command.create({**w.of_line, "selected": True})],
    },
}
#: Rows of dialogs: (the dialog, its field, values).
ROWS = {
    "backorder.force.line": ("backorder.force", "force_id", lambda w: w.of_line),
    "backorder.fill.line": ("backorder.fill", "fill_id", lambda w: w.of_line),
    "backorder.cancel.line": ("backorder.cancel", "cancel_id", lambda w: w.of_line),
    "backorder.stuck.line": ("backorder.stuck", "stuck_id", lambda w: w.of_line),
    "backorder.purchase.line": ("backorder.purchase", "purchase_id", lambda w: w.of_purchase),
}


class RightsCommon(BackorderCommon):
    """Two companies, the roles, and a world of records for each of `WORLDS`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("backorder_mgmt.group_backorder_cancel")
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.env.user.company_ids += cls.elsewhere
        cls.elsewhere.write({"backorder_auto": True, "backorder_fill_approved": "same_order"})
        cls.company.backorder_fill_approved = "same_order"
        cls.company.backorder_run_threshold = 500
        cls.roles = {role: cls._role(role, groups) for role, groups in ROLES.items()}
        cls.colleague = new_test_user(cls.env, "rights_colleague", groups=SALESMAN)
        cls.worlds = {
            "own": cls._world(cls.company, cls.roles["own"], cls.roles["portal"].partner_id),
            "others": cls._world(cls.company, cls.colleague, cls.customer),
            "abroad": cls._world(cls.elsewhere, cls.roles["there"], cls.customer),
        }
        cls.env.flush_all()

    @classmethod
    def _role(cls, role, groups):
        if role == "public":
            return cls.env.ref("base.public_user")
        company = cls.elsewhere if role == "there" else cls.company
        return new_test_user(
            cls.env,
            f"rights_{role}",
            groups="base.group_portal" if role == "portal" else f"base.group_user,{groups}",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def _world(cls, company, salesperson, customer):
        """The records of one salesperson, of every kind that the addon knows."""
        env = cls.env(context={**cls.env.context, "allowed_company_ids": company.ids})
        w = SimpleNamespace(company=company, user=salesperson, partner=customer)
        w.warehouse = cls.warehouse
        if company != cls.company:
            # Some apps make one with the company.
            w.warehouse = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
            w.warehouse = w.warehouse or env["stock.warehouse"].create(
                {"name": "Elsewhere", "code": "ELSE", "company_id": company.id}
            )
        w.vendor = env["res.partner"].create({"name": f"Vendor of {salesperson.name}"})
        w.product = cls._product(
            f"Item of {salesperson.name}",
            seller_ids=[Command.create({"partner_id": w.vendor.id, "price": 1})],
        )
        w.template = w.product.product_tmpl_id

        def order(quantity, confirm=True):
            record = env["sale.order"].create(
                {
                    "partner_id": customer.id,
                    "user_id": salesperson.id,
                    "company_id": company.id,
                    "warehouse_id": w.warehouse.id,
                    "order_line": [
                        Command.create({"product_id": w.product.id, "product_uom_qty": quantity})
                    ],
                }
            )
            if confirm:
                record.action_confirm()
            return record

        def stock(quantity):
            env["stock.quant"]._update_available_quantity(
                w.product, w.warehouse.lot_stock_id, quantity
            )

        w.filled = order(2)
        stock(2)
        w.run = w.filled.with_user(salesperson).fill_backorders().with_env(env)
        w.row, w.run_order = w.run.line_ids, w.run.run_order_ids
        # As if the processor had printed what it approved.
        document = env["ir.attachment"].create(
            {
                "name": "Documents.pdf",
                "res_model": "backorder.run",
                "res_id": w.run.id,
                "raw": b"%PDF-",
            }
        )
        w.run._backorder_write({"document_id": document.id})
        w.run_order._backorder_write({"approved": True})
        w.event = w.filled.order_line.backorder_event_ids[:1]
        w.quotation = order(2, confirm=False)
        w.order = order(5)
        w.line = w.order.order_line
        w.analysed = env["backorder.report"].browse(w.line.id)
        w.child = order(1)
        w.child._backorder_write({"backorder_parent_id": w.filled.id})
        stock(4)
        w.promised = order(1, confirm=False)
        w.promised.fill_backorders({w.promised.order_line.id: 1})
        w.promised_line = w.promised.order_line
        w.of_line = {"sale_line_id": w.line.id}
        w.of_purchase = {
            "product_id": w.product.id,
            "warehouse_id": w.warehouse.id,
            "vendor_id": w.vendor.id,
            "quantity": 1,
            "price_unit": 1,
            "currency_id": company.currency_id.id,
        }
        w.draft_run = (
            env["backorder.run"]
            .with_user(salesperson)
            .sudo()
            .create({"company_id": company.id, "order_ids": [Command.set(w.order.ids)]})
        ).with_env(env)
        w.planned = w.draft_run.copy()
        w.planned.action_preview()
        w.priority = env["backorder.priority"].create({"name": f"Of {salesperson.name}"})
        w.rule = env["backorder.rule"].create(
            {"name": f"Of {salesperson.name}", "company_id": company.id}
        )
        w.due = env["backorder.due"].create({"product_id": w.product.id})
        w.picking = w.order.picking_ids
        w.customer = cls.customer
        w.purchase = env["purchase.order"].create(
            {
                "partner_id": w.vendor.id,
                "company_id": company.id,
                "picking_type_id": w.warehouse.in_type_id.id,
                "order_line": [
                    Command.create({"product_id": w.product.id, "product_qty": 1, "price_unit": 1})
                ],
            }
        )
        w.purchase.button_confirm()
        w.bought = w.purchase.order_line
        w.receipt = w.purchase.picking_ids
        w.move = w.receipt.move_ids
        w.receipt.move_ids.write({"quantity": 1, "picked": True})
        w.receipt._action_done()
        w.on_its_way = w.purchase.copy({"date_planned": "2030-01-01"})
        w.on_its_way.order_line.product_qty = 9
        w.on_its_way.button_confirm()
        cls._world_of_money(env, w)
        w.delay = env["backorder.delay"]._backorder_create(
            [
                {
                    "sale_line_id": w.line.id,
                    "told_date": fields.Datetime.now(),
                    "state": "failed",
                    "quantity": 1,
                }
            ]
        )
        w.check = env["backorder.check"]._backorder_create(
            [
                {
                    "code": "hold",
                    "res_model": "sale.order",
                    "res_id": w.order.id,
                    "message": "Wrong",
                    "company_id": company.id,
                }
            ]
        )
        return w

    @classmethod
    def _world_of_money(cls, env, w):
        currency = w.order.currency_id.id
        w.carry = env["backorder.carry"]._backorder_create(
            [
                {
                    "from_order_id": w.filled.id,
                    "from_name": w.filled.name,
                    "to_order_id": w.child.id,
                    "to_name": w.child.name,
                    "company_id": w.company.id,
                    "currency_id": currency,
                    "kind": "credit",
                    "amount": 1,
                }
            ]
        )
        provider = env["payment.provider"].sudo().search([("company_id", "=", cls.company.id)])[:1]
        method = env["payment.method"].sudo().search([])[:1]
        transaction = (
            env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": method.id,
                    "amount": 1,
                    "currency_id": currency,
                    "partner_id": w.partner.id,
                    "operation": "offline",
                }
            )
        )

        def charge(order, state, attempt):
            record = env["backorder.charge"]._backorder_create(
                [
                    {
                        "order_id": order.id,
                        "order_name": order.name,
                        "company_id": w.company.id,
                        "currency_id": currency,
                        "mode": "charge",
                        "state": state,
                        "message": "No card",
                    }
                ]
            )
            row = env["backorder.charge.attempt"]._backorder_create(
                [
                    {
                        "charge_id": record.id,
                        "kind": "card",
                        "amount": 1,
                        "transaction_id": transaction.id,
                        "state": attempt,
                    }
                ]
            )
            return record, row

        w.charge, w.attempt = charge(w.order, "failed", "failed")
        w.unknown, _attempt = charge(w.child, "unknown", "sending")
        # A transfer that its customer announced.
        waiting = w.quotation.copy({"user_id": w.quotation.user_id.id})
        wire = provider.copy({"code": "none", "name": "Wire"})
        transaction.copy(
            {
                "reference": f"wire {waiting.name}",
                "provider_id": wire.id,
                "state": "pending",
                "sale_order_ids": [Command.set(waiting.ids)],
            }
        )
        w.announced, _attempt = charge(waiting, "pending", "failed")

    def call(self, role, model, method, *args, **kwargs):
        """What a client of ``role`` gets for it over RPC."""
        return call_kw(self.env[model].with_user(self.roles[role]), method, list(args), kwargs)
