"""Goods of which some must leave stock on a day, given to one after the other."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from .numbers import is_positive


@dataclass(slots=True)
class Batch:
    """What is free of a lot that must leave stock: nobody gets it who is served after ``until``."""

    quantity: float
    until: float = math.inf


class Goods:
    """``quantity`` of one product, of which ``batches`` must leave stock, in the order in which
    they are taken; the rest, of which nothing is known, is taken last and stays for ever. Without
    ``quantity`` the batches are all there is."""

    def __init__(self, quantity: float | None = None, batches: Iterable[Batch] = ()):
        self.batches = [Batch(batch.quantity, batch.until) for batch in batches]
        rest = 0.0 if quantity is None else quantity - self.quantity
        if rest > 0:
            self.batches.append(Batch(rest))
        else:
            self.keep_back(-rest)

    @property
    def quantity(self) -> float:
        return sum(batch.quantity for batch in self.batches)

    def keep_back(self, quantity: float) -> float:
        """Take out what others claim, who may need what stays longest: so does everybody count who
        asks for what is free (see ``Supply.available``).

        :return: what of it is not there
        """
        for batch in sorted(self.batches, key=lambda batch: -batch.until):
            part = min(quantity, batch.quantity)
            batch.quantity -= part
            quantity -= part
        return quantity

    def take(self, quantity: float, moment: float = -math.inf) -> float:
        """Give ``quantity`` to somebody who is served at ``moment``.

        :return: what there was for them
        """
        left = quantity
        for batch in self.batches:
            if not is_positive(left):
                break
            if batch.until >= moment:
                part = min(left, batch.quantity)
                batch.quantity -= part
                left -= part
        return quantity - left

    def split(self, quantity: float) -> list[Batch]:
        """Take ``quantity`` out, of what is taken first: the lots that it is made of."""
        parts = []
        for batch in self.batches:
            part = min(quantity, batch.quantity)
            if is_positive(part):
                batch.quantity -= part
                quantity -= part
                parts.append(Batch(part, batch.until))
        return parts

    def leaving(self, moment: float) -> float:
        """What leaves stock before ``moment``."""
        return sum(batch.quantity for batch in self.batches if batch.until < moment)
