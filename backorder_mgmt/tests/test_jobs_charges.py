"""One charge that raises stops nobody else's (design 17.10)."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_charge import ChargeCommon


@tagged("post_install", "-at_install")
class TestChargesThatRaise(ChargeCommon):
    def test_charge_that_raises_is_failed_and_the_others_are_paid(self):
        self._card()
        made = [self._filled(job=False) for _number in range(10)]
        orders = self.env["sale.order"].union(*(new for _order, new, _run in made))
        charges = self.env["backorder.charge"].search([("order_id", "in", orders.ids)], order="id")
        self.assertEqual(len(charges), 10)
        bad = charges[3]
        method = type(charges)._next

        def step(self):
            if self.id == bad.id:
                raise ValueError("a module that does more")
            return method(self)

        with (
            patch.object(type(charges), "_next", step),
            mute_logger("odoo.addons.backorder_mgmt.models.base.jobs"),
        ):
            self._run_job()
        self.env.invalidate_all()
        self.assertEqual(bad.state, "failed")
        self.assertEqual((charges - bad).mapped("state"), ["done"] * 9)
        self.assertIn("a module that does more", bad.message)
        self.assertEqual(bad.order_id.state, "draft")
        self.assertEqual((charges - bad).order_id.mapped("state"), ["sale"] * 9)
        # Nothing was asked for: Retry asks for it once.
        bad.action_retry()
        self._run_job()
        self.env.invalidate_all()
        self.assertEqual((bad.state, bad.order_id.state), ("done", "sale"))
        self.assertEqual(len(bad.attempt_ids), 1)
