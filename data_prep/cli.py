"""The command line of every package: parse, call one function, turn errors into a line and an exit code."""

import dataclasses
import inspect
import io
import os
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import tyro

from data_prep.cli_arguments import Command, make_registry, present
from data_prep.cli_errors import ParseError, UsageError, explain, nearest, rejecting, unknown
from data_prep.errors import InputError, WorkError

INTERRUPTED = 130  # 128 + SIGINT, as shells report it
HELP = ("-h", "--help")
CONFIG = (tyro.conf.OmitArgPrefixes,)


@dataclasses.dataclass(frozen=True)
class Commands:
    """Commands by name, or presets of one command; their docstrings are the help texts."""

    members: Mapping[str, "Command | Commands"]
    """Name -> function, or further commands."""
    description: str
    """One line for --help."""
    noun: str = "command"
    """What a member is called: command, preset, style."""
    about: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Name -> one line for --help, where the docstring's first line does not do."""

    def summary(self, name: str) -> str:
        """One line about a member."""
        member = self.members[name]
        text = member.description if isinstance(member, Commands) else inspect.getdoc(member)
        return self.about.get(name) or (text or "").split("\n", 1)[0]


class ParseAgain(Exception):
    """Raised by a command whose defaults depend on its own arguments: parse the same words for `command`."""

    def __init__(self, command: Command) -> None:
        super().__init__(command)
        self.command = command


def run(commands: Commands, *, prog: str, args: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Args:
        commands: the commands to choose from.
        prog: name shown in help and before error lines, e.g. "inkloop fill".
        args: the words after `prog`; None reads sys.argv.

    Returns:
        0 done; 1 work failed on the way; 2 nothing could start (usage, bad input); 130 interrupted.
    """
    signal.signal(signal.SIGTERM, _interrupt)  # `kill` and Ctrl-C clean up alike
    cache_compiled_programs()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names whose bytes are not UTF-8
    try:
        return _run(commands, prog, list(sys.argv[1:] if args is None else args))
    except InputError as error:
        return _report(prog, error, 2)
    except WorkError as error:
        return _report(prog, error, 1)
    except BrokenPipeError:  # the reader of our stdout left, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _report(prog, f"{where}{error.strerror or error}", 1)
    except KeyboardInterrupt:
        return _report(prog, "interrupted; run the same command again to resume", INTERRUPTED)


def cache_compiled_programs() -> None:
    """Have compiled and traced programs cached in the user's cache folder: a second start takes seconds.

    JAX reads its variables when it is imported; values set in the environment stay.
    """
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(caches / "inkloop" / "jax"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")
    os.environ.setdefault("INKLOOP_TRACES", str(caches / "inkloop" / "traces"))  # gan.steps.traced_programs


def help_text(commands: Commands, *, prog: str) -> str:
    """What `PROG --help` prints: usage and one line per member."""
    noun, indent = commands.noun.upper(), max(map(len, commands.members)) + 4
    columns = min(shutil.get_terminal_size().columns, 110)
    listed = [
        textwrap.fill(
            f"  {name:{indent - 2}}{commands.summary(name)}", columns, subsequent_indent=" " * indent
        )
        for name in commands.members
    ]
    usage = f"usage: {prog} {noun} [...]"
    return "\n".join([usage, "", commands.description, "", *listed, "", f"{prog} {noun} --help lists flags."])


def completion_app(commands: Commands) -> tyro.extras.SubcommandApp:
    """All commands as one tyro application, for shell completion."""
    app = tyro.extras.SubcommandApp()
    for name, member in commands.members.items():
        if isinstance(member, Commands):
            app.command(completion_app(member), name=name, help=commands.summary(name))
        else:
            app.command(name=name, help=commands.summary(name))(present(member))
    return app


def print_completion(commands: Commands, *, prog: str, args: Sequence[str]) -> int:
    """Run tyro's `--tyro-print-completion SHELL` or `--tyro-write-completion SHELL FILE`."""
    try:
        completion_app(commands).cli(prog=prog, args=args, config=CONFIG, registry=make_registry())
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


def parse(command: Command, *, prog: str, words: Sequence[str]) -> Callable[[], None]:
    """The call that `words` request. Raises ParseError; SystemExit after --help."""
    with rejecting():
        call: Callable[[], None] = tyro.cli(
            present(command), prog=prog, args=words, config=CONFIG, registry=make_registry()
        )
    return call


def _run(commands: Commands, prog: str, words: list[str]) -> int:
    if not words or words[0] in HELP:
        print(help_text(commands, prog=prog), file=sys.stdout if words else sys.stderr)
        return 0 if words else 2
    name, words = _choose(commands, prog, words)
    member = commands.members[name]
    if isinstance(member, Commands):
        return _run(member, f"{prog} {name}", words)
    while True:
        try:
            call = parse(member, prog=f"{prog} {name}", words=words)
        except ParseError as error:
            prog = f"{prog} {name}"
            message = explain(error, present(member), prog=prog, registry=make_registry())
            return _report(prog, message, 2)
        except SystemExit as leaving:  # --help
            return int(leaving.code or 0)
        try:
            call()
            return 0
        except ParseAgain as again:
            member = again.command


def _choose(commands: Commands, prog: str, words: list[str]) -> tuple[str, list[str]]:
    """The member that the words name, and the words without its name. Flags may precede a preset."""
    members, first = commands.members, words[0].replace("_", "-")
    if first in members:
        return first, words[1:]
    if not first.startswith("-"):
        raise UsageError(unknown(commands.noun, words[0], members))
    for i, word in enumerate(words):
        name = word if word in members else nearest(word, members)
        if name is None or word.startswith("-") or not _could_precede(members[name], words[:i]):
            continue
        if word not in members:
            raise UsageError(unknown(commands.noun, word, members))
        return name, words[:i] + words[i + 1 :]
    raise UsageError(f"{first}: name a {commands.noun} first: {prog} {commands.noun.upper()} [...]")


def _could_precede(member: "Command | Commands", words: Sequence[str]) -> bool:
    """Whether `words` are whole flags of a command, so that what follows is no value of the last one."""
    if isinstance(member, Commands) or set(words) & {*HELP}:
        return False
    try:
        parse(member, prog="", words=words)
    except ParseError as error:
        return error.is_incomplete
    return True


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def _report(prog: str, message: object, code: int) -> int:
    print(f"{prog}: {' '.join(str(message).split())}", file=sys.stderr)
    return code
