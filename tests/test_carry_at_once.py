"""Credit of one order, wanted by several fills at once: it is carried once."""

# The shop and its fixture are those of the single orders.
from test_many_workers import Shop, shop  # noqa: F401

from odoo import Command


def pay(place, order_id, part=1.0):
    """The customer pays that part of the order online; returns the amount."""

    def done(env):
        order = env["sale.order"].browse(order_id)
        provider = env["payment.provider"].search(
            [("code", "=", "demo"), ("company_id", "=", env.company.id)], limit=1
        )
        provider.state = "test"
        amount = order.currency_id.round(order.amount_total * part)
        env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set([order_id])],
            }
        )._set_done()
        return amount

    return place.commit(done)


def test_fills_at_once_carry_the_credit_once(shop: Shop):  # noqa: F811
    shop.setting(backorder_fill_approved="new_order", backorder_carry_credit="whole")
    products = [shop.product(f"Credit {number}", 0) for number in range(4)]
    [order_id] = shop.orders(1, *((product, 5) for product in products), confirm=True)
    paid = pay(shop, order_id, 1.25)
    for product in products:
        shop.receive(product, 5)
    lines = shop.commit(lambda env: env["sale.order"].browse(order_id).order_line.ids)

    def fill(line_id, quantity):
        return lambda env: env["sale.order"].browse(order_id).fill_backorders({line_id: quantity})

    shop.at_once(*(fill(line, quantity) for line in lines for quantity in (2, 3)))

    def check(env):
        order = env["sale.order"].browse(order_id)
        family = order._backorder_family()
        assert len(family) == 9
        assert order.backorder_paid_amount == paid
        # Everything moved, and the credit with it: the original asks for nothing and has nothing.
        assert (order.amount_total, order.backorder_amount_due) == (0, 0)
        assert order.backorder_carried_amount == -paid
        assert order.currency_id.is_zero(sum(family.mapped("backorder_carried_amount")))
        total = order.currency_id.round(sum(family.mapped("amount_total")))
        due = order.currency_id.round(sum(family.mapped("backorder_amount_due")))
        assert due == order.currency_id.round(total - paid)

    shop.commit(check)
