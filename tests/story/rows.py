"""What a story left behind, as lines of text in which ids, dates and wordings do not matter."""

import hashlib


def number(value):
    """A quantity or amount, without the noise of the last bits."""
    return f"{round(value, 6) + 0.0:.6f}".rstrip("0").rstrip(".")


class Rows:
    """The rows of one story: of its products, its customers' orders, and its runs."""

    def __init__(self, env, products, partners, first_run):
        self.env, self.products, self.partners = env, products, partners
        self.first_run = first_run
        self.orders = env["sale.order"].search([("partner_id", "in", partners.ids)], order="id")
        self.order_names = {order.id: f"O{n:03}" for n, order in enumerate(self.orders, 1)}
        self.by_reference = {order.name: self.order_names[order.id] for order in self.orders}
        self.line_names = {}
        for order in self.orders:
            for n, line in enumerate(
                order.order_line.sorted(lambda line: (line.sequence, line.id)), 1
            ):
                self.line_names[line.id] = f"{self.order_names[order.id]}.{n}"

    def text(self):
        """All rows, a section for each kind."""
        sections = (
            ("orders", self._orders()),
            ("sale lines", self._lines()),
            ("ledger", self._ledger()),
            ("moves", self._moves()),
            ("quants", self._quants()),
            ("runs", self._runs()),
            ("carries", self._carries()),
            ("charges", self._charges()),
            ("purchases", self._purchases()),
        )
        return "".join(
            f"== {title}\n" + "".join(f"{row}\n" for row in rows) for title, rows in sections
        )

    @staticmethod
    def hash_of(text):
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _row(self, *values):
        return " | ".join(number(v) if isinstance(v, float) else str(v or "-") for v in values)

    def _order(self, order):
        return self.order_names.get(order.id, "-")

    def _line(self, line):
        return self.line_names.get(line.id, "-")

    def _orders(self):
        for order in self.orders:
            yield self._row(
                self._order(order),
                order.state,
                order.backorder_state,
                "of " + self._order(order.backorder_parent_id),
                order.amount_total,
                order.backorder_amount_due,
                order.backorder_carried_amount,
                order.backorder_ship_date and "ship date",
                " ".join(sorted(f"{i.state}:{number(i.amount_total)}" for i in order.invoice_ids)),
                " ".join(
                    f"{t.state}:{number(t.amount)}" for t in order.transaction_ids.sorted("id")
                ),
            )

    def _lines(self):
        for line in self.orders.order_line.sorted(self._line):
            yield self._row(
                self._line(line),
                line.product_id.default_code,
                line.product_uom_id.name,
                line.product_uom_qty,
                line.qty_delivered,
                line.price_unit,
                line.backorder_hold_qty,
                line.backorder_qty,
                line.backorder_forced_qty,
                line.backorder_filled_qty,
                line.backorder_promised_qty,
                line.backorder_cancelled_qty,
                line.backorder_reserved_qty,
                line.backorder_state,
                "of " + self._line(line.backorder_origin_line_id),
            )

    def _ledger(self):
        events = self.env["backorder.event"].search(
            [("product_id", "in", self.products.ids)], order="id"
        )

        def where(event):
            # A deleted line's rows keep the order's reference.
            gone = self.by_reference.get(event.order_name, "-") + ".gone"
            return self.line_names.get(event.sale_line_id.id, gone)

        # Each line's rows in the order they were written; between lines it does not matter.
        for event in events.sorted(lambda e: (where(e), e.id)):
            yield self._row(where(event), event.type, event.quantity, event.balance)

    def _moves(self):
        moves = self.env["stock.move"].search([("product_id", "in", self.products.ids)])
        return sorted(
            self._row(
                self._line(move.sale_line_id),
                move.product_id.default_code,
                move.state,
                move.product_uom_qty,
                move.product_uom.name,
                move.quantity,
                move.location_id.complete_name,
                move.location_dest_id.complete_name,
                move.procure_method,
                " ".join(sorted(line.lot_id.name for line in move.move_line_ids if line.lot_id)),
            )
            for move in moves
        )

    def _quants(self):
        quants = self.env["stock.quant"].search([("product_id", "in", self.products.ids)])
        # Odoo deletes empty rows when it likes to, and several of one place are as good as one.
        sums = {}
        for quant in quants:
            key = (quant.product_id.default_code, quant.location_id.complete_name)
            key += (quant.lot_id.name or "-",)
            quantity, reserved = sums.get(key, (0.0, 0.0))
            sums[key] = (quantity + quant.quantity, reserved + quant.reserved_quantity)
        return sorted(
            self._row(*key, float(quantity), float(reserved))
            for key, (quantity, reserved) in sums.items()
            if round(quantity, 6) or round(reserved, 6)
        )

    def _runs(self):
        runs = self.env["backorder.run"].search([("id", ">", self.first_run)], order="id")
        for n, run in enumerate(runs, 1):
            name = f"R{n:03}"
            yield self._row(name, run.kind, run.state, run.policy, run.fill_mode)
            yield from sorted(
                self._row(
                    name,
                    self._order(row.order_id),
                    self._order(row.new_order_id),
                    row.planned_outcome,
                    row.outcome,
                    row.skip_reason,
                )
                for row in run.run_order_ids
            )
            yield from sorted(
                self._row(
                    name,
                    self._line(line.sale_line_id),
                    line.needed_qty,
                    line.available_qty,
                    line.planned_qty,
                    line.filled_qty,
                    line.moved_qty,
                    line.reason,
                )
                for line in run.line_ids
            )

    def _carries(self):
        return sorted(
            self._row(
                self._order(carry.from_order_id),
                self._order(carry.to_order_id),
                carry.kind,
                carry.amount,
            )
            for carry in self.env["backorder.carry"].search(
                [("to_order_id", "in", self.orders.ids)]
            )
        )

    def _charges(self):
        charges = self.env["backorder.charge"].search([("order_id", "in", self.orders.ids)])
        for charge in charges.sorted("id"):
            attempts = charge.attempt_ids.sorted("id")
            yield self._row(
                self._order(charge.order_id),
                charge.mode,
                charge.state,
                charge.amount,
                " ".join(f"{a.kind}:{a.state}:{number(a.amount)}" for a in attempts),
            )

    def _purchases(self):
        lines = self.env["purchase.order.line"].search([("product_id", "in", self.products.ids)])
        return sorted(
            self._row(
                line.partner_id.name,
                line.order_id.state,
                line.order_id.picking_type_id.warehouse_id.code,
                line.product_id.default_code,
                line.product_qty,
                line.product_uom_id.name,
                line.price_unit,
                line.qty_received,
                " ".join(sorted(map(self._line, line.backorder_line_ids))),
            )
            for line in lines
        )
