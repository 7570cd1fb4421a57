"""What an operation asks of its order lines again and again: one plain object, handed down."""

from functools import cached_property

#: States of deliveries that are neither done nor cancelled.
OPEN_STATES = ("confirmed", "waiting", "partially_available", "assigned")
#: Those of them in which something is still to be reserved.
UNRESERVED_STATES = OPEN_STATES[:3]


class LineFacts:
    """The facts of order lines, each read once for all of them, when it is first asked for.

    Gathered once per operation by ``lines._backorder_facts()`` and handed down; whoever works on
    some of the lines only gets the facts of all. True as long as no delivery of the lines is made,
    cancelled or sent elsewhere: reserving and taking reservations away changes none of it. After
    anything else they are gathered anew.
    """

    def __init__(self, lines):
        #: the order lines that this is known of
        self.lines = lines

    @cached_property
    def parts(self):
        """{line: {product: quantity in its unit per unit of the line}}; empty: not in stock"""
        return self.lines._backorder_parts()

    @cached_property
    def moves(self):
        """{line: its open first-step delivery moves}; lines without any are absent"""
        confirmed = self.lines.filtered(lambda line: line.state == "sale")
        return confirmed._backorder_moves().grouped("sale_line_id")

    @cached_property
    def locations(self):
        """{line: location its goods are taken from}: of its open moves, else the warehouse's"""
        locations = {line: line.warehouse_id.sudo().lot_stock_id for line in self.lines}
        for line, moves in self.moves.items():
            locations[line] = moves[-1].location_id
        return locations

    @cached_property
    def kits(self):
        """The lines that are delivered as components."""
        return self.lines._backorder_kits(self.moves)

    @cached_property
    def figures(self):
        """{line: :class:`..engine.Figures`} as they were when first asked for, in the lines' units.

        For checks before anything is done; after it ``lines._backorder_figures_now(facts)``.
        """
        return self.lines._backorder_figures_now(self)

    def places(self, lines):
        """The locations that ``lines`` take from, as one recordset. A line that is sent by the
        vendor has no warehouse, and takes from none."""
        locations = lines.env["stock.location"]
        return locations.browse(sorted({self.locations[line].id or 0 for line in lines} - {0}))
