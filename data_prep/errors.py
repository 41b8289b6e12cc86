"""The two ways in which work ends early; the doors turn them into one line and an exit code."""


class InputError(ValueError):
    """Nothing could start: what was given does not fit.

    The message is one line: what was given, what is allowed, and which flag or file repairs it.
    The doors print it and leave with exit code 2.
    """


class WorkError(RuntimeError):
    """Work failed on the way, after something was already done.

    The message names what failed; what was finished stays. The doors print it and leave with exit code 1.
    """
