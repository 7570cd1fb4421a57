"""Who may what: every model, field, method, report and route of this addon, tried as everybody on
everybody's records, against `rights.txt`. What has no line there fails."""

import inspect

from lxml import etree

from odoo import models
from odoo.fields import Command
from odoo.http import Controller
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .rights_ground import ROLES, WORLDS
from .rights_matrix import ARGUMENTS, DIALOGS, ROWS, MatrixCommon

#: This addon and its glue.
OURS = "odoo.addons.backorder_mgmt"


def _owner(cls, name):
    """The modules of the classes that define ``name``, the outermost first."""
    return [base.__module__ for base in cls.mro() if name in vars(base)]


@tagged("post_install", "-at_install")
class TestMatrix(MatrixCommon, HttpCase):
    # -- models -----------------------------------------------------------------------------------

    def _models(self):
        """Our own models that people could reach, without the abstract ones."""
        for name, model in self.env.items():
            if not model._abstract and (model._original_module or "").startswith("backorder_mgmt"):
                yield name

    def test_every_operation_on_every_model(self):
        actual = {}
        self.prepare_dialogs()
        for model in self._models():
            for operation in ("read", "create", "write", "unlink"):
                actual[f"{model}.{operation}"] = self.in_all_worlds(
                    model,
                    lambda role, w, model=model, operation=operation: self._operate(
                        role, model, operation, w
                    ),
                )
        self.check_lines("model", actual)

    def _operate(self, role, model, operation, w):
        user = self.roles[role]
        if not self.env[model].with_user(user).has_access(operation):
            return "-"  # in every world: the list of rights says so, and a client is told
        if operation == "create":
            return self.outcome(lambda: self._create(role, model, w, user))

        def call():
            record = self.target(model, f"{model} {operation}", w, user)
            self.env.flush_all()
            self.env.invalidate_all()
            if operation == "read":
                self.call(role, model, "read", record.ids, self._readable(role, model))
                found = self.call(role, model, "search", [("id", "=", record.id)])
                self.assertEqual(found, record.ids)
            elif operation == "unlink":
                self.call(role, model, "unlink", record.ids)
            else:
                self.call(role, model, "write", record.ids, self._change(record))

        return self.outcome(call)

    def _readable(self, role, model):
        """All fields, without lists of records that are somebody else's altogether."""
        user = self.roles[role]
        return [
            name
            for name, field in self.env[model]._fields.items()
            if field.type not in ("one2many", "many2many")
            or self.env[field.comodel_name].with_user(user).has_access("read")
        ]

    def _create(self, role, model, w, user):
        values = {"company_id": w.company.id}
        if model == "backorder.priority":
            values = {"name": "New"}
        elif model == "backorder.rule":
            values["name"] = "New"
        elif model == "backorder.due":
            values = {"product_id": w.product.id}
        if model in DIALOGS or model in ROWS:
            values = self.dialog_values(model, w, user)
        elif model == "backorder.run":
            values["order_ids"] = [Command.set(w.order.ids)]
        self.env.flush_all()
        self.env.invalidate_all()
        self.call(role, model, "create", values)

    def _change(self, record):
        """A harmless change of the first field that people could mean."""
        if record._name == "backorder.run":
            return {"policy": "value"}
        names = sorted(
            (field.type in ("one2many", "many2many"), name)
            for name, field in record._fields.items()
            if field.store and name not in (*models.MAGIC_COLUMNS, "parent_path")
        )
        name = names[0][1]
        value = record._fields[name].convert_to_write(record[name], record)
        return {name: value}

    def _methods(self):
        """(model, method) that are public and this addon's own, without those that Odoo has too;
        and those."""
        own, overrides, abstract = set(), set(), set()
        for name, model in self.env.items():
            cls = type(model)
            for base in cls.mro():
                if not base.__module__.startswith(OURS):
                    continue
                for attribute, value in vars(base).items():
                    if attribute.startswith("_") or not inspect.isfunction(value):
                        continue
                    if getattr(value, "_api_private", False):
                        continue
                    definers = _owner(cls, attribute)
                    if all(m.startswith(OURS) for m in definers):
                        (abstract if model._abstract else own).add((name, attribute))
                    else:
                        overrides.add(f"{base._name or base._inherit}.{attribute}")
        reached = {attribute for _name, attribute in own}
        own |= {(name, attribute) for name, attribute in abstract if attribute not in reached}
        return sorted(own), overrides

    def test_every_public_method(self):
        methods, _overrides = self._methods()
        actual = {}
        self.prepare_dialogs()
        for model, method in methods:
            actual[f"{model}.{method}"] = self.in_all_worlds(
                model,
                lambda role, w, model=model, method=method: self._press(role, model, method, w),
            )
        self.check_lines("method", actual)

    def _press(self, role, model, method, w):
        user = self.roles[role]
        what = f"{model}.{method}"

        def call():
            of_model = getattr(getattr(type(self.env[model]), method), "_api_model", False)
            ids = [] if of_model else [self.target(model, what, w, user).ids]
            self.env.flush_all()
            self.env.invalidate_all()
            arguments = ARGUMENTS.get(what, lambda w: [])(w)
            self.call(role, model, method, *ids, *arguments)

        return self.outcome(call)

    def test_what_has_no_line_in_the_table_fails(self):
        def action_that_nobody_knows(self):
            return True

        action_that_nobody_knows.__module__ = OURS
        ours = next(
            base
            for base in type(self.env["backorder.run"]).mro()
            if base.__module__.startswith(OURS)
        )
        ours.action_that_nobody_knows = action_that_nobody_knows
        self.addCleanup(delattr, ours, "action_that_nobody_knows")
        methods, _overrides = self._methods()
        self.assertIn(("backorder.run", "action_that_nobody_knows"), methods)
        known = {name: cells for (kind, name), cells in self.expected.items() if kind == "method"}
        self.check_lines("method", known)
        name = "backorder.run.action_that_nobody_knows"
        with self.assertRaisesRegex(AssertionError, name):
            self.check_lines("method", {**known, name: ["+++"] * len(ROLES)})
        with self.assertRaisesRegex(AssertionError, "is gone"):
            self.check_lines("method", dict(list(known.items())[1:]))

    def test_what_is_odoos_is_named(self):
        """Methods of Odoo's that are extended: who may call them is Odoo's to say."""
        _methods, overrides = self._methods()
        self.check_lines("override", dict.fromkeys(overrides, ()))

    def test_every_report(self):
        actual = {}
        reports = self.env["ir.model.data"].search(
            [("model", "=", "ir.actions.report"), ("module", "like", "backorder_mgmt%")]
        )
        self.prepare_dialogs()
        for report in self.env["ir.actions.report"].browse(reports.mapped("res_id")):
            actual[f"{report.report_name}.{report.report_type}"] = self.in_all_worlds(
                report.model,
                lambda role, w, report=report: self.outcome(
                    lambda: report.with_user(self.roles[role])._render_qweb_html(
                        report.report_name,
                        self.target(report.model, "report", w, self.roles[role]).ids,
                    )
                ),
            )
        self.check_lines("report", actual)

    def test_buttons_press_what_is_in_the_table(self):
        """Who is shown a button may press it: on own records, by the table."""
        data = self.env["ir.model.data"].search(
            [("model", "=", "ir.ui.view"), ("module", "like", "backorder_mgmt%")]
        )
        found = set()
        for view in self.env["ir.ui.view"].browse(data.mapped("res_id")):
            if not view.model or view.model not in self.env:
                continue
            for button in etree.fromstring(view.arch_db).iter("button"):
                if button.get("type") != "object":
                    continue
                model = view.model
                for field in reversed(list(button.iterancestors("field"))):
                    known = self.env[model]._fields.get(field.get("name"))
                    model = known.comodel_name if known is not None and known.relational else model
                cells = self.expected.get(("method", f"{model}.{button.get('name')}"))
                self.assertTrue(
                    cells or hasattr(self.env[model], button.get("name")), button.attrib
                )
                for role, cell in zip(ROLES, cells or (), strict=False):
                    if role in ("user", "mngr"):
                        continue  # who does not sell has no orders to press a button for
                    user = self.roles[role]
                    home = 2 if role == "there" else 0
                    shown = all(
                        any(user.has_group(group) for group in node.get("groups").split(","))
                        for node in (button, *button.iterancestors())
                        if node.get("groups")
                    )
                    reads = self.env[model].with_user(user).has_access("read")
                    if shown and reads and user._is_internal() and cell[home] == "-":
                        found.add(f"{view.xml_id}: {role} sees {button.get('name')}, refused")
        self.assertFalse(found, "\n" + "\n".join(sorted(found)))

    def test_models_of_companies_have_a_rule(self):
        rules = self.env["ir.rule"].search([("groups", "=", False)])
        for model in self._models():
            if "company_id" not in self.env[model]._fields:
                continue
            with self.subTest(model):
                domains = rules.filtered(lambda rule, m=model: rule.model_id.model == m)
                self.assertTrue(any("company_ids" in (rule.domain_force or "") for rule in domains))

    def test_every_field_by_every_door(self):
        """w(rite), c(reate), d(efault of an action), i(mport). What is not in the table is refused
        to everybody."""
        actual, tried = {}, 0
        for model, name in self._fields():
            if model == "res.partner":
                continue  # see the next test: other apps decide who may write contacts
            cells = [self._doors(role, model, name) for role in ROLES]
            tried += 4 * len(cells)
            if any(set(cell) != {"-"} for cell in cells):
                actual[f"{model}.{name}"] = cells
        print(f"matrix: field: {tried} doors tried")  # pylint: disable=print-used
        self.check_lines("field", actual)

    def test_what_is_agreed_with_a_customer_is_open_to_who_may_write_contacts(self):
        names = [name for model, name in self._fields() if model == "res.partner"]
        self.assertIn("backorder_policy", names)
        for role in ROLES:
            may = self.env["res.partner"].with_user(self.roles[role]).has_access("write")
            for name in names:
                with self.subTest(role=role, field=name):
                    door = self._doors(role, "res.partner", name)[0]
                    self.assertEqual(door, "w" if may else "-")

    # -- routes -----------------------------------------------------------------------------------

    def test_every_route(self):
        self.prepare_dialogs()
        routes = set()
        for module, classes in Controller.children_classes.items():
            if module.startswith("backorder_mgmt"):
                for cls in classes:
                    for member in vars(cls).values():
                        routes |= set(getattr(member, "original_routing", {}).get("routes", ()))
        actual = {route: [""] * len(ROLES) for route in routes}
        for number, (role, user) in enumerate(self.roles.items()):
            self.authenticate(*((None, None) if role == "public" else (user.login, user.login)))
            for route in routes:
                for world in WORLDS:
                    w = self.worlds[world]
                    url = route.replace("<int:run_id>", str(w.run.id))
                    mine = self.target("backorder.list", "route", w, user)
                    url = url.replace("<int:list_id>", str(mine.id))
                    with mute_logger("odoo.http"):  # a refusal is a line there
                        answer = self.url_open(url, allow_redirects=False)
                    self.assertIn(answer.status_code, (200, 303, 403, 404))
                    actual[route][number] += "+" if answer.status_code == 200 else "-"
        self.check_lines("route", actual)
