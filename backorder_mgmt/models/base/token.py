"""Who may write what this addon knows: its own methods, and nobody else.

What is held, the ledger, and the rows that tell the superuser's jobs what to do (fills, their rows,
charges, notices) are written by the methods of this addon. They carry the *token*: an object of
this process in the context, compared by identity. Nothing that comes in over RPC, and no context
that an action or a default carries, can equal it. Being superuser is not enough: an automation rule
or a server action calls the public methods, as people do.

The guard of an attempt to reserve travels in the context as well, and is wrapped (`private`), as it
changes what is true: JSON has no such objects. What else passes methods of Odoo's on its way is no
matter of the context: see ``meanwhile.py``.
"""

import functools

from odoo import api, models, tools
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import clean_context

TOKEN_KEY = "backorder_token"
TOKEN = object()


def may_write_backorder(env):
    """True inside our own methods: see ``backorder.guarded._backorder_token``."""
    return env.context.get(TOKEN_KEY) is TOKEN


class Private:
    """A value of the context that only this process can have put there."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


@functools.cache
def _private(value):
    # The same object each time: a context that is equal gives the same environment.
    return Private(value)


def private(**values):
    """``values`` as keys for `with_context` that nobody can send; read by `private_value`."""
    return {
        key: _private(value) if isinstance(value, (bool, str)) else Private(value)
        for key, value in values.items()
    }


def private_value(env, key, default=None):
    """The value that one of our methods put into the context as ``key``; else ``default``."""
    value = env.context.get(key)
    return value.value if isinstance(value, Private) else default


class BackorderGuarded(models.AbstractModel):
    """The fields that this addon defines on the model are written with the token only.

    Fields of other modules, of mail and activities among them, are none of its business. For a
    module that adds a field of its own the rule is that module's.
    """

    _name = "backorder.guarded"
    _description = "Backorders: Guarded Fields"

    def _backorder_open_names(self, creating=False):
        """Names of our fields that people write all the same.

        :param creating: for new records
        :return: None: the records are ours altogether, people neither make nor delete any
        """
        return None

    def _backorder_guard_words(self, labels):
        """What somebody is told who writes guarded fields.

        :param labels: names of the fields; empty: making or deleting records
        """
        what = f"{self._description} ({labels})" if labels else self._description
        return self.env._(
            "%s cannot be written directly: it says what was done, or what is to be done.", what
        )

    @api.model
    @tools.ormcache("creating")
    def _backorder_guarded_names(self, creating=False):
        return frozenset(
            name
            for name, field in self._fields.items()
            if name not in models.MAGIC_COLUMNS
            and any(module.startswith("backorder_mgmt") for module in field._modules)
        ).difference(self._backorder_open_names(creating) or ())

    def _backorder_token(self):
        """``self``, as superuser, allowed to write the guarded fields and the ledger.

        The caller has checked the user's right: what is guarded is nobody's to write directly. Made
        for the one write and not kept: what other modules do meanwhile shall not have it.
        """
        return self.sudo().with_context(**{TOKEN_KEY: TOKEN})

    def _backorder_write(self, vals):
        """Write guarded fields; the caller has checked the user's right."""
        return self._backorder_token().write(vals)

    @api.model
    def _backorder_create(self, vals_list):
        """Make records with guarded fields; the caller has checked the user's right.

        Defaults that an action or an RPC client sends along are none of these records.
        """
        model = self.with_env(self.env(context=clean_context(self.env.context), su=True))
        return model._backorder_token().create(vals_list).with_env(self.env)

    def _backorder_check_guarded(self, names, creating=False):
        """
        :raise AccessError: one of the fields ``names`` is written by our methods only
        """
        guarded = self._backorder_guarded_names(creating).intersection(names)
        if guarded and not may_write_backorder(self.env):
            labels = ", ".join(self._fields[name].string for name in sorted(guarded))
            raise AccessError(self._backorder_guard_words(labels))

    def _backorder_check_create(self, vals_list):
        """As :meth:`_backorder_check_guarded`, for new records and the defaults of an action."""
        if may_write_backorder(self.env):
            return
        if self._backorder_open_names() is None:
            raise AccessError(self._backorder_guard_words(""))
        names = {name for vals in vals_list for name in vals}
        # Defaults for other names may be meant for other models: `default_get` drops them.
        names |= {key[8:] for key in self.env.context if key.startswith("default_backorder_")}
        self._backorder_check_guarded(names, creating=True)

    @api.model
    def default_get(self, fields):
        """Of guarded fields only our own defaults: neither those of an action nor a user's."""
        values = super().default_get(fields)
        for name in self._backorder_guarded_names(creating=True).intersection(values):
            field = self._fields[name]
            if field.default:
                value = field.convert_to_cache(field.default(self), self, validate=False)
                values[name] = field.convert_to_write(value, self)
            else:
                del values[name]
        return values

    @api.model_create_multi
    def create(self, vals_list):
        self._backorder_check_create(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._backorder_check_guarded(vals)
        return super().write(vals)

    def copy_data(self, default=None):
        """A copy is what a person would make: without what only our methods write."""
        vals_list = super().copy_data(default)
        if may_write_backorder(self.env):
            return vals_list
        left_out = self._backorder_guarded_names(creating=True).difference(default or ())
        return [
            {name: value for name, value in vals.items() if name not in left_out}
            for vals in vals_list
        ]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_ours(self):
        if self._backorder_open_names() is None and not may_write_backorder(self.env):
            raise UserError(self._backorder_guard_words(""))
