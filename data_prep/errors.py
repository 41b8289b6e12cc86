"""The two exceptions of the library; the CLI prints them as one line and returns an exit code."""

import os
from pathlib import Path


class InputError(ValueError):
    """Nothing could start: invalid input.

    The message is one line: the invalid value, what is allowed, and which flag or file to correct.
    Exit code 2.
    """


class WorkError(RuntimeError):
    """Work failed after it started; finished results stay.

    The message names what failed. Exit code 1.
    """


def unreadable(path: Path, error: OSError) -> InputError:
    """The InputError for a file that the system does not let us read, naming the file and the reason."""
    if path.is_symlink() and not path.exists():
        return InputError(f"{path} is a link to a file that does not exist")
    if path.is_dir() and os.access(path, os.R_OK | os.X_OK):
        return InputError(f"{path} is a folder, not a file")
    if not path.exists():
        return InputError(f"{path}: no such file")
    return InputError(f"{path} cannot be read ({error.strerror or error}); check its permissions")
