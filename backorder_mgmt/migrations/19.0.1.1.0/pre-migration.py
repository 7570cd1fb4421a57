"""Held quantities move to the product's unit; the old columns become exact conversions of them.

Before the ORM sees the columns: it would work them out record by record.
"""

from odoo.tools import SQL

_NAMES = ("hold", "forced", "filled", "promised", "cancelled")
#: Roots of the units that are measured, not counted: a part of a gram is a quantity.
_MEASURED = (
    "product_uom_gram",
    "product_uom_milliliter",
    "product_uom_millimeter",
    "product_uom_square_meter",
    "product_uom_hour",
    "product_uom_kwh",
)
_RUN_LINE = (
    "needed_qty",
    "available_qty",
    "planned_qty",
    "filled_qty",
    "moved_qty",
    "forced_before_qty",
    "promised_before_qty",
)


def migrate(cr, version):
    if not version or _has_column(cr, "sale_order_line", "backorder_hold_product_qty"):
        return
    # Both are made again on the columns as they are then.
    cr.execute("DROP INDEX IF EXISTS sale_order_line_backorder_needed_idx")
    cr.execute("DROP INDEX IF EXISTS sale_order_line_backorder_promised_idx")
    names = [f"backorder_{name}_qty" for name in _NAMES]
    truth = [f"backorder_{name}_product_qty" for name in _NAMES]
    _to_double(cr, "sale_order_line", [*names, "backorder_qty"], truth)
    _to_double(cr, "backorder_event", ["quantity", "balance"], ["product_qty", "product_balance"])
    _to_double(cr, "backorder_run_line", _RUN_LINE, [])
    cr.execute("ALTER TABLE backorder_event ADD COLUMN IF NOT EXISTS line_uom_id integer")
    _make_units(cr)
    _fill_lines(cr, names, truth)
    _fill_ledger(cr)
    cr.execute("DROP TABLE backorder_line_units")


def _has_column(cr, table, column):
    cr.execute(
        "SELECT 1 FROM information_schema.columns WHERE table_name = %s AND column_name = %s",
        [table, column],
    )
    return bool(cr.fetchone())


def _to_double(cr, table, columns, new):
    """One rewrite of the table: ``columns`` get their new type, and ``new`` ones are made."""
    changes = [
        SQL(
            "ALTER COLUMN %(name)s TYPE double precision USING %(name)s::double precision",
            name=SQL.identifier(name),
        )
        for name in columns
    ]
    changes += [
        SQL("ADD COLUMN IF NOT EXISTS %s double precision DEFAULT 0", SQL.identifier(name))
        for name in new
    ]
    cr.execute(SQL("ALTER TABLE %s %s", SQL.identifier(table), SQL(", ").join(changes)))
    for name in new:
        cr.execute(
            SQL(
                "ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT",
                SQL.identifier(table),
                SQL.identifier(name),
            )
        )


def _make_units(cr):
    """{line: product's units in one of its own, whether those are whole pieces}."""
    cr.execute(
        """
        CREATE TEMPORARY TABLE backorder_line_units AS
        SELECT line.id, line.product_uom_id AS unit_id,
               (own_unit.factor / unit.factor)::double precision AS per_unit,
               own_unit.factor > unit.factor
               AND abs(own_unit.factor / unit.factor - round(own_unit.factor / unit.factor)) < 1e-6
               AND NOT EXISTS (
                   SELECT FROM ir_model_data measured
                    WHERE measured.module = 'uom' AND measured.model = 'uom.uom'
                      AND measured.name IN %s
                      AND own_unit.parent_path LIKE measured.res_id || '/%%'
               ) AS whole
          FROM sale_order_line line
          JOIN product_product product ON product.id = line.product_id
          JOIN product_template template ON template.id = product.product_tmpl_id
          JOIN uom_uom own_unit ON own_unit.id = line.product_uom_id
          JOIN uom_uom unit ON unit.id = template.uom_id
         WHERE line.id IN (SELECT sale_line_id FROM backorder_event)
            OR line.backorder_hold_qty != 0 OR line.backorder_qty != 0
            OR line.backorder_forced_qty != 0 OR line.backorder_filled_qty != 0
            OR line.backorder_promised_qty != 0 OR line.backorder_cancelled_qty != 0
        """,
        [_MEASURED],
    )


def _pieces(column):
    """SQL: a quantity of ``backorder_line_units`` u in the product's unit.

    The old figure was rounded to hundredths: a whole piece within half of one is what it was.
    """
    return SQL(
        "CASE WHEN u.whole AND abs(%(quantity)s * u.per_unit - round(%(quantity)s * u.per_unit))"
        "          <= 0.005 * u.per_unit + 1e-6"
        "     THEN round(%(quantity)s * u.per_unit)"
        "     ELSE round((%(quantity)s * u.per_unit)::numeric, 9)::double precision END",
        quantity=SQL("COALESCE(%s, 0)", column),
    )


def _fill_lines(cr, names, truth):
    pieces = {name: _pieces(SQL.identifier("line", name)) for name in [*names, "backorder_qty"]}
    sets = [
        SQL("%s = %s", SQL.identifier(kept), pieces[name])
        for name, kept in zip(names, truth, strict=True)
    ]
    sets += [
        SQL("%s = %s / u.per_unit", SQL.identifier(name), quantity)
        for name, quantity in pieces.items()
    ]
    cr.execute(
        SQL(
            "UPDATE sale_order_line line SET %s FROM backorder_line_units u WHERE u.id = line.id",
            SQL(", ").join(sets),
        )
    )


def _fill_ledger(cr):
    """What each row says stays as it was written; its pieces are worked out of the balances, so
    that they add up to what is held."""
    balance = _pieces(SQL.identifier("event", "balance"))
    quantity = _pieces(SQL.identifier("event", "quantity"))
    cr.execute(
        SQL(
            """
            UPDATE backorder_event event
               SET line_uom_id = now.unit_id, product_balance = now.balance,
                   product_qty = now.quantity
              FROM (
                SELECT event.id, u.unit_id, %(balance)s AS balance,
                       CASE WHEN lag(event.id) OVER line IS NULL THEN %(quantity)s
                            WHEN abs(event.balance - lag(event.balance) OVER line - event.quantity)
                                 > 0.011 THEN %(quantity)s
                            ELSE %(balance)s - lag(%(balance)s) OVER line END AS quantity
                  FROM backorder_event event
                  JOIN backorder_line_units u ON u.id = event.sale_line_id
                WINDOW line AS (PARTITION BY event.sale_line_id ORDER BY event.id)
              ) now
             WHERE now.id = event.id
            """,
            balance=balance,
            quantity=quantity,
        )
    )
    # Of lines that were deleted only the row itself tells.
    cr.execute(
        """
        UPDATE backorder_event SET product_qty = quantity, product_balance = balance
         WHERE line_uom_id IS NULL
        """
    )
