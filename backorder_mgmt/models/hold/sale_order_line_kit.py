"""Kits: what their open deliveries say they are made of."""

from contextlib import contextmanager
from dataclasses import dataclass

from odoo import models

from ...engine import EPSILON, exact, floor_whole
from ..base.meanwhile import Meanwhile

#: {order line id: what its kits were made of before their quantity changed}
recipes_kept = Meanwhile(default={})


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

    def open_kits(self) -> float:
        """Of how many kits (line unit) some of it is still to come."""
        return self._kits(self.open_qty)

    def missing_kits(self) -> float:
        """How many of the kits that are open (line unit) do not have all of it."""
        return self._kits(self.open_qty - self.reserved)

    def _kits(self, quantity: float) -> float:
        """What its unit cannot tell counts for nothing: four eggs of a dozen are 0.33 of it,
        which is 3.96 eggs."""
        noise = min(self.product.uom_id.rounding / 2 / self.ratio, 0.49)
        kits = quantity / self.ratio
        near = round(kits)
        if abs(kits - near) <= noise:
            return float(max(0, near))
        return max(0.0, kits)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_recipes(self):
        """{line: {(component, recipe line id): quantity in its unit per unit of the line}} of the
        confirmed kits of ``self``: the demand of each recipe line's moves ÷ kits ordered.

        Not the recipe of today, which may be another one since.
        """
        if "bom_line_id" not in self.env["stock.move"]._fields:
            return {}
        known = recipes_kept.now(self.env)
        result = {}
        for line in self:
            if line.state != "sale" or not line.product_id:
                continue
            if line.id in known:
                # kept in the product's unit: the line's may be another one by now
                per_unit = line._backorder_per_unit()
                result[line] = {key: ratio * per_unit for key, ratio in known[line.id].items()}
                continue
            moves = line.sudo().move_ids.filtered(lambda move: move.state != "cancel")
            if line.product_uom_qty <= 0 or all(
                move.product_id.id == line.product_id.id for move in moves
            ):
                continue
            result[line] = line._backorder_recipe()
        return result

    def _backorder_recipe(self):
        sent, back, closed = self._backorder_recipe_sums()
        kits = self.product_uom_qty
        recipe = {key: exact(total / kits) for key, total in sent.items()}
        if not back and not any(closed.values()):
            return recipe
        # Exchanges ask for the same pieces twice, and what was closed is asked for no more: where
        # that explains what differs, the kit is made of what its recipe says.
        today = self._backorder_recipe_today()
        said = {
            key: today[key[1]]
            for key, total in sent.items()
            if today.get(key[1])
            and -closed.get(key, 0.0) - EPSILON
            <= total - today[key[1]] * kits
            <= back.get(key, 0.0) + EPSILON
        }
        if len(said) < len(sent) and any(closed.values()):
            # closed and ordered again: of every component as many kits of the same recipe
            kits = [total / (today.get(key[1]) or -1.0) for key, total in sent.items()]
            if kits and min(kits) > 0 and max(kits) - min(kits) <= EPSILON * max(1.0, *kits):
                said = {key: today[key[1]] for key in sent}
        if not said:
            # another recipe since: what was delivered counts, when nothing is open any more
            if any(closed.values()) and self.qty_delivered > 0 and not self._backorder_moves():
                return {key: exact(total / self.qty_delivered) for key, total in sent.items()}
            return recipe
        # of a component that the recipe does not know any more, as many kits as of the others
        asked = max(sent[key] / ratio for key, ratio in said.items())
        return {key: exact(said.get(key, total / asked)) for key, total in sent.items()}

    def _backorder_recipe_sums(self):
        """What was and is asked for of the kit ``self``, what comes or came back, and what of it
        was closed or cancelled: three times {(component, recipe line id): in its unit}."""
        sent, back, closed = {}, {}, {}
        for move in self.sudo().move_ids:
            key = (move.product_id.with_env(self.env), move.bom_line_id.id)
            if move.location_id._backorder_is_outgoing():
                if move.state != "cancel":
                    back[key] = back.get(key, 0.0) + move.product_qty
                continue
            if not (
                move.product_id.is_storable
                and (move.location_final_id or move.location_dest_id)._backorder_is_outgoing()
                and move._backorder_is_first_step()
                and not move._backorder_is_again()
            ):
                continue
            asked = move.product_qty
            if move.state == "cancel":
                closed[key] = closed.get(key, 0.0) + asked
                continue
            if move.state == "done":
                # "No backorder" leaves the demand as it was.
                asked = min(asked, move._backorder_pieces())
                closed[key] = closed.get(key, 0.0) + exact(move.product_qty - asked)
            sent[key] = sent.get(key, 0.0) + asked
        return sent, back, closed

    def _backorder_recipe_today(self):
        """{recipe line id: quantity of its component, in its unit, per unit of the line}"""
        products = self.product_id.with_company(self.company_id)
        boms = products._backorder_kit_boms()
        if not boms:
            return {}
        per_unit = self._backorder_per_unit()
        lines = products._backorder_kit_lines(products, boms[products])
        return {recipe_line: values[1] * per_unit for recipe_line, values in lines.items()}

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
        by_key = {}
        for move in moves:
            key = move._backorder_recipe_key()
            product = move.product_id
            if key not in by_key:
                by_key[key] = Component(product, ratios.get(key, 0.0), moves.browse())
            component = by_key[key]
            component.moves |= move
            component.open_qty += move.product_qty
            component.reserved += move.product_uom._compute_quantity(
                move.quantity, product.uom_id, round=False
            )
            if move.picked:
                component.picked += move.product_uom._compute_quantity(
                    move._get_picked_quantity(), product.uom_id, round=False
                )
        for component in by_key.values():
            if component.ratio <= EPSILON:
                component.ratio = component.open_qty / (self.product_uom_qty or 1.0)
        return [component for component in by_key.values() if component.ratio > EPSILON]

    def _backorder_kit_figures(self, moves, parts, recipe=None):
        """(open, reserved, picked) of a kit: open by the component that misses most, reserved
        where no component misses any, picked where any component is."""
        components = self._backorder_components(moves, recipe)
        opened = self._backorder_open_kits(components)
        missing = max((each.missing_kits() for each in components), default=0.0)
        picked = max((each.picked / each.ratio for each in components), default=0.0)
        reserved = self._backorder_whole(max(0.0, opened - missing), parts)
        return opened, reserved, picked

    def _backorder_open_kits(self, components):
        """How many kits (line unit) are still to come. One of which a part is exchanged, or came
        ahead, is one that waits for the others: kits are counted whole, where they were ordered so.
        """
        opened = max((each.open_kits() for each in components), default=0.0)
        return max(opened, min(self._backorder_whole_up(opened), self.product_uom_qty))

    def _backorder_whole_up(self, kits):
        """``kits`` (line unit), those that were begun counted whole."""
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return -floor_whole(-kits, self._backorder_per_unit(), digits)

    def _backorder_kit_limits(self, moves, parts, kits):
        """[(component, the most of it that may be reserved)] while ``kits`` (line unit, floored to
        whole ones) of the open kits may go."""
        components = self._backorder_components(moves)
        opened = self._backorder_open_kits(components)
        without = max(0.0, opened - self._backorder_whole(max(0.0, kits), parts))
        return [(each, each.may_have(opened, without)) for each in components]

    def _backorder_kits_returned(self, moves, recipe):
        """How many kits (line unit) ``moves`` bring back, those of which a part comes included."""
        back = {}
        for move in moves:
            key = move._backorder_recipe_key()
            back[key] = back.get(key, 0.0) + move.product_qty
        kits = (
            back[product.id, recipe_line] / ratio
            for (product, recipe_line), ratio in recipe.items()
            if ratio > EPSILON and (product.id, recipe_line) in back
        )
        returned = max(kits, default=0.0)
        return max(returned, min(self._backorder_whole_up(returned), self.product_uom_qty))

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

    @contextmanager
    def _backorder_keeping_recipes(self):
        """A block in which the recipes of these kits are what they are now: while the ordered
        quantity changes, their moves and the line say different things. Yields whether there are
        any."""
        recipes = self._backorder_recipes()
        known = dict(recipes_kept.now(self.env))
        for line, recipe in recipes.items():
            per_unit = line._backorder_per_unit()
            known[line.id] = {key: ratio / per_unit for key, ratio in recipe.items()}
        with recipes_kept.so(self.env, known):
            yield bool(recipes)
