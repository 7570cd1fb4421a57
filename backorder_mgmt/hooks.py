from odoo.tools import SQL

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
    """Forget the foreign keys of our columns: Odoo drops these, but keeps its notes of them."""
    # Odoo's registry of constraints: only an uninstallation, which is superuser's, comes here.
    env["ir.model.constraint"].sudo().search(
        [("module.name", "=", "backorder_mgmt"), ("type", "=", "f")]
    ).unlink()
