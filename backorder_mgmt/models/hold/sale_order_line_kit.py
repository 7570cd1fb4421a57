"""Kits: what their open deliveries say they are made of."""

from dataclasses import dataclass

from odoo import models

from ...engine import EPSILON, exact
from ..base.token import private, private_value


@dataclass(slots=True)
class Component:
    """What the open first-step moves of one recipe line of a kit say, in its product's unit."""

    product: models.BaseModel
    #: quantity per unit of the order line
    ratio: float
    moves: models.BaseModel
    open_qty: float = 0.0
    reserved: float = 0.0
    picked: float = 0.0

    def may_have(self, opened: float, kits_without: float) -> float:
        """The most that may be reserved while ``kits_without`` (line unit) of the kits that are
        open do without: a component that left ahead of the others has less to come."""
        return max(0.0, exact(self.open_qty - kits_without * self.ratio))

    def missing_kits(self) -> float:
        """How many of the kits that are open (line unit) have none of it.

        What its unit cannot tell is not missing: four eggs of a dozen are 0.33 of it, which is
        3.96 eggs.
        """
        noise = min(self.product.uom_id.rounding / 2 / self.ratio, 0.49)
        missing = (self.open_qty - self.reserved) / self.ratio
        return missing if missing <= EPSILON else max(0.0, missing - noise)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_recipes(self):
        """{line: {(component, recipe line id): quantity in its unit per unit of the line}} of the
        confirmed kits of ``self``: the demand of each recipe line's moves ÷ kits ordered.

        Not the recipe of today, which may be another one since.
        """
        if "bom_line_id" not in self.env["stock.move"]._fields:
            return {}
        known = private_value(self.env, "backorder_recipes") or {}
        result = {}
        for line in self:
            if line.state != "sale" or not line.product_id:
                continue
            if line.id in known:
                result[line] = known[line.id]
                continue
            moves = line.sudo().move_ids.filtered(lambda move: move.state != "cancel")
            if line.product_uom_qty <= 0 or all(
                move.product_id.id == line.product_id.id for move in moves
            ):
                continue
            result[line] = line._backorder_recipe(moves)
        return result

    def _backorder_recipe(self, moves):
        sent, back = {}, {}
        closed = any(
            move.state == "cancel" and move.product_uom_qty > 0 for move in self.sudo().move_ids
        )
        for move in moves:
            key = (move.product_id.with_env(self.env), move.bom_line_id.id)
            if move.location_id._is_outgoing():
                if move.state == "done":
                    back[key[0]] = back.get(key[0], 0.0) + move.product_qty
            elif (
                move.product_id.is_storable
                and (move.location_final_id or move.location_dest_id)._is_outgoing()
                and move._backorder_is_first_step()
                and not move._backorder_is_again()
            ):
                asked = move.product_qty
                if move.state == "done":
                    # "No backorder" leaves the demand as it was.
                    asked = min(
                        asked,
                        move.product_uom._compute_quantity(
                            move.quantity, move.product_id.uom_id, round=False
                        ),
                    )
                    closed = closed or move.product_qty - asked > EPSILON
                sent[key] = sent.get(key, 0.0) + asked
        recipe = {key: exact(total / self.product_uom_qty) for key, total in sent.items()}
        if not closed and not back:
            return recipe
        today = self._backorder_recipe_today()
        if closed:
            return self._backorder_recipe_closed(sent, today) or recipe
        recipe.update(self._backorder_recipe_after_returns(sent, back, today))
        return recipe

    def _backorder_recipe_today(self):
        """{recipe line id: quantity of its component, in its unit, per unit of the line}"""
        products = self.product_id.with_company(self.company_id)
        boms = products._backorder_kit_boms()
        if not boms:
            return {}
        per_unit = self._backorder_per_unit()
        lines = products._backorder_kit_lines(products, boms[products])
        return {recipe_line: values[1] * per_unit for recipe_line, values in lines.items()}

    def _backorder_recipe_closed(self, sent, today):
        """Deliveries were closed or cancelled: what is asked for is less than what was ordered.

        Where all components are asked for the same number of kits of the recipe of today, that is
        what the kit is made of; else what was delivered counts, when nothing is open any more.
        """
        if {recipe_line for _product, recipe_line in sent} <= today.keys():
            kits = [total / today[key[1]] for key, total in sent.items() if today[key[1]]]
            if kits and max(kits) - min(kits) <= EPSILON * max(1.0, *kits):
                return {key: exact(today[key[1]]) for key in sent}
        if self.qty_delivered > 0 and not self._backorder_moves():
            return {key: exact(total / self.qty_delivered) for key, total in sent.items()}
        return {}

    def _backorder_recipe_after_returns(self, sent, back, today):
        """What came back was exchanged or not: where it was, the same pieces are demanded twice.

        Of the two possible ratios that one counts which is nearer to the recipe of today.
        """
        for key, total in sent.items():
            product, recipe_line = key
            returned = min(back.get(product, 0.0), total)
            if not returned or recipe_line not in today:
                continue
            back[product] -= returned
            asked = today[recipe_line]
            plain, exchanged = total / self.product_uom_qty, 0.0
            exchanged = (total - returned) / self.product_uom_qty
            if abs(exchanged - asked) < abs(plain - asked) and exchanged > EPSILON:
                yield key, exact(exchanged)

    def _backorder_kit_parts(self, recipes):
        """{line: {product: quantity per unit of the line}} of kits: only components that have an
        open move lack anything."""
        result = {}
        open_moves = self.browse().union(*recipes)._backorder_moves().grouped("sale_line_id")
        for line, recipe in recipes.items():
            keys = {move._backorder_recipe_key() for move in open_moves.get(line.sudo(), ())}
            parts = {}
            for (product, recipe_line), ratio in recipe.items():
                if not keys or (product.id, recipe_line) in keys:
                    parts[product] = parts.get(product, 0.0) + ratio
            result[line] = parts
        return result

    def _backorder_components(self, moves, recipe=None):
        """The :class:`Component` list of a kit's open first-step ``moves``."""
        if recipe is None:
            recipe = self._backorder_recipes().get(self, {})
        ratios = {
            (product.id, recipe_line): ratio for (product, recipe_line), ratio in recipe.items()
        }
        found = {}
        for move in moves:
            key = move._backorder_recipe_key()
            product = move.product_id
            if key not in found:
                found[key] = Component(product, ratios.get(key, 0.0), moves.browse())
            component = found[key]
            component.moves |= move
            component.open_qty += move.product_qty
            component.reserved += move.product_uom._compute_quantity(
                move.quantity, product.uom_id, round=False
            )
            if move.picked:
                component.picked += move.product_uom._compute_quantity(
                    move._get_picked_quantity(), product.uom_id, round=False
                )
        for component in found.values():
            if component.ratio <= EPSILON:
                component.ratio = component.open_qty / (self.product_uom_qty or 1.0)
        return [component for component in found.values() if component.ratio > EPSILON]

    def _backorder_kit_figures(self, moves, parts, recipe=None):
        """(open, reserved, picked) of a kit: open by the component that misses most, reserved
        where no component misses any, picked where any component is."""
        components = self._backorder_components(moves, recipe)
        opened = max((each.open_qty / each.ratio for each in components), default=0.0)
        missing = max((each.missing_kits() for each in components), default=0.0)
        picked = max((each.picked / each.ratio for each in components), default=0.0)
        reserved = self._backorder_whole(max(0.0, opened - missing), parts)
        return opened, reserved, picked

    def _backorder_kit_limits(self, moves, parts, kits):
        """[(component, the most of it that may be reserved)] while ``kits`` (line unit, floored to
        whole ones) of the open kits may go."""
        components = self._backorder_components(moves)
        opened = max((each.open_qty / each.ratio for each in components), default=0.0)
        without = max(0.0, opened - self._backorder_whole(max(0.0, kits), parts))
        return [(each, each.may_have(opened, without)) for each in components]

    def _backorder_ahead(self, moves, parts, recipe):
        """{component: what is reserved of it, or was sent, beyond the kits of which all is there}:
        a fill of the kit need not find it in stock."""
        components = self._backorder_components(moves, recipe)
        opened, reserved, _picked = self._backorder_kit_figures(moves, parts, recipe)
        ahead = {}
        for each in components:
            kits = opened - (each.open_qty - each.reserved) / each.ratio - reserved
            if (more := exact(kits * each.ratio)) > EPSILON:
                ahead[each.product] = ahead.get(each.product, 0.0) + more
        return ahead

    def _backorder_keeping_recipes(self):
        """``self``, with the recipes of its kits as they are now: while the ordered quantity
        changes, their moves and the line say different things."""
        recipes = self._backorder_recipes()
        if not recipes:
            return self
        known = dict(private_value(self.env, "backorder_recipes") or {})
        known.update({line.id: recipe for line, recipe in recipes.items()})
        return self.with_context(**private(backorder_recipes=known))
