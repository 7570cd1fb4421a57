import io
from copy import deepcopy

import lxml.html

from odoo import models
from odoo.exceptions import UserError
from odoo.tools.pdf import merge_pdf

from odoo.addons.base.models.ir_actions_report import _wkhtml


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Slips of a fill: the pickings' own report, all of them in one document."""
        report = self._get_report(report_ref)
        if report.report_name != "backorder_mgmt.report_backorder_run_slips":
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        pickings = self.env["backorder.run"].browse(res_ids)._report_slip_pickings()
        return self._backorder_merged_streams("stock.action_report_delivery", pickings)

    def _backorder_merged_streams(self, report_ref, records):
        """One PDF of a report for many records, also where wkhtmltopdf cannot take many.

        Debian's wkhtmltopdf refuses more than one document a call ("unpatched QT"), and one call
        per record costs a second and more each: there, all of them go as one document with page
        breaks.

        :return: streams, as ``_render_qweb_pdf_prepare_streams`` does
        """
        missing = self.get_wkhtmltopdf_state() == "install"  # Odoo says so
        if len(records) < 2 or missing or _wkhtml().is_patched_qt:
            return super()._render_qweb_pdf_prepare_streams(report_ref, {}, res_ids=records.ids)
        report = self._get_report(report_ref).with_context(debug=False)
        html = report._render_qweb_html(report_ref, records.ids, {"report_type": "pdf"})[0]
        bodies, _ids, _header, _footer, paper = report._prepare_html(html, report.model)
        content = self._run_wkhtmltopdf(
            [self._backorder_join_bodies(bodies)],
            report_ref=report_ref,
            landscape=self.env.context.get("landscape"),
            specific_paperformat_args=paper,
        )
        return {False: {"stream": io.BytesIO(content), "attachment": None}}

    def _backorder_document_pdf(self, documents, chunk=50):
        """One PDF of delivery slips and invoices, in the order given.

        :param documents: [(pickings, invoices)] of one order after the other
        :param chunk: orders that are rendered together
        :return: bytes; empty when there is nothing to print
        :raise UserError: wkhtmltopdf is missing
        """
        documents = [pair for pair in documents if pair[0] or pair[1]]
        if not documents:
            return b""
        if self.get_wkhtmltopdf_state() == "install":
            raise UserError(self.env._("wkhtmltopdf is not installed on the server."))
        parts = []
        for start in range(0, len(documents), chunk):
            parts += self._backorder_render_documents(documents[start : start + chunk])
        return merge_pdf(parts) if len(parts) > 1 else parts[0]

    def _backorder_render_documents(self, documents):
        """PDFs that follow each other: one in all where wkhtmltopdf takes one document a call."""
        reports = ("stock.action_report_delivery", "account.account_invoices")
        if _wkhtml().is_patched_qt:
            return [
                self._render_qweb_pdf(report, records.ids)[0]
                for pair in documents
                for report, records in zip(reports, pair, strict=True)
                if records
            ]
        bodies, paper = {}, {}
        for index, report_ref in enumerate(reports):
            ids = [record.id for pair in documents for record in pair[index]]
            if not ids:
                continue
            report = self._get_report(report_ref).with_context(debug=False)
            html = report._render_qweb_html(report_ref, ids, {"report_type": "pdf"})[0]
            found, res_ids, _header, _footer, own_paper = report._prepare_html(html, report.model)
            bodies[index] = dict(zip(res_ids, found, strict=True))
            paper = paper or own_paper
        ordered = [
            bodies[index][record.id]
            for pair in documents
            for index, records in enumerate(pair)
            for record in records
        ]
        return [
            self._run_wkhtmltopdf(
                [self._backorder_join_bodies(ordered)],
                report_ref=reports[0],
                specific_paperformat_args=paper,
            )
        ]

    def _backorder_join_bodies(self, bodies):
        """The articles of many documents in the first of them, each on a page of its own."""
        first, *others = [lxml.html.document_fromstring(body) for body in bodies]
        article = "//div[contains(concat(' ', normalize-space(@class), ' '), ' article ')]"
        last = first.xpath(article)[-1]
        for other in others:
            for node in other.xpath(article):
                copy = deepcopy(node)
                copy.set("style", "page-break-before: always; " + (copy.get("style") or ""))
                last.addnext(copy)
                last = copy
        return lxml.html.tostring(first, encoding="unicode", doctype="<!DOCTYPE html>")
