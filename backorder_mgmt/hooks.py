import logging
import re

from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# Stored columns on tables that may hold millions of rows. Made here, in plain SQL with a constant
# default, so that installing does not compute them row by row: before installation nothing is on
# backorder, so the constant is the right value (`detect_backorders` brings open orders in later).
_COLUMNS = {
    "sale_order_line": {
        "backorder_hold_product_qty": "double precision DEFAULT 0",
        "backorder_forced_product_qty": "double precision DEFAULT 0",
        "backorder_filled_product_qty": "double precision DEFAULT 0",
        "backorder_promised_product_qty": "double precision DEFAULT 0",
        "backorder_cancelled_product_qty": "double precision DEFAULT 0",
        "backorder_hold_qty": "double precision DEFAULT 0",
        "backorder_qty": "double precision DEFAULT 0",
        "backorder_forced_qty": "double precision DEFAULT 0",
        "backorder_filled_qty": "double precision DEFAULT 0",
        "backorder_cancelled_qty": "double precision DEFAULT 0",
        "backorder_promised_qty": "double precision DEFAULT 0",
        "backorder_state": "varchar DEFAULT 'no'",
        "backorder_expected_date": "timestamp",
    },
    "sale_order": {
        "backorder_state": "varchar DEFAULT 'no'",
        "backorder_line_count": "integer DEFAULT 0",
        "backorder_carried_amount": "numeric DEFAULT 0",
        "backorder_priority_id": "integer",
        "backorder_accept": "varchar DEFAULT 'yes'",
        "backorder_policy": "varchar DEFAULT 'partial'",
        "backorder_max_shipments": "integer DEFAULT 0",
        "backorder_min_value": "numeric DEFAULT 0",
        "backorder_cancel_days": "integer DEFAULT 0",
    },
}


def pre_init_hook(env):
    """Make the stored columns before Odoo would compute them for every existing order line."""
    for table, columns in _COLUMNS.items():
        for column, definition in columns.items():
            env.cr.execute(
                SQL(
                    "ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s %s",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    SQL(definition),  # pylint: disable=sql-injection
                )
            )
            # The default only served the existing rows: from here on the ORM writes every value.
            env.cr.execute(
                SQL(
                    "ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT",
                    SQL.identifier(table),
                    SQL.identifier(column),
                )
            )


def uninstall_hook(env):
    """What Odoo leaves behind where it drops our fields and models."""
    # Only an uninstallation, which is superuser's, comes here.
    env = env(su=True, context={**env.context, "active_test": False})
    _forget_foreign_keys(env)
    _switch_off_own_things(env, _names(env))


def _forget_foreign_keys(env):
    """Odoo drops the foreign keys of our columns, but keeps its notes of them."""
    env["ir.model.constraint"].search(
        [("module.name", "=", "backorder_mgmt"), ("type", "=", "f")]
    ).unlink()


#: What people call in the code of actions of their own.
_METHODS = ("detect_backorders", "force_backorders", "fill_backorders", "cancel_backorders")


def _names(env):
    """A pattern of the names that are gone afterwards, as words of a domain, code or view."""
    data = env["ir.model.data"].search(
        [("module", "=", "backorder_mgmt"), ("model", "in", ("ir.model", "ir.model.fields"))]
    )
    ids = {model: rows.mapped("res_id") for model, rows in data.grouped("model").items()}
    names = {
        *env["ir.model"].browse(ids.get("ir.model", ())).exists().mapped("model"),
        *env["ir.model.fields"].browse(ids.get("ir.model.fields", ())).exists().mapped("name"),
        *_METHODS,
    }
    # Models that we extend, and fields that every model has, stay.
    own = [name for name in names if re.match(r"(kpi_)?backorder[._]", name) or name in _METHODS]
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, own))})(?!\w)")


def _switch_off_own_things(env, names):
    """Archive what people made themselves of our fields, and Odoo leaves as it is: an automation
    rule would refuse each change of an order, a favorite its list, a changed view its form. Lines
    of export lists are deleted, and what is of a model that goes."""
    uses = [
        *_own_automations(env, names),
        _own_jobs(env, names),
        _own_favorites(env, names),
        _own_views(env, names),
    ]
    for records in uses:
        records = records.filtered("active")
        if records:
            # Whoever wants it again sees in the log, and on the archived record, what it was.
            _logger.info("Archived with Backorders: %s", records.mapped("display_name"))
            records.active = False
    of_model = Domain("model_id", "=like", "backorder.%")
    env["ir.filters"].search(of_model).unlink()
    exports = env["ir.exports"].search([])
    lines = exports.export_fields
    lines.filtered(lambda line: names.search((line.name or "").replace("/", "."))).unlink()
    exports.filtered(lambda export: names.fullmatch(export.resource or "")).unlink()


def _own_automations(env, names):
    if "base.automation" not in env:
        return
    fields = ("trg_date_id", "trigger_field_ids", "on_change_field_ids", "trg_selection_field_id")

    def uses(rule):
        texts = [rule.filter_domain, rule.filter_pre_domain]
        actions = rule.action_server_ids
        while actions.child_ids - actions:
            actions |= actions.child_ids
        for action in actions:
            texts += [action.code, action.update_path, action.value]
        texts += [field.name for name in fields for field in rule[name]]
        return any(names.search(text or "") for text in texts)

    yield env["base.automation"].search([]).filtered(uses)


def _own_jobs(env, names):
    """Scheduled actions; ours are deleted."""
    jobs = env["ir.cron"].search([("code", "like", "backorder")])
    return _of_people(jobs).filtered(lambda job: names.search(job.code))


def _own_favorites(env, names):
    def uses(favorite):
        return any(names.search(favorite[name] or "") for name in ("domain", "context", "sort"))

    return env["ir.filters"].search([]).filtered(uses)


def _own_views(env, names):
    """Views that no module brought; those of modules that need ours go with these."""
    views = env["ir.ui.view"].search([("arch_db", "like", "backorder_")])
    return _of_people(views).filtered(lambda view: names.search(view.arch_db or ""))


def _of_people(records):
    """Those of ``records`` that no module brought: an export gives them an id of its own."""
    ids = records.get_external_id()
    return records.filtered(lambda record: ids[record.id].startswith("__") or not ids[record.id])
