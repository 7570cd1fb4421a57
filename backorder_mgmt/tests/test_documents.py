"""What quotations, orders, delivery slips and the customer's page say of backorders."""

from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.tests import tagged
from odoo.tools import format_date

from .common import BackorderCommon, PageCase


@tagged("post_install", "-at_install")
class TestDocuments(BackorderCommon, PageCase):
    def _paper(self, report, record):
        self.env.flush_all()
        content = self.env["ir.actions.report"]._render_qweb_html(report, record.ids)[0]
        return html.fromstring(content)

    def _named(self, tree, name):
        return [
            " ".join(node.text_content().split()) for node in tree.xpath(f"//*[@name='{name}']")
        ]

    def test_quotation_and_order(self):
        """6 of 10 hammers, which come in five days; the nails are all there."""
        self._stock(self.product, 4)
        self._stock(self.other, 3)
        receipt = self._plan_receipt(self.product, 20)
        receipt.move_ids.date = fields.Datetime.now() + timedelta(days=5)
        order = self._order((self.product, 10), (self.other, 3), confirm=False)
        day = order.order_line[0]._backorder_day_to_tell()
        words = f"On backorder: 6 Units, expected on {format_date(self.env, day)}"
        paper = self._paper("sale.action_report_saleorder", order)
        self.assertEqual(self._named(paper, "backorder_words"), [words])
        order.action_confirm()
        paper = self._paper("sale.action_report_saleorder", order)
        self.assertEqual(self._named(paper, "backorder_words"), [words])

    def test_no_day_in_the_past(self):
        order = self._order((self.product, 10))
        paper = self._paper("sale.action_report_saleorder", order)
        self.assertEqual(self._named(paper, "backorder_words"), ["On backorder: 10 Units"])

    def test_delivery_slip(self):
        """What is not in the parcel is to follow; the storekeeper need not read orders."""
        self._stock(self.product, 4)
        order = self._order((self.product, 10))
        paper = self._paper("stock.action_report_delivery", order.picking_ids)
        self.assertEqual(
            self._named(paper, "backorder_to_follow"),
            ["To follow: Hammer. On backorder: 6 Units"],
        )

    def test_a_company_may_keep_silent(self):
        self.assertTrue(self.company.backorder_on_documents, "on from the first day")
        self.company.backorder_on_documents = False
        order = self._order((self.product, 10))
        for report, record in (
            ("sale.action_report_saleorder", order),
            ("stock.action_report_delivery", order.picking_ids),
        ):
            paper = self._paper(report, record)
            self.assertFalse(self._named(paper, "backorder_words"))
            self.assertFalse(self._named(paper, "backorder_to_follow"))

    def test_the_family_on_the_customers_page(self):
        """From the original to the new order and back; what is not theirs to see is not linked."""
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        order.fill_backorders()
        child = order.backorder_child_ids
        self.env.flush_all()
        page = html.fromstring(self.url_open(order.get_portal_url()).content)
        self.assertEqual(
            self._named(page, "backorder_family"),
            [f"Delivered with other orders {child.name} (new order)"],
        )
        link = page.xpath("//div[@name='backorder_family']//a/@href")[0]
        answer = self.url_open(link)
        self.assertEqual(answer.status_code, 200)
        self.assertIn(
            f"{order.name} (original order)",
            self._named(html.fromstring(answer.content), "backorder_family")[0],
        )
        stranger = self.env["res.partner"].create({"name": "Somebody Else"})
        child.partner_id = stranger
        self.assertFalse(order._backorder_portal_family())
