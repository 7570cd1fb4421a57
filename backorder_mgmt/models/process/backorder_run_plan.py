"""The Multi-Order Processor's plan: stock dealt out over all chosen quotations at once."""

from dataclasses import dataclass, field

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ...engine import STAY, OrderMoney, decide, decide_payment, make_plan
from ...engine.facts import Allocation

#: Reasons of a line that is given nothing although there is some.
_KEPT_BACK = (
    "not_complete",
    "customer_complete",
    "customer_lines",
    "last_shipment",
    "min_value",
    "not_received",
)


@dataclass
class QuotationDeal:
    """What a deal of stock over quotations came to; quantities in the lines' units."""

    #: {line: quantity of the whole line that there is stock for}
    covered: dict = field(default_factory=dict)
    #: {line: what would still be on backorder}
    short: dict = field(default_factory=dict)
    #: {line: how much of its backorder is filled}
    fills: dict = field(default_factory=dict)
    #: {line: :class:`Allocation`}
    plan: dict = field(default_factory=dict)
    #: {line: (reason code, sentence)} of lines that can take nothing
    blocked: dict = field(default_factory=dict)

    def outcome(self, order):
        """``complete``: nothing of the order would be on backorder; ``none``: all of it."""
        lines = [line for line in order.order_line if line in self.short]
        if all(line._backorder_compare(self.short[line], 0.0) <= 0 for line in lines):
            return "complete"
        return "partial" if any(self.covered[line] > 0 for line in lines) else "none"


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    # -- which orders -----------------------------------------------------------------------------

    def _process_orders(self):
        """The chosen orders, as the list had them."""
        rank = {order_id: number for number, order_id in enumerate(self.order_ranks or [])}
        # Of an open dialog: the orders themselves, not copies that work everything out again.
        return self.order_ids._origin.sorted(lambda order: rank.get(order.id, len(rank)))

    def _process_refusal(self, order):
        """(code, sentence) of why this order is not processed at all; None when it is."""
        if order.state == "sale":
            return "confirmed", self.env._("Confirmed already: only quotations are processed.")
        if order.state == "cancel":
            return "cancelled", self.env._("The order is cancelled.")
        if order.company_id != self.company_id:
            return "company", self.env._(
                "Belongs to %s: process it in that company.", order.company_id.name
            )
        if "website_id" in order._fields and order.website_id and order.state == "draft":
            return "cart", self.env._("A cart of a website: the customer has not ordered yet.")
        if not order.order_line.filtered(lambda line: not line.display_type):
            return "no_lines", self.env._("The quotation has no lines.")
        if not order.partner_id.active:
            return "customer", self.env._(
                "The customer %s is archived.", order.partner_id.display_name
            )
        if order.is_expired and self.expired_orders != "process":
            return "expired", self.env._(
                "Expired on %s.", format_date(self.env, order.validity_date)
            )
        return None

    @api.model
    def _check_does_something(self, options):
        """:param options: a record with the options of the processor and its orders

        :raise UserError: all of them are off: no run is made of nothing
        """
        if options.order_ids and not (
            options.if_backorders != "leave"
            or options.credit_card_mode in ("authorize", "capture", "charge")
            or options.approve
            or options.set_ship_date
            or options.create_invoice
            or options.email_template_id
            or options.print_documents
        ):
            raise UserError(
                self.env._(
                    "Nothing is to be done with these orders: every option is off. Switch on what "
                    "you want, “Approve” for example."
                )
            )

    def _process_money(self, orders):
        """Hook: {order: :class:`OrderMoney`}; who asks for no money finds everything paid."""
        return {order: OrderMoney(0.0, 0.0, False) for order in orders}

    # -- dealing ----------------------------------------------------------------------------------

    def _process_deal(self, orders, facts, caps=None):
        """Deal what is on hand to the whole quantities of these quotations.

        :param facts: :class:`LineFacts` of the orders' lines
        :param caps: {line: at most this much}; None: everything that the customers ordered
        :return: :class:`QuotationDeal`
        """
        lines = orders.order_line._backorder_kept_in_stock()
        lines = lines.filtered(lambda line: facts.parts[line])
        dealt = QuotationDeal()
        if not lines:
            return dealt
        supply = self._process_supply(lines, facts)
        dealt.blocked = self._blocked_lines(lines, facts)
        order_facts = {order.id: self._process_order_facts(order) for order in lines.order_id}
        demands = self._process_demands(lines, facts, order_facts, dealt.blocked, caps or {})
        rules = self._rule_facts(lines, demands)[0] if self.policy == "rules" else ()
        plan = make_plan(demands, order_facts, supply, self.policy, rules=rules)
        for line in lines:
            held, owed = line.backorder_hold_qty, line._backorder_owed()
            got = plan.get(line.id) or Allocation(owed - held, "skipped")
            covered = got.quantity
            if not covered and got.reason in _KEPT_BACK:
                # It takes nothing, but what it lacks is only what is not there.
                covered = min(owed - held, got.seen)
            dealt.plan[line] = got
            dealt.covered[line] = max(0.0, min(covered, owed))
            dealt.short[line] = line._backorder_noiseless(owed - dealt.covered[line])
            fill = 0.0 if self.if_backorders == "leave" else held - dealt.short[line]
            dealt.fills[line] = line._backorder_noiseless(fill)
        return dealt

    def _process_demands(self, lines, facts, order_facts, blocked_lines, caps):
        """What these lines ask for: all that is ordered, or what is not on backorder where that is
        left as it is."""
        leave = self.if_backorders == "leave"
        # Of an order that is left as it is and not gone on with, nothing is taken from others.
        idle = lines.order_id.browse()
        if leave and not self.include_backordered:
            idle = lines.filtered("backorder_hold_qty").order_id
        demands = []
        for line in lines - idle.order_line:
            held, owed = line.backorder_hold_qty, line._backorder_owed()
            needed, blocked = (owed - held if leave else owed), ""
            if line in blocked_lines and held and order_facts[line.order_id.id].complete:
                blocked = blocked_lines[line][0]
            elif line in blocked_lines:
                needed = owed - held  # what it counts on anyway
            needed = max(0.0, min(needed, caps.get(line, needed)))
            demands.append(
                self._prepare_demand(
                    line,
                    facts,
                    needed,
                    forced=0.0 if leave else min(needed, line.backorder_forced_qty),
                    since=line.backorder_date or line.order_id._backorder_queue_key()[0],
                    blocked=blocked,
                )
            )
        return demands

    def _process_supply(self, lines, facts):
        """What a fill may count on; where backorders are left as they are, what Odoo would
        reserve at confirmation: not what is owed to older backorders."""
        if self.if_backorders != "leave":
            return lines._backorder_supply(facts)
        supply = self.env["backorder.supply"]._gather(
            lines._backorder_part_products(facts.parts),
            facts.places(lines),
            orders=lines.order_id,
            opened=True,
            reach=lines._backorder_reach(facts),
        )
        for claim in supply.claims:
            if claim.kind == "owed":
                claim.kind = "open"
        return supply

    def _process_order_facts(self, order):
        """Everything or nothing where the rule or the customer says so, and where an order that
        is not complete would not be gone on with and is not filled."""
        facts = self._order_facts(order)
        # Its whole quantity is dealt here, with what it counts on.
        facts.waiting_value = 0.0
        left = self.if_backorders == "leave"
        if self.if_backorders == "complete" or (left and not self.include_backordered):
            facts.complete, facts.patient = True, False
        elif left:
            facts.complete = False
        return facts

    # -- the plan, kept ---------------------------------------------------------------------------

    def _process_plan(self):
        """Plan without changing anything.

        :return: (orders in the order of the list, {order: (code, sentence)} of those that are not
            looked at, {order: money} of all of them, :class:`QuotationDeal`)
        """
        orders = self._process_orders()
        refused = {}
        for order in orders:
            refusal = self._process_refusal(order)
            if refusal:
                refused[order] = refusal
        money = self._process_money(orders)
        for order in orders:
            if order in refused:
                continue
            if decide_payment(self.credit_card_mode, money[order]).reason == "unpaid":
                refused[order] = ("unpaid", self._process_stay_words("unpaid", order, money[order]))
        rest = orders.browse([order.id for order in orders if order not in refused])
        return orders, refused, money, self._process_deal(rest, rest.order_line._backorder_facts())

    def _preview_process(self):
        """Plan the run and keep the plan as its rows; see ``backorder.run.action_preview``."""
        orders, refused, money, dealt = self._process_plan()
        self.line_ids._backorder_token().unlink()
        self.run_order_ids._backorder_token().unlink()
        ranks = {order: rank for rank, order in enumerate(orders)}
        rest = orders.filtered(lambda order: order not in refused)
        outcomes = {order: dealt.outcome(order) for order in rest}
        # Who gets everything is done first, so that nobody takes it from them; then the queue.
        places = ("complete", "partial", "none")
        todo = rest.sorted(
            lambda order: (places.index(outcomes[order]), order._backorder_queue_key())
        )
        rows = [
            {
                **self._prepare_process_row_vals(order, ranks[order], outcomes[order]),
                **self._prepare_process_plan_vals(order, outcomes[order], money[order], dealt),
            }
            for order in todo
        ]
        rows += [
            {
                **self._prepare_process_row_vals(order, ranks[order], "skipped"),
                "skip_reason": code,
                "message": sentence,
            }
            for order, (code, sentence) in refused.items()
        ]
        self.env["backorder.run.order"]._backorder_create(rows)
        self.env["backorder.run.line"]._backorder_create(self._prepare_process_lines(dealt))

    def _prepare_process_row_vals(self, order, rank, outcome):
        return {
            "run_id": self.id,
            "company_id": self.company_id.id,
            "order_id": order.id,
            "sequence": rank,
            "planned_outcome": outcome,
        }

    def _prepare_process_plan_vals(self, order, outcome, money, dealt):
        """What will be done with an order, or why nothing."""
        decision = decide(
            outcome != "complete", self.include_backordered, self.credit_card_mode, money
        )
        fills = sum(dealt.fills.get(line, 0.0) > 0 for line in order.order_line)
        words = []
        if fills:
            words = [
                self.env._("fill 1 line") if fills == 1 else self.env._("fill %s lines", fills)
            ]
        if decision.step == STAY:
            sentence = self._process_stay_words(decision.reason, order, money, dealt)
            return {
                "skip_reason": decision.reason,
                "message": f"{self._process_sentence(words)} {sentence}".strip(),
            }
        words += self._process_payment_words(order, decision, money)
        if self.approve:
            words.append(self.env._("approve"))
        if self.set_ship_date:
            words.append(self.env._("set the ship date"))
        if self.create_invoice and self.approve and order._backorder_invoiced_when_approved():
            words.append(
                self.env._("invoice and post") if self.post_invoice else self.env._("invoice")
            )
        if self.email_template_id and order.partner_id.email:
            words.append(self.env._("e-mail"))
        if self.print_documents and self.approve:
            words.append(self.env._("print"))
        sentence = self._process_sentence(words) or self.env._("Nothing to do.")
        return {"message": " ".join([sentence, *self._process_remarks(order)])}

    def _process_remarks(self, order):
        """Sentences about what somebody should know of an order that is processed."""
        remarks = []
        if self.email_template_id and not order.partner_id.email:
            remarks.append(
                self.env._("No e-mail: %s has no address.", order.partner_id.display_name)
            )
        place = order.partner_shipping_id
        goods = order.order_line.filtered(lambda line: line.product_id.type == "consu")
        if self.approve and goods and not (place.street or place.city or place.zip):
            remarks.append(
                self.env._("%s has no delivery address.", place.display_name or order.name)
            )
        # sudo: who may process the order may know what is noted on its customer
        warning = order.partner_id.sudo().commercial_partner_id.sale_warn_msg
        if warning:
            remarks.append(self.env._("Note on the customer: %s", " ".join(warning.split())))
        return remarks

    def _process_sentence(self, words):
        text = ", ".join(words)
        return f"{text[:1].upper()}{text[1:]}." if text else ""

    def _process_payment_words(self, order, decision, money):
        if decision.step != "pay":
            return []
        amount = order.currency_id.format
        words = []
        if money.authorized and self.credit_card_mode in ("capture", "charge"):
            words.append(self.env._("capture %s", amount(money.authorized)))
        if money.due > 0 and self.credit_card_mode == "authorize":
            words.append(self.env._("authorize %s on the saved card", amount(money.due)))
        elif money.due > 0:
            words.append(self.env._("charge %s to the saved card", amount(money.due)))
        return words

    def _process_stay_words(self, reason, order, money, dealt=None):
        due = order.currency_id.format(money.due)
        if reason == "backorders":
            lines = order.order_line.filtered(
                lambda line: dealt.short.get(line, 0.0) > 0 if dealt else line.backorder_qty > 0
            )
            names = lines.product_id.mapped("display_name")
            if not names:
                return self.env._("Still has backorders.")
            more = ", …" if len(names) > 3 else ""
            return self.env._("Still has backorders: %s.", ", ".join(names[:3]) + more)
        if reason == "unpaid":
            return self.env._("Still to pay: %s.", due)
        if reason == "not_authorized":
            return self.env._("Due and not authorized: %s. There is nothing to capture.", due)
        return self.env._("Due: %s. The customer has no saved card.", due)

    def _prepare_process_lines(self, dealt):
        """Rows of the lines that are on backorder, or would be as others get the stock."""
        lines = [
            line for line, short in dealt.short.items() if short > 0 or line.backorder_hold_qty > 0
        ]
        waiting = self.env["sale.order.line"].browse([line.id for line in lines])
        expected = waiting._backorder_expected_dates() if waiting else {}
        rows = []
        for line in lines:
            got, fill = dealt.plan[line], dealt.fills[line]
            held, short = line.backorder_hold_qty, dealt.short[line]
            needed = max(held, short)
            left = line._backorder_noiseless(needed - fill)
            counted = max(0.0, line._backorder_owed() - held)
            reason, message = self._process_line_reason(line, got, fill, left, dealt, expected)
            rows.append(
                {
                    **self._prepare_line_vals(
                        line, max(0.0, got.seen - counted), fill, reason, message
                    ),
                    "needed_qty": needed,
                }
            )
        return rows

    def _process_line_reason(self, line, got, fill, left, dealt, expected):
        if line in dealt.blocked:
            return dealt.blocked[line]
        if self.if_backorders == "leave" and line.backorder_hold_qty:
            return "skipped", self.env._("Backorders are left as they are.")
        if line._backorder_compare(left, 0.0) <= 0:
            reason = "filled"
        elif fill > 0:
            reason = "partial_stock"
        elif got.reason in ("filled", "partial_stock"):
            reason = "older_first" if got.winners else "no_stock"
        else:
            reason = got.reason
        own = Allocation(fill, reason, got.seen, got.winners)
        return reason, self._reason_message(line, own, expected.get(line.id), left)
