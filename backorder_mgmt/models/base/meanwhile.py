"""What our methods do just now, for those further down that they reach through methods of Odoo's.

What one method tells the next is an argument. Where a method of Odoo's stands between them, the
room that says something has a :class:`Meanwhile` for it: said for the time of a ``with`` block,
heard by whatever is called inside, in whichever environment (`sudo`, another user's, one without
our context). Nobody can send it along, and records that leave the block do not carry it.
"""

from contextlib import contextmanager
from weakref import WeakKeyDictionary

_NOTHING = {}
#: {cursor: {what is so: its value}}. By the cursor, as another transaction of the same process does
#: something else; not in the cursor's own cache, which a savepoint that is rolled back empties.
_NOW = WeakKeyDictionary()


class Meanwhile:
    """Something that is so while a method of ours runs; blocks in each other are the inner one's.

    :param default: what it is outside
    """

    __slots__ = ("default",)

    def __init__(self, default=None):
        self.default = default

    @contextmanager
    def so(self, env, value=True):
        """It is ``value`` in this block, in the transaction of ``env``."""
        before = _NOW.get(env.cr, _NOTHING)
        _NOW[env.cr] = {**before, self: value}
        try:
            yield value
        finally:
            # Also after an error: what the block said ends with it.
            if before:
                _NOW[env.cr] = before
            else:
                _NOW.pop(env.cr, None)

    def now(self, env):
        """What it is just now."""
        return _NOW.get(env.cr, _NOTHING).get(self, self.default)
