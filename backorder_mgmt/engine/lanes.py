"""Which orders can be worked on side by side: those that want nothing in common."""

from collections.abc import Hashable, Iterable, Mapping


def make_lanes(wants: Mapping[int, Iterable[Hashable]], most: int) -> dict[int, int]:
    """{order: its lane, from 0}: two orders that want the same thing, also by way of others, are in
    the same lane.

    The lanes hold about as many orders each as is possible. The same wants give the same lanes.

    :param wants: {order: what it takes from}, in the order of the plan
    :param most: how many lanes there are at most
    """
    parent: dict[int, int] = {}

    def top(order: int) -> int:
        while parent[order] != order:
            parent[order] = parent[parent[order]]
            order = parent[order]
        return order

    first: dict[Hashable, int] = {}
    for order, things in wants.items():
        parent[order] = order
        for thing in things:
            one, other = top(first.setdefault(thing, order)), top(order)
            parent[other] = one
    groups: dict[int, list[int]] = {}
    for order in wants:
        groups.setdefault(top(order), []).append(order)
    sizes = [0] * max(1, most)
    lanes: dict[int, int] = {}
    # The largest first; ties in the order of the plan.
    for group in sorted(groups.values(), key=len, reverse=True):
        lane = sizes.index(min(sizes))
        sizes[lane] += len(group)
        lanes.update(dict.fromkeys(group, lane))
    return lanes
