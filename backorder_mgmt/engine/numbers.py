"""Comparing quantities that went through unit conversions.

The engine knows no unit of measure; models round every result with ``uom.round`` before it is
stored. Here only the noise of float arithmetic has to be told from a quantity.
"""

import math

EPSILON = 1e-6


def is_positive(quantity: float) -> bool:
    """True when ``quantity`` is more than float noise."""
    return quantity > EPSILON


def is_more(left: float, right: float) -> bool:
    """True when ``left`` is more than ``right`` by more than float noise."""
    return left - right > EPSILON


def floor_whole(quantity: float, per_unit: float, digits: int) -> float:
    """``quantity`` (of a unit that holds ``per_unit`` pieces), floored to whole pieces.

    Quantities are kept with ``digits`` decimals: 0.58 dozen are seven pieces, not 6.96.
    """
    noise = max(EPSILON, 0.99 * per_unit * 10**-digits)
    return math.floor(quantity * per_unit + noise) / per_unit


def nearest_whole(quantity: float, per_unit: float, digits: int) -> float:
    """Pieces in ``quantity`` of a unit that holds ``per_unit`` pieces, kept with ``digits``
    decimals: 1.92 dozen are 23 pieces, not 23.04."""
    pieces = quantity * per_unit
    noise = max(EPSILON, 0.51 * per_unit * 10**-digits) if is_more(per_unit, 1.0) else EPSILON
    return float(round(pieces)) if abs(pieces - round(pieces)) <= noise else pieces


def trim(quantity: float, digits: int) -> str:
    """``12`` rather than ``12.00``: a quantity as people read it."""
    text = f"{quantity:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
