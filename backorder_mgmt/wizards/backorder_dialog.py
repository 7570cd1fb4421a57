from odoo import api, models


class BackorderDialog(models.AbstractModel):
    """A dialog about orders, or a row of one: for who may read those orders.

    What a dialog shows of an order is worked out as the user and not as superuser, so that a client
    that names somebody else's order gets a refusal and nothing to read.
    """

    _name = "backorder.dialog"
    _description = "Backorders: Dialogs About Orders"

    @api.model
    def default_get(self, fields):
        """An order that an action or a client proposes is one that the user may read."""
        values = super().default_get(fields)
        for name in ("order_id", "sale_line_id"):
            if name in self._fields and values.get(name):
                record = self.env[self._fields[name].comodel_name].browse(values[name])
                record.check_access("read")
        return values

    @api.model_create_multi
    def create(self, vals_list):
        dialogs = super().create(vals_list)
        dialogs._check_may_see_orders()
        return dialogs

    def write(self, vals):
        res = super().write(vals)
        if {"order_id", "sale_line_id"}.intersection(vals):
            self._check_may_see_orders()
        return res

    def _about_an_order(self):
        """(those of these that name an order or an item of one, the others).

        A client asks for the values of a form before it names an order, and an order that is
        proposed and not the user's is left out: there is nothing to work out for such a dialog.
        """
        name = "order_id" if "order_id" in self._fields else "sale_line_id"
        about = self.filtered(name)
        return about, self - about

    def _check_may_see_orders(self):
        """
        :raise AccessError: an order that these are about is not the user's to read
        """
        if self.env.su:
            return
        # sudo to name the orders only: the right to see them is asked as the user
        named = self.sudo()
        lines = named.mapped("sale_line_id") if "sale_line_id" in self._fields else ()
        orders = named.mapped("order_id") if "order_id" in self._fields else lines.order_id
        orders.with_env(self.env).check_access("read")
