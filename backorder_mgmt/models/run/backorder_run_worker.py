"""Do what was planned: lock, look again, fill, report."""

import dataclasses
import logging

from psycopg2 import InterfaceError

from odoo import fields, models
from odoo.exceptions import UserError

from ..base.jobs import is_lost_race
from ..base.meanwhile import Meanwhile
from ..fill.new_order import NewOrdersDiffer

_logger = logging.getLogger(__name__)

#: The fill has the dates of those who still wait worked out once, in the end.
dates_later = Meanwhile(default=False)

#: Models whose records are the same from one batch to the next.
_KEPT = ("product.", "uom.", "stock.location", "stock.warehouse", "stock.picking.type", "res.")


@dataclasses.dataclass
class FillResults:
    """What a batch did."""

    #: {order line: quantity filled, in its unit}
    filled: dict
    #: {order: the new order of its filled items}
    new_orders: dict
    #: {order: {line: quantity that moved to its new order}}
    moved: dict
    #: {order: what was done}
    sentences: dict
    #: {order line: why it was filled on its order, where others become new orders}
    stays: dict
    #: new orders to approve
    approve: models.BaseModel


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    #: Orders that one batch fills before it commits: short, so that others wait little.
    _backorder_batch = 50
    #: And lines of them, where one order alone has not more: a batch ends within the server's
    #: limits of time, however long the orders are.
    _backorder_batch_lines = 500
    #: Orders that are filled together where everything is one transaction: memory stays flat.
    _backorder_batch_at_once = 200

    # -- batches ----------------------------------------------------------------------------------

    def _pending(self):
        """The orders of the run that are still to be done, in the order of the plan."""
        return self.run_order_ids.filtered(lambda row: not row.outcome).sorted("id")

    def _get_pending_domain(self):
        return [("run_id", "in", self.ids), ("outcome", "=", False)]

    def _pending_count(self, limit=None):
        return self.env["backorder.run.order"].search_count(self._get_pending_domain(), limit)

    def _next_batch(self, size):
        """The orders whose turn it is, at most ``size``: :meth:`_next_batch_fill` here,
        `_next_batch_process` of the processor."""
        return getattr(self, f"_next_batch_{self.kind}")(size)

    def _next_batch_fill(self, size):
        # Searched: of thousands of orders only those that are next are read.
        rows = self.env["backorder.run.order"]
        return rows.search(self._get_pending_domain(), order="id", limit=size)

    def _execute(self):
        """Do everything that is pending in this transaction (runs below the threshold)."""
        size = self._backorder_batch_at_once
        if self._pending_count(size + 1) > size:
            self._execute_in_batches(size)
        while rows := self._next_batch(size):
            self._do_orders(rows)
        self._finish()

    def _execute_in_batches(self, size):
        """Do everything in one transaction, ``size`` orders at a time, with flat memory.

        The stock that all batches look at is locked in one sorted step, so that no two fills wait
        for each other. Those who still wait get their new dates once, in the end.
        """
        groups = self.env["backorder.run.line"]._read_group(
            [("run_id", "=", self.id)], ["product_id"]
        )
        products = self.env["product.product"].union(*(product for (product,) in groups))
        parts = {part for own in products._backorder_parts().values() for part in own}
        products = products.union(*parts)
        warehouses = self.env["stock.warehouse"].search([("company_id", "=", self.company_id.id)])
        self.env["backorder.supply"]._lock(products, warehouses.lot_stock_id)
        while rows := self._next_batch(size):
            with dates_later.so(self.env):
                self._do_orders(rows)
            self.env.flush_all()
            self._forget_batch()
        products._backorder_stock_changed()

    def _forget_batch(self):
        """Drop from the cache what grows with the orders. Items, places and units stay: there are
        only so many of them, and the next batch asks for the same."""
        cached = {field.model_name for field in self.env.transaction.field_data}
        for name in sorted(cached):
            if not name.startswith(_KEPT):
                self.env[name].invalidate_model(flush=False)

    def _finish(self):
        self._backorder_write({"state": "done", "date_done": fields.Datetime.now()})

    # -- one batch --------------------------------------------------------------------------------

    def _do_orders(self, rows):
        """Do the orders of ``rows``, the whole batch at once, as this kind of run does it:
        :meth:`_do_rows_fill` here, `_do_rows_process` of the processor.

        Orders whose new order does not hold what was moved fail, and the others are done again
        together. Where something is refused that does not say whose fault it is, the batch is done
        in halves, until that order is alone; what goes wrong is written on it.
        """
        while rows:
            # Of a slice, Odoo would read ahead what belongs to all orders of the run.
            rows = rows.with_prefetch()
            facts = rows.order_id._backorder_lock_stock(touch=True)
            try:
                with self.env.cr.savepoint():
                    getattr(self, f"_do_rows_{self.kind}")(rows, facts)
                return
            except NewOrdersDiffer as error:
                self.env.invalidate_all()
                failed = rows.filtered(lambda row, e=error: row.order_id.id in e.differences)
                for row in failed:
                    row._write_failure(UserError(error.differences[row.order_id.id]))
                rows -= failed
            except Exception as error:  # pylint: disable=broad-except
                if isinstance(error, InterfaceError) or is_lost_race(error):
                    raise
                self.env.invalidate_all()
                if len(rows) > 1:
                    _logger.info("%s: a batch is done in halves: %s", self.name, error)
                    middle = len(rows) // 2
                    self._do_orders(rows[:middle])
                    self._do_orders(rows[middle:])
                    return
                if not isinstance(error, UserError):
                    _logger.exception("%s: %s failed", self.name, rows.order_id.name)
                rows._write_failure(error)
                return

    def _do_rows_fill(self, rows, facts):
        """Fill the planned quantities of ``rows``, each checked against what is true now.

        :param facts: :class:`LineFacts` of the orders' lines
        """
        run_lines = self.env["backorder.run.line"].search(self._get_rows_lines_domain(rows))
        lines_by_order = run_lines.grouped("order_id")
        planned = {
            line.sale_line_id: line.planned_qty
            for lines in lines_by_order.values()
            for line in lines
            if line.sale_line_id and line.planned_qty > 0
        }
        self._take_gifts(run_lines)
        quantities = self._still_possible(planned, rows, facts)
        self._return_gifts(run_lines, quantities)
        before = {
            line: {
                "forced_before_qty": line.backorder_forced_qty,
                "promised_before_qty": line.backorder_promised_qty,
                "waiting_since": line.backorder_date,
            }
            for line in quantities
        }
        self._before_fill(rows)
        results = self._fill_quantities(rows.order_id, quantities, facts)
        self._cancel_not_accepted(lines_by_order, results.filled)
        rows._write_results(lines_by_order, results, before)
        self._after_fill(rows, results.filled)
        ready = self._before_approve(results.approve)
        if held_back := results.approve - ready:
            held_back.order_line._backorder_drop_deliveries()
        if ready:
            ready._backorder_approve_together()
        if results.moved:
            rows.order_id._backorder_check_moved(results.moved, results.new_orders)
        # Nothing is refused any more.
        self._take_number()
        self._note_fills(rows.order_id, results.filled, results.new_orders)
        approve = results.approve
        filled = rows.filtered(lambda row: row.outcome in ("complete", "partial"))
        # What follows the approval waits with it, for the payment say.
        self._after_approve(filled.filtered(lambda row: row.new_order_id not in approve - ready))

    def _cancel_not_accepted(self, lines_by_order, filled):
        """Cancel what is missing of orders whose customers take no backorders, as planned.

        Of what changed meanwhile nothing is cancelled: who comes again finds out what is missing.
        """
        for order, rows in lines_by_order.items():
            rows = rows.filtered(
                lambda row: row.reason == "not_accepted"
                and row.sale_line_id.backorder_qty > 0
                and row.sale_line_id._backorder_compare(
                    filled.get(row.sale_line_id, 0.0), row.planned_qty
                )
                >= 0
            )
            if rows and order.backorder_accept == "no" and order.state == "sale":
                cancelled = order._backorder_cancel_missing(rows.sale_line_id)
                for row in rows:
                    row._backorder_write({"cancelled_qty": cancelled.get(row.sale_line_id, 0.0)})

    def _get_rows_lines_domain(self, rows):
        """The rows of order lines that belong to the rows of orders ``rows``."""
        return [("run_id", "=", self.id), ("order_id", "in", rows.order_id.ids)]

    def _still_possible(self, planned, rows, facts):
        """{line: quantity}: the plan, cut down to what is needed and on hand now."""
        lines = self.env["sale.order.line"].browse([line.id for line in planned])
        supply = lines._backorder_supply(facts)
        blocked = self._blocked_lines(lines, facts)
        quantities = {}
        for line, quantity in planned.items():
            if line in blocked or line.order_id.state == "cancel":
                continue
            available = line._backorder_available(supply, facts)
            now = max(0.0, min(quantity, line.backorder_qty, available))
            now = line._backorder_whole(now, facts.parts[line])
            if now <= 0:
                continue
            quantities[line] = now
            # Quotations too: what is set aside for one of them, the next does not get.
            line._backorder_take_fill(supply, facts, now)
        by_order = {}
        for line, quantity in quantities.items():
            by_order.setdefault(line.order_id, {})[line] = quantity
        whole = self.fill_mode == "complete"
        allowed = [
            order._backorder_within_terms(of_order, complete=whole)[0]
            for order, of_order in by_order.items()
        ]
        return {line: quantity for of_order in allowed for line, quantity in of_order.items()}

    def _fill_quantities(self, orders, quantities, facts):
        """Do it, for many orders at once: set aside, as new orders, and in place.

        :return: the :class:`FillResults` of these orders
        """
        by_order = {}
        for line, quantity in quantities.items():
            by_order.setdefault(line.order_id, {})[line] = quantity
        filled, sentences, in_place, moved = {}, {}, {}, {}
        confirmed = [line.id for line in quantities if line.state == "sale"]
        reasons = orders.order_line.browse(confirmed)._backorder_stay_reasons()
        for order in orders.sorted(lambda order: order._backorder_queue_key()):
            of_order = by_order.get(order)
            if not of_order:
                continue
            if order.state in ("draft", "sent"):
                lines = order.order_line.browse([line.id for line in of_order])
                supply = lines._backorder_supply(facts)
                filled.update(lines._backorder_fill_quotations(of_order, supply, facts, self))
                sentences[order] = self.env._("Stock is set aside on the quotation.")
                continue
            placed, moves = order._backorder_split_fill(of_order, facts.parts, reasons)
            in_place.update(placed)
            if placed:
                sentences[order] = self.env._("Filled on the order itself.")
            if moves:
                moved[order] = moves
        placed = orders.order_line.browse([line.id for line in in_place])
        stays = {line: reason for line, reason in reasons.items() if line in in_place}
        new_orders = {}
        if moved:
            new_orders = orders._backorder_make_new_orders(moved, self, self._approves_at_once())
        for order, moves in moved.items():
            filled.update(moves)
            name = new_orders[order].name
            sentences[order] = (
                self.env._("Filled as new order %s; a part on the order itself.", name)
                if order in sentences
                else self.env._("Filled as new order %s.", name)
            )
        if placed:
            if new_orders:
                # Making a new order changes the deliveries.
                facts = placed._backorder_facts()
            for line, quantity in placed._backorder_fill_in_place(in_place, self, facts).items():
                filled[line] = filled.get(line, 0.0) + quantity
        # Whether anything is still needed is known now, after what stayed was filled.
        approve = orders.browse().union(
            *(new_order for order, new_order in new_orders.items() if self._approves(order))
        )
        return FillResults(filled, new_orders, moved, sentences, stays, approve)

    def _approves_at_once(self):
        """Whether all new orders of this fill are approved as they are made: nothing has to be
        known of them before."""
        return self.approve_complete and self.approve_partial

    def _note_fills(self, orders, filled, new_orders):
        """One chatter note per order that was filled on itself (a new order has its own)."""
        texts = {}
        for line, quantity in filled.items():
            if quantity and line.order_id not in new_orders:
                texts.setdefault(line.order_id, []).append(
                    f"{line.product_id.display_name}: {line._backorder_quantity_label(quantity)}"
                )
        bodies = {}
        for order, items in texts.items():
            title = (
                self.env._("Backorders filled, stock set aside")
                if order.state in ("draft", "sent")
                else self.env._("Backorders filled on this order")
            )
            bodies[order.id] = f"{title} ({self.name}): {'; '.join(items)}"
        if bodies:
            orders.browse(bodies)._message_log_batch(bodies=bodies)
