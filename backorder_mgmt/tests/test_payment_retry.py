"""*Retry* of a payment: what is told, and the row that follows."""

import json

from odoo.tests import tagged

from .test_charge import ChargeCommon


@tagged("post_install", "-at_install")
class TestPaymentRetry(ChargeCommon):
    def _told(self, act):
        """What ``act`` told the user who filled, [(message, stays)]."""
        before = self.env["bus.bus"].search([], order="id desc", limit=1).id or 0
        act()
        rows = self.env["bus.bus"].search([("id", ">", before)], order="id")
        sent = [json.loads(row.message) for row in rows]
        return [
            (note["payload"]["message"], note["payload"]["sticky"])
            for note in sent
            if note["type"] == "simple_notification"
        ]

    def test_a_failure_is_told_in_full_once(self):
        """A second notification that stays would cover the row's own button."""
        self._card("error")
        found = []

        def fill():
            found.extend(self._filled())

        [(message, stays)] = self._told(fill)
        _order, new, _run = found
        self.assertIn("Lines filled: 1", message)
        self.assertIn("Payments failed: 1", message)
        self.assertTrue(stays)

        def again():
            self._charge(new).action_retry()
            self._run_job()

        for _time in range(2):
            self.assertEqual(
                self._told(again),
                [
                    (
                        f"The payments of these orders failed: {new.name}. Payment Problems says"
                        " why.",
                        False,
                    )
                ],
            )

    def test_whoever_looks_at_the_list_is_told_that_a_row_changed(self):
        self._card("error")
        _order, new, _run = self._filled()
        charge = self._charge(new)
        before = self.env["bus.bus"].search([], order="id desc", limit=1).id or 0
        charge.action_retry()
        self._run_job()
        rows = self.env["bus.bus"].search([("id", ">", before)])
        changed = [json.loads(row.message) for row in rows]
        changed = [note for note in changed if note["type"] == "backorder_mgmt/charge"]
        self.assertTrue(changed)
        self.assertEqual({tuple(note["payload"]["ids"]) for note in changed}, {(charge.id,)})
