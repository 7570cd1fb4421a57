from odoo import api, fields, models
from odoo.exceptions import UserError


class BackorderCarry(models.Model):
    """What was carried between the orders of a family: one row each time, for good.

    Giving back is a row the other way round. The sum over a family is always zero: money is
    moved, never made. *Rounding* is the exception: what orders cost more (+) or less (−) for having
    been split, kept on the original order, so that nobody owes it or gets it back.
    """

    _name = "backorder.carry"
    _inherit = ["backorder.guarded"]
    _description = "Backorder Carried Amount"
    _order = "date desc, id desc"
    _rec_name = "to_name"
    _check_company_auto = True

    # `set null`: a quotation may be deleted, what was carried may not.
    from_order_id = fields.Many2one(
        "sale.order",
        string="From",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        check_company=True,
    )
    to_order_id = fields.Many2one(
        "sale.order",
        string="To",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        check_company=True,
    )
    from_name = fields.Char(string="From Reference", readonly=True)
    to_name = fields.Char(string="To Reference", readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    kind = fields.Selection(
        [("credit", "Credit"), ("balance", "Balance"), ("rounding", "Rounding")],
        required=True,
        readonly=True,
    )
    amount = fields.Monetary(
        readonly=True,
        help="Credit (+): money that counts as paid on the order it went to, and no more on the "
        "one it came from. Balance (−): what is owed on the order it went to, and no more on the "
        "one it came from. Rounding: what the taxes of the orders are more (+) or less (−) for "
        "having been split; nobody is asked for it.",
    )
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users",
        string="By",
        ondelete="set null",
        readonly=True,
        default=lambda self: self.env.user,
    )
    run_id = fields.Many2one(
        "backorder.run", string="Fill", ondelete="set null", index="btree_not_null", readonly=True
    )
    note = fields.Char(readonly=True)

    def _backorder_guard_words(self, labels):
        return self.env._("Amounts are carried by fills, not by writing them directly.")

    def write(self, vals):
        if self:
            raise UserError(self.env._("A carried amount cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A carried amount cannot be deleted."))
