"""A program of the shop that works on the database itself, past the server."""

import json
import traceback

import psycopg2
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure
from psycopg2.pool import PoolError

from odoo import api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import call_kw, retrying

from .client import Conflict, Fault, Refused


class Cursors:
    """As :class:`Client`, past the server: each call on a connection of its own, tried again by
    Odoo where it meets another."""

    def __init__(self, db, login):
        self.db, self.login, self.user_id = db, login, None

    def call(self, model, method, *args, **kwargs):
        try:
            with Registry(self.db).check_signaling().cursor() as cr:
                if not self.user_id:
                    cr.execute("SELECT id FROM res_users WHERE login = %s", [self.login])
                    (self.user_id,) = cr.fetchone()
                env = api.Environment(cr, self.user_id, {})
                own, options = json.loads(json.dumps([args, kwargs]))

                def act():
                    return call_kw(env[model], method, own, options)

                return json.loads(json.dumps(retrying(act, env), default=str))
        except UserError as refused:
            raise Refused(str(refused), "") from refused
        except (SerializationFailure, DeadlockDetected, LockNotAvailable) as conflict:
            raise Conflict(str(conflict), "") from conflict
        except (psycopg2.Error, PoolError) as outage:
            raise OSError(str(outage)) from outage
        except Exception as fault:
            raise Fault(f"{type(fault).__name__}: {fault}", traceback.format_exc()) from fault
