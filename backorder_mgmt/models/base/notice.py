"""What a button tells whoever pressed it, where nothing opens."""


def notice(message, kind="success"):
    """The action that says a sentence, and lets the list or form behind it look again.

    :param kind: ``success``, ``info`` or ``warning``; warnings stay until they are closed
    """
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": kind,
            "message": message,
            "sticky": kind == "warning",
            "next": {"type": "ir.actions.act_window_close"},
        },
    }
