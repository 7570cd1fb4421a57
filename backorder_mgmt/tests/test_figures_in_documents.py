"""Figures of printed and exported documents: big ones, other languages, several units."""

import io

import openpyxl

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestFiguresInDocuments(BackorderCommon):
    def _book(self, content):
        return openpyxl.load_workbook(io.BytesIO(content), data_only=True)

    def _run(self, order):
        run = self.env["backorder.run"].create({"order_ids": [Command.set(order.ids)]})
        run.action_preview()
        return run

    def test_dozens_and_pieces_have_no_sum(self):
        order = self._order((self.product, 2, {"product_uom_id": self.dozen.id}), (self.other, 5))
        rows = list(
            self._book(self._run(order)._export_xlsx())["Lines"].iter_rows(values_only=True)
        )
        column = dict(zip(rows[0], range(20), strict=False))
        self.assertEqual([row[column["Needed"]] for row in rows[1:]], [2, 5, None])
        value = next(number for label, number in column.items() if label.startswith("Value"))
        self.assertEqual(rows[-1][value], 0)
        alone = self._order((self.product, 2), (self.other, 5))
        rows = list(
            self._book(self._run(alone)._export_xlsx())["Lines"].iter_rows(values_only=True)
        )
        self.assertEqual([row[column["Needed"]] for row in rows[1:]], [2, 5, 7])

    def test_a_notice_has_nothing_to_sum(self):
        self._order((self.product, 5))
        notice = self.env["backorder.list"].create(
            {"kind": "notice", "partner_ids": [Command.set(self.customer.ids)]}
        )
        rows = list(self._book(notice._export_xlsx()).worksheets[0].iter_rows(values_only=True))
        self.assertEqual(len(rows), 2, "the heads and the item")

    def test_big_quantities_are_read_in_ones_language(self):
        self.assertEqual(self.unit._backorder_label(1234567), "1,234,567 Units")
        self.assertEqual(self.unit._backorder_label(999), "999 Units")
        self.assertEqual(self.dozen._backorder_label(0.5), "0.5 Dozens")
        self.env["res.lang"]._activate_lang("fr_FR")
        french = self.dozen.with_context(lang="fr_FR")._backorder_number(1234.5)
        self.assertEqual("".join(french.split()), "1234,5")

    def test_a_big_item_is_printed_with_them(self):
        order = self._order((self.product, 1234567))
        report = self.env["report.backorder_mgmt.report_backorder_list"]
        document = self.env["backorder.list"].create(
            {"kind": "order", "line_ids": [Command.set(order.order_line.ids)]}
        )
        words = str(report._report(document, order.order_line, False)["pages"])
        self.assertIn("1,234,567", words)
