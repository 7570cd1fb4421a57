"""The database's floor: the rows that some work leaves behind, written by plain SQL alone."""

import io

#: What a fill on the orders themselves changes: the lines' holds and what is filled, stock rows,
#: moves, and rows of deliveries, of the ledger and of the run. In an order in which they may be
#: inserted.
FILL_TABLES = (
    "sale_order_line",
    "stock_quant",
    "stock_move",
    "stock_move_line",
    "backorder_event",
    "backorder_run_line",
)


class Floor:
    """Watches ``tables``, keeps what changed in them, and writes the same by SQL.

    Made before the work; ``keep`` is called after it, before it is taken back. ``ready`` puts what
    is to be written beside the tables; ``write`` is what counts: an update and an insert for each.
    Values need neither be worked out nor sent.
    """

    def __init__(self, env, tables=FILL_TABLES):
        self.env = env
        self.tables = tables
        self.kept = {}
        env.flush_all()
        for table in tables:
            self._run("CREATE TEMP TABLE {0} ON COMMIT DROP AS SELECT * FROM {1}", "before", table)
            self._run("CREATE INDEX ON {0} (id)", "before", table)
            self._run("ANALYZE {0}", "before", table)

    def _run(self, text, kind, table):
        """A statement about one of our own tables, {0}, and the real one, {1}."""
        names = (f"floor_{kind}_{table}", table)
        self.env.cr.execute(text.format(*(f'"{name}"' for name in names)))

    def keep(self):
        """Remember what is different now from before."""
        self.env.flush_all()
        self.kept = {table: self._changes(table) for table in self.tables}

    def _changes(self, table):
        """({kind: the rows in PostgreSQL's own form}, columns that were updated)"""
        found, before = f'"{table}" new', f'"floor_before_{table}" old'
        conditions = {
            "updated": f"FROM {found} JOIN {before} USING (id) WHERE new::text != old::text",
            "inserted": f"FROM {found} LEFT JOIN {before} USING (id) WHERE old.id IS NULL",
        }
        rows = {}
        for kind, condition in conditions.items():
            buffer = io.BytesIO()
            self.env.cr.copy_expert(f"COPY (SELECT new.* {condition} ORDER BY 1) TO STDOUT", buffer)
            rows[kind] = buffer.getvalue()
        self.env.cr.execute(f'SELECT * FROM "{table}" LIMIT 0')
        columns = [column.name for column in self.env.cr.description]
        tests = (f'bool_or(new."{c}"::text IS DISTINCT FROM old."{c}"::text)' for c in columns)
        self.env.cr.execute(f"SELECT {', '.join(tests)} {conditions['updated']}")
        changed = self.env.cr.fetchone()
        return rows, [name for name, is_changed in zip(columns, changed, strict=True) if is_changed]

    def ready(self):
        """Put the rows to write beside the tables; call it when the work was taken back."""
        for table, (rows, _columns) in self.kept.items():
            for kind, content in rows.items():
                self._run("CREATE TEMP TABLE {0} (LIKE {1}) ON COMMIT DROP", kind, table)
                name = f'"floor_{kind}_{table}"'
                self.env.cr.copy_expert(f"COPY {name} FROM STDIN", io.BytesIO(content))
                self._run("ANALYZE {0}", kind, table)

    def write(self):
        """The same end rows. :return: what tells how many differ from them"""
        for table, (_rows, columns) in self.kept.items():
            if columns:
                sets = ", ".join(f'"{name}" = new."{name}"' for name in columns)
                self._run(
                    f"UPDATE {{1}} old SET {sets} FROM {{0}} new WHERE old.id = new.id",
                    "updated",
                    table,
                )
            self._run("INSERT INTO {1} SELECT * FROM {0}", "inserted", table)
        return self.differences

    def differences(self):
        """{table: True where what stands there now is not what was kept}, without the others."""
        return {table: True for table, kept in self.kept.items() if self._changes(table) != kept}

    def counts(self):
        """{table: (rows updated, rows inserted)} of what was kept."""
        return {
            table: tuple(rows[kind].count(b"\n") for kind in ("updated", "inserted"))
            for table, (rows, _columns) in self.kept.items()
        }
