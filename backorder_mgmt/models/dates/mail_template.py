"""An e-mail that names expected dates tells the customer: what it said is remembered."""

from odoo import models


class MailTemplate(models.Model):
    _inherit = "mail.template"

    def _backorder_tells_date(self):
        """Who gets an e-mail of this template is told when their backorders are expected."""
        self.ensure_one()
        # sudo: who sends an e-mail need not read its template
        template = self.sudo()
        texts = f"{template.subject or ''} {template.body_html or ''}"
        return template.model == "sale.order" and "backorder_expected_date" in texts

    def _backorder_told_by(self, orders):
        """The dates that an e-mail of this template names are what the customers know now."""
        # A new order's e-mail names what its original still waits for.
        lines = (orders | orders.backorder_parent_id).order_line
        lines._backorder_told(self.env._("Told the customer by e-mail"))

    def send_mail_batch(self, res_ids, *args, **kwargs):
        mails = super().send_mail_batch(res_ids, *args, **kwargs)
        if self._backorder_tells_date():
            self._backorder_told_by(self.env["sale.order"].browse(res_ids))
        return mails
