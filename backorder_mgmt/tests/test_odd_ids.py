"""Ids that are no ids, sent over RPC to every public method: a refusal or a sentence, and nothing
changed (H45)."""

from odoo.tests import tagged

from . import test_matrix
from .rights_matrix import ARGUMENTS
from .test_bad_input import BadInputCommon

#: Of what JSON can send for ids, what is none.
NO_IDS = [[None], [False], [0], ["x"], [[1]], [1.5], [True], "x", {"a": 1}]
#: Ids of nothing: too large, deleted, another sign.
NOBODY = [[2**40], [2**31 - 1], [-1]]
#: Only opens a list: of nobody, it is empty.
OPENS_A_LIST = "action_view_backorder"


@tagged("post_install", "-at_install")
class TestOddIds(BadInputCommon):
    def _methods(self):
        """(model, method, arguments) of every public method of ours that records are named for."""
        w = self.worlds["own"]
        for model, method in test_matrix.TestMatrix._methods(self)[0]:
            if not getattr(getattr(type(self.env[model]), method), "_api_model", False):
                yield model, method, ARGUMENTS.get(f"{model}.{method}", lambda w: [])(w)

    def _all_end_in_a_sentence(self, role, odd, but=""):
        wrong, tried = [], 0
        for model, method, arguments in self._methods():
            if but and method.startswith(but):
                continue
            for ids in odd:
                tried += 1
                words = self.refused(role, model, method, ids, *arguments)
                if words.startswith(("DONE", "NOTHING", "TRACEBACK")):
                    wrong.append(f"{model}.{method}({ids!r}): {words[:150]}")
        self.assertFalse(wrong, "\n" + "\n".join(wrong))
        self.assertGreater(tried, 60 * len(odd), "all public methods")

    def test_what_is_no_id_names_nobody(self):
        """Odoo asks no right on what is not saved: *Start* of no screen filled everything."""
        self.roles["boss"].group_ids += self.env.ref("backorder_mgmt.group_backorder_cancel")
        self._all_end_in_a_sentence("boss", NO_IDS)
        self._all_end_in_a_sentence("own", NO_IDS[:1])

    def test_who_is_not_there_is_said_to_be_gone(self):
        self.roles["boss"].group_ids += self.env.ref("backorder_mgmt.group_backorder_cancel")
        self._all_end_in_a_sentence("boss", NOBODY, but=OPENS_A_LIST)

    def test_buttons_of_one_dialog_are_not_pressed_for_none_or_for_two(self):
        w = self.worlds["own"]
        for model, button, values in (
            ("backorder.fill", "action_fill", {"order_id": w.order.id}),
            ("backorder.force", "action_confirm", {"order_id": w.order.id}),
            ("backorder.fill.batch", "action_start", {}),
            ("backorder.process", "action_process", {}),
            ("backorder.purchase", "action_create", {}),
        ):
            dialogs = self.env[model].with_user(self.roles["boss"]).create([values, values])
            for ids in ([], None, dialogs.ids):
                self.assertIn("one record at a time", self.sentence(model, button, ids))

    def test_an_order_that_is_none_does_not_stand_for_all_in_a_fill(self):
        """What the database refuses Odoo tells as a sentence, once the request ends."""
        for number in (None, False, 0, "x", 2**31 - 1):
            for model in ("backorder.run", "backorder.fill.batch"):
                for command in ([6, 0, [number]], [4, number, 0]):
                    words = self.refused("boss", model, "create", {"order_ids": [command]})
                    self.assertNotIn(words.split()[0], ("DONE", "NOTHING"), (model, command))
