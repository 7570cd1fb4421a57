"""Why a filled quantity stays on its order, although fills become new orders."""

from odoo import models

from ...engine import EPSILON


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_stay_reason(self):
        """Why what is filled of this line stays on its order: part of a sentence; False: it moves.

        Another module that has a reason of its own extends this.
        """
        self.ensure_one()
        return self._backorder_stay_reasons().get(self, False)

    def _backorder_stay_reasons(self):
        """{line: why it is filled on its order}, without the lines that may move.

        Only for lines of confirmed orders whose fills become new orders.
        """
        lines = self.filtered(lambda line: line.order_id._backorder_makes_new_orders())
        moves = lines._backorder_moves().grouped("sale_line_id")
        changed = lines._backorder_recipe_reasons()
        reasons = {}
        for line in lines:
            reason = line._backorder_stay_reason_own(moves.get(line))
            if reason := reason or changed.get(line):
                reasons[line] = reason
        return reasons

    def _backorder_stay_reason_own(self, moves):
        """As :meth:`_backorder_stay_reason`, from the line and its open deliveries alone."""
        order = self.order_id
        if order.picking_policy == "one":
            return self.env._("%s ships only when everything is ready", order.name)
        if self.combo_item_id:
            return self.env._("it is part of a combo, which has one price")
        if "reward_id" in self._fields and self.reward_id:
            return self.env._("it is given by a promotion")
        if self.linked_line_id or self.linked_line_ids:
            return self.env._("it belongs together with another line")
        if self.is_expense:
            return self.env._("it is an expense")
        if self.product_uom_id.compare(self.qty_invoiced, self.product_uom_qty) >= 0:
            return self.env._("it is invoiced already")
        for move in moves or ():
            for picking in move._backorder_with_later_steps().picking_id:
                if picking.move_type == "one":
                    # A person said so of the delivery, whatever was agreed for the order.
                    return self.env._("%s ships only when everything is ready", picking.name)
            if move._backorder_is_again():
                return self.env._("its delivery waits for what was put back")
            if move.rule_id.procure_method == "make_to_order":
                # A new order would order it once more.
                return self.env._("what was ordered for it was cancelled")
            source = move.rule_id.location_src_id or order.warehouse_id.lot_stock_id
            if move.location_id != source:
                return self.env._("it is taken from %s", move.location_id.display_name)
        return False

    def _backorder_recipe_reasons(self):
        """{line: reason} of kits that a new order would make in another way.

        Their recipe changed since they were confirmed, or a component is ahead of the others: the
        new order would send it once more, or ask for what this order has reserved. So it would
        with a component that is not tracked in stock: nothing of it is held that could move.
        """
        reasons = {}
        kits = self.filtered(
            lambda line: any(move.product_id != line.product_id for move in line.sudo().move_ids)
        )
        for company, lines in kits.grouped("company_id").items():
            recipes = lines.product_id.with_company(company)._backorder_parts()
            for line in lines:
                recipe = recipes[line.product_id]
                asked, shipped, here = line._backorder_component_quantities()
                untracked = [part for part in asked if not part.is_storable]
                if untracked:
                    reasons[line] = self.env._(
                        "its component %s is not tracked in stock", untracked[0].display_name
                    )
                elif asked.keys() != recipe.keys() or not _in_step(asked, recipe):
                    reasons[line] = self.env._("its recipe was changed since")
                elif not _in_step(shipped, recipe):
                    reasons[line] = self.env._("some of its components were shipped ahead")
                elif not _in_step(here, recipe):
                    reasons[line] = self.env._("some of its components are reserved ahead")
        return reasons

    def _backorder_component_quantities(self):
        """({component: quantity asked}, {component: quantity sent}, {component: quantity sent or
        reserved}) of the deliveries of a kit, in the components' units, returns off: those that
        are on their way, too."""
        asked, shipped, here = {}, {}, {}
        for move in self.sudo().move_ids.filtered(lambda move: move.state != "cancel"):
            back = move.location_id.usage == "customer"
            final = move.location_final_id or move.location_dest_id
            if not back and not (
                final._backorder_is_outgoing() and move._backorder_is_first_step()
            ):
                continue
            if move._backorder_is_again():
                continue  # asked, and sent, by the first move
            sign = -1 if back else 1
            part = move.product_id
            asked[part] = asked.get(part, 0.0) + sign * move.product_qty
            if back or move.state == "done":
                # "No backorder" leaves the demand as it was.
                pieces = sign * move._backorder_pieces()
                shipped[part] = shipped.get(part, 0.0) + pieces
                here[part] = here.get(part, 0.0) + pieces
            else:
                reserved = move.product_uom._compute_quantity(move.quantity, part.uom_id)
                here[part] = here.get(part, 0.0) + reserved
        for part in asked:
            shipped.setdefault(part, 0.0)
            here.setdefault(part, 0.0)
        return asked, shipped, here


def _in_step(quantities, recipe):
    """All components are there for the same number of kits, but for the rounding of their units."""
    kits = [quantities.get(part, 0.0) / per_kit for part, per_kit in recipe.items()]
    noise = max((part.uom_id.rounding / per_kit for part, per_kit in recipe.items()), default=0.0)
    return max(kits, default=0.0) - min(kits, default=0.0) <= noise + EPSILON
