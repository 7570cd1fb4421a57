"""The printed report of a fill, cut into pages here.

wkhtmltopdf without its own Qt, as Debian has it, prints no headers and footers, no page numbers,
and does not repeat the heads of tables. So the rows are dealt out to pages by their height, and
each page is written with its own head line and table heads.
"""

import math
import textwrap
import unicodedata
from datetime import date

from odoo import models
from odoo.tools import format_date, format_datetime, formatLang

# All in the pixels of report_backorder_run's style sheet, for A4 lying.
PAGE_WIDTH, PAGE_HEIGHT = 1370, 890
HEAD_LINE, TITLE, TABLE_HEAD, LINE, ROW_SPACE = 26, 40, 27, 17, 10
LETTER = 6.7  # the width of a letter, generously

TONES = {
    "good": "#e6f4ea",
    "part": "#fff4dc",
    "bad": "#fbe4e4",
    "none": "#ffffff",
}
ORDER_TONES = {
    "complete": "good",
    "partial": "part",
    "failed": "bad",
    "processed": "good",
    "waiting": "part",
    "stays": "part",
}
LINE_TONES = {"error": "bad", "payment_failed": "bad"}


class ReportBackorderRun(models.AbstractModel):
    _name = "report.backorder_mgmt.report_backorder_run"
    _description = "Report of a Fill"

    def _get_report_values(self, docids, data=None):
        runs = self.env["backorder.run"].browse(docids)
        runs.check_access("read")
        on_paper = (data or {}).get("report_type") == "pdf"
        return {
            "doc_ids": docids,
            "doc_model": runs._name,
            "docs": runs,
            "reports": [self._report(run, on_paper) for run in runs],
            "tones": TONES,
        }

    def _report(self, run, on_paper):
        """What the template shows of one run: head, options, counters and pages of tables."""
        lines = run._report_lines()
        sections = self._sections(run, run._report_orders(lines), lines)
        options = [
            (label, format_date(self.env, value) if isinstance(value, date) else value)
            for label, value in run._report_options()
        ]
        top = self._top_height(options)
        pages = self._paginate(sections, top) if on_paper else [sections]
        labels = dict(run._fields["state"]._description_selection(self.env))
        moment = run.date_done or run.date_planned or run.create_date
        return {
            "run": run,
            "company": run.company_id.sudo(),  # its name and logo
            "is_plan": run._report_is_plan(),
            "title": self._title(run),
            "state": labels[run.state],
            "by": run.user_id.sudo().name,
            "date": format_datetime(self.env, moment),
            "options": options,
            "counters": self._counters(run),
            "pages": pages,
            "on_paper": on_paper,
        }

    def _title(self, run):
        if run.kind == "process":
            plan, done = self.env._("Preview of Processing"), self.env._("Orders Processed")
        else:
            plan, done = self.env._("Preview of a Fill"), self.env._("Backorders Filled")
        return plan if run._report_is_plan() else done

    def _counters(self, run):
        """[(label, figure)]; what seldom happens is left out while it is zero."""
        always = (
            "processed_count",
            "skipped_count",
            "approved_count",
            "invoice_count",
            "filled_count",
            "partial_count",
            "not_filled_count",
        )
        always = (
            always
            if run.kind == "process"
            else (
                "line_count",
                "filled_count",
                "partial_count",
                "not_filled_count",
                "completed_order_count",
                "partial_order_count",
                "new_order_count",
                "approved_count",
            )
        )
        names = [*always, *(name for name in ("mail_count", "failed_count") if run[name])]
        return [(run._fields[name]._description_string(self.env), run[name]) for name in names]

    # -- tables -----------------------------------------------------------------------------------

    def _sections(self, run, orders, lines):
        translate = self.env._
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        quantity = self._quantity_formatter(digits)
        got = translate("Planned") if run._report_is_plan() else translate("Filled")
        left = [line for line in lines if line["got"] <= 0]
        return [
            self._section(
                translate("Orders"),
                [
                    (translate("Order"), 9, "left"),
                    (translate("Customer"), 23, "left"),
                    (run._report_document_label(), 9, "left"),
                    (translate("Result"), 14, "left"),
                    (translate("Explanation"), 45, "left"),
                ],
                [
                    (
                        ORDER_TONES.get(row["code"], "none"),
                        [
                            row["order"],
                            row["customer"],
                            row["new_order"],
                            row["outcome"],
                            row["message"],
                        ],
                    )
                    for row in orders
                ],
            ),
            self._section(
                translate("Lines"),
                [
                    (translate("Order"), 7, "left"),
                    (translate("Product"), 20, "left"),
                    (translate("SKU"), 10, "left"),
                    (translate("Needed"), 6, "right"),
                    (translate("On Hand"), 6, "right"),
                    (got, 6, "right"),
                    (translate("Unit"), 6, "left"),
                    (translate("Reason"), 12, "left"),
                    (translate("Explanation"), 27, "left"),
                ],
                [
                    (
                        self._line_tone(line),
                        [
                            line["order"],
                            line["product"],
                            line["sku"],
                            quantity(line["needed"]),
                            quantity(line["available"]),
                            quantity(line["got"]),
                            line["unit"],
                            line["reason"],
                            line["message"],
                        ],
                    )
                    for line in lines
                ],
            ),
            self._section(
                translate("Not Filled"),
                [
                    (translate("Order"), 7, "left"),
                    (translate("Customer"), 15, "left"),
                    (translate("Product"), 19, "left"),
                    (translate("SKU"), 10, "left"),
                    (translate("Needed"), 6, "right"),
                    (translate("Unit"), 6, "left"),
                    (translate("Waiting Since"), 8, "left"),
                    (translate("Reason"), 29, "left"),
                ],
                [
                    (
                        self._line_tone(line),
                        [
                            line["order"],
                            line["customer"],
                            line["product"],
                            line["sku"],
                            quantity(line["needed"]),
                            line["unit"],
                            format_date(self.env, line["since"]) if line["since"] else "",
                            f"{line['reason']}: {line['message']}"
                            if line["message"]
                            else line["reason"],
                        ],
                    )
                    for line in left
                ],
                empty=translate("Nothing: every line that was looked at got something."),
            ),
        ]

    def _section(self, title, columns, rows, empty=""):
        return {
            "title": title,
            "count": len(rows),
            "columns": [
                {"label": label, "width": width, "align": align} for label, width, align in columns
            ],
            "rows": rows,
            "empty": empty or self.env._("Nothing."),
            "continued": False,
        }

    def _quantity_formatter(self, digits):
        """Whole numbers without decimals, others with all that the precision has."""
        seen = {}

        def label(value):
            if value not in seen:
                whole = float(value).is_integer()
                seen[value] = formatLang(self.env, value, digits=0 if whole else digits)
            return seen[value]

        return label

    def _line_tone(self, line):
        if line["code"] in LINE_TONES:
            return LINE_TONES[line["code"]]
        if line["got"] <= 0:
            return "none"
        return "good" if line["got"] >= line["needed"] else "part"

    # -- pages ------------------------------------------------------------------------------------

    def _top_height(self, options):
        """What letter head, options and counters take of the first page."""
        lines = [_line_count(str(value), 0.33 * PAGE_WIDTH) for _label, value in options]
        pairs = [max(lines[index : index + 2]) for index in range(0, len(lines), 2)]
        return 105 + 70 + sum(LINE * count + 5 for count in pairs)

    def _paginate(self, sections, top):
        """Deal the rows out to pages.

        :return: [[section with the rows of this page]]
        """
        pages, left = [[]], PAGE_HEIGHT - top
        for section in sections:
            heights = [
                self._row_height(section["columns"], cells) for _tone, cells in section["rows"]
            ]
            room = TITLE + TABLE_HEAD
            part = {**section, "rows": []}
            if left < room + (heights[0] if heights else LINE + ROW_SPACE):
                pages.append([])
                left = PAGE_HEIGHT - HEAD_LINE
            pages[-1].append(part)
            left -= room
            for row, height in zip(section["rows"], heights, strict=True):
                if height > left and part["rows"]:
                    part = {**section, "rows": [], "continued": True}
                    pages.append([part])
                    left = PAGE_HEIGHT - HEAD_LINE - room
                part["rows"].append(row)
                left -= height
            if not heights:
                left -= LINE + ROW_SPACE
        return pages

    def _row_height(self, columns, cells):
        count = max(
            _line_count(cell, column["width"] * PAGE_WIDTH / 100 - 12)
            for column, cell in zip(columns, cells, strict=True)
        )
        return count * LINE + ROW_SPACE


def _line_count(text, width):
    """How many lines ``text`` takes in ``width`` pixels."""
    letters = max(1, math.floor(width / LETTER))
    if not text.isascii():
        # Chinese, Japanese and Korean letters are twice as wide, and break anywhere.
        text = "".join(
            "mm" if unicodedata.east_asian_width(letter) in "WF" else letter for letter in text
        )
    return 1 if len(text) <= letters else len(textwrap.wrap(text, letters))
