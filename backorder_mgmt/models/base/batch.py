"""Writing many records with few writes."""

from odoo import Command, models
from odoo.tools import SQL

from .token import BackorderGuarded


def by_values(vals_by_record):
    """Group ``{record: values}``: records that get the same values are written together.

    :return: yields (records, values), without records that get none
    """
    groups = {}
    for record, vals in vals_by_record.items():
        if vals:
            groups.setdefault(tuple(sorted(vals.items())), []).append(record)
    for items, records in groups.items():
        yield records[0].browse([record.id for record in records]), dict(items)


# The two below are for tables of this addon that a fill writes a row of for every order line: its
# ledger and the rows of its plan. The ORM turns each value of each row into SQL by itself, which
# took a tenth of a fill. They write what the ORM would, and are left as soon as somebody else has
# a say: see `is_ours_alone`.


def is_ours_alone(model, own_class, method, names):
    """Nobody else has a say in ``method`` of our ``model``.

    No module, automation rule or customisation overrides it, and none added a stored field that
    the ORM would have to fill.

    :param own_class: the last class known to define ``method``
    :param names: the columns that are written
    """
    if _defined(type(model), method) is not _defined(own_class, method):
        return False
    known = {*names, *models.LOG_ACCESS_COLUMNS, "id"}
    return method != "create" or all(
        name in known or not (field.store and field.column_type)
        for name, field in model._fields.items()
    )


def listeners(model, method, known):
    """Names of the modules that have a say in ``method`` of ``model``, those ``known`` to have none
    in what we write aside. Automation rules count: they replace the method while there are any."""
    modules = set()
    for cls in type(model).__mro__:
        names = vars(cls).get(method, cls).__module__.split(".")
        if method in vars(cls) and names[:2] == ["odoo", "addons"]:
            modules.add(names[2])
    return {name for name in modules - set(known) if not name.startswith("backorder_mgmt")}


def _defined(cls, method):
    """The outermost definition of ``method``, our own guard aside: who calls us has the token."""
    for own_class in cls.__mro__:
        if own_class is not BackorderGuarded and method in vars(own_class):
            return vars(own_class)[method]
    return None


def insert_rows(model, vals_list):
    """Insert rows that all have values for the same columns, in one statement.

    :return: the new records; nothing of them is in the cache
    """
    now, uid = model.env.cr.now(), model.env.uid
    names = list(vals_list[0])
    model.env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s, %s FROM %s RETURNING id",
            SQL.identifier(model._table),
            SQL(", ").join(SQL.identifier(name) for name in (*names, *models.LOG_ACCESS_COLUMNS)),
            SQL(", ").join(_value(model, name) for name in names),
            SQL("%s, %s, %s, %s", uid, now, uid, now),
            _rows(model, names, vals_list),
        )
    )
    return model.browse(row[0] for row in model.env.cr.fetchall())


def update_rows(vals_by_record):
    """Write ``{record: values}`` of one model: a statement for each set of columns.

    What is computed of these columns is worked out anew, as after a `write`.
    """
    groups = {}
    for record, vals in vals_by_record.items():
        if vals:
            groups.setdefault(tuple(sorted(vals)), {})[record] = vals
    for names, group in groups.items():
        records = next(iter(group)).union(*group)
        records.flush_recordset(names)
        records.env.cr.execute(
            SQL(
                "UPDATE %(table)s SET %(sets)s, write_uid = %(uid)s, write_date = %(now)s"
                " FROM %(rows)s WHERE %(table)s.id = new.id",
                table=SQL.identifier(records._table),
                sets=SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), _value(records, name)) for name in names
                ),
                uid=records.env.uid,
                now=records.env.cr.now(),
                rows=_rows(
                    records,
                    ("id", *names),
                    [{"id": record.id, **vals} for record, vals in group.items()],
                ),
            )
        )
        records.invalidate_recordset(names, flush=False)
        records.modified(names)


def _rows(model, names, vals_list):
    """SQL: ``vals_list`` as a table ``new`` of the columns ``names``."""

    def column(name):
        field = model._fields[name]
        values = [vals[name] for vals in vals_list]
        if field.type not in ("boolean", "integer", "float"):
            values = [value or None for value in values]
        return SQL("%s::%s[]", values, SQL(field.column_type[1]))

    return SQL(
        "unnest(%s) AS new(%s)",
        SQL(", ").join(column(name) for name in names),
        SQL(", ").join(SQL.identifier(name) for name in names),
    )


def _value(model, name):
    """SQL: a value of the table ``new``, rounded as its column is."""
    field = model._fields[name]
    digits = field.type == "float" and field.get_digits(model.env)
    value = SQL.identifier("new", name)
    return SQL("round(%s, %s)", value, digits[1]) if digits else value


def linked_ids(commands):
    """The ids that the value of a many2many field names, given as ids or as commands."""
    ids = []
    for command in commands or ():
        if isinstance(command, int):
            ids.append(command)
        elif command[0] == Command.SET:
            ids = list(command[2])
        elif command[0] == Command.LINK:
            ids.append(command[1])
    return ids


def forget_lines(model, orders):
    """Rows of ``model`` forget the lines of these orders, which are about to be deleted.

    Both their `sale_line_id` and their `order_id` become empty by themselves. But where a row was
    made by the same transaction, PostgreSQL looks at one of the two anew while it empties the
    other, and finds a line that is gone already: an order that is cancelled and deleted by one
    call would be refused.
    """
    rows = model.sudo()  # whoever may delete the order may have its rows emptied, as by PostgreSQL
    rows.flush_model(["order_id", "sale_line_id"])
    rows.env.cr.execute(
        SQL(
            "UPDATE %s SET sale_line_id = NULL WHERE order_id IN %s AND sale_line_id IS NOT NULL",
            SQL.identifier(rows._table),
            tuple(orders.ids),
        )
    )
    rows.invalidate_model(["sale_line_id"], flush=False)
