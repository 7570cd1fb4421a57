"""The new order that a fill makes: its values, its lines, and whether it holds what was moved."""

from odoo import api, models
from odoo.exceptions import UserError

from ..hold.sale_order_line_quotation import figured
from .new_order_line import relations_to_orders

#: Fields of an order that stay with the original: the shop's cart, a mail under way, settings of
#: rewards. Those of modules that are not installed are passed over.
LEFT_BEHIND = frozenset(
    {
        "website_id",
        "cart_recovery_email_sent",
        "shop_warning",
        "disabled_auto_rewards",
        "recompute_delivery_price",
        "pending_email_template_id",
    }
)

#: Fields that travel although Odoo's own copy leaves them out: the new order is a part of the same
#: business. Those of modules that are not installed are passed over.
TAKEN_ALONG = ("client_order_ref", "commitment_date", "project_id")

#: Fields of an order that people agree with a customer; a new order begins with the original's.
AGREED = (
    "partner_invoice_id",
    "partner_shipping_id",
    "payment_term_id",
    "fiscal_position_id",
    "commitment_date",
    "client_order_ref",
    "carrier_id",
    "note",
)


class NewOrdersDiffer(UserError):
    """New orders hold something else than what was moved to them.

    :param differences: {original order: sentence naming items and quantities}; kept by its id
    """

    def __init__(self, differences):
        super().__init__("\n".join(f"{order.name}: {text}" for order, text in differences.items()))
        self.differences = {order.id: text for order, text in differences.items()}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # -- values -----------------------------------------------------------------------------------

    @api.model
    def _backorder_left_behind_fields(self):
        """Names of fields that a new order does not take over from the original.

        Relations to orders and order lines never travel, named or not.
        """
        return LEFT_BEHIND

    @api.model
    def _backorder_taken_along_fields(self):
        """Names of fields that travel although a copy of the order would not have them."""
        return TAKEN_ALONG

    def _prepare_backorder_order_vals(self):
        """Values of the new order of this one, without its lines."""
        self.ensure_one()
        vals = self.copy_data(
            {
                "order_line": [],
                "origin": self.name,
                "backorder_ship_date": self.backorder_ship_date,
            }
        )[0]
        for name in self._backorder_taken_along_fields():
            if field := self._fields.get(name):
                vals[name] = field.convert_to_write(self[name], self)
        stay = self._backorder_left_behind_fields() | relations_to_orders(self)
        vals = {name: value for name, value in vals.items() if name not in stay}
        # It is part of an order that was agreed: its customer pays and signs it at any time.
        vals["validity_date"] = False
        vals["backorder_parent_id"] = self.id
        vals["backorder_original_date"] = self.backorder_original_date or self.date_order
        return vals

    # -- making -----------------------------------------------------------------------------------

    def _backorder_make_new_orders(self, moving, run, at_once=False):
        """Move held demand to new orders, linked both ways, for all of these orders together.

        The new orders are born with their stock set aside, so that no one else takes it on the
        way:
        the caller confirms them (*Approve New Orders*), which reserves it.

        :param moving: {order: {line: quantity, in its unit}}
        :param at_once: the caller approves all of them now: they get the originals' held moves
        :return: {order: its new order, a quotation}
        """
        quantities = {line: qty for of_order in moving.values() for line, qty in of_order.items()}
        lines = self.order_line.browse().union(*quantities)
        before = {line: (line.backorder_date, line.backorder_forced_qty) for line in lines}
        # The hold goes first: what is cut from the deliveries is then plain unreserved demand.
        lines._backorder_book_fill(quantities, run)
        with figured.so(self.env):
            made = self._backorder_create(
                [order._prepare_backorder_order_vals() for order in moving]
            )
        # Each knows its original: nothing is told by its place in a list.
        new_orders = {new_order.backorder_parent_id: new_order for new_order in made}
        vals_list = []
        for order, of_order in moving.items():
            new_order = new_orders[order]
            for line, quantity in of_order.items():
                since, forced = before[line]
                vals = line._prepare_backorder_new_line_vals(new_order, quantity)
                vals["backorder_date"] = since
                vals["backorder_moved_forced_qty"] = line._backorder_in_product_unit(
                    forced - line.backorder_forced_qty
                )
                vals_list.append(vals)
            vals_list += order._prepare_backorder_other_line_vals(new_order, of_order)
        with figured.so(self.env):
            new_lines = self.order_line._backorder_create(vals_list)
        if noted := new_lines.filtered("display_type").order_id:
            noted.invalidate_recordset(["order_line"])  # notes stand below their items
        targets = {line.backorder_origin_line_id: line for line in new_lines}
        targets.pop(self.env["sale.order.line"], None)
        lines._backorder_lower_ordered(quantities, targets, hand_over=at_once)
        self._backorder_link_notes(moving, new_orders)
        return new_orders

    def _prepare_backorder_other_line_vals(self, new_order, quantities):
        """Values of the lines that go with the filled items: their notes, the sections that hide
        what is in them, and the shipping again where the company says so."""
        others = self._backorder_folding_sections(quantities)
        item = None
        for line in self.order_line.sorted(lambda line: (line.sequence, line.id)):
            if line.display_type == "line_note":
                if item in quantities:
                    others |= line
            else:
                item = line
        if self.company_id.backorder_charge_shipping and "is_delivery" in self.order_line._fields:
            others |= self.order_line.filtered("is_delivery")
        return [line._prepare_backorder_copied_line_vals(new_order) for line in others]

    def _backorder_folding_sections(self, items):
        """The sections of these ``items`` where one of them hides prices or what it is made of: the
        customer is not to read on the new order what the original does not say."""
        folded = self.order_line.filtered(
            lambda line: line.collapse_prices or line.collapse_composition
        )
        if not folded:
            return folded
        parents = self.order_line.browse().union(*items).parent_id
        sections = parents | parents.parent_id
        return sections if sections & folded else sections.browse()

    @api.model
    def _backorder_link_notes(self, moving, new_orders):
        """Say on each original, and on its new order, where the items are, and where from."""
        render = self.env["ir.qweb"]._render
        bodies = {}
        for order, quantities in moving.items():
            new_order = new_orders[order]
            bodies[new_order.id] = render(
                "mail.message_origin_link",
                {"self": new_order, "origin": order},
                minimal_qcontext=True,
            )
            items = "; ".join(
                f"{line.product_id.display_name}: {line._backorder_quantity_label(quantity)}"
                for line, quantity in quantities.items()
            )
            bodies[order.id] = self.env._(
                "Backorders filled as new order %(order)s: %(items)s.",
                order=new_order._get_html_link(),
                items=items,
            )
        self.browse(bodies)._message_log_batch(bodies=bodies)

    # -- looking ----------------------------------------------------------------------------------

    def _backorder_check_moved(self, moving, new_orders):
        """Compare new orders with what was moved to them, all together.

        :param moving: {order: {line: quantity}}
        :param new_orders: {order: its new order}
        :raise NewOrdersDiffer: some differ: names them, the items and the quantities
        """
        orders = self.browse().union(*new_orders.values())
        differences = orders._backorder_differences(
            {new_orders[order]: of_order for order, of_order in moving.items()}
        )
        if differences:
            raise NewOrdersDiffer(
                {order.backorder_parent_id: words for order, words in differences.items()}
            )

    def _backorder_differences(self, moving=None):
        """{new order: sentence} of those that hold something else than what was moved to them.

        :param moving: {new order: {original line: quantity}} of a fill that was just made: stock is
            compared as well; None: lines, quantities and prices only
        """
        lines = self.order_line.filtered(lambda line: not line.display_type)
        figures = lines._backorder_figures() if moving else {}
        differences = {}
        for order in self:
            words = []
            items = order.order_line & lines
            ours = items.filtered("backorder_moved_qty")
            for line, quantity in (moving or {}).get(order, {}).items():
                if line not in ours.backorder_origin_line_id:
                    words.append(
                        self.env._(
                            "%(product)s: %(quantity)s were to move to the new order, which has "
                            "none of it",
                            product=line.product_id.display_name,
                            quantity=line._backorder_quantity_label(quantity),
                        )
                    )
            for line in ours:
                words += line._backorder_moved_differences(figures.get(line))
            for line in (items - ours) - order._backorder_own_charges(items - ours):
                words.append(
                    self.env._(
                        "%(product)s: %(quantity)s were added",
                        product=line.product_id.display_name or line.name,
                        quantity=line._backorder_quantity_label(line.product_uom_qty),
                    )
                )
            words += order._backorder_added_notes()
            if moving is None:
                words += order._backorder_agreed_words()
            if words:
                differences[order] = f"{'; '.join(words)}."
        return differences

    def _backorder_added_notes(self):
        """Parts of a sentence: notes of a new order that its original does not have."""
        of_original = {
            (line.display_type, line.name) for line in self.backorder_parent_id.order_line
        }
        return [
            self.env._("“%s” was added", line.name)
            for line in self.order_line
            if line.display_type and (line.display_type, line.name) not in of_original
        ]

    def _backorder_agreed_words(self):
        """Parts of a sentence: what a person agreed for a new order, other than on its original."""
        original, words = self.backorder_parent_id, []
        for name in AGREED:
            field = self._fields.get(name)
            if field and self[name] != original[name]:
                words.append(
                    self.env._(
                        "its %(field)s is not that of %(original)s",
                        field=field._description_string(self.env),
                        original=original.name,
                    )
                )
        return words

    def _backorder_own_charges(self, lines):
        """Those of a new order's ``lines`` that the fill itself copied: shipping, charged again."""
        if "is_delivery" not in lines._fields:
            return lines.browse()
        charged = {
            (line.product_id, line.price_unit, line.product_uom_qty)
            for line in self.backorder_parent_id.order_line.filtered("is_delivery")
        }
        return lines.filtered(
            lambda line: line.is_delivery
            and (line.product_id, line.price_unit, line.product_uom_qty) in charged
        )

    def _recompute_prices(self):
        """*Update Prices* is for lines too whose agreed price a fill keeps."""
        forced = self.with_context(force_price_recomputation=True)
        return super(SaleOrder, forced)._recompute_prices()

    def _fetch_duplicate_orders(self):
        """The orders of a family share their reference on purpose."""
        result = super()._fetch_duplicate_orders()
        if not result:
            return result
        found = self.browse({order_id for ids in result.values() for order_id in ids})
        top = {order.id: order._backorder_first_order().id for order in found | self}
        result = {
            order_id: {other for other in ids if top[other] != top[order_id]}
            for order_id, ids in result.items()
        }
        return {order_id: ids for order_id, ids in result.items() if ids}

    def _backorder_first_order(self):
        """The order that this one's family began with."""
        # sudo: only asked which it is
        order, seen = self.sudo(), self.browse()
        while order.backorder_parent_id and order not in seen:
            seen |= order
            order = order.backorder_parent_id
        return order.with_env(self.env)
