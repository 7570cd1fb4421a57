"""The reports of what waits, as preview and PDF: the tables of ``backorder.list``, in words."""

from odoo import fields, models
from odoo.tools import format_date, formatLang

from ...reports.pages import TONES, paginate, section

#: What the head of the first page takes: title, date, filters.
_TOP = 120


class ReportBackorderList(models.AbstractModel):
    _name = "report.backorder_mgmt.report_backorder_list"
    _description = "Report of Backorders"

    def _get_report_values(self, docids, data=None):
        documents = self.env["backorder.list"].browse(docids)
        documents.check_access("read")
        on_paper = (data or {}).get("report_type") == "pdf"
        return {
            "doc_ids": docids,
            "doc_model": documents._name,
            "docs": documents,
            "reports": [own for doc in documents for own in self._reports(doc, on_paper)],
            "tones": TONES,
        }

    def _reports(self, document, on_paper):
        """What the template shows: one report, or a notice to each customer in their language."""
        lines = document._lines()
        if document.kind != "notice":
            return [self._report(document, lines, on_paper)]
        return [
            self._report(
                document.with_context(lang=partner.lang or self.env.lang), own, on_paper, partner
            )
            # sudo: who gets a letter about lines that the reader may see
            for partner, own in lines.grouped(
                lambda line: line.sudo().order_partner_id.commercial_partner_id
            ).items()
        ]

    def _report(self, document, lines, on_paper, partner=None):
        company = document.env.company if len(lines.company_id) > 1 else lines.company_id
        sections = [self._section(document.env, *sheet) for sheet in document._sheets(lines)]
        return {
            "title": document._report_title(),
            "partner": partner,
            "lang": document.env.lang,
            "company": company.sudo(),  # its name and logo
            "date": format_date(document.env, fields.Date.context_today(document)),
            "by": document.env.user.name,
            "filters": self._filters(document),
            "pages": paginate(sections, _TOP + 140 * bool(partner)) if on_paper else [sections],
            "on_paper": on_paper,
        }

    def _filters(self, document):
        """``Warehouses: Main; Late Only``: what was chosen."""
        words = []
        for name in ("partner_ids", "product_ids", "vendor_ids", "warehouse_ids"):
            if document[name]:
                label = document._fields[name]._description_string(document.env)
                words.append(f"{label}: {', '.join(document[name].mapped('display_name'))}")
        if document.line_ids:
            words.append(document.env._("%s selected items", len(document.line_ids)))
        if document.late_only:
            words.append(document._fields["late_only"]._description_string(document.env))
        return "; ".join(words)

    def _section(self, env, title, columns, rows):
        """A sheet of the workbook as a table in words, with its sums as the last row."""
        total = sum(width for _label, _kind, width, _value in columns)
        number = env["uom.uom"]._backorder_number
        money = env.company.currency_id.decimal_places

        def words(kind, value):
            if value is None or value == "":
                return ""
            if kind == "date":
                return format_date(env, value)
            if kind == "each":
                return number(value)
            if kind == "text":
                return value
            return formatLang(env, value, digits=money if kind == "money" else 0)

        cells = [
            ("none", [words(kind, value(row)) for _label, kind, _width, value in columns])
            for row in rows
        ]
        sums = [
            words(kind, sum(value(row) for row in rows)) if kind in ("number", "money") else ""
            for _label, kind, _width, value in columns
        ]
        if any(sums) and len(rows) > 1:
            sums[0] = sums[0] or env._("Total")
            cells.append(("part", sums))
        table = section(
            title,
            [
                (label, 100.0 * width / total, "left" if kind in ("text", "date") else "right")
                for label, kind, width, _value in columns
            ],
            cells,
            env._("Nothing."),
        )
        table["count"] = len(rows)
        return table
