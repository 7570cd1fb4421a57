"""Reports of what waits: preview, PDF and workbook read one description."""

from io import BytesIO
from zipfile import ZipFile

from lxml import etree, html

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import BackorderCommon

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_workbook(content):
    """{sheet name: [[cell]]} of a workbook, as whoever opens it reads it."""
    with ZipFile(BytesIO(content)) as archive:
        names = [
            sheet.get("name")
            for sheet in etree.fromstring(archive.read("xl/workbook.xml")).iter(f"{_NS}sheet")
        ]
        shared = []
        if "xl/sharedStrings.xml" in archive.namelist():
            root = etree.fromstring(archive.read("xl/sharedStrings.xml"))
            shared = ["".join(item.itertext()) for item in root.iter(f"{_NS}si")]
        sheets = {}
        for number, name in enumerate(names, start=1):
            root = etree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            rows = []
            for row in root.iter(f"{_NS}row"):
                cells = []
                for cell in row.iter(f"{_NS}c"):
                    # cells without anything in them are left out
                    column = ord(cell.get("r")[0]) - ord("A")
                    cells += [None] * (column - len(cells))
                    value = cell.findtext(f"{_NS}v")
                    if cell.get("t") == "s":
                        value = shared[int(value)]
                    elif cell.get("t") == "inlineStr":
                        value = "".join(cell.find(f"{_NS}is").itertext())
                    elif value is not None:
                        value = float(value)
                    cells.append(value)
                rows.append(cells)
            sheets[name] = rows
        return sheets


@tagged("post_install", "-at_install")
class TestList(BackorderCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.default_code = "HAM"
        cls.bob = cls.env["res.partner"].create({"name": "Bob Buyer", "city": "Buyertown"})
        cls.boss = new_test_user(
            cls.env,
            "list_boss",
            password="list_boss_1",
            groups="sales_team.group_sale_manager",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )

    def _story(self):
        """Ada waits for 6 of 10 hammers and 3 nails, Bob for a dozen hammers."""
        self._stock(self.product, 4)
        ada = self._order((self.product, 10), (self.other, 3), client_order_ref="PO-7")
        dozen = {"product_uom_id": self.dozen.id, "price_unit": 100.0}
        bob = self._order((self.product, 1, dozen), partner_id=self.bob.id)
        self._wait(ada + bob, days=2)
        self._plan_receipt(self.product, 6)
        self.env.flush_all()
        return ada, bob

    def _list(self, kind, user=None, **values):
        values.setdefault("warehouse_ids", [Command.set(self.warehouse.ids)])
        lists = self.env["backorder.list"].with_user(user or self.boss)
        return lists.with_context(allowed_company_ids=self.company.ids).create(
            {"kind": kind, **values}
        )

    def _preview(self, document):
        report = self.env["ir.actions.report"].with_user(document.env.user)
        content = report.with_context(allowed_company_ids=self.company.ids)._render_qweb_html(
            "backorder_mgmt.report_backorder_list", document.ids
        )[0]
        return html.fromstring(content)

    def _texts(self, tree):
        """The rows of the preview's tables, as texts."""
        return [
            [" ".join(cell.text_content().split()) for cell in row.iter("td")]
            for table in tree.xpath("//table[hasclass('bo_rows')]")
            for row in table.xpath(".//tbody/tr")
        ]

    def test_by_customer(self):
        ada, bob = self._story()
        document = self._list("customer")
        self.assertEqual(document.line_count, 3)
        sheets = read_workbook(document._export_xlsx())
        self.assertEqual(list(sheets), ["Customers", "Items"])
        rows = sheets["Customers"]
        self.assertEqual(
            [row[:4] for row in rows[1:3]], [["Bob Buyer", 1, 1, 1], ["Ada Customer", 1, 2, 1]]
        )
        # 100.00 for the dozen, 60 and 30 for Ada; and their sum
        self.assertEqual([row[-1] for row in rows[1:]], [100, 90, 190])
        texts = self._texts(self._preview(document))
        self.assertEqual(texts[0][0], "Bob Buyer")
        self.assertEqual(texts[2][0], "Total")
        self.assertTrue(texts[2][-1].startswith("190"))
        self.assertIn(ada.name, [cell for row in texts for cell in row])
        self.assertIn(bob.name, [cell for row in texts for cell in row])

    def test_two_customers_of_one_name_are_two(self):
        for _customer in range(2):
            twin = self.env["res.partner"].create({"name": "Cleo Twin"})
            self._order((self.product, 3), partner_id=twin.id)
        rows = read_workbook(self._list("customer")._export_xlsx())["Customers"]
        self.assertEqual([row[:2] for row in rows[1:3]], [["Cleo Twin", 1]] * 2)

    def test_orders_of_one_number_are_two(self):
        """Companies may number their orders alike, and people may give them a number."""
        orders = self._order((self.product, 3)) + self._order((self.other, 2))
        orders.name = "SO-1"
        rows = read_workbook(self._list("order")._export_xlsx())["Orders"]
        self.assertEqual([row[0] for row in rows[1:3]], ["SO-1"] * 2)
        rows = read_workbook(self._list("customer")._export_xlsx())["Customers"]
        self.assertEqual(rows[1][:3], ["Ada Customer", 2, 2])

    def test_by_order(self):
        ada, bob = self._story()
        sheets = read_workbook(self._list("order")._export_xlsx())
        rows = {row[0]: row for row in sheets["Orders"][1:3]}
        self.assertEqual(rows[ada.name][1:3], ["Ada Customer", "PO-7"])
        self.assertEqual(rows.keys(), {ada.name, bob.name})
        self.assertEqual(len(sheets["Items"]), 1 + 3 + 1)
        # the whole of an order is expected when its last item is
        self.assertIsNone(rows[ada.name][6], "the nails have no date")

    def test_by_product(self):
        """Needed 18 hammers (6 and a dozen), 4 on hand, none free, 6 on order."""
        self._story()
        sheets = read_workbook(self._list("product")._export_xlsx())
        head, first, second, total = sheets["Products"]
        row = dict(zip(head, first, strict=True))
        self.assertEqual((row["SKU"], row["Product"], row["Orders"]), ("HAM", "Hammer", 2))
        self.assertEqual(
            (row["Needed"], row["On Hand"], row["Free"], row["On Order"]), (18, 4, 0, 6)
        )
        self.assertEqual(first[-1], 160)
        self.assertEqual(second[1], "Nails")
        self.assertEqual(total[-1], 190)
        self.assertIsNone(total[head.index("Needed")], "pieces of different things are no sum")

    def test_notice(self):
        """A page for each customer, in their language, without what is none of their business."""
        ada, bob = self._story()
        self._order((self.other, 2), confirm=False)
        document = self._list("notice")
        tree = self._preview(document)
        self.assertEqual(len(tree.xpath("//div[@name='address']")), 2)
        text = tree.text_content()
        for words in ("Buyertown", ada.name, bob.name, "PO-7"):
            self.assertIn(words, text)
        for words in ("On Hand", "Vendor", "Value"):
            self.assertNotIn(words, text)
        self.assertEqual(sorted(row[4] for row in self._texts(tree)), ["1", "3", "6"])
        alone = self._list("notice", partner_ids=[Command.set(self.bob.ids)])
        self.assertEqual(len(self._texts(self._preview(alone))), 1)

    def test_a_selection_and_a_filter(self):
        ada, bob = self._story()
        selected = self.env["backorder.list"].with_user(self.boss)
        action = selected._prepare_dialog(ada.order_line[:1])
        document = selected.browse(action["res_id"])
        self.assertEqual(document._lines(), ada.order_line[0])
        late = self._list("customer", late_only=True)
        self.assertEqual(late._lines().order_id, ada | bob)
        self.assertNotIn(ada.order_line[0], late._lines())
        nothing = self._list("customer", product_ids=[Command.set(self._product("Saw").ids)])
        with self.assertRaisesRegex(UserError, "Nothing of it is on backorder"):
            nothing.action_print_report()

    def test_only_what_the_reader_may_see(self):
        ada, _bob = self._story()
        ada.user_id = self.boss
        self.env.flush_all()
        document = self._list("order", user=self.salesman)
        sheets = read_workbook(document._export_xlsx())
        self.assertNotIn(ada.name, [row[0] for row in sheets["Orders"]])
        self.assertEqual(document.line_count, 1)

    def test_workbook_over_http(self):
        """Who asked for it gets it, nobody else."""
        self._story()
        document = self._list("product")
        url = f"/backorder_mgmt/list/{document.id}.xlsx"
        self.authenticate(self.boss.login, "list_boss_1")
        answer = self.url_open(url)
        self.assertEqual(answer.status_code, 200)
        self.assertIn("Products", read_workbook(answer.content))
        self.authenticate("admin", "admin")
        self.assertEqual(self.url_open(url).status_code, 404)

    def test_pages(self):
        """Sixty items take several pages, each with its number and heads."""
        order = self._order(*[(self.product, 1) for _number in range(60)])
        self.env.flush_all()
        document = self._list("order", line_ids=[Command.set(order.order_line.ids)])
        report = self.env["report.backorder_mgmt.report_backorder_list"].with_user(self.boss)
        report = report.with_context(allowed_company_ids=self.company.ids)
        values = report._get_report_values(document.ids, {"report_type": "pdf"})
        pages = values["reports"][0]["pages"]
        self.assertGreater(len(pages), 1)
        self.assertEqual(sum(len(part["rows"]) for page in pages for part in page), 1 + 60 + 1)
        self.assertTrue(pages[1][0]["continued"])
