"""Every door of Odoo's to reservation settles the order lines that it touched: once, at the end.

A *door* is a method of Odoo's by which people, or other modules, change what deliveries have
reserved or ask for. Doors call each other: the outermost one opens a :class:`Settling`, those
inside note what they touch, and when the outermost one is left, the holds of these lines are
brought in step with their deliveries (`sale.order.line._backorder_settle_doors`). What a fill, a
force or a cancellation does itself is no door (`no_door`), nor is an attempt of Odoo to
reserve under a guard: both know what they did.
"""

from contextlib import contextmanager

from ..base.meanwhile import Meanwhile
from ..base.token import private_value

_KEY = "backorder_mgmt.settling"
#: Odoo's methods are no doors: the caller writes the holds itself.
no_door = Meanwhile(default=False)


class Settling:
    """What was touched since the outermost door was opened. Ids, as caches may be emptied."""

    __slots__ = (
        "before",
        "by_odoo",
        "closed",
        "event_type",
        "freed",
        "lines",
        "notes",
        "put_back",
        "suspect",
        "tried",
        "typed",
        "wishes",
    )

    def __init__(self, event_type):
        #: type of the ledger's row where demand ended
        self.event_type = event_type
        #: {line id: its figures when it was touched first}
        self.before = {}
        #: {line id: None}, in the order in which they were touched
        self.lines = {}
        #: ids of the moves of attempts to reserve that got less than they asked for
        self.tried = set()
        #: {line id: what is said of a fill by a door}
        self.notes = {}
        #: {move id: quantity in the product's unit that Odoo took for others and may get back}
        self.freed = None
        #: Odoo itself takes reservations away, nobody types
        self.by_odoo = False
        #: {move id: quantity in the product's unit that a person typed down}
        self.typed = {}
        #: {budget key: what was typed down on a delivery that is validated now}
        self.put_back = {}
        #: goods go to those whom people assigned to them: they are `arriving`, or were `assigned`
        #: a moment ago; None: they do not
        self.wishes = None
        #: something inside failed, and was taken back with what it made
        self.suspect = False
        self.closed = False

    def note_lines(self, lines, tried=None):
        """These lines are looked at in the end; ``tried``: moves that could not be reserved."""
        self.lines.update(dict.fromkeys(lines.ids))
        if tried is not None:
            self.tried.update(tried.ids)

    def touch_moves(self, moves):
        """What these moves have reserved, or ask for, is about to change."""
        lines = moves.sudo().sale_line_id
        if not lines:
            return
        self.note_lines(lines)
        new = lines.filtered(lambda line: line.id not in self.before and line.state == "sale")
        for line, figures in new._backorder_figures().items() if new else ():
            self.before[line.id] = figures


def _is_ours(env):
    """The call comes from a fill, a force, a cancellation, or an attempt under a guard."""
    return bool(private_value(env, "backorder_guard") is not None or no_door.now(env))


def current(env):
    """The :class:`Settling` of the doors that are open; None: none is, or it is no door's call."""
    if _is_ours(env):
        return None
    doors = env.cr.cache.get(_KEY)
    return None if doors is None or doors.closed else doors


@contextmanager
def odoo_takes(doors):
    """What is taken away meanwhile is not typed by a person."""
    if doors is None:
        yield
        return
    before, doors.by_odoo = doors.by_odoo, True
    try:
        yield
    finally:
        doors.by_odoo = before


@contextmanager
def wishes(doors, kind):
    """Meanwhile goods are given to those whom people assigned to them: see `Settling.wishes`."""
    if doors is None:
        yield
        return
    before, doors.wishes = doors.wishes, kind
    try:
        yield
    finally:
        doors.wishes = before


def wishes_now(env):
    """Which wishes of people are fulfilled now: see `Settling.wishes`."""
    doors = env.cr.cache.get(_KEY)
    return None if doors is None else doors.wishes


def put_back(env, budgets):
    """Add to ``budgets`` what the rest of a delivery in part had before somebody typed it down."""
    doors = env.cr.cache.get(_KEY)
    typed = doors.put_back if doors is not None else {}
    for key in budgets if typed else ():
        budgets[key] += typed.get(key, 0.0)


def put_back_taken(env, budgets):
    """The attempt with these ``budgets`` is over: the next one does not put back the same again."""
    doors = env.cr.cache.get(_KEY)
    typed = doors.put_back if doors is not None else {}
    for key in typed.keys() & budgets.keys():
        typed[key] = max(0.0, min(typed[key], budgets[key]))


@contextmanager
def door(env, event_type="adjust"):
    """A door of Odoo's; yields the :class:`Settling`, or None where nothing is to be noted."""
    doors = current(env)
    if _KEY in env.cr.cache or _is_ours(env):
        try:
            yield doors
        except BaseException:
            if doors is not None:
                doors.suspect = True
            raise
        return
    cache = env.cr.cache
    doors = cache[_KEY] = Settling(event_type)
    try:
        yield doors
        doors.closed = True
        if doors.lines:
            env["sale.order.line"].sudo()._backorder_settle_doors(doors)
    finally:
        cache.pop(_KEY, None)


def freed(move):
    """What ``move`` had a moment ago, in its product's unit; see `_free_reservation`."""
    doors = move.env.cr.cache.get(_KEY)
    return doors.freed.get(move.id, 0.0) if doors is not None and doors.freed else 0.0


def freed_taken(move, quantity):
    """``move`` got ``quantity`` of it back."""
    if left := freed(move):
        move.env.cr.cache[_KEY].freed[move.id] = max(0.0, left - quantity)
