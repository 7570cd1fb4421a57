"""The Multi-Order Processor's decisions: the table of the guide and of design 7, by hand."""

from odoo import fields
from odoo.tests import tagged

from .test_process import ProcessCommon

#: Rows: the rule, *Include orders that still have backorders*, and the stock of an order for five:
#:   there      five were on hand when the quotation was written: it is not on backorder
#:   came       it is on backorder with all five, and five came in since
#:   part       three were on hand when it was written: two are on backorder
#:   part-came  it is on backorder with all five, and three came in since
#:   nothing    it is on backorder with all five, and nothing came in
#: Columns: card mode / money (``due``: nothing is paid; ``paid``: it costs nothing).
#: Cells: what becomes of the order: approved (``yes``, ``no``), set aside for it, still needed.
#: To extend it: a column, and ``_money_<name>`` below that makes such an order.
TABLE = """
rule      include  stock      none/due  none/paid  paid_only/due  paid_only/paid
leave     off      there      yes 0 0   yes 0 0    no 0 0         yes 0 0
leave     off      came       no 0 5    no 0 5     no 0 5         no 0 5
leave     off      part       no 0 2    no 0 2     no 0 2         no 0 2
leave     off      part-came  no 0 5    no 0 5     no 0 5         no 0 5
leave     off      nothing    no 0 5    no 0 5     no 0 5         no 0 5
leave     on       there      yes 0 0   yes 0 0    no 0 0         yes 0 0
leave     on       came       yes 0 0   yes 0 0    no 0 5         yes 0 0
leave     on       part       yes 0 2   yes 0 2    no 0 2         yes 0 2
leave     on       part-came  yes 0 2   yes 0 2    no 0 5         yes 0 2
leave     on       nothing    yes 0 5   yes 0 5    no 0 5         yes 0 5
try       off      there      yes 0 0   yes 0 0    no 0 0         yes 0 0
try       off      came       yes 0 0   yes 0 0    no 0 5         yes 0 0
try       off      part       no 0 2    no 0 2     no 0 2         no 0 2
try       off      part-came  no 3 2    no 3 2     no 0 5         no 3 2
try       off      nothing    no 0 5    no 0 5     no 0 5         no 0 5
try       on       there      yes 0 0   yes 0 0    no 0 0         yes 0 0
try       on       came       yes 0 0   yes 0 0    no 0 5         yes 0 0
try       on       part       yes 0 2   yes 0 2    no 0 2         yes 0 2
try       on       part-came  yes 0 2   yes 0 2    no 0 5         yes 0 2
try       on       nothing    yes 0 5   yes 0 5    no 0 5         yes 0 5
complete  off      there      yes 0 0   yes 0 0    no 0 0         yes 0 0
complete  off      came       yes 0 0   yes 0 0    no 0 5         yes 0 0
complete  off      part       no 0 2    no 0 2     no 0 2         no 0 2
complete  off      part-came  no 0 5    no 0 5     no 0 5         no 0 5
complete  off      nothing    no 0 5    no 0 5     no 0 5         no 0 5
complete  on       there      yes 0 0   yes 0 0    no 0 0         yes 0 0
complete  on       came       yes 0 0   yes 0 0    no 0 5         yes 0 0
complete  on       part       yes 0 2   yes 0 2    no 0 2         yes 0 2
complete  on       part-came  yes 0 2   yes 0 2    no 0 5         yes 0 2
complete  on       nothing    yes 0 5   yes 0 5    no 0 5         yes 0 5
"""

#: {stock: (on hand before the quotation is written, comes in after)}
STOCK = {
    "there": (5, 0),
    "came": (0, 5),
    "part": (3, 0),
    "part-came": (0, 3),
    "nothing": (0, 0),
}


def cases():
    """{(rule, include, mode): [(stock, money, approved, set aside, needed)]}, of the table."""
    head, *rows = TABLE.strip().splitlines()
    found = {}
    for row in rows:
        rule, include, stock, *cells = row.split()
        for number, column in enumerate(head.split()[3:]):
            mode, money = column.split("/")
            approved, promised, needed = cells[3 * number : 3 * number + 3]
            found.setdefault((rule, include == "on", mode), []).append(
                (stock, money, approved == "yes", float(promised), float(needed))
            )
    return found


@tagged("post_install", "-at_install")
class TestProcessDecisions(ProcessCommon):
    def _money_due(self, product):
        return self._quotation((product, 5, {"price_unit": 10, "tax_ids": False}))

    def _money_paid(self, product):
        return self._quotation((product, 5, {"price_unit": 0, "tax_ids": False}))

    def _case(self, stock, money):
        """A quotation of this stock and money, of a product of its own."""
        product = self._product(f"Decided {stock} {money}")
        before, after = STOCK[stock]
        if before:
            self._stock(product, before)
        order = getattr(self, f"_money_{money}")(product)
        if after:
            self._stock(product, after)
        return order

    def test_decision_table(self):
        day = fields.Date.today()
        for (rule, include, mode), rows in cases().items():
            orders = [self._case(stock, money) for stock, money, *_expected in rows]
            run = self._process(
                self.env["sale.order"].union(*orders),
                if_backorders=rule,
                include_backordered=include,
                credit_card_mode=mode,
                approve=True,
                set_ship_date=True,
                ship_date=day,
                create_invoice=True,
                email_template_id=self.template.id,
            )
            self.assertEqual(run.state, "done")
            for order, (stock, money, *expected) in zip(orders, rows, strict=True):
                with self.subTest(rule=rule, include=include, mode=mode, stock=stock, money=money):
                    line, row = order.order_line, self._row(run, order)
                    approved = order.state == "sale"
                    self.assertEqual(
                        [approved, line.backorder_promised_qty, line.backorder_qty], expected
                    )
                    # Who is not approved is not invoiced, mailed or given a ship date either.
                    mails = self.env["mail.mail"].search_count(
                        [("subject", "=", f"{order.name} is on its way")]
                    )
                    self.assertEqual(mails, int(approved), "e-mails")
                    self.assertEqual(len(order.invoice_ids), int(approved), "invoices")
                    self.assertEqual(order.backorder_ship_date, day if approved else False)
                    self.assertEqual(row.process_state == "processed", approved)
                    self.assertEqual(bool(row.skip_reason), not approved, "a reason")
                    self.assertTrue(row.message)
                    self.assertInvariants(order)
