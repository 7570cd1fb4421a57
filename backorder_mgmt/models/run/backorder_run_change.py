"""A person changes the plan of a previewed fill: what they decide is done, the others follow."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.batch import by_values
from ..base.named import of_one


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    can_change_plan = fields.Boolean(
        compute="_compute_can_change_plan", help="Quantities of the preview may be changed."
    )

    @api.depends("state", "kind")
    @api.depends_context("uid")
    def _compute_can_change_plan(self):
        manager = self.env.user.has_group("backorder_mgmt.group_backorder_manager")
        for run in self:
            run.can_change_plan = manager and run.kind == "fill" and run.state == "planned"

    @of_one
    def change_plan(self, quantities):
        """Decide what rows of a preview get; the policy deals out the rest anew.

        A row may get what is free now and what the plan gives to others, up to what it needs: the
        other rows of the item follow at once, and so do the counters. Rows that were changed before
        keep what they have. *Start* does exactly this; *Preview Again* forgets it.

        :param quantities: {id of a row (``line_ids``): quantity to fill, in the unit of the row};
            ids may be strings, rows that are not named are not decided by it
        :return: True
        :raise UserError: not previewed, the processor's, a row of another fill, no number, below
            zero, more than is needed or there; nothing is changed then
        :raise AccessError: not a Backorders manager, or no right to see a row
        """
        self._check_may_run()
        self.check_access("write")
        self._check_can_change()
        wanted = self._parse_changes(quantities)
        if not wanted:
            return True
        self.env["backorder.run.line"].browse(wanted).check_access("read")
        # sudo after the checks: others' rows follow, of orders of all salesmen
        worker = self.sudo().with_company(self.company_id)
        # Two people at once: the second one starts over and sees what the first one did.
        self.env.cr.execute(
            SQL("UPDATE backorder_run SET write_date = write_date WHERE id = %s", self.id),
            log_exceptions=False,
        )
        worker._change_rows(wanted)
        return True

    def _check_can_change(self):
        if self.kind != "fill":
            raise UserError(
                self.env._(
                    "%s is of the Multi-Order Processor: it gives to quotations what its options "
                    "say. Quantities are changed in the preview of a fill.",
                    self.name,
                )
            )
        if self.state == "draft":
            raise UserError(self.env._("%s is not previewed yet: press Preview first.", self.name))
        if self.state != "planned":
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(run)s is “%(state)s”: its quantities can be changed only before the start. "
                    "Make a new fill.",
                    run=self.name,
                    state=labels[self.state],
                )
            )

    def _parse_changes(self, quantities):
        """{row id: what was given for it}.

        :raise UserError: a row of another fill
        """
        if not hasattr(quantities, "items"):
            raise UserError(
                self.env._("Quantities are given as {row id: quantity}, not as %r.", quantities)
            )
        # sudo: whose rows these are; what the user may see is asked next
        known = set(self.sudo().line_ids.ids)
        wanted = {}
        for key, value in quantities.items():
            try:
                row_id = int(key)
            except (TypeError, ValueError):
                row_id = 0
            if row_id not in known:
                raise UserError(
                    self.env._(
                        "Row %(row)s does not belong to %(run)s: preview again.",
                        row=key,
                        run=self.name,
                    )
                )
            wanted[row_id] = value
        return wanted

    def _change_rows(self, values):
        """:param values: {row id: what was given for it}"""
        rows = self.line_ids.filtered(lambda row: row.id in values)
        gone = rows.filtered(lambda row: not row.sale_line_id)
        if gone:
            raise UserError(
                self.env._(
                    "%s: the order line does not exist any more. Preview again.",
                    gone[0].product_id.display_name,
                )
            )
        lines = rows.sale_line_id
        wanted = lines.order_id._backorder_parse(
            {row.sale_line_id.id: values[row.id] for row in rows}
        )
        facts = lines._backorder_facts()
        for line, quantity in wanted.items():
            self._check_change(line, quantity, facts)
        near = self._lines_near(lines)
        decided = {
            row.sale_line_id: row.planned_qty
            for row in self.line_ids
            if row.changed_by_id and row.sale_line_id in near - lines
        }
        planned, plan, blocked = self._plan(lines=near, decided={**decided, **wanted})
        for line, quantity in wanted.items():
            if quantity and line in blocked:
                raise UserError(
                    self.env._(
                        "%(product)s: %(why)s",
                        product=line.product_id.display_name,
                        why=blocked[line][1],
                    )
                )
            got = plan[line.id] if line in planned else None
            if quantity and (not got or line._backorder_compare(got.quantity, quantity) < 0):
                raise UserError(self._not_there_words(line, quantity, got, facts.parts[line]))
        before = {row: row.planned_qty for row in rows}
        self._keep_changed_plan(near, planned, plan, blocked, wanted)
        self._message_log(body=self._change_words(before))

    def _check_change(self, line, quantity, facts):
        """What can be said of the quantity before anything is planned."""
        line._backorder_check_fill(quantity, quantity, facts)
        short = line._backorder_compare(quantity, line.backorder_qty) < 0
        order = line.order_id
        if quantity and short and self._order_facts(order).complete:
            raise UserError(
                self.env._(
                    "%(order)s is filled completely or not at all: enter %(needed)s of "
                    "%(product)s, or 0.",
                    order=order.name,
                    needed=line._backorder_quantity_label(line.backorder_qty),
                    product=line.product_id.display_name,
                )
            )

    def _not_there_words(self, line, quantity, got, parts):
        """Why ``quantity`` cannot be planned for a line."""
        label, order = line._backorder_quantity_label, line.order_id
        available = line._backorder_whole(got.seen, parts) if got else 0.0
        values = {
            "product": line.product_id.display_name,
            "order": order.name,
            "quantity": label(quantity),
            "available": label(available),
        }
        if self._order_facts(order).complete:
            return self.env._(
                "%(order)s is filled completely or not at all, and not everything that it needs "
                "is there: %(product)s cannot get %(quantity)s.",
                **values,
            )
        if got and got.reason in ("customer_lines", "min_value"):
            return f"{order.name}: {order._backorder_term_words(got.reason)}"
        words = (
            self.env._(
                "%(product)s: %(quantity)s for %(order)s, but only %(available)s there for it. "
                "Enter %(available)s or less.",
                **values,
            )
            if line._backorder_compare(available, 0.0) > 0
            else self.env._(
                "%(product)s: %(quantity)s for %(order)s, but nothing is there for it. Enter 0.",
                **values,
            )
        )
        same = self.line_ids.filtered(
            lambda row: row.changed_by_id
            and row.planned_qty > 0
            and row.product_id == line.product_id
            and row.sale_line_id != line
        )
        if same:
            words += " " + self.env._(
                "What %s get was changed by hand and stays.",
                ", ".join(same.order_id.mapped("name")),
            )
        return words

    def _lines_near(self, changed):
        """The lines of this preview that a change of ``changed`` can matter to: of the same items,
        and of what orders need along that are filled completely or not at all."""
        lines = self.line_ids.sale_line_id
        parts = lines._backorder_parts()
        by_product, by_order = {}, lines.grouped("order_id")
        for line in lines:
            for part in parts[line]:
                by_product.setdefault(part, []).append(line)
        together = {
            order
            for order in by_order
            if self.policy == "most_complete"
            or order.backorder_min_value
            or self._order_facts(order).complete
        }
        near, todo = set(changed), list(changed)
        while todo:
            line = todo.pop()
            competing = [other for part in parts[line] for other in by_product.pop(part, ())]
            if line.order_id in together:
                competing += by_order[line.order_id]
                together.remove(line.order_id)
            for other in competing:
                if other not in near:
                    near.add(other)
                    todo.append(other)
        return lines.filtered(lambda line: line in near)

    def _keep_changed_plan(self, near, dealt, plan, blocked, wanted):
        """Write the new plan of the lines ``near`` into their rows."""
        expected = dealt.filtered(lambda line: plan[line.id].reason != "filled")
        expected = expected._backorder_expected_dates() if expected else {}
        stays = dealt.filtered(lambda line: plan[line.id].quantity > 0)._backorder_stay_reasons()
        vals = {}
        for row in self.line_ids.filtered(lambda row: row.sale_line_id in near):
            line = row.sale_line_id
            if line not in dealt:
                vals[row] = {
                    "needed_qty": line.backorder_qty,
                    "planned_qty": 0.0,
                    "reason": "skipped",
                    "message": self.env._("Nothing is needed any more."),
                }
                continue
            by = self.env.user if line in wanted else row.changed_by_id
            vals[row] = {
                **self._prepare_plan_line_vals(
                    line, plan[line.id], blocked, expected, stays.get(line)
                ),
                "changed_by_id": by.id,
            }
            if by:
                vals[row] |= {
                    "reason": "changed_by",
                    "message": row._changed_words(by, plan[line.id].quantity, stays.get(line)),
                }
        for rows, values in by_values(vals):
            rows._backorder_write(values)
        planned = {row.sale_line_id: row.planned_qty for row in self.line_ids}
        outcomes = {
            row: {"planned_outcome": self._planned_outcome(row.order_id, planned)}
            for row in self.run_order_ids
            if row.order_id in near.order_id
        }
        for rows, values in by_values(outcomes):
            rows._backorder_write(values)

    def _change_words(self, before):
        """The note of who changed what.

        :param before: {row: quantity planned before}
        """
        texts = []
        for row, quantity in before.items():
            label = row.sale_line_id._backorder_quantity_label
            texts.append(
                self.env._(
                    "%(product)s on %(order)s: %(now)s instead of %(before)s",
                    product=row.product_id.display_name,
                    order=row.order_id.name,
                    now=label(row.planned_qty),
                    before=label(quantity),
                )
            )
        return self.env._(
            "Changed by %(user)s: %(changes)s", user=self.env.user.name, changes="; ".join(texts)
        )
