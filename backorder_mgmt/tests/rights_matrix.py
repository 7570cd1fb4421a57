"""How the matrix of rights is tried (test_matrix.py), and what is right (rights.txt)."""

from collections import Counter
from contextlib import suppress
from pathlib import Path

from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import mute_logger

from .rights_ground import DIALOGS, ROLES, ROWS, WORLDS, RightsCommon

OURS = "odoo.addons.backorder_mgmt."
TABLE = Path(__file__).with_name("rights.txt")

#: The record of a world that a method is called on, where it is not the model's own.
RECORDS = {
    "backorder.run": "run",
    "backorder.run.line": "row",
    "backorder.run.order": "run_order",
    "backorder.event": "event",
    "backorder.charge": "charge",
    "backorder.charge.attempt": "attempt",
    "backorder.carry": "carry",
    "backorder.delay": "delay",
    "backorder.check": "check",
    "backorder.report": "analysed",
    "backorder.priority": "priority",
    "backorder.rule": "rule",
    "backorder.due": "due",
    "sale.order": "order",
    "sale.order.line": "line",
    "stock.picking": "receipt",
    "purchase.order": "purchase",
    "purchase.order.line": "bought",
    "stock.move": "move",
    "product.product": "product",
    "product.template": "template",
    "res.partner": "partner",
}
DRAFT, PROMISED = "draft_run", "promised"
CALLED_ON = {
    "backorder.run.action_preview": DRAFT,
    "backorder.run.action_start": DRAFT,
    "backorder.run.action_cancel": DRAFT,
    "backorder.run.action_compare": DRAFT,
    "backorder.run.compare_policies": DRAFT,
    "backorder.run.compare_rules": DRAFT,
    "backorder.run.change_plan": "planned",
    "backorder.run.use_policy": DRAFT,
    "backorder.charge.action_not_charged": "unknown",
    "backorder.charge.action_transfer_not_coming": "announced",
    "backorder.charge.action_was_charged": "unknown",
    "sale.order.action_view_backorder_parent": "child",
    "sale.order.action_view_backorder_children": "filled",
    "sale.order.action_process_orders": "quotation",
    "sale.order.line.action_release_promise": "promised_line",
    "backorder.run write": DRAFT,
    "backorder.run unlink": DRAFT,
}
#: What a method is called with, where it is called with anything.
ARGUMENTS = {
    "backorder.run.use_policy": lambda _w: ["fair"],
    "backorder.overview.open_card": lambda w: ["needed"],
    "backorder.run.change_plan": lambda w: [{str(w.planned.line_ids[:1].id): 0}],
}


class MatrixCommon(RightsCommon):
    """Tries a call as somebody, and compares cells with the table."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expected, cls.order = {}, list(ROLES)
        for number, text in enumerate(TABLE.read_text().splitlines(), 1):
            if not text.strip() or text.startswith("#"):
                continue
            kind, name, *cells = text.split()
            wanted = 0 if kind == "override" else len(ROLES)
            assert len(cells) == wanted, f"{TABLE.name}:{number}: {len(cells)} cells"
            cls.expected[kind, name] = cells

    def outcome(self, call):
        """``+`` done, ``-`` refused for want of a right, ``!`` refused for another reason."""
        cr = self.env.cr
        self.env.flush_all()
        cr.execute("SAVEPOINT matrix")
        try:
            call()
            self.env.flush_all()
            return "+"
        except AccessError as error:
            # The sentence names what is missing: a right, a model or a field.
            self.assertGreater(len(str(error)), 20, "a refusal says why")
            self.words = str(error)
            return "-"
        except UserError as error:
            self.words = str(error)
            return "!"
        finally:
            self.env.transaction.clear()
            cr.execute("ROLLBACK TO SAVEPOINT matrix")

    def check_lines(self, kind, actual):
        """``{name: cells}`` against the lines of the table of this kind."""
        wrong = []
        for name in sorted(actual):
            cells = [str(cell) for cell in actual[name]]
            if self.expected.get((kind, name)) != cells:
                wrong.append(f"{kind} {name:<60} {' '.join(cells)}".rstrip())
        gone = [name for of, name in self.expected if of == kind and name not in actual]
        counted = Counter("".join("".join(cells) for cells in actual.values()))
        # Seen with pytest's -rP: how much was tried is part of the answer.
        print(  # pylint: disable=print-used
            f"\nmatrix: {kind}: {len(actual)} lines, {counted.total()} cells, "
            f"{counted.total() - counted['-']} allowed, {counted['-']} refused"
        )
        self.assertFalse(
            wrong or gone,
            "\nIs this right? Then it belongs into rights.txt "
            f"({' '.join(ROLES)}; {'/'.join(WORLDS)}):\n"
            + "\n".join(wrong)
            + "".join(f"\n{kind} {name} is gone" for name in gone),
        )

    def in_all_worlds(self, model, try_it):
        """One cell for each role: ``try_it(role, world)`` in each world.

        Who has no right at all on the model and is refused in the first world is so in all.
        """
        cells = []
        for role, user in self.roles.items():
            first, *rest = WORLDS
            cell = try_it(role, self.worlds[first])
            if cell == "-" and not self.env[model].with_user(user).has_access("read"):
                cell = "-" * len(WORLDS)
            else:
                cell += "".join(try_it(role, self.worlds[world]) for world in rest)
            cells.append(cell)
        return cells

    def prepare_dialogs(self):
        """{(dialog, whose): one of them}; a user's is about the orders of their home."""
        self.made = {}
        for model in (*DIALOGS, *ROWS):
            for w in self.worlds.values():
                self.made[model, w.user] = self.dialog(model, w, w.user)
            for role, user in self.roles.items():
                if (model, user) in self.made:
                    continue
                w = self.home(role)
                records = self.env[model].with_user(user)
                with suppress(AccessError), self.env.cr.savepoint():
                    records.check_access("create")
                    dialog = records.create(self.dialog_values(model, w, user))
                    self.made[model, user] = dialog.with_env(self.env)

    # -- dialogs ----------------------------------------------------------------------------------

    def dialog(self, model, w, user):
        """A dialog (or a row of one) about the orders of a world, made by ``user``."""
        records = self.env[model].with_user(user).sudo()
        records = records.with_context(allowed_company_ids=w.company.ids)
        return records.create(self.dialog_values(model, w, user)).with_env(self.env)

    def dialog_values(self, model, w, user):
        if model in DIALOGS:
            return DIALOGS[model](w)
        parent, name, values = ROWS[model]
        home = self.worlds["own" if self.company in user.company_ids else "abroad"]
        return {name: self.dialog(parent, home, user).id, **values(w)}

    def home(self, role):
        return self.worlds["abroad" if role == "there" else "own"]

    def target(self, model, what, w, user):
        """The record that ``what`` is tried on: a dialog is the user's own in the first world, if
        it is a user who may have one, else of the world's salesperson."""
        if model not in DIALOGS and model not in ROWS:
            return getattr(w, CALLED_ON.get(what) or RECORDS[model])
        mine = (
            w is self.worlds["own"] and w.company in user.company_ids and (model, user) in self.made
        )
        return self.made[model, user if mine else w.user]

    # -- fields -----------------------------------------------------------------------------------

    def _fields(self):
        for model_name, model in self.env.items():
            if model._abstract or model._transient or not model._auto:
                continue
            for name, field in model._fields.items():
                if (
                    any(module.startswith("backorder_mgmt") for module in field._modules)
                    and (field.store or field.inverse)
                    and name not in models.MAGIC_COLUMNS
                ):
                    yield model_name, name

    def _doors(self, role, model, name):
        user = self.roles[role]
        access = {op: self.env[model].with_user(user).has_access(op) for op in ("write", "create")}
        if not any(access.values()):
            return "----"
        w = self.worlds["own"]
        named = CALLED_ON.get(f"{model} write") or RECORDS.get(model)
        record = getattr(w, named) if named else self.env[model].sudo().search([], limit=1)
        value, text = self._forged(record, name)
        return "".join(
            (
                self._door("w", lambda: self._write(role, record, name, value)),
                self._door("c", lambda: self._make(role, record, {name: value})),
                self._door("d", lambda: self._default(role, record, name, value)),
                self._door("i", lambda: self._load(role, record, name, text)),
            )
        )

    def _door(self, letter, call):
        try:
            with mute_logger("odoo.sql_db"):
                return letter if self.outcome(call) == "+" else "-"
        except (ValueError, TypeError, KeyError):
            return "-"  # not what a client can send for this field

    def _forged(self, record, name):
        """(another value than the record's, the same for an import)."""
        field = record._fields[name]
        present = record[name]
        if field.type == "boolean":
            return not present, str(int(not present))
        if field.type in ("float", "integer", "monetary"):
            return present + 1, str(present + 1)
        if field.type == "selection":
            keys = field.get_values(record.env)
            value = next(key for key in keys if key != present)
            return value, value
        if field.type in ("date", "datetime"):
            text = "2031-01-01" if field.type == "date" else "2031-01-01 00:00:00"
            return text, text
        if field.type == "many2one":
            other = self._another(record, field.comodel_name, present)
            return other.id, str(other.id)
        if field.type in ("many2many", "one2many"):
            others = self._another(record, field.comodel_name, present)
            return [Command.set(others.ids)], ",".join(map(str, others.ids))
        if field.type == "json":
            return [1], "[1]"
        return "Forged", "Forged"

    def _another(self, record, comodel, present):
        """A record of the own world that is not there yet, else any."""
        w = self.worlds["own"]
        found = record.env[comodel].sudo()
        for known in vars(w).values():
            if getattr(known, "_name", "") == comodel:
                found |= known
        return (found - present)[:1] or found.search([("id", "not in", present.ids)], limit=1)

    def _write(self, role, record, name, value):
        self.call(role, record._name, "write", record.ids, {name: value})

    def _make(self, role, record, values, **context):
        w, base = self.worlds["own"], {}
        if record._name == "sale.order":
            base = {"partner_id": w.customer.id}
        elif record._name == "purchase.order.line":
            base = {"order_id": w.purchase.id, "product_id": w.product.id}
        elif record._name == "sale.order.line":
            base = {"order_id": w.quotation.id, "product_id": w.product.id}
        elif record._name != "backorder.run":
            # Another one like it.
            base = {**record.sudo().copy_data()[0], **self._like(record)}
        made = self.call(role, record._name, "create", {**base, **values}, context=context)
        return record.browse(made)

    def _like(self, record):
        """What a copy leaves out and a new one needs."""
        if record._name == "backorder.priority":
            return {"name": "Another"}
        data = record.read(["product_id"], load=False)[0] if "product_id" in record else {}
        return {"product_id": data["product_id"]} if data else {}

    def _default(self, role, record, name, value):
        made = self._make(role, record, {}, **{f"default_{name}": value})
        kept = made._fields[name].convert_to_write(made[name], made)
        if kept != value:
            raise AccessError(self.env._("A default that is not taken changes nothing."))

    def _load(self, role, record, name, text):
        field = record._fields[name]
        column = f"{name}/.id" if field.relational else name
        result = self.call(role, record._name, "load", [".id", column], [[str(record.id), text]])
        if not result["ids"]:
            raise AccessError(result["messages"][0]["message"].ljust(30))
