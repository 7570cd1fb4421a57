"""Doors beside those of the matrix: forms of dialogs, asked over RPC, never answer with a trace."""

from odoo import Command
from odoo.tests import tagged

from .rights_ground import DIALOGS, ROWS, WORLDS
from .rights_matrix import MatrixCommon


@tagged("post_install", "-at_install")
class TestOtherDoors(MatrixCommon):
    def test_a_form_is_asked_of_dialogs_about_no_order_or_somebody_elses(self):
        """Over RPC, before an order is chosen: values or one sentence, never a trace."""
        for role in ("own", "mngr"):
            for model in (*DIALOGS, *ROWS):
                records = self.env[model].with_user(self.roles[role])
                if not records.has_access("create"):
                    continue
                known = records.fields_get(attributes=["relation"])
                spec = {
                    name: {"fields": {"display_name": {}}} if "relation" in about else {}
                    for name, about in known.items()
                }
                of_row = ROWS[model][2] if model in ROWS else DIALOGS[model]
                sent = [of_row(self.worlds[world]) for world in WORLDS]
                if model in ROWS:
                    # A row without its dialog, and a dialog with rows without an item.
                    sent += [{"quantity": 1}]
                else:
                    sent += [{"line_ids": [Command.create({})]}] if "line_ids" in known else []
                for values in [{}, *sent]:
                    proposed = {f"default_{name}": value for name, value in values.items()}
                    for arguments, context in (
                        ([dict(values), list(values)], {}),
                        ([{}, []], proposed),
                    ):
                        with self.subTest(model, role=role, values=values, context=context):
                            # Every other exception is a trace at the client.
                            self.outcome(
                                lambda m=model, a=arguments, c=context, r=role, s=spec: self.call(
                                    r, m, "onchange", [], *a, s, context=c
                                )
                            )
