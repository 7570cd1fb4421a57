"""Who may write, delete and read what of a fill."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..base.token import TOKEN, TOKEN_KEY, may_write_backorder


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    def _check_may_run(self):
        """Nor is a fill of another company anybody's: the right is asked on each of them."""
        res = super()._check_may_run()
        if self.ids:
            self.check_access("write")
        return res

    def _backorder_open_names(self, creating=False):
        """The options, until the start. Which kind of run it is, is said once."""
        names = {*self._backorder_option_names()}
        return frozenset(names | {"kind"} if creating else names)

    @api.model_create_multi
    def create(self, vals_list):
        self._check_may_run()
        self._backorder_check_create(vals_list)
        # A name that is given is "/" (:meth:`_take_number`): people give none.
        vals_list = [
            {**vals, "name": vals.get("name") or self._next_name(vals.get("company_id"))}
            for vals in vals_list
        ]
        # The token after the check, for the name; the user's rights are asked as ever.
        runs = super(BackorderRun, self.with_context(**{TOKEN_KEY: TOKEN})).create(vals_list)
        return runs.with_env(self.env)

    @api.model
    def _next_name(self, company_id):
        company = company_id or self.env.company.id
        # sudo: a number, for whoever may fill
        sequence = self.env["ir.sequence"].with_company(company).sudo()
        return sequence.next_by_code("backorder.run") or "/"

    def write(self, vals):
        """Options are written until the start: of a previewed run the plan goes, as it was made
        for others."""
        options = self._backorder_open_names().intersection(vals)
        if not options or may_write_backorder(self.env):
            return super().write(vals)
        self._check_may_run()
        for run in self:
            run._check_state(("draft", "planned"))
        res = super().write(vals)
        self.filtered(lambda run: run.state == "planned")._forget_plan()
        return res

    def _forget_without_orders(self):
        """A fill of orders that are deleted is none any more; what was started goes on."""
        for run in self.filtered(lambda run: run.state in ("draft", "planned")):
            run._backorder_write({"state": "cancelled"})
            run.message_post(
                body=self.env._("Cancelled: the orders that were chosen here were deleted.")
            )

    def _forget_plan(self):
        """Draft again, to be planned by the options that are chosen now."""
        for run in self:
            vals = {"state": "draft", "date_planned": False, "comparison": False}
            if run.receipt_mode == "notify":
                # Its proposal is no longer the scheduled job's to make.
                vals["receipt_mode"] = "offer"
            run._backorder_write(vals)
        # sudo: rows of all salesmen's orders
        self.sudo().line_ids._backorder_token().unlink()
        self.sudo().run_order_ids._backorder_token().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(run.state not in ("draft", "planned", "cancelled") for run in self):
            raise UserError(self.env._("A fill that was started is kept for good."))
        # sudo: what it did to orders and payments that this user may not see counts as well
        kept = self.sudo().filtered(lambda run: run.state == "cancelled")._with_results()
        if kept:
            raise UserError(
                self.env._(
                    "%s was stopped after it had done something: it is kept for good.",
                    ", ".join(kept.mapped("name")),
                )
            )

    def _with_results(self):
        """Those of ``self`` that changed anything: an order, the ledger, money."""
        rows = Domain("outcome", "in", ("complete", "partial", "failed", "undone"))
        rows |= Domain("new_order_id", "!=", False) | Domain("invoice_ids", "!=", False)
        for name in ("set_aside", "processed", "approved", "mail_queued"):
            rows |= Domain(name, "=", True)
        with_results = self.browse()
        for model, domain in (
            ("backorder.run.order", rows),
            ("backorder.run.line", Domain("filled_qty", ">", 0)),
            ("backorder.event", Domain.TRUE),
            ("backorder.carry", Domain.TRUE),
            ("backorder.charge", Domain.TRUE),
        ):
            groups = self.env[model]._read_group(
                domain & Domain("run_id", "in", self.ids), ["run_id"]
            )
            with_results = with_results.union(*(run for (run,) in groups))
        return with_results & self

    # -- who may read what a document shows -------------------------------------------------------

    def _hidden(self, records):
        """Those of ``records`` that the user may not read."""
        records = records.with_env(self.env)
        return records - records._filtered_access("read")

    def _check_may_read_all(self, *parts):
        """A document of many orders is for those who may read all that is in it.

        :raise AccessError: says of what, and how many, the user may not read
        """
        for records in parts:
            hidden = self._hidden(records)
            if hidden:
                raise AccessError(
                    self.env._(
                        "%(hidden)s of %(count)s records of “%(model)s” in the documents of "
                        "%(run)s are not yours to read. Print those of your own orders on the "
                        "orders, or ask somebody who may see all of them.",
                        hidden=len(hidden),
                        count=len(records),
                        model=self.env["ir.model"]._get(records._name).sudo().name,
                        run=", ".join(self.mapped("name")),
                    )
                )
