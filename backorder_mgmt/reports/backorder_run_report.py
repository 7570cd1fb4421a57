"""The printed report of a fill; it is cut into pages by ``pages.py``."""

from datetime import date

from odoo import models
from odoo.tools import format_date, format_datetime, formatLang

from .pages import LINE, PAGE_WIDTH, TONES, line_count, paginate, section

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
        pages = paginate(sections, top) if on_paper else [sections]
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
        planned = self._planned_labels() if run._report_is_plan() else {}
        return [
            (planned.get(name) or run._fields[name]._description_string(self.env), run[name])
            for name in names
        ]

    def _planned_labels(self):
        """What a preview counts was not done yet."""
        return {
            "processed_count": self.env._("Will Be Processed"),
            "skipped_count": self.env._("Will Not Be Processed"),
            "filled_count": self.env._("Lines to Fill"),
            "partial_count": self.env._("Lines to Fill in Part"),
            "not_filled_count": self.env._("Lines Not to Fill"),
            "completed_order_count": self.env._("Orders to Complete"),
            "partial_order_count": self.env._("Orders to Fill in Part"),
        }

    # -- tables -----------------------------------------------------------------------------------

    def _sections(self, run, orders, lines):
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        quantity = self._quantity_formatter(digits)
        return [
            self._orders_section(run, orders),
            self._lines_section(run, lines, quantity),
            self._left_section([line for line in lines if line["got"] <= 0], quantity),
        ]

    def _orders_section(self, run, orders):
        return self._section(
            self.env._("Orders"),
            [
                (self.env._("Order"), 9, "left"),
                (self.env._("Customer"), 23, "left"),
                (run._report_document_label(), 9, "left"),
                (self.env._("Result"), 14, "left"),
                (self.env._("Explanation"), 45, "left"),
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
        )

    def _lines_section(self, run, lines, quantity):
        got = self.env._("Planned") if run._report_is_plan() else self.env._("Filled")
        return self._section(
            self.env._("Lines"),
            [
                (self.env._("Order"), 7, "left"),
                (self.env._("Product"), 20, "left"),
                (self.env._("SKU"), 10, "left"),
                (self.env._("Needed"), 6, "right"),
                (self.env._("On Hand"), 6, "right"),
                (got, 6, "right"),
                (self.env._("Unit"), 6, "left"),
                (self.env._("Reason"), 12, "left"),
                (self.env._("Explanation"), 27, "left"),
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
        )

    def _left_section(self, lines, quantity):
        """Lines that got nothing, with whom they keep waiting and since when."""
        return self._section(
            self.env._("Not Filled"),
            [
                (self.env._("Order"), 7, "left"),
                (self.env._("Customer"), 15, "left"),
                (self.env._("Product"), 19, "left"),
                (self.env._("SKU"), 10, "left"),
                (self.env._("Needed"), 6, "right"),
                (self.env._("Unit"), 6, "left"),
                (self.env._("Waiting Since"), 8, "left"),
                (self.env._("Reason"), 29, "left"),
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
                for line in lines
            ],
            empty=self.env._("Nothing: every line that was looked at got something."),
        )

    def _section(self, title, columns, rows, empty=""):
        return section(title, columns, rows, empty or self.env._("Nothing."))

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
        lines = [line_count(str(value), 0.33 * PAGE_WIDTH) for _label, value in options]
        pairs = [max(lines[index : index + 2]) for index in range(0, len(lines), 2)]
        return 105 + 70 + sum(LINE * count + 5 for count in pairs)
