"""*Give Up* while money is under way: what is asked for is waited for."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_charge import ChargeCommon


@tagged("post_install", "-at_install")
class TestChargeGiveUp(ChargeCommon):
    def test_what_is_asked_for_is_not_given_up_before_the_job_has_looked(self):
        """Something else happens to the order's payments: until the job has looked, the charge
        waits, and its own request is at the provider still."""
        self._card("pending")
        _order, new, _run = self._filled()
        charge, asked = self._charge(new), self._transactions(new)
        self.assertEqual((charge.state, asked.state), ("pending", "pending"))
        self._pay_online(new, 10, state="draft")._set_pending()
        self.assertEqual(charge.state, "todo")
        with self.assertRaisesRegex(UserError, "is pending"):
            charge.action_give_up()
        self.assertEqual(charge.state, "todo")

    def test_nor_is_what_nobody_knows_the_outcome_of(self):
        card = self._card()
        _order, new, _run = self._filled(job=False)
        charge = self._charge(new)
        self.env["backorder.charge.attempt"]._record_card(charge, card, 40)
        with self.assertRaisesRegex(UserError, "Look it up"):
            charge.action_give_up()
        self.assertEqual(charge.state, "todo")
