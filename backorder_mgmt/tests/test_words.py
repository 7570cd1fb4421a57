"""Words that people read in their language: papers, mails, reports."""

import ast
import pathlib
import re

from lxml import html

from odoo.tests import tagged
from odoo.tools import file_path

from .test_run import RunCommon

HOME = pathlib.Path(file_path("backorder_mgmt/__manifest__.py")).parent


@tagged("post_install", "-at_install")
class TestWords(RunCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.env["ir.module.module"]._load_module_terms(["backorder_mgmt"], ["de_DE"])
        cls.customer.write({"lang": "de_DE", "email": "ada@example.com"})
        cls.unit.with_context(lang="de_DE").name = "Einheiten"

    def _paper(self, report, record):
        self.env.flush_all()
        content = self.env["ir.actions.report"]._render_qweb_html(report, record.ids)[0]
        return " ".join(html.fromstring(content).text_content().split())

    def test_no_words_hide_from_who_translates_them(self):
        """Odoo finds what is to be translated by the name of the function: `env._("…")`. Under
        another name it stays English for ever."""
        hidden = []
        for path in HOME.rglob("*.py"):
            if "tests" in path.parts:
                continue
            tree = ast.parse(path.read_text())
            called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
            hidden += [
                f"{path.relative_to(HOME)}:{node.lineno}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute) and node.attr == "_" and id(node) not in called
            ]
        self.assertFalse(hidden)

    def test_what_is_translated_is_still_said(self):
        """A sentence that changed here and not in the translations reads English there."""

        def said(path):
            blocks = re.findall(r'^msgid ((?:"(?:[^"\\]|\\.)*"\s*)+)', path.read_text(), re.M)
            return {
                "".join(ast.literal_eval(part) for part in block.split("\n") if part)
                for block in blocks
            }

        template = said(HOME / "i18n" / "backorder_mgmt.pot")
        for path in (HOME / "i18n").glob("*.po"):
            self.assertFalse(said(path) - template, path.name)

    def test_a_customer_s_papers(self):
        self._stock(self.product, 4)
        order = self._order((self.product, 10))
        self.assertIn(
            "Im Rückstand: 6 Einheiten", self._paper("sale.action_report_saleorder", order)
        )
        self.assertIn(
            "Wird nachgeliefert: Hammer. Im Rückstand: 6 Einheiten",
            self._paper("stock.action_report_delivery", order.picking_ids),
        )
        self._stock(self.product, 6)
        order.fill_backorders()
        self.assertIn(
            f"6 Einheiten in Auftrag {order.backorder_child_ids.name}",
            self._paper("sale.action_report_saleorder", order),
        )

    def test_a_notice_and_reports(self):
        order = self._order((self.product, 10), client_order_ref="B-7")
        notice = self.env["backorder.list"].create(
            {"kind": "notice", "partner_ids": [(6, 0, self.customer.ids)]}
        )
        paper = self._paper("backorder_mgmt.backorder_list_report", notice)
        for words in (
            "Mitteilung über Rückstände",
            "Artikel im Rückstand",
            "Ihre Referenz",
            "Wo kein Datum steht",
            order.name,
        ):
            self.assertIn(words, paper)
        for kind, words in (
            ("order", "Kundenreferenz"),
            ("customer", "Wartet seit"),
            ("product", "Vorrätig"),
        ):
            report = self.env["backorder.list"].with_context(lang="de_DE")
            report = report.create({"kind": kind, "line_ids": [(6, 0, order.order_line.ids)]})
            self.assertIn(words, str(report._sheets(report._lines())))

    def test_mails(self):
        self._stock(self.product, 4)
        order = self._order((self.product, 4), (self.other, 2))
        self.assertTrue(order)
        for name, words in (
            ("backorder_complete", "ist jetzt alles bereit, was im Rückstand war"),
            ("backorder_partial", "ist jetzt ein Teil dessen bereit"),
            ("cancel_date", "sind noch immer nicht vorrätig"),
        ):
            template = self.env.ref(f"backorder_mgmt.mail_template_{name}")
            mail = template._generate_template(order.ids, ["subject", "body_html"])[order.id]
            self.assertIn("Ihres Auftrags", mail["subject"])
            self.assertIn("Guten Tag", mail["body_html"])
            self.assertIn(
                words, " ".join(html.fromstring(mail["body_html"]).text_content().split())
            )
