"""How a fill says what it came to."""

from odoo import api, models
from odoo.exceptions import UserError


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    def _summary(self, then=None):
        """The action that shows what these runs came to, in a dialog.

        :param then: the action that comes before it, so that the dialog stands on it; None: the
            dialog that was open is closed
        """
        summary = self.env["backorder.summary"].create({"run_ids": [(6, 0, self.ids)]})
        return {
            "type": "ir.actions.client",
            "tag": "backorder_summary",
            "params": {
                "title": self._summary_title(),
                "message": self._summary_words(),
                "type": "success" if self._summary_is_clean() else "warning",
                "next": then or {"type": "ir.actions.act_window_close"},
                "summary": {
                    "type": "ir.actions.act_window",
                    "name": self._summary_title(),
                    "res_model": "backorder.summary",
                    "res_id": summary.id,
                    "views": [(False, "form")],
                    "target": "new",
                    "context": {"dialog_size": "large"},
                },
            },
        }

    def _has_filled(self):
        return any(run.filled_count or run.partial_count for run in self)

    def _summary_title(self):
        if self._has_filled():
            return self.env._("Backorders filled")
        return self.env._("Nothing was filled")

    def _summary_is_clean(self):
        return self._has_filled() and not self._payments_failed()

    def _summary_sentence(self):
        """What stands above the counts: why nothing was filled. Nothing where all went well."""
        failed = self.run_order_ids.filtered(lambda row: row.outcome == "failed")
        if failed:
            texts = [f"{row.order_id.name}: {row.message}" for row in failed[:3]]
            return " ".join([*texts, "…"] if len(failed) > 3 else texts)
        if self._has_filled():
            return False
        rows = self.line_ids.filtered("message")
        return self._first_sentences(
            (row.product_id, row.order_id, row.message) for row in rows[:4]
        )

    def _first_sentences(self, refused):
        """Up to three sentences of (product, order, sentence); more of them are only hinted at."""
        texts = [
            f"{product.with_context(display_default_code=False).display_name}, {order.name}: {text}"
            for product, order, text in refused
        ]
        return " ".join([*texts[:3], "…"] if len(texts) > 3 else texts) or False

    def _summary_words(self):
        """All counts in a sentence or two, as a job says them in a notification."""
        message = self.env._(
            "Lines filled: %(lines)s, partly filled: %(part)s, not filled: %(not_filled)s. Orders "
            "completed: %(orders)s, partly filled: %(partial)s, approved: %(approved)s. E-mails "
            "queued: %(mails)s. New orders: %(new)s.",
            lines=sum(self.mapped("filled_count")),
            part=sum(self.mapped("partial_count")),
            not_filled=sum(self.mapped("not_filled_count")),
            orders=sum(self.mapped("completed_order_count")),
            partial=sum(self.mapped("partial_order_count")),
            approved=sum(self.mapped("approved_count")),
            mails=sum(self.mapped("mail_count")),
            new=", ".join(self.run_order_ids.new_order_id._filtered_access("read").mapped("name"))
            or sum(self.mapped("new_order_count")),
        )
        return message + self._payment_words()

    @api.model
    def _check_fills(self, vals):
        """A fill with these options is started without a preview: does it fill anything?

        Not asked of so many lines that it goes into the background anyway.

        :raise UserError: nothing can be filled
        """
        self._check_may_run()
        # sudo after the check: the plan looks at orders of all salesmen
        draft = self.sudo().new(vals)
        draft = draft.with_company(draft.company_id)
        lines = draft.env["sale.order.line"].search_count(draft._get_lines_domain())
        if lines <= draft.company_id.backorder_run_threshold:
            draft._check_fills_something(*draft._plan())

    def _plans_something(self):
        """Whether a row of this preview gets anything; where the customer takes no backorders,
        cancelling what is missing is something, too."""
        planned = [
            ("run_id", "=", self.id),
            "|",
            ("planned_qty", ">", 0),
            ("reason", "=", "not_accepted"),
        ]
        return bool(self.env["backorder.run.line"].search_count(planned, limit=1))

    def _check_plans_something(self):
        """*Start* on the screen of a preview in which no row gets anything.

        :raise UserError: says so
        """
        if self.kind != "fill" or self.state != "planned":
            return
        if not self._plans_something():
            raise UserError(
                self.env._(
                    "No row of this preview gets anything: there is nothing to start. The "
                    "explanations say what is waited for."
                )
            )

    def _check_fills_something(self, lines, plan, blocked):
        """A person who fills is told at once when nothing can be filled: no run is made of it.

        :param lines, plan, blocked: what :meth:`_plan` gave
        :raise UserError: says of the first lines why
        """
        if any(allocation.quantity > 0 for allocation in plan.values()):
            return
        if any(self._cancelled_rest(line, 0.0) for line in lines - lines.browse().union(*blocked)):
            return
        if not lines:
            raise UserError(self.env._("Nothing is on backorder here: there is nothing to fill."))
        first = self._in_order_of_offer(lines)[:4]
        expected = first._backorder_expected_dates()
        refused = (
            (
                line.product_id,
                line.order_id,
                self._prepare_plan_line_vals(line, plan[line.id], blocked, expected)["message"],
            )
            for line in first
        )
        raise UserError(
            self.env._("Nothing can be filled now. %s", self._first_sentences(refused) or "")
        )
