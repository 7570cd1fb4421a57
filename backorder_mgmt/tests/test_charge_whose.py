"""Whose card is charged, offered, filtered and named; whose charges a person may touch."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .test_charge import ChargeCommon
from .test_process import ProcessCommon


@tagged("post_install", "-at_install")
class TestWhoseCard(ChargeCommon, ProcessCommon):
    """Cards of the invoice partner, the customer, and the commercial partner of either."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls.env["res.partner"].create({"name": "Firm", "is_company": True})
        cls.customer.parent_id = cls.firm
        cls.colleague = cls.env["res.partner"].create({"name": "Colin", "parent_id": cls.firm.id})

    def assertCard(self, card, **values):
        """The card charged for a new order, the one that the dialog names, the badge, the filter
        and the processor are of one mind: ``card``, or none."""
        order = self._short_order(**values)
        self._stock(self.product, 4)
        dialog = Form(self.env["backorder.fill"].with_context(default_order_id=order.id))
        if card:
            self.assertIn(f"{card.payment_details} (", dialog.charge_note)
        else:
            self.assertIn("no saved card", dialog.charge_note)
        dialog.save().action_fill()
        self._run_job()
        new = order.backorder_child_ids
        self.assertEqual(new.transaction_ids.token_id, card)
        self.assertEqual(new.state, "sale" if card else "draft")
        orders = order | new
        self.assertEqual(set(orders.mapped("backorder_has_card")), {bool(card)})
        found = orders.search([("id", "in", orders.ids), ("backorder_has_card", "=", True)])
        self.assertEqual(found, orders if card else orders.browse())
        found = orders.search([("id", "in", orders.ids), ("backorder_has_card", "=", False)])
        self.assertEqual(found, orders.browse() if card else orders)
        self._stock(self.other, 1)
        quotation = self._order((self.other, 1), confirm=False, **values)
        dialog = self._dialog(quotation, credit_card_mode="charge", approve=True)
        run = self.env["backorder.run"].browse(dialog.action_preview()["res_id"])
        self.assertEqual(self._row(run, quotation).skip_reason, False if card else "no_card")

    def _no_card(self):
        return self.env["payment.token"]

    def test_never_the_private_card_of_another_contact_of_the_company(self):
        self._card(partner=self.colleague)
        self.assertCard(self._no_card())

    def test_never_a_contact_s_card_for_an_order_of_the_company_itself(self):
        self._card(partner=self.colleague)
        self.assertCard(self._no_card(), partner_id=self.firm.id)

    def test_never_another_contact_s_card_that_was_used_on_the_family(self):
        """A colleague paid by the link, and his card was saved."""
        card = self._card(partner=self.colleague)
        order = self._short_order()
        self._pay_online(order, 10, token_id=card.id, partner_id=self.colleague.id)
        _order, new, run = self._filled(order=order)
        self.assertNotApproved(new, run, "failed", "payment_failed")
        self.assertFalse(new.transaction_ids)

    def test_never_the_delivery_address_s_card(self):
        self._card(partner=self.colleague)
        self.assertCard(self._no_card(), partner_shipping_id=self.colleague.id)

    def test_the_customer_s_own_card(self):
        own = self._card(details="1111")
        self._card(partner=self.colleague, details="2222")
        self.assertCard(own)

    def test_the_company_s_card(self):
        self.assertCard(self._card(partner=self.firm))

    def test_the_invoice_partner_s_card_and_that_of_its_company(self):
        payer = self.env["res.partner"].create({"name": "Payer", "is_company": True})
        clerk = self.env["res.partner"].create({"name": "Clerk", "parent_id": payer.id})
        self._card(partner=self.env["res.partner"].create({"name": "X", "parent_id": payer.id}))
        self.assertCard(self._no_card(), partner_invoice_id=clerk.id)
        self.assertCard(self._card(partner=payer, details="3"), partner_invoice_id=clerk.id)
        self.assertCard(self._card(partner=clerk, details="4"), partner_invoice_id=clerk.id)

    def test_no_archived_card_and_none_of_a_disabled_provider_or_another_company(self):
        self._card().active = False
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = self.provider.copy({"company_id": other.id, "state": "test"})
        self._card().provider_id = elsewhere
        disabled = self.provider.copy({"state": "disabled"})
        self._card().provider_id = disabled
        self.assertCard(self._no_card())

    def test_a_branch_uses_what_was_saved_with_its_head_company(self):
        """As in Odoo: payment providers of a company are those of its branches."""
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        sister = self.env["res.company"].create({"name": "Sister", "parent_id": self.company.id})
        order = self.env["sale.order"].new(
            {"partner_id": self.customer.id, "company_id": branch.id}
        )
        card = self._card()
        self.assertEqual(order._backorder_cards()[order], card)
        card.provider_id = self.provider.copy({"company_id": sister.id, "state": "test"})
        self.assertFalse(order._backorder_cards()[order])

    def test_contacts_that_were_merged(self):
        card = self._card(partner=self.colleague)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | self.colleague).ids, self.customer)
        self.env.invalidate_all()
        self.assertEqual(card.partner_id, self.customer)
        self.assertCard(card)

    def test_an_order_s_customer_is_changed_before_the_charge(self):
        self._card()
        _order, new, run = self._filled(job=False)
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        new.write({"partner_id": stranger.id, "partner_invoice_id": stranger.id})
        self._run_job()
        self.assertNotApproved(new, run, "failed", "payment_failed")
        self.assertFalse(new.transaction_ids)


@tagged("post_install", "-at_install")
class TestWhoseCharge(ChargeCommon):
    """Rights are asked on each charge and its order."""

    ACTIONS = ("action_retry", "action_give_up", "action_was_charged", "action_not_charged")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Other"})

    def _user(self, login, *groups, companies=None):
        companies = companies or self.company
        return new_test_user(
            self.env,
            login,
            groups=",".join(groups),
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    def _failed(self):
        self._card("error")
        _order, new, _run = self._filled()
        return new, self._charge(new)

    def _unknown(self):
        card = self._card()
        _order, new, _run = self._filled(job=False)
        charge = self._charge(new)
        self.env["backorder.charge.attempt"]._record_card(charge, card, 40)
        charge._backorder_write({"state": "sending"})
        self._run_job()
        return new, charge

    def assertRefused(self, charge, order, user, **context):
        charge, order = charge.with_user(user), order.with_user(user)
        before = charge.sudo().state
        self.env.flush_all()
        for name in (*self.ACTIONS, "action_open_order"):
            for fresh in (True, False):
                with self.subTest(action=name, user=user.login, fresh=fresh):
                    if fresh:
                        self.env.invalidate_all()
                    with self.assertRaises(AccessError):
                        getattr(charge.with_context(**context), name)()
        with self.assertRaises(AccessError):
            order.with_context(**context).action_retry_charge()
        self.assertEqual(charge.sudo().state, before)

    def test_charges_of_another_company_are_left_alone(self):
        managers = [
            self._user("m1", "sales_team.group_sale_manager", companies=self.other_company),
            self._user("m2", "account.group_account_invoice", companies=self.other_company),
        ]
        both = self._user(
            "m3", "sales_team.group_sale_manager", companies=self.company | self.other_company
        )
        for order, charge in (self._failed(), self._unknown()):
            for user in managers:
                self.assertRefused(charge, order, user)
            # Of both companies, and the other one is ticked.
            self.assertRefused(charge, order, both, allowed_company_ids=self.other_company.ids)
        charge.with_user(both).action_not_charged()
        self.assertEqual(charge.state, "todo")

    def test_so_are_those_of_orders_that_the_user_may_not_see(self):
        manager = self._user(
            "own", "sales_team.group_sale_salesman", "backorder_mgmt.group_backorder_manager"
        )
        bookkeeper = self._user(
            "book", "sales_team.group_sale_salesman", "account.group_account_invoice"
        )
        for order, charge in (self._failed(), self._unknown()):
            for user in (manager, bookkeeper):
                self.assertRefused(charge, order, user)
        order.user_id = manager
        charge.with_user(manager).action_not_charged()
        self.assertEqual(charge.state, "todo")

    def test_who_sells_own_documents_only_reads_charges_of_their_own_orders_only(self):
        own = "sales_team.group_sale_salesman"
        people = [
            self._user("read1", own, "backorder_mgmt.group_backorder_manager"),
            self._user("read2", own, "account.group_account_invoice"),
        ]
        accountant = self._user("read3", "account.group_account_invoice")
        order, charge = self._failed()
        for user, seen in ((people[0], 0), (people[1], 0), (accountant, 1), (self.manager, 1)):
            with self.subTest(user=user.login):
                self.env.invalidate_all()
                charges = charge.with_user(user)
                self.assertEqual(charges.search_count([("id", "=", charge.id)]), seen)
                attempts = charge.attempt_ids.with_user(user)
                self.assertEqual(attempts.search_count([("id", "in", attempts.ids)]), seen)
                if not seen:
                    with self.assertRaises(AccessError):
                        charges.read(["message", "amount"])
                    with self.assertRaises(AccessError):
                        attempts.read(["amount"])
        for user in people:
            order.user_id = user
            self.assertEqual(charge.with_user(user).attempt_ids.mapped("amount"), [40])

    def test_one_that_is_not_theirs_among_several_refuses_all(self):
        order, mine = self._failed()
        other = self.env["res.partner"].create({"name": "Other Customer"})
        self._card("error", partner=other)
        theirs = self._short_order(partner_id=other.id, user_id=self.env.uid)
        _order, theirs, _run = self._filled(order=theirs)
        charges = mine | self._charge(theirs)
        with self.assertRaises(AccessError):
            charges.with_user(self.salesman).action_retry()
        self.assertEqual(charges.mapped("state"), ["failed", "failed"])
        # Nor one whose order is no more, and nobody's.
        theirs.action_cancel()
        theirs.unlink()
        with self.assertRaises(AccessError):
            charges.with_user(self.salesman).action_give_up()
        mine.with_user(self.salesman).action_retry()
        self.assertEqual(mine.state, "todo")
        order.with_user(self.salesman).action_retry_charge()

    def test_accountants_and_managers_of_the_company_go_on(self):
        accountant = self._user("accountant", "account.group_account_invoice")
        for user in (accountant, self.manager):
            order, charge = self._failed()
            charge.with_user(user).action_retry()
            self.assertEqual(charge.state, "todo")
            self.assertEqual(charge.with_user(user).action_open_order()["res_id"], order.id)
            self._run_job()
            charge.with_user(user).action_give_up()
            self.assertEqual(charge.state, "cancelled")
