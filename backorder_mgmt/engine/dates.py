"""When waiting customers may expect their goods."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from .numbers import is_more, is_positive

Key = TypeVar("Key")


def deal_dates(
    queue: Sequence[tuple[Key, float]], incoming: Iterable[tuple[datetime, float]]
) -> dict[Key, datetime | None]:
    """Deal incoming quantities, earliest first, to a queue of needs.

    :param queue: (key, needed quantity) in the order in which they are served
    :param incoming: (arrival, quantity), in any order
    :return: for each key the arrival that completes its need, None when supply ends before
    """
    arrivals = sorted((date, qty) for date, qty in incoming if is_positive(qty))
    dates: dict[Key, datetime | None] = {}
    position, left = 0, arrivals[0][1] if arrivals else 0.0
    for key, need in queue:
        while position < len(arrivals) and is_more(need, left):
            need -= left
            position += 1
            left = arrivals[position][1] if position < len(arrivals) else 0.0
        if position < len(arrivals):
            left -= need
            dates[key] = arrivals[position][0]
        else:
            dates[key] = None
    return dates
