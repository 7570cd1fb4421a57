"""Balances and credits carried to new orders: amounts worked out by hand, in cents."""

import random

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import BackorderCommon


class CarryCommon(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"backorder_carry_credit": "none", "backorder_carry_balance": False})
        (cls.product | cls.other).write({"taxes_id": [Command.clear()]})
        cls.provider = cls.env["payment.provider"].search(
            [("code", "=", "demo"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.provider.state = "test"
        cls.method = cls.provider.payment_method_ids[:1]
        cls.manager = new_test_user(
            cls.env,
            "carry_manager",
            groups="sales_team.group_sale_manager",
            company_id=cls.company.id,
        )

    def _pay_online(self, order, amount, state="done", **values):
        """A transaction of the demo provider; `done` counts as money, `authorized` does not yet."""
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set(order.ids)],
                **values,
            }
        )
        if state == "done":
            transaction._set_done()
        elif state == "authorized":
            transaction._set_authorized()
        return transaction

    def _pay_bank(self, invoice, amount=None, **values):
        """A bank transfer for an invoice, registered by the accountant."""
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        if amount is not None:
            values["amount"] = amount
        payment = register.create(values)._create_payments()
        self.env.invalidate_all()
        return payment

    def _invoice(self, order, final=False):
        invoice = order._create_invoices(final=final)
        invoice.action_post()
        return invoice

    def _short_order(self, ordered=10, stock=6, **values):
        """An order of hammers at 10.00, of which some are on backorder."""
        self._stock(self.product, stock)
        return self._order((self.product, ordered), **values)

    def _fill(self, order, quantity, **options):
        """``quantity`` comes in and is filled as a new order; the run."""
        self._stock(self.product, quantity)
        run = self.env["backorder.run"].create({"order_ids": [Command.set(order.ids)], **options})
        run.action_start()
        self.assertEqual(run.run_order_ids.outcome in ("complete", "partial"), True)
        return run

    def _due(self, *orders):
        self.env.flush_all()
        self.env.invalidate_all()
        return tuple(order.backorder_amount_due for order in orders)

    def assertFamily(self, order, total):
        """The sum over a family never changes, nothing is made by carrying, and the search finds
        what the field says."""
        self.env.flush_all()
        self.env.invalidate_all()
        family = order._backorder_family()
        self.assertAlmostEqual(sum(family.mapped("backorder_amount_due")), total, 2)
        self.assertAlmostEqual(sum(family.mapped("backorder_carried_amount")), 0.0, 2)
        for member in family:
            due = member.backorder_amount_due
            domain = [("id", "in", family.ids), ("backorder_amount_due", "=", due)]
            self.assertIn(member, member.search(domain))


@tagged("post_install", "-at_install")
class TestCarry(CarryCommon):
    # Orders of 10 hammers for 100.00. 4 are filled as a new order for 40.00; 60.00 stay.
    # paid, credit, balance: carried to the new order, due on the original, due on the new order
    CASES = [
        # nothing is carried unless it is wanted
        (0, "none", False, 0, 60, 40),
        (100, "none", False, 0, -40, 40),
        # paid exactly: the new order is paid too
        (100, "needed", False, 40, 0, 0),
        (100, "whole", False, 40, 0, 0),
        # paid too much: what is needed, or everything
        (130, "needed", False, 40, -30, 0),
        (130, "whole", False, 70, 0, -30),
        # paid less than everything
        (80, "needed", False, 20, 0, 20),
        (80, "whole", True, 20, 0, 20),
        (60, "whole", True, 0, 0, 40),
        (50, "whole", False, 0, 10, 40),
        (50, "none", True, -10, 0, 50),
        # not paid at all
        (0, "needed", False, 0, 60, 40),
        (0, "whole", True, -60, 0, 100),
        # odd cents
        (59.99, "needed", True, -0.01, 0, 40.01),
        (60.01, "needed", True, 0.01, 0, 39.99),
    ]

    def test_table_of_carry_cases(self):
        for paid, credit, balance, carried, due, new_due in self.CASES:
            with self.subTest(paid=paid, credit=credit, balance=balance):
                order = self._short_order()
                if paid:
                    self._pay_online(order, paid)
                run = self._fill(order, 4, carry_credit=credit, carry_balance=balance)
                new = run.run_order_ids.new_order_id
                self.assertAlmostEqual(new.backorder_carried_amount, carried, 2)
                self.assertAlmostEqual(order.backorder_carried_amount, -carried, 2)
                self.assertEqual(self._due(order, new), (due, new_due))
                self.assertFamily(order, 100 - paid)
                # Without credits the money may stand on the original: paid all the same.
                self.assertEqual(new._is_paid(), new_due <= 0 or paid >= 100)
                self.assertEqual(order._is_paid(), due <= 0)

    def test_authorised_money_is_not_carried(self):
        order = self._short_order()
        self._pay_online(order, 100, "authorized")
        new = self._fill(order, 4, carry_credit="whole").run_order_ids.new_order_id
        self.assertFalse(new.backorder_carried_amount)
        self.assertEqual(self._due(order, new), (60, 40), "authorized is not paid")
        self.assertEqual(order.backorder_authorized_amount, 100)

    def test_what_was_captured_is_money_and_what_was_voided_is_not(self):
        order = self._short_order()
        transaction = self._pay_online(order, 100, "authorized")
        transaction._create_child_transaction(70)._set_done()
        self.assertEqual((order.backorder_paid_amount, order.backorder_authorized_amount), (70, 30))
        self.assertEqual(self._due(order), (30,))
        new = self._fill(order, 4, carry_credit="whole").run_order_ids.new_order_id
        self.assertEqual(new.backorder_carried_amount, 10)
        transaction._create_child_transaction(30)._set_canceled()
        self.assertEqual(transaction.state, "done")
        self.assertEqual(self._due(order, new), (0, 30))

    def test_refunded_money_is_not_carried_again(self):
        order = self._short_order()
        transaction = self._pay_online(order, 100)
        new = self._fill(order, 2).run_order_ids.new_order_id
        refund = transaction._create_child_transaction(20, is_refund=True)
        refund._set_done()
        self.assertEqual(self._due(order, new), (0, 20))
        second = self._fill(order, 2, carry_credit="whole").run_order_ids.new_order_id
        self.assertEqual(second.backorder_carried_amount, 20)
        self.assertEqual(self._due(order, new, second), (0, 20, 0))
        self.assertFamily(order, 20)

    def test_several_new_orders_one_after_another(self):
        order = self._short_order(stock=2)
        self._pay_online(order, 70)
        first = self._fill(order, 3, carry_credit="needed").run_order_ids.new_order_id
        self.assertEqual(self._due(order, first), (0, 30))
        second = self._fill(order, 3, carry_credit="needed").run_order_ids.new_order_id
        self.assertEqual(self._due(order, first, second), (0, 30, 0))
        third = self._fill(order, 2, carry_credit="needed").run_order_ids.new_order_id
        self.assertEqual(self._due(order, first, second, third), (0, 30, 0, 0))
        self.assertEqual([first.backorder_carried_amount, second.backorder_carried_amount], [0, 30])
        self.assertFamily(order, 30)

    def test_balance_one_after_another_ends_on_the_last_order(self):
        order = self._short_order(stock=2)
        first = self._fill(order, 3, carry_balance=True, carry_credit="needed")
        first = first.run_order_ids.new_order_id
        self.assertEqual(self._due(order, first), (0, 100))
        # What was handed on to the first is not owed twice: the second is covered by it.
        second = self._fill(order, 3, carry_balance=True, carry_credit="needed")
        second = second.run_order_ids.new_order_id
        self.assertEqual(self._due(order, first, second), (0, 100, 0))
        self.assertFamily(order, 100)

    def test_new_order_of_a_new_order(self):
        order = self._short_order()
        self._pay_online(order, 100)
        child = self._fill(order, 4, carry_credit="needed").run_order_ids.new_order_id
        child.force_backorders({child.order_line.id: 3})
        grandchild = child.fill_backorders({child.order_line.id: 3}).run_order_ids.new_order_id
        self.assertEqual(self._due(order, child, grandchild), (0, -30, 30))
        grandchild._backorder_carry_in(30, child)
        self.assertEqual(self._due(order, child, grandchild), (0, 0, 0))
        self.assertFamily(order, 0)

    def test_discounts_and_taxes_to_the_cent(self):
        """3.33 less 7.5 % is 3.08025. With 8.25 % tax on top 10 cost 30.80 + 2.54, 6 of them
        18.48 + 1.52 and 4 of them 12.32 + 1.02; with the tax inside 30.80, 18.48 and 12.32."""
        for included, total, kept, moved in (
            (False, 33.34, 20.00, 13.34),
            (True, 30.80, 18.48, 12.32),
        ):
            with self.subTest(included=included):
                tax = self.env["account.tax"].create(
                    {
                        "name": f"8.25 {included}",
                        "amount": 8.25,
                        "price_include_override": "tax_included" if included else "tax_excluded",
                    }
                )
                self._stock(self.product, 6)
                values = {"price_unit": 3.33, "discount": 7.5, "tax_ids": [Command.set(tax.ids)]}
                order = self._order((self.product, 10, values))
                self.assertAlmostEqual(order.amount_total, total, 2)
                self._pay_online(order, total)
                new = self._fill(order, 4, carry_credit="needed").run_order_ids.new_order_id
                self.assertEqual(new.order_line.discount, 7.5)
                self.assertEqual(new.order_line.tax_ids, tax)
                self.assertAlmostEqual(order.amount_total, kept, 2)
                self.assertAlmostEqual(new.amount_total, moved, 2)
                self.assertAlmostEqual(new.backorder_carried_amount, moved, 2)
                self.assertEqual(self._due(order, new), (0, 0))

    def test_amounts_are_in_the_currency_of_the_order(self):
        """A pricelist in yen: no decimals, and nothing converted on the way."""
        yen = (
            self.env["res.currency"].with_context(active_test=False).search([("name", "=", "JPY")])
        )
        yen.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": yen.id, "rate": 150.0, "company_id": self.company.id}
        )
        pricelist = self.env["product.pricelist"].create({"name": "Yen", "currency_id": yen.id})
        self._stock(self.product, 6)
        order = self._order((self.product, 10, {"price_unit": 333}), pricelist_id=pricelist.id)
        self.assertEqual((order.currency_id, order.amount_total), (yen, 3330))
        self._pay_online(order, 3000)
        run = self._fill(order, 4, carry_credit="whole", carry_balance=True)
        new = run.run_order_ids.new_order_id
        self.assertEqual(new.backorder_carried_amount, 1002)  # 3000 − 6 × 333
        row = new.backorder_carry_in_ids
        self.assertEqual((row.currency_id, row.kind, row.run_id), (yen, "credit", run))
        self.assertEqual(self._due(order, new), (0, 330))

    def test_both_orders_are_told_and_the_row_stays(self):
        order = self._short_order()
        self._pay_online(order, 100)
        run = self._fill(order, 4, carry_credit="needed")
        new = run.run_order_ids.new_order_id
        for record in (order, new):
            notes = "".join(record.message_ids.mapped("body"))
            self.assertIn("Credit carried", notes)
            self.assertIn(new.name, notes)
            self.assertIn("40.00", notes)
        row = new.backorder_carry_in_ids
        self.assertEqual((row.from_order_id, row.to_order_id, row.amount), (order, new, 40))
        with self.assertRaises(UserError):
            row.amount = 50
        with self.assertRaises(UserError):
            row.unlink()
        with self.assertRaises(AccessError):
            row.copy()
        with self.assertRaises(AccessError):
            new.backorder_carried_amount = 1000

    def test_carry_in_moves_within_a_family_only(self):
        order = self._short_order()
        stranger = self._order((self.other, 1))
        new = self._fill(order, 4).run_order_ids.new_order_id
        with self.assertRaisesRegex(UserError, "not an order and a new order made of it"):
            new._backorder_carry_in(10, stranger)
        with self.assertRaisesRegex(UserError, "not an order and a new order made of it"):
            new._backorder_carry_in(10, new)
        self.assertFalse(new._backorder_carry_in(0.001, order))
        new._backorder_carry_in(12.345, order)
        self.assertEqual(self._due(order, new), (60 + 12.35, 40 - 12.35))

    def test_nothing_is_made_or_lost_in_a_long_story(self):
        """Fills, payments, refunds, take-backs and cancellations in random order: the family asks
        for what it costs less what was paid, and carries sum up to nothing."""
        for seed in range(3):
            with self.subTest(seed=seed):
                dice = random.Random(seed)
                order = self._short_order(ordered=40, stock=1)
                paid, runs = 0.0, []
                for _step in range(14):
                    step = dice.choice(["fill", "fill", "fill", "pay", "refund", "undo", "cancel"])
                    family = order._backorder_family()
                    if step == "fill" and order.order_line.backorder_qty >= 1:
                        self._stock(self.product, 4)
                        run = self.env["backorder.run"].create(
                            {
                                "order_ids": [Command.set(order.ids)],
                                "carry_credit": dice.choice(["none", "needed", "whole"]),
                                "carry_balance": dice.choice([True, False]),
                                "approve_partial": dice.choice([True, False]),
                            }
                        )
                        run.action_start()
                        runs.append(run)
                    elif step == "pay":
                        payer = dice.choice(family.filtered(lambda o: o.state != "cancel"))
                        amount = dice.choice([0.01, 33.33, 120.0])
                        self._pay_online(payer, amount)
                        paid += amount
                    elif step == "refund" and family.transaction_ids:
                        transaction = dice.choice(family.transaction_ids)
                        transaction._create_child_transaction(0.01, is_refund=True)._set_done()
                        paid -= 0.01
                    elif step == "undo" and runs:
                        try:
                            with self.env.cr.savepoint():
                                runs.pop(dice.randrange(len(runs))).action_undo()
                        except UserError:
                            continue  # paid, or taken back already
                    elif step == "cancel":
                        drafts = family.filtered(lambda o: o.state == "draft")
                        drafts[:1]._action_cancel()
                    self.assertFamily(order, 400 - paid)

    def _queries(self, action):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_many_orders_ask_the_database_as_often_as_few(self):
        """What is due, and what is carried, is read and written for all orders of a batch."""
        orders = self.env["sale.order"].union(
            *(self._short_order(ordered=3, stock=1) for _number in range(8))
        )
        for order in orders:
            self._pay_online(order, 30)
        self._stock(self.product, 16)
        run = self.env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
        run.action_start()
        new_orders = {row.order_id: row.new_order_id for row in run.run_order_ids}
        self.assertEqual(len(new_orders), 8)
        run._backorder_write({"carry_credit": "needed"})
        few, many = list(new_orders)[:2], list(new_orders)[2:]

        def carry(some):
            family = {order: new_orders[order] for order in some}
            return lambda: orders.browse([o.id for o in some])._backorder_carry_filled(family, run)

        def read_due(some):
            return lambda: orders.browse([o.id for o in some]).mapped("backorder_amount_due")

        self._queries(carry(few[:1]))  # what is read once for good
        self.assertLessEqual(self._queries(carry(many)), self._queries(carry(few[1:])) + 12)
        self.assertLessEqual(self._queries(read_due(many)), self._queries(read_due(few)))
        # One hammer stayed on the first order; those that came later got nothing but the fill.
        carried = orders.backorder_child_ids.mapped("backorder_carried_amount")
        self.assertEqual(carried, [20] + [30] * 7)
