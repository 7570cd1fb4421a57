"""What several searches of one request ask alike is asked once."""

from .meanwhile import Meanwhile

#: {key: answer} of the call that only reads
_answers = Meanwhile()


def asking_once(env):
    """A block in whose searches :func:`once` remembers answers. For one call of a client that only
    reads: nothing may be written meanwhile."""
    return _answers.so(env, {})


def once(env, key, find):
    """What ``find()`` answers; within :func:`asking_once` it is called once for each ``key``."""
    answers = _answers.now(env)
    if answers is None:
        return find()
    if key not in answers:
        answers[key] = find()
    return answers[key]
