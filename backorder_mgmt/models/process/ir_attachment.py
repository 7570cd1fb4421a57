"""Printed documents of the processor are for who may read their orders."""

from odoo import models
from odoo.exceptions import AccessError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _check_access(self, operation):
        """The documents of a processor's run are for those who may read all that is in them, who
        are fewer than those who may read the run."""
        result = super()._check_access(operation)
        if self.env.su:
            return result
        forbidden = result[0] if result else self.browse()
        hidden = (self - forbidden)._backorder_hidden_documents()
        if not hidden:
            return result
        words = self.env._(
            "This document shows orders, deliveries or invoices that are not yours to read. Print "
            "those of your own orders on the orders, or ask somebody who may see all of them."
        )
        return forbidden | hidden, lambda: AccessError(words)

    def _backorder_hidden_documents(self):
        """Those of ``self`` that are documents of runs which show more than the user may read."""
        # sudo: what decides about the access
        linked = self.sudo().filtered(lambda document: document.res_model == "backorder.run")
        if not linked:
            return self.browse()
        runs = self.env["backorder.run"].sudo().search([("document_id", "in", linked.ids)])
        hidden = runs.filtered(lambda run: not run.sudo(False)._may_print())
        return hidden.document_id.with_env(self.env)
