"""The two exceptions of the library; the CLI prints them as one line and returns an exit code."""


class InputError(ValueError):
    """Nothing could start: invalid input.

    The message is one line: the invalid value, what is allowed, and which flag or file to correct.
    Exit code 2.
    """


class WorkError(RuntimeError):
    """Work failed after it started; finished results stay.

    The message names what failed. Exit code 1.
    """
