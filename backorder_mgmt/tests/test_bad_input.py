"""What nobody means, sent over RPC by people who have all rights: each call ends in one sentence
and changes nothing (H45)."""

import math

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .rights_ground import RightsCommon

NAN, INF = math.nan, math.inf
#: What is no quantity of anything.
NO_QUANTITIES = [NAN, INF, -INF, "three", "", None, True, False, [], [1], {"a": 1}, "1e999"]
#: What is no dict of quantities.
NO_DICTS = ["all", 5, True, [1, 2], [["1", 2]], 3.5]


class BadInputCommon(RightsCommon):
    def refused(self, role, model, method, *args, **kwargs):
        """The sentence with which a call ends."""
        self.env.flush_all()
        cr = self.env.cr
        cr.execute("SAVEPOINT bad_input")
        before = self._fingerprint()
        try:
            with mute_logger("odoo.sql_db"):
                answer = self.call(role, model, method, *args, **kwargs)
                self.env.flush_all()
            words = f"DONE {answer!r}"
            if before == self._fingerprint():
                words = f"NOTHING {answer!r}"
        except UserError as error:
            words = str(error)
        except Exception as error:  # pylint: disable=broad-except
            words = f"TRACEBACK {type(error).__name__}: {error}"
        finally:
            self.env.transaction.clear()
            cr.execute("ROLLBACK TO SAVEPOINT bad_input")
        return words

    def _fingerprint(self):
        """What may not have changed."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT (SELECT count(*) FROM backorder_event), (SELECT count(*) FROM backorder_run),
                   (SELECT SUM(backorder_hold_product_qty) FROM sale_order_line),
                   (SELECT SUM(backorder_promised_product_qty) FROM sale_order_line),
                   (SELECT SUM(product_uom_qty) FROM sale_order_line),
                   (SELECT SUM(reserved_quantity) FROM stock_quant),
                   (SELECT SUM(planned_qty) FROM backorder_run_line),
                   (SELECT count(*) FROM purchase_order)
            """
        )
        return self.env.cr.fetchone()

    def sentence(self, model, method, *args, role="boss"):
        """The call is refused with one sentence of ours, and nothing is changed."""
        words = self.refused(role, model, method, *args)
        with self.subTest(f"{model}.{method} {args}"[:200]):
            self.assertFalse(words.startswith(("DONE", "NOTHING", "TRACEBACK")), words[:300])
        return words


@tagged("post_install", "-at_install")
class TestBadInput(BadInputCommon):
    def test_no_id_is_the_id_of_no_order_and_does_not_stand_for_all(self):
        """Odoo asks no right on a record that is not saved: a salesperson of own documents must not
        fill everybody's orders by it."""
        for role in ("own", "all", "boss"):
            for nobody in (None, False, 0):
                for method in ("detect_backorders", "fill_backorders", "force_backorders"):
                    words = self.sentence("sale.order", method, [nobody], role=role)
                    self.assertIn("without an id", words)
        for nobody in (None, False, 0):
            for method in ("action_preview", "action_start", "compare_policies"):
                self.assertIn("without an id", self.sentence("backorder.run", method, [nobody]))

    def test_quantities_that_are_none(self):
        self.roles["boss"].group_ids += self.env.ref("backorder_mgmt.group_backorder_cancel")
        w = self.worlds["own"]
        row = str(w.planned.line_ids[:1].id)
        for value in [*NO_QUANTITIES, -1, 1e300]:
            for method in ("force_backorders", "fill_backorders", "cancel_backorders"):
                self.sentence("sale.order", method, w.order.ids, {str(w.line.id): value})
            self.sentence("backorder.run", "change_plan", w.planned.ids, {row: value})
        for quantities in NO_DICTS:
            for method in ("force_backorders", "fill_backorders", "cancel_backorders"):
                self.sentence("sale.order", method, w.order.ids, quantities)
            self.sentence("backorder.run", "change_plan", w.planned.ids, quantities)
        for key in ("x", "", None, -1, 0, 2**40, "1.5", str(w.promised_line.id)):
            for method in ("force_backorders", "fill_backorders", "cancel_backorders"):
                self.sentence("sale.order", method, w.order.ids, {key: 1})
            self.sentence("backorder.run", "change_plan", w.planned.ids, {key: 1})

    def test_a_reason_that_is_no_text(self):
        self.roles["boss"].group_ids += self.env.ref("backorder_mgmt.group_backorder_cancel")
        order = self.worlds["own"].order
        for reason in (5, ["a"], {"a": 1}, True, "a\0b"):
            self.sentence("sale.order", "cancel_backorders", order.ids, None, reason)

    def test_policies_cards_and_warehouses_that_are_none(self):
        run = self.worlds["own"].draft_run.ids
        for policy in ("bogus", "", None, 5, ["fifo"], {"a": 1}, True):
            self.sentence("backorder.run", "use_policy", run, policy)
        for policies in (["bogus"], [None], 5, {"a": 1}, [["fifo"]], True, "bogus"):
            self.sentence("backorder.run", "compare_policies", run, policies)
        for name in ("bogus", None, 5, ["needed"], {}, True):
            self.sentence("backorder.overview", "open_card", name)
        for ids in ("x", ["x"], 5, [None], {"a": 1}, [[1]], True, [1.5]):
            self.sentence("backorder.overview", "retrieve_overview", ids)
            self.sentence("backorder.overview", "open_card", "needed", ids)

    def test_dialogs_with_quantities_that_nobody_types(self):
        self.roles["boss"].group_ids += self.env.ref("backorder_mgmt.group_backorder_cancel")
        w = self.worlds["own"]
        buttons = {
            "backorder.force": "action_confirm",
            "backorder.fill": "action_fill",
            "backorder.cancel": "action_confirm",
        }
        foreign = (w.promised_line, self.worlds["others"].line)
        for model, button in buttons.items():
            for line, value in [
                *((w.line, value) for value in (NAN, INF, -INF, -1, 1e300)),
                *((line, 1) for line in foreign),
            ]:
                row = {"sale_line_id": line.id, "quantity": value}
                if model != "backorder.fill":
                    row["selected"] = True
                dialog = self.env[model].with_user(self.roles["boss"])
                dialog = dialog.create({"order_id": w.order.id, "line_ids": [Command.create(row)]})
                self.sentence(model, button, dialog.ids)
        # A quantity that is no number Odoo itself does not keep, a price it does.
        for values in ({"quantity": -1}, *({"price_unit": price} for price in (NAN, INF, -1))):
            dialog = self.env["backorder.purchase"].with_user(self.roles["boss"])
            row = Command.create({**w.of_purchase, **values})
            dialog = dialog.create({"company_id": w.company.id, "line_ids": [row]})
            self.sentence("backorder.purchase", "action_create", dialog.ids)

    def test_terms_that_nobody_agrees_to(self):
        order = self.worlds["own"].order
        for name in ("backorder_max_shipments", "backorder_min_value", "backorder_cancel_days"):
            self.sentence("sale.order", "write", order.ids, {name: -1})
        self.sentence("sale.order", "write", order.ids, {"backorder_cancel_days": 10_000_000})

    def test_rules_whose_conditions_are_none(self):
        rule = self.worlds["own"].rule
        for domain in (
            "x",
            "[(",
            "[('no_field', '=', 1)]",
            "[('id', '=', __import__('os'))]",
            "[('order_id.user_id.password', '=', 'x')]",
        ):
            self.sentence("backorder.rule", "write", rule.ids, {"domain": domain})
