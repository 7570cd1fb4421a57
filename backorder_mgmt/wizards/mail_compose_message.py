from odoo import models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    def _action_send_mail_comment(self, res_ids):
        messages = super()._action_send_mail_comment(res_ids)
        self._backorder_told_by_template(res_ids)
        return messages

    def _action_send_mail_mass_mail(self, res_ids, auto_commit=False):
        mails = super()._action_send_mail_mass_mail(res_ids, auto_commit=auto_commit)
        self._backorder_told_by_template(res_ids)
        return mails

    def _backorder_told_by_template(self, res_ids):
        template = self.template_id
        if self.model == "sale.order" and template and template._backorder_tells_date():
            template._backorder_told_by(self.env["sale.order"].browse(res_ids))
