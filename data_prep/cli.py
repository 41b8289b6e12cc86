"""What every room's door does alike: parse, call one function, turn errors into a line and an exit code."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import tyro

from data_prep.errors import InputError, WorkError

INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def open_door(commands: dict[str, Callable[..., None]]) -> tyro.extras.SubcommandApp:
    """The command line of one room: `name -> function`; docstrings become the help texts."""
    app = tyro.extras.SubcommandApp()
    for name, command in commands.items():
        app.command(name=name)(command)
    return app


def run(
    app: tyro.extras.SubcommandApp, *, prog: str, description: str, args: Sequence[str] | None = None
) -> int:
    """Run one command line and return its exit code.

    Args:
        app: the room's commands.
        prog: name shown in help and before error lines, e.g. "inkloop fill".
        description: one line shown by --help.
        args: the words after `prog`; None reads sys.argv.

    Returns:
        0 done; 1 work failed on the way; 2 nothing could start; 130 interrupted. Usage errors leave
        through SystemExit(2), raised by tyro after it has printed them.
    """
    signal.signal(signal.SIGTERM, _interrupt)  # `kill` and Ctrl-C clean up alike
    keep_compiled()
    try:
        app.cli(prog=prog, description=description, args=args, config=(tyro.conf.OmitArgPrefixes,))
    except InputError as error:
        return _say(prog, error, 2)
    except WorkError as error:
        return _say(prog, error, 1)
    except BrokenPipeError:  # the reader of our stdout left, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _say(prog, f"{where}{error.strerror or error}", 1)
    except KeyboardInterrupt:
        return _say(prog, "interrupted; run the same command again: what is finished is kept", INTERRUPTED)
    return 0


def keep_compiled() -> None:
    """Have JAX keep what it compiles in the user's cache folder, so that a second start takes seconds.

    JAX reads these when it is imported; what the environment says already stays.
    """
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(caches / "inkloop" / "jax"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def _say(prog: str, message: object, code: int) -> int:
    print(f"{prog}: {' '.join(str(message).split())}", file=sys.stderr)
    return code
