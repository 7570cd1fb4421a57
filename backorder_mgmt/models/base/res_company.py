"""The settings of a company: what every room reads of it."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Who comes first, as the engine's policies are called (``engine/policies.py``).
POLICY_SELECTION = [
    ("fifo", "Waiting Longest"),
    ("customer_priority", "Customer Priority"),
    ("priority", "Urgent Deliveries"),
    ("deadline", "Earliest Promised Date"),
    ("value", "Largest Value"),
    ("fair", "Fair Share for Everybody"),
    ("most_complete", "Most Orders Completed"),
    ("rules", "Fill Rules"),
]


#: A hundred years: what is later is no day of a calendar.
MAX_CANCEL_DAYS = 36_500
#: Whether a customer waits for what is missing, and what a fill may ship to them.
ACCEPT_SELECTION = [
    ("yes", "Takes backorders"),
    ("no", "Takes no backorders: what is missing is cancelled"),
]
SHIP_SELECTION = [
    ("partial", "Ship what is there"),
    ("line", "Only complete lines"),
    ("complete", "Only complete orders"),
]

#: How much of what an original order was paid too much goes to the order that a fill makes of it.
CARRY_CREDIT_SELECTION = [
    ("none", "No Credits"),
    ("needed", "Needed Credits"),
    ("whole", "Whole Credits"),
]

#: Which SKUs *Create Purchase Orders* proposes.
CHOOSE_SELECTION = [
    ("needed", "Needed SKUs"),
    ("backordered", "Backordered SKUs"),
    ("below_min", "SKUs Below Their Minimum"),
    ("vendor", "All SKUs of the Vendors"),
]
CREATE_SELECTION = [("auto", "Automatically"), ("manual", "Manually")]
SCOPE_SELECTION = [("all", "All Vendors"), ("selected", "Selected Vendors")]

#: What the Multi-Order Processor does about backorders and payment.
IF_BACKORDERS_SELECTION = [
    ("leave", "Leave Them as They Are"),
    ("try", "Try to Fill the Order"),
    ("complete", "Only If It Can Be Filled Completely"),
]
CARD_MODE_SELECTION = [
    ("none", "Do Nothing"),
    ("paid_only", "Skip Unpaid Orders"),
    ("authorize", "Authorize the Saved Card"),
    ("capture", "Capture What Is Authorized"),
    ("charge", "Charge: Capture First, Then the Saved Card"),
]
EXPIRED_SELECTION = [("skip", "Skip Them"), ("process", "Process Them")]


class ResCompany(models.Model):
    _inherit = "res.company"

    backorder_auto = fields.Boolean(
        string="Automatic Backorders",
        default=True,
        help="Items that stock cannot cover go on backorder by themselves, on quotations and at "
        "confirmation. Off: only what people force is on backorder.",
    )
    backorder_highlight = fields.Selection(
        [
            ("danger", "Red"),
            ("warning", "Amber"),
            ("info", "Blue"),
            ("none", "No Highlight"),
        ],
        default="danger",
        required=True,
        help="Colour of order lines while something of them is needed.",
    )
    backorder_fifo = fields.Boolean(
        string="First Come, First Served",
        default=True,
        help="Received stock that is owed to older backorders of the same product and warehouse "
        "is not given to a newer order at its confirmation. Forced quantities are not owed.",
    )
    backorder_claim_days = fields.Integer(
        string="Backorders Keep Their Place For",
        default=0,
        help="Days after which an unfilled backorder no longer keeps stock from newer orders. "
        "0: it keeps its place as long as it waits.",
    )
    backorder_fill_approved = fields.Selection(
        [
            ("new_order", "Make a new order of the filled items"),
            ("same_order", "Keep the filled items on the order"),
        ],
        string="Filling an Approved Order",
        default="new_order",
        required=True,
        help="Backordered items on approved orders will create a new order, or are reserved where "
        "they are.",
    )
    backorder_approve_new_order = fields.Boolean(
        string="Approve New Orders",
        default=True,
        help="The order made by a fill is confirmed at once and its delivery reserved. Off: it "
        "stays a quotation that keeps its stock set aside.",
    )
    backorder_charge_shipping = fields.Boolean(
        string="Charge Shipping Again",
        help="A new order made by a fill also gets the shipping charge of the original order.",
    )
    backorder_carry_balance = fields.Boolean(
        string="Carry Balance",
        help="A new order made by a fill takes over what its original order still owes. Proposed "
        "for fills.",
    )
    backorder_carry_credit = fields.Selection(
        CARRY_CREDIT_SELECTION,
        string="Carry Credit",
        default="none",
        required=True,
        help="What an original order is paid too much, as its items moved, goes to the new order: "
        "as much as that costs, or all of it. Proposed for fills.",
    )
    backorder_charge_cards = fields.Boolean(
        string="Charge Cards",
        help="Before a fill approves a new order, what is due on it is captured of what is "
        "authorized, else charged to the customer's saved card. Proposed for fills.",
    )
    backorder_authorization_days = fields.Integer(
        string="Authorizations Are Good For",
        help="Days after which what was authorized is not captured any more. 0: as long as the "
        "payment provider keeps it.",
    )
    backorder_require_last_po = fields.Boolean(
        string="Items Must Be Received in the Last PO",
        help="A purchased item can be filled only after its latest confirmed purchase order is at "
        "least partly received.",
    )

    backorder_fill_on_receipt = fields.Selection(
        [
            ("none", "Do nothing"),
            ("notify", "Tell the Backorders managers"),
            ("auto", "Fill the backorders of what came in"),
        ],
        string="When Goods Come In",
        default="none",
        required=True,
        help="Done by the scheduled job right after the receipt, never while it is validated.",
    )
    backorder_nightly_find = fields.Boolean(
        string="Find Backorders Every Night",
        default=True,
        help="Open demand that nobody reserved goes on backorder, as by *Find Backorders*.",
    )
    backorder_nightly_fill = fields.Boolean(
        string="Fill Backorders Every Night",
        help="What is on hand goes to those who wait, as by *Fill Backorders* with the company's "
        "defaults. A night on which nothing can be filled leaves nothing behind.",
    )
    backorder_delay_notice = fields.Selection(
        [
            ("none", "Do nothing"),
            ("notify", "Tell the salesperson"),
            ("mail", "Send the customer an e-mail"),
        ],
        string="When a Promised Date Gets Worse",
        default="notify",
        required=True,
        help="Once for each customer and promise, by a scheduled job.",
    )
    backorder_on_documents = fields.Boolean(
        string="Backorders on Documents",
        default=True,
        help="Quotations, orders and delivery slips say per line what is on backorder, and when it "
        "is expected.",
    )
    backorder_delay_tolerance = fields.Integer(
        string="Tolerated Delay",
        default=1,
        help="Days by which the expected date may fall behind what the customer was told before "
        "anybody is told of it.",
    )
    backorder_delay_template_id = fields.Many2one(
        "mail.template",
        string="E-Mail for Delays",
        domain=[("model", "=", "backorder.delay")],
        help="Empty: the one that comes with the app.",
    )
    backorder_policy = fields.Selection(
        POLICY_SELECTION,
        string="Who Comes First",
        default="fifo",
        required=True,
        help="Proposed for fills of many orders.",
    )
    backorder_terms_accept = fields.Selection(
        ACCEPT_SELECTION,
        string="Customers and Backorders",
        default="yes",
        required=True,
        help="For customers whose contact says nothing else.",
    )
    backorder_terms_policy = fields.Selection(
        SHIP_SELECTION,
        string="Fills of Customers' Backorders",
        default="partial",
        required=True,
        help="For customers whose contact says nothing else.",
    )
    backorder_terms_max_shipments = fields.Integer(
        string="Most Shipments of an Order",
        help="The last one goes out only if it completes the order. 0: as many as it takes.",
    )
    backorder_terms_min_value = fields.Monetary(
        string="Smallest Value of a Shipment",
        currency_field="currency_id",
        help="Untaxed. A fill that is worth less waits, unless it completes the order. 0: any.",
    )
    backorder_terms_cancel_days = fields.Integer(
        string="Cancel Backorders After",
        help="Days after the confirmation of an order. 0: never.",
    )
    backorder_terms_warn_days = fields.Integer(
        string="Tell Before They Are Cancelled",
        default=7,
        help="Days before the cancel date on which the salesperson and the customer are told.",
    )
    backorder_rules_nightly = fields.Boolean(
        string="Fill by Rules Every Night",
        help="A scheduled job fills confirmed orders by the fill rules, in the background.",
    )
    backorder_run_threshold = fields.Integer(
        string="Fill in the Background Above",
        default=500,
        help="Lines above which a fill, or rows above which Create Purchase Orders, runs in the "
        "background, with a progress bar.",
    )
    backorder_email_complete_template_id = fields.Many2one(
        "mail.template",
        string="E-Mail for Completed Orders",
        domain=[("model", "=", "sale.order")],
        help="Proposed by Fill Backorders, for orders that a fill completes. Empty: none.",
    )
    backorder_email_partial_template_id = fields.Many2one(
        "mail.template",
        string="E-Mail for Partly Filled Orders",
        domain=[("model", "=", "sale.order")],
        help="Proposed by Fill Backorders, for orders of which something is still needed. Empty: "
        "none.",
    )

    backorder_po_choose = fields.Selection(
        CHOOSE_SELECTION,
        string="Purchase Orders: Choose",
        default="needed",
        required=True,
        help="Proposed by “Create Purchase Orders”.",
    )
    backorder_po_mode = fields.Selection(
        CREATE_SELECTION,
        string="Purchase Orders: Create",
        default="auto",
        required=True,
        help="Proposed by “Create Purchase Orders”.",
    )
    backorder_po_vendor_scope = fields.Selection(
        SCOPE_SELECTION,
        string="Purchase Orders: From",
        default="all",
        required=True,
        help="Proposed by “Create Purchase Orders”.",
    )
    backorder_po_days = fields.Integer(
        string="Include Backorders from the Last",
        default=30,
        help="Days, proposed by “Create Purchase Orders”. Older backorders are shown there and "
        "left out.",
    )
    backorder_po_quotations = fields.Boolean(
        string="Buy for Quotations",
        help="“Create Purchase Orders” also counts what quotations need.",
    )
    backorder_po_add_to_rfq = fields.Boolean(
        string="Add to Open Requests for Quotation",
        help="“Create Purchase Orders” adds to an open request of the vendor, where there is one.",
    )

    backorder_process_if_backorders = fields.Selection(
        IF_BACKORDERS_SELECTION,
        string="If an Order Has Any Backorders",
        default="leave",
        required=True,
        help="Proposed by the Multi-Order Processor.",
    )
    backorder_process_card_mode = fields.Selection(
        CARD_MODE_SELECTION,
        string="Credit Card Mode",
        default="none",
        required=True,
        help="Proposed by the Multi-Order Processor.",
    )
    backorder_process_expired = fields.Selection(
        EXPIRED_SELECTION,
        string="Expired Quotations",
        default="skip",
        required=True,
        help="Proposed by the Multi-Order Processor.",
    )
    backorder_process_approve = fields.Boolean(
        string="Approve", help="Processed quotations are confirmed."
    )
    backorder_process_include_backordered = fields.Boolean(
        string="Include Orders That Still Have Backorders",
        help="Off: they are not approved, charged, invoiced, mailed or printed; what was filled "
        "stays set aside for them.",
    )
    backorder_process_set_ship_date = fields.Boolean(
        string="Set Actual Ship Date Today", help="On processed orders, the day they are processed."
    )
    backorder_process_create_invoice = fields.Boolean(
        string="Create Invoice", help="Of approved orders, as far as something is to be invoiced."
    )
    backorder_process_post_invoice = fields.Boolean(
        string="Post the Invoices", help="Off: they stay drafts."
    )
    backorder_process_print_documents = fields.Boolean(
        string="Print Delivery Slips and Invoices",
        help="Of approved orders, as one PDF in the order of the list.",
    )
    backorder_process_email_template_id = fields.Many2one(
        "mail.template",
        string="E-Mail to the Customer",
        domain=[("model", "=", "sale.order")],
        help="Sent for each processed order. Empty: none.",
    )

    _backorder_delay_tolerance_positive = models.Constraint(
        "CHECK(backorder_delay_tolerance >= 0)",
        "The days of a tolerated delay cannot be negative.",
    )
    _backorder_authorization_days_positive = models.Constraint(
        "CHECK(backorder_authorization_days >= 0)",
        "The days that an authorization is good for cannot be negative.",
    )
    _backorder_claim_days_positive = models.Constraint(
        "CHECK(backorder_claim_days >= 0)",
        "The days that a backorder keeps its place cannot be negative.",
    )
    _backorder_terms_positive = models.Constraint(
        "CHECK(backorder_terms_max_shipments >= 0 AND backorder_terms_min_value >= 0"
        " AND backorder_terms_cancel_days >= 0 AND backorder_terms_warn_days >= 0)",
        "Numbers of the terms of customers cannot be negative.",
    )
    _backorder_terms_days_sane = models.Constraint(
        f"CHECK(backorder_terms_cancel_days <= {MAX_CANCEL_DAYS})",
        f"Backorders are cancelled after at most {MAX_CANCEL_DAYS} days. 0 stands for never.",
    )
    _backorder_po_days_sane = models.Constraint(
        "CHECK(backorder_po_days BETWEEN 0 AND 3650)",
        "Backorders from the last … days: type a number from 0 to 3650.",
    )

    @api.constrains(
        "backorder_claim_days",
        "backorder_authorization_days",
        "backorder_delay_tolerance",
        "backorder_run_threshold",
        "backorder_po_days",
    )
    def _check_backorder_numbers(self):
        for company in self:
            for name in (
                "backorder_claim_days",
                "backorder_authorization_days",
                "backorder_delay_tolerance",
                "backorder_run_threshold",
                "backorder_po_days",
            ):
                if company[name] < 0:
                    raise ValidationError(
                        self.env._(
                            "“%(setting)s” is %(number)s: enter 0 or more.",
                            setting=self._fields[name]._description_string(self.env),
                            number=company[name],
                        )
                    )
