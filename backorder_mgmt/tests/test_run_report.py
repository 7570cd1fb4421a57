"""A fill on paper, as workbook, and as e-mail to the customer."""

import io
import re
import time
from unittest.mock import patch

import lxml.html
import openpyxl

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader

from .common import PageCase
from .test_run import RunCommon

REPORT = "backorder_mgmt.report_backorder_run"


class ReportCommon(RunCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.default_code = "HAM-1"

    def _three_orders(self, **options):
        """(run, full, part, nothing): not started."""
        full = self._order((self.product, 5))
        part = self._order((self.product, 4), (self.other, 2.5))
        nothing = self._order((self.other, 3))
        self._stock(self.product, 7)
        return self._run(full | part | nothing, **options), full, part, nothing

    def _html(self, run, user=None, **data):
        reports = self.env["ir.actions.report"].with_user(user or self.manager)
        content, _kind = reports._render_qweb_html(REPORT, run.ids, data=data)
        return lxml.html.document_fromstring(content)

    def _tables(self, html):
        """{section title: [cells of its rows]} of a rendered report."""
        tables = {}
        for title in html.xpath("//div[@class='bo_title']"):
            rows = title.xpath("following-sibling::*[1]//tbody/tr")
            name = title.text_content().split("(")[0].strip()
            tables.setdefault(name, []).extend(
                [cell.text_content().strip() for cell in row.xpath("td")] for row in rows
            )
        return tables

    def _book(self, content):
        return openpyxl.load_workbook(io.BytesIO(content), data_only=True)

    def _rows(self, sheet):
        head, *rows = sheet.iter_rows(values_only=True)
        return [dict(zip(head, row, strict=True)) for row in rows]


@tagged("post_install", "-at_install")
class TestRunReport(ReportCommon):
    def test_what_was_done_by_order_by_line_and_what_was_not(self):
        run, full, part, nothing = self._three_orders()
        run.action_start()
        html = self._html(run)
        text = " ".join(html.text_content().split())
        self.assertIn(f"Backorders Filled {run.name}", text)
        self.assertIn(f"by {self.manager.name} · Done", text)
        self.assertIn(self.company.name, text)
        self.assertNotIn("Nothing was changed yet", text)
        for label, value in (
            ("Who Comes First", "Waiting Longest"),
            ("Fill Orders", "Any Line Items"),
            ("SKUs", "All"),
            ("E-Mail for Completed Orders", "None"),
            ("Set Actual Ship Date", "No"),
        ):
            cell = html.xpath(f"//td[normalize-space()='{label}']/following-sibling::td[1]")
            self.assertEqual(cell[0].text_content().strip(), value, label)
        self.assertIn("4 Lines Looked At", text)
        self.assertIn("1 Lines Partly Filled", text)
        tables = self._tables(html)
        self.assertEqual(
            [(row[0], row[1], row[2], row[3]) for row in tables["Orders"]],
            [
                (full.name, "Ada Customer", full.backorder_child_ids.name, "Completed"),
                (part.name, "Ada Customer", part.backorder_child_ids.name, "Partly Filled"),
                (nothing.name, "Ada Customer", "", "Not Filled"),
            ],
        )
        self.assertEqual(
            [row[:7] for row in tables["Lines"]],
            [
                [full.name, "Hammer", "HAM-1", "5", "7", "5", "Units"],
                [part.name, "Hammer", "HAM-1", "4", "2", "2", "Units"],
                [part.name, "Nails", "", "2.50", "0", "0", "Units"],
                [nothing.name, "Nails", "", "3", "0", "0", "Units"],
            ],
        )
        self.assertEqual(tables["Lines"][1][7], "Stock for a part")
        self.assertIn("2 Units of 4 Units, 2 Units still needed", tables["Lines"][1][8])
        left = tables["Not Filled"]
        self.assertEqual([row[0] for row in left], [part.name, nothing.name])
        self.assertTrue(all(row[-1].startswith("No stock: Nothing on hand") for row in left))

    def test_planned_runs_print_as_preview_with_the_plan(self):
        run, full, _part, _nothing = self._three_orders(set_ship_date=True, ship_date="2026-12-24")
        run.action_preview()
        html = self._html(run)
        text = " ".join(html.text_content().split())
        self.assertIn(f"Preview of a Fill {run.name}", text)
        self.assertIn("Nothing was changed yet", text)
        self.assertIn("12/24/2026", text)
        tables = self._tables(html)
        self.assertEqual(tables["Orders"][0][3:], ["Will Be Completed", "1 of 1 lines."])
        self.assertEqual(tables["Lines"][0][5], "5")
        self.assertIn("Planned", [head.text_content() for head in html.xpath("//th")])
        self.assertEqual(full.order_line.backorder_qty, 5)

    def test_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.unit.with_context(lang="fr_FR").name = "Unités"
        self.product.with_context(lang="fr_FR").name = "Marteau"
        run, *_orders = self._three_orders()
        run.action_start()
        reports = self.env["ir.actions.report"].with_context(lang="fr_FR")
        content = reports._render_qweb_html(REPORT, run.ids)[0].decode()
        self.assertIn("Marteau", content)
        self.assertIn("Unités", content)
        self.assertIn("2,50", content)

    def test_pages_repeat_heads_and_number_themselves(self):
        orders = self.env["sale.order"]
        for _number in range(3):
            orders |= self._order(*[(self.product, 1)] * 40)
        run = self._run(orders)
        run.action_preview()
        screen, paper = self._html(run), self._html(run, report_type="pdf")
        self.assertEqual(self._tables(screen), self._tables(paper))
        self.assertNotIn("Page 1", screen.text_content())
        text = " ".join(paper.text_content().split())
        count = int(re.search(r"Page 1 of (\d+)", text).group(1))
        self.assertGreater(count, 5)
        for page in range(1, count + 1):
            self.assertIn(f"Page {page} of {count}", text)
        pages = paper.xpath("//div[contains(@style, 'page-break-before')]")
        self.assertEqual(len(pages), count - 1)
        for page in pages:
            self.assertTrue(page.xpath(".//th"), "a page without table head")

    def test_actions(self):
        run, *_orders = self._three_orders()
        with self.assertRaisesRegex(UserError, "no delivery slip to print"):
            run.print_delivery_slips()
        run.action_start()
        action = run.action_preview_report()
        self.assertEqual((action["report_type"], action["report_name"]), ("qweb-html", REPORT))
        action = run.action_print_report()
        self.assertEqual((action["report_type"], action["report_name"]), ("qweb-pdf", REPORT))
        self.assertEqual(action["context"]["active_ids"], run.ids)
        action = run.action_export_xlsx()
        self.assertEqual(action["type"], "ir.actions.act_url")
        self.assertEqual(action["url"], f"/backorder_mgmt/run/{run.id}.xlsx")
        names = run._report_file_name()
        self.assertNotIn("/", names)

    def test_a_deleted_line_and_an_empty_run_can_be_printed(self):
        quotation = self._order((self.product, 5), confirm=False)
        run = self._run(quotation)
        run.action_preview()
        quotation.order_line.unlink()
        self.assertEqual(self._tables(self._html(run))["Lines"][0][1], "Hammer")
        self.assertTrue(run._export_xlsx())
        empty = self._run(self._order((self.other, 1)))
        self._stock(self.other, 1)
        self.assertIn("Nothing", self._html(empty).text_content())
        self.assertEqual(self._rows(self._book(empty._export_xlsx())["Lines"]), [])

    # -- delivery slips ---------------------------------------------------------------------------

    def test_delivery_slips_of_what_was_filled(self):
        run, full, part, nothing = self._three_orders()
        run.action_start()
        pickings = run._report_slip_pickings()
        self.assertEqual(
            pickings, full.backorder_child_ids.picking_ids | part.backorder_child_ids.picking_ids
        )
        self.assertNotIn(nothing.picking_ids, pickings)
        action = run.print_delivery_slips()
        self.assertEqual(action["report_type"], "qweb-pdf")
        content = self.env["ir.actions.report"]._render_qweb_html(action["report_name"], run.ids)
        for picking in pickings:
            self.assertIn(picking.name, content[0].decode())

    def test_without_wkhtmltopdf_odoo_says_so(self):
        run, *_orders = self._three_orders()
        run.action_start()
        reports = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        state = "odoo.addons.base.models.ir_actions_report.IrActionsReport.get_wkhtmltopdf_state"
        for name in (REPORT, "backorder_mgmt.report_backorder_run_slips"):
            with (
                self.subTest(name=name),
                patch(state, lambda self: "install"),
                self.assertRaisesRegex(UserError, "Unable to find Wkhtmltopdf"),
            ):
                reports._render_qweb_pdf(name, run.ids)

    # -- workbook ---------------------------------------------------------------------------------

    def test_workbook_has_typed_columns_filter_and_totals(self):
        run, full, part, nothing = self._three_orders()
        run.action_start()
        book = self._book(run._export_xlsx())
        self.assertEqual(book.sheetnames, ["Orders", "Lines", "Not Filled"])
        orders = self._rows(book["Orders"])
        self.assertEqual(
            [(row["Order"], row["Result"], row["Lines Filled"]) for row in orders],
            [
                (full.name, "Completed", 1),
                (part.name, "Partly Filled", 1),
                (nothing.name, "Not Filled", 0),
                ("Total", None, 2),
            ],
        )
        sheet = book["Lines"]
        lines = self._rows(sheet)
        value = f"Value ({self.company.currency_id.name})"
        self.assertEqual(
            [(row["Needed"], row["On Hand"], row["Filled"], row[value]) for row in lines],
            [(5, 7, 5, 50), (4, 2, 2, 20), (2.5, 0, 0, 0), (3, 0, 0, 0), (14.5, 9, 7, 70)],
        )
        self.assertEqual(lines[0]["Waiting Since"].date(), full.create_date.date())
        self.assertEqual(sheet.freeze_panes, "A2")
        self.assertEqual(sheet.auto_filter.ref, "A1:M5")
        self.assertTrue(sheet["A1"].font.bold and sheet["A6"].font.bold)
        self.assertEqual(sheet["F2"].number_format, "#,##0.00")
        self.assertGreater(sheet.column_dimensions["C"].width, 30)
        formulas = openpyxl.load_workbook(io.BytesIO(run._export_xlsx()))["Lines"]
        self.assertEqual(formulas["F6"].value, "=SUBTOTAL(109,F2:F5)")
        left = self._rows(book["Not Filled"])
        self.assertEqual([row["Order"] for row in left], [part.name, nothing.name, "Total"])
        self.assertEqual(left[0]["Reason"], "No stock")

    def test_workbook_takes_text_as_text(self):
        self.product.name = '=HYPERLINK("http://example.com")'
        run, *_orders = self._three_orders()
        run.action_preview()
        sheet = openpyxl.load_workbook(io.BytesIO(run._export_xlsx()))["Lines"]
        self.assertEqual((sheet["C2"].value, sheet["C2"].data_type), (self.product.name, "s"))

    def test_values_are_in_the_companys_currency(self):
        currency = self.env["res.currency"].create(
            {
                "name": "TBO",
                "symbol": "T",
                "rate_ids": [Command.create({"name": "2020-01-01", "rate": 2})],
            }
        )
        pricelist = self.env["product.pricelist"].create({"name": "T", "currency_id": currency.id})
        order = self._order((self.product, 5, {"price_unit": 10}), pricelist_id=pricelist.id)
        self._stock(self.product, 5)
        run = self._run(order)
        run.action_start()
        self.assertEqual(order.currency_id, currency)
        self.assertEqual(run._report_orders(run._report_lines())[0]["value"], 25)

    # -- rights -----------------------------------------------------------------------------------

    def test_a_salesman_sees_his_own_orders_only(self):
        run, full, _part, nothing = self._three_orders()
        run.action_start()
        nothing.user_id = self.manager
        tables = self._tables(self._html(run, user=self.salesman))
        self.assertIn(full.name, [row[0] for row in tables["Lines"]])
        self.assertNotIn(nothing.name, [row[0] for row in tables["Lines"] + tables["Orders"]])
        clerk = new_test_user(self.env, "backorder_clerk", groups="base.group_user")
        with self.assertRaises(AccessError):
            self._html(run, user=clerk)
        with self.assertRaises(AccessError):
            run.with_user(clerk)._report_slip_pickings()


@tagged("post_install", "-at_install")
class TestRunReportHttp(ReportCommon, PageCase):
    def test_workbook_by_http(self):
        run, full, *_others = self._three_orders()
        run.action_start()
        url = run.action_export_xlsx()["url"]
        self.authenticate("backorder_boss", "backorder_boss")
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        self.assertIn(f"{run._report_file_name()}.xlsx", response.headers["Content-Disposition"])
        self.assertEqual(self._book(response.content)["Orders"]["A2"].value, full.name)
        self.assertEqual(self.url_open("/backorder_mgmt/run/0.xlsx").status_code, 404)

    def test_nobody_else_gets_it(self):
        run, *_orders = self._three_orders()
        run.action_start()
        url = run.action_export_xlsx()["url"]
        new_test_user(self.env, "backorder_other", groups="sales_team.group_sale_salesman")
        self.authenticate("backorder_other", "backorder_other")
        self.assertEqual(self.url_open(url).status_code, 404)
        new_test_user(self.env, "backorder_portal", groups="base.group_portal")
        self.authenticate("backorder_portal", "backorder_portal")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url).status_code, 403)
        self.authenticate(None, None)
        response = self.url_open(url, allow_redirects=False)
        self.assertIn("/web/login", response.headers["Location"])

    def test_preview_and_print_by_http(self):
        run, *_orders = self._three_orders()
        run.action_preview()
        self.authenticate("backorder_boss", "backorder_boss")
        response = self.url_open(f"/report/html/{REPORT}/{run.id}")
        self.assertIn("Preview of a Fill", response.text)

    def test_pdf(self):
        report = self.env.ref("backorder_mgmt.backorder_run_report")
        if report.get_wkhtmltopdf_state() != "ok":
            self.skipTest("wkhtmltopdf is missing")
        orders = self.env["sale.order"]
        for _number in range(15):
            orders |= self._order(*[(self.product, 1)] * 40)
        run = self._run(orders)
        run.action_preview()
        self.assertEqual(run.line_count, 600)
        pages = len(
            self.env["report.backorder_mgmt.report_backorder_run"]._report(run, True)["pages"]
        )
        start = time.monotonic()
        content, kind = report.with_context(force_report_rendering=True)._render_qweb_pdf(
            REPORT, run.ids
        )
        self.assertLess(time.monotonic() - start, 60)
        self.assertEqual(kind, "pdf")
        reader = PdfFileReader(io.BytesIO(content))
        self.assertEqual(reader.getNumPages(), pages, "a page that we cut flows over")
        self.assertLess(len(content), 5_000_000, "letters are drawn as curves")

    def test_delivery_slips_are_one_pdf(self):
        report = self.env.ref("backorder_mgmt.backorder_run_slips_report")
        if report.get_wkhtmltopdf_state() != "ok":
            self.skipTest("wkhtmltopdf is missing")
        run, *_orders = self._three_orders()
        run.action_start()
        content, kind = report.with_context(force_report_rendering=True)._render_qweb_pdf(
            report.report_name, run.ids
        )
        self.assertEqual(kind, "pdf")
        self.assertEqual(PdfFileReader(io.BytesIO(content)).getNumPages(), 2)


@tagged("post_install", "-at_install")
class TestFillMails(RunCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.complete = cls.env.ref("backorder_mgmt.mail_template_backorder_complete")
        cls.partial = cls.env.ref("backorder_mgmt.mail_template_backorder_partial")
        cls.customer.email = "ada@example.com"

    def _mail(self, run):
        mail = self.env["mail.mail"].search([("res_id", "in", self._orders(run).ids)], order="id")
        mail = mail.filtered(lambda mail: mail.model == "sale.order" and mail.state == "outgoing")
        return mail, " ".join(lxml.html.document_fromstring(mail.body_html).text_content().split())

    def _orders(self, run):
        return run.run_order_ids.order_id | run.run_order_ids.new_order_id

    def _fill(self, order):
        run = self._run(
            order,
            email_complete_template_id=self.complete.id,
            email_partial_template_id=self.partial.id,
        )
        run.action_start()
        return run

    def test_no_company_sends_them_by_itself(self):
        company = self.env["res.company"].create({"name": "Fresh"})
        for name in ("backorder_email_complete_template_id", "backorder_email_partial_template_id"):
            self.assertFalse(company[name])

    def test_completed_by_a_new_order(self):
        order = self._order((self.product, 5), client_order_ref="PO-77")
        self._stock(self.product, 5)
        mail, text = self._mail(self._fill(order))
        new = order.backorder_child_ids
        self.assertEqual(mail.res_id, new.id)
        self.assertIn(f"the rest of your order {order.name}", mail.subject)
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertIn("Hello Ada Customer", text)
        self.assertIn(f"your order {order.name} (your reference PO-77)", text)
        self.assertIn(f"as order {new.name}", text)
        self.assertIn("Hammer: 5 Units", text)
        self.assertNotIn("Still on backorder", text)

    def test_completed_on_the_order_itself(self):
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 5), (self.other, 1))
        self._stock(self.product, 5)
        self._stock(self.other, 1)
        mail, text = self._mail(self._fill(order))
        self.assertEqual(mail.res_id, order.id)
        self.assertIn("Hammer: 5 Units", text)
        self.assertNotIn("It comes to you as order", text)

    def test_partly_filled_says_what_is_still_needed_and_when(self):
        order = self._order((self.product, 5), (self.other, 2))
        self._stock(self.product, 3)
        purchase = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.other.id,
                            "product_qty": 10,
                            "price_unit": 1,
                            "date_planned": "2031-05-06 12:00:00",
                        }
                    )
                ],
            }
        )
        purchase.button_confirm()
        mail, text = self._mail(self._fill(order))
        self.assertIn(f"a part of your order {order.name}", mail.subject)
        self.assertIn("Hammer: 3 Units", text)
        self.assertIn("Still on backorder", text)
        self.assertIn("Hammer: 2 Units", text)
        self.assertIn("Nails: 2 Units, expected on 05/06/2031", text)

    def test_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self.product.with_context(lang="fr_FR").name = "Marteau"
        self.unit.with_context(lang="fr_FR").name = "Unités"
        french = self.complete.with_context(lang="fr_FR")
        french.subject = "Votre commande {{ object.backorder_parent_id.name }}"
        french.body_html = self.complete.body_html.replace("Good news", "Bonne nouvelle")
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        mail, text = self._mail(self._fill(order))
        self.assertEqual(mail.subject, f"Votre commande {order.name}")
        self.assertIn("Bonne nouvelle", text)
        self.assertIn("Marteau: 5 Unités", text)
