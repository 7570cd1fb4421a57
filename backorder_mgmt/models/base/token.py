"""Who may write the hold fields and the ledger: our own methods, and nobody else.

The context value is an object of this process, compared by identity: nothing that comes in over
RPC, and no context that an action or a default carries, can equal it.
"""

TOKEN_KEY = "backorder_token"
TOKEN = object()


def may_write_backorder(env):
    """True inside our own methods: see ``sale.order.line._backorder_token``."""
    return env.context.get(TOKEN_KEY) is TOKEN
