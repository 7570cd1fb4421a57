"""Gather the facts of a fill, ask the engine for the plan, and keep it as rows."""

import json

from odoo import models
from odoo.tools import format_date

from ...engine import Demand, OrderFacts, make_plan


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    def _get_lines_domain(self):
        """The backordered lines that the options choose."""
        domain = [("company_id", "=", self.company_id.id), ("backorder_qty", ">", 0)]
        orders, products = self._chosen("order_ids"), self._chosen("product_ids")
        warehouses = self._chosen("warehouse_ids")
        if orders:
            domain.append(("order_id", "in", orders.ids))
        elif self.include_quotations:
            domain += self.env["sale.order.line"]._get_backorder_not_in_cart_domain()
        else:
            domain.append(("state", "=", "sale"))
        if products:
            domain.append(("product_id", "in", products.ids))
        if warehouses:
            domain.append(("warehouse_id", "in", warehouses.ids))
        return domain

    def _gather_facts(self, lines):
        """The engine's facts of ``lines`` and of everything else their orders need.

        :return: (demands, {order id: order facts}, supply, {line id: why it can take nothing})
        """
        needed = lines.order_id.order_line.filtered(lambda line: line.backorder_qty > 0)
        chosen = set(lines.ids)
        facts = needed._backorder_facts()
        supply = needed._backorder_supply(facts)
        blocked = self._blocked_lines(needed, facts)
        demands = [
            self._prepare_demand(
                line,
                facts,
                line.backorder_qty,
                forced=min(line.backorder_forced_qty, line.backorder_qty),
                covered=max(0.0, line._backorder_owed() - line.backorder_hold_qty)
                if line.state in ("draft", "sent")
                else 0.0,
                since=line.backorder_date or None,
                selected=line.id in chosen,
                blocked=blocked[line][0] if line in blocked else "",
            )
            for line in needed
        ]
        orders = {order.id: self._order_facts(order) for order in lines.order_id}
        return demands, orders, supply, blocked

    def _prepare_demand(self, line, facts, quantity, **values):
        """What ``line`` asks of stock: ``quantity`` of it, in its unit."""
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        parts = facts.parts[line]
        piece = 1.0 / (
            line.product_uom_id._compute_quantity(1.0, line.product_id.uom_id, round=False) or 1.0
        )
        whole = line._backorder_needs_whole(parts)
        pieces = quantity / piece
        # What stock can tell apart: hundredths of a piece, not of a box of 1000.
        least = 10**-digits * min(1.0, piece)
        return Demand(
            key=line.id,
            order=line.order_id.id,
            location=facts.locations[line].id,
            parts=tuple((part.id, ratio) for part, ratio in parts.items()),
            needed=quantity,
            step=piece if whole else least,
            # What people count in: three customers share ten boxes as 4, 3 and 3.
            share_step=piece if abs(pieces - round(pieces)) < 1e-6 else least,
            unit_value=line._backorder_unit_value(),
            **values,
        )

    def _order_facts(self, order):
        reason = order._backorder_complete_reason()
        # What such an order does not get is cancelled: any fill completes it.
        ends = order._backorder_waits_for_nothing()
        least = 0.0 if ends else order.backorder_min_value
        urgent = max(
            (
                picking.priority or "0"
                for picking in order.picking_ids
                if picking.state not in ("done", "cancel")
            ),
            default="0",
        )
        return OrderFacts(
            key=order.id,
            date=order._backorder_queue_key()[0],
            label=order.name,
            priority=int(urgent),
            deadline=order.commitment_date or None,
            rank=order._backorder_priority_rank(),
            complete=not ends and (self.fill_mode == "complete" or bool(reason)),
            complete_reason=reason or "not_complete",
            # A term of the customer, where the others take what there is.
            patient=self.fill_mode != "complete" and reason not in ("", "not_complete"),
            whole_lines=not ends and order.backorder_policy == "line",
            min_value=least,
            waiting_value=order._backorder_waiting_value() if least else 0.0,
        )

    def _blocked_lines(self, lines, facts):
        """{line: (reason code, sentence)} of lines that can take nothing now."""
        blocked = {}
        missing = lines.order_id._backorder_last_po_missing(lines.product_id)
        past = lines.order_id.filtered(lambda order: order._backorder_is_past_cancel_date())
        for line in lines:
            if line.order_id in past:
                blocked[line] = (
                    "cancel_date",
                    line.order_id._backorder_term_words("cancel_date"),
                )
            elif line.product_id in missing:
                blocked[line] = (
                    "not_received",
                    self.env._(
                        "Nothing of %(product)s was received yet in purchase order %(order)s.",
                        product=line.product_id.display_name,
                        order=missing[line.product_id].name,
                    ),
                )
            elif not line.product_id.active:
                blocked[line] = (
                    "skipped",
                    self.env._("%s is archived.", line.product_id.display_name),
                )
        for line in lines:
            if line in blocked:
                continue
            if picked := line._backorder_being_picked(line.backorder_qty, facts):
                blocked[line] = (
                    "skipped",
                    self.env._(
                        "Being picked on %s: validate that delivery first.",
                        picked.picking_id.name,
                    ),
                )
        return blocked

    def _plan(self, policy=None, lines=None, decided=None, rule_set=None):
        """Plan this run without changing anything.

        :param policy: instead of the run's own
        :param lines: only these of the lines that the options choose
        :param decided: {line: quantity} that people decided, served first
        :param rule_set: with the policy ``rules``: instead of the run's own rules
        :return: (lines, {line id: allocation}, {line: (reason, sentence)} of blocked lines)
        """
        waiting = self.env["sale.order.line"].sudo().search(self._get_lines_domain(), order="id")
        lines = waiting if lines is None else waiting & lines
        demands, orders, supply, blocked = self._gather_facts(lines)
        fixed = {line.id: qty for line, qty in (decided or {}).items() if line in lines}
        policy = policy or self.policy
        rules, donors = [], []
        if policy == "rules":
            rules, donors = self._rule_facts(lines, demands, rules=rule_set)
        plan = make_plan(demands, orders, supply, policy, fixed, rules, donors)
        return lines, plan, blocked

    def _preview(self):
        """Plan what this kind of run is to do, and keep the plan as its rows: :meth:`_preview_fill`
        here, `_preview_process` of the processor."""
        getattr(self, f"_preview_{self.kind}")()

    def _preview_fill(self):
        """Plan a fill and keep the plan as its rows."""
        self._keep_plan(*self._plan())

    def _keep_plan(self, lines, plan, blocked):
        """Write the plan as rows of the run, in place of an older plan."""
        self.line_ids._backorder_token().unlink()
        self.run_order_ids._backorder_token().unlink()
        expected = lines.filtered(lambda line: plan[line.id].reason != "filled")
        expected = expected._backorder_expected_dates() if expected else {}
        note = self._plan_note_words(plan)
        if note != self.plan_note:
            self._backorder_write({"plan_note": note})
        taking = lines.filtered(lambda line: plan[line.id].quantity > 0)
        stays = taking._backorder_stay_reasons()
        self.env["backorder.run.line"]._backorder_create(
            [
                self._prepare_plan_line_vals(
                    line, plan[line.id], blocked, expected, stays.get(line)
                )
                for line in self._in_order_of_offer(lines)
            ]
        )
        self.env["backorder.run.order"]._backorder_create(
            [
                self._prepare_plan_order_vals(order, own, plan)
                for order, own in lines.grouped("order_id").items()
            ]
        )

    def _plan_note_words(self, plan):
        """How good a plan of *Most Orders Completed* is; nothing for others."""
        completed, bound = getattr(plan, "completed", None), getattr(plan, "bound", None)
        if bound is None:
            return False
        if completed == bound:
            return self.env._("Completes %s orders: no plan completes more.", completed)
        return self.env._(
            "Completes %(completed)s orders. It is proven that no plan completes more than "
            "%(bound)s.",
            completed=completed,
            bound=bound,
        )

    def _prepare_plan_line_vals(self, line, allocation, blocked, expected, stay=False):
        """:param stay: why the line is filled on its order, where others become new orders"""
        reason = allocation.reason
        message = (
            blocked[line][1]
            if line in blocked
            else self._reason_message(line, allocation, expected.get(line.id))
        )
        if stay and line not in blocked:
            left = line.backorder_qty - allocation.quantity
            reason = "on_order"
            message = self.line_ids._on_order_words(line, allocation.quantity, left, stay)
        cancelled = self._cancelled_rest(line, allocation.quantity)
        if cancelled and line not in blocked and reason != "skipped":
            reason = "not_accepted"
            message = self._cancel_words(line, allocation.quantity, cancelled)
        if allocation.gifts:
            message += " " + self._gift_words(allocation.gifts)
        return {
            **self._prepare_line_vals(line, allocation.seen, allocation.quantity, reason, message),
            "rule_id": allocation.rule or False,
            "gifts": json.dumps(dict(allocation.gifts)) if allocation.gifts else False,
        }

    def _cancelled_rest(self, line, quantity):
        """How much of ``line`` is cancelled when a fill gives it ``quantity``: the customer waits
        for nothing, but for what a person forced."""
        if line.state != "sale" or line.order_id.backorder_accept != "no":
            return 0.0
        left = max(0.0, line.backorder_qty - quantity)
        left -= min(line.backorder_forced_qty, left)
        return left if line._backorder_compare(left, 0.0) > 0 else 0.0

    def _cancel_words(self, line, quantity, cancelled):
        """The sentence of a line of which ``quantity`` is filled and ``cancelled`` given up."""
        label = line._backorder_quantity_label
        return self.env._(
            "%(filled)s filled. %(customer)s takes no backorders: %(cancelled)s are cancelled.",
            filled=label(quantity),
            customer=line.order_id.partner_id.commercial_partner_id.name,
            cancelled=label(cancelled),
        )

    def _prepare_line_vals(self, line, available, planned, reason, message):
        """A row of the run: what is needed, on hand and planned for one order line, and why."""
        return {
            "run_id": self.id,
            "company_id": self.company_id.id,
            "sale_line_id": line.id,
            "order_id": line.order_id.id,
            "product_id": line.product_id.id,
            "product_uom_id": line.product_uom_id.id,
            "needed_qty": line.backorder_qty,
            "available_qty": available,
            "planned_qty": planned,
            "waiting_since": line.backorder_date,
            "reason": reason,
            "message": message,
        }

    def _prepare_plan_order_vals(self, order, lines, plan):
        planned = {line: plan[line.id].quantity for line in lines}
        return {
            "run_id": self.id,
            "company_id": self.company_id.id,
            "order_id": order.id,
            "planned_outcome": self._planned_outcome(order, planned),
        }

    def _planned_outcome(self, order, planned):
        """:param planned: {line: quantity to fill}; lines that are missing get nothing"""
        waiting = order.order_line.filtered(lambda line: line.backorder_qty > 0)
        if not any(planned.get(line, 0.0) > 0 for line in waiting):
            return "none"
        complete = all(
            line._backorder_compare(planned.get(line, 0.0), line.backorder_qty) >= 0
            for line in waiting
        )
        return "complete" if complete else "partial"

    def _reason_message(self, line, allocation, expected=None, left=None):
        """The sentence of a line: who got the stock, and when more is expected.

        :param left: what is still needed; None: what the line needs, less the allocation
        """
        label = line._backorder_quantity_label
        winners = ", ".join(allocation.winners)
        if left is None:
            left = line.backorder_qty - allocation.quantity
        sentences = {
            "filled": lambda: self.env._("All of it: %s.", label(allocation.quantity)),
            "partial_stock": lambda: self.env._(
                "%(filled)s of %(needed)s, %(left)s still needed.",
                filled=label(allocation.quantity),
                needed=label(allocation.quantity + left),
                left=label(left),
            ),
            "no_stock": lambda: self.env._("Nothing on hand that is not reserved."),
            "promised": lambda: self.env._("What is on hand is set aside for other orders."),
            "older_first": lambda: self.env._("Others come first."),
            "forced_last": lambda: self.env._("Forced backorders are served last."),
            "skipped": lambda: self.env._("Not chosen for this fill."),
        }
        words = sentences.get(allocation.reason)
        message = words() if words else line.order_id._backorder_term_words(allocation.reason)
        if winners and allocation.reason != "filled":
            message += " " + self.env._("Served first: %s.", winners)
        if expected and allocation.reason != "filled":
            message += " " + self.env._("More expected on %s.", format_date(self.env, expected))
        return message
