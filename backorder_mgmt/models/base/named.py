"""Which records a client names. Each public method says whether it is asked of one or of many."""

from functools import wraps

from odoo.exceptions import UserError


def of_many(method):
    """A public method of any number of records, each named by its id."""

    @wraps(method)
    def checked(self, *args, **kwargs):
        _check_ids(self)
        return method(self, *args, **kwargs)

    return checked


def of_one(method):
    """A public method of one record, named by its id."""

    @wraps(method)
    def checked(self, *args, **kwargs):
        _check_ids(self)
        if len(self) != 1:
            raise UserError(
                self.env._(
                    "%(model)s: this is asked of one record at a time, and %(count)s are named.",
                    model=_title(self),
                    count=len(self),
                )
            )
        return method(self, *args, **kwargs)

    return checked


def _title(records):
    return records.env["ir.model"]._get(records._name).name


def _check_ids(records):
    """Odoo asks no right on what is not saved, and takes anything for an id. No id stands for no
    record, and must not stand for all of them.

    :raise UserError: something else than the id of a record
    """
    for number in records._ids:
        if type(number) is not int or not number:
            raise UserError(
                records.env._(
                    "%(model)s: this was not saved, so nothing can be done with it. Open it anew "
                    "and repeat. (%(id)s stands for a record without an id.)",
                    model=_title(records),
                    id=repr(number)[:80],
                )
            )
