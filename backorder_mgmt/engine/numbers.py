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


def exact(quantity: float) -> float:
    """``quantity`` without the noise of float arithmetic: 23/12 dozen are 23 pieces."""
    return round(quantity, 9)


def floor_whole(quantity: float, per_unit: float, digits: int) -> float:
    """``quantity`` (of a unit that holds ``per_unit`` pieces), floored to whole pieces.

    What is ordered has ``digits`` decimals: 0.58 dozen are seven pieces, not 6.96. Where these
    cannot tell a piece from none (a box of 1000), every piece counts as it is.
    """
    step = per_unit * 10**-digits
    noise = max(EPSILON, 0.51 * step) if EPSILON < step < 1 else EPSILON
    return math.floor(quantity * per_unit + noise) / per_unit


def nearest_whole(quantity: float, per_unit: float) -> float:
    """Pieces that ``quantity`` of a unit of ``per_unit`` pieces stands for: 1.92 dozen are 23.

    Less than half a piece stays what it is, so that it can be refused and is not taken for nothing.
    """
    pieces = quantity * per_unit
    return float(math.floor(pieces + 0.5 + EPSILON)) if pieces + EPSILON >= 0.5 else pieces


def trim(quantity: float, digits: int) -> str:
    """``12`` rather than ``12.00``: a quantity as people read it."""
    text = f"{quantity:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
