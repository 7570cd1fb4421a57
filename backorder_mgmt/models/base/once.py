"""What several searches of one request ask alike is asked once."""

from .token import private, private_value

_KEY = "backorder_once"


def asking_once(records):
    """``records``, in whose searches :func:`once` remembers answers. For one call of a client that
    only reads: nothing may be written meanwhile."""
    return records.with_context(**private(**{_KEY: {}}))


def once(env, key, find):
    """What ``find()`` answers; within :func:`asking_once` it is called once for each ``key``."""
    answers = private_value(env, _KEY)
    if answers is None:
        return find()
    if key not in answers:
        answers[key] = find()
    return answers[key]
