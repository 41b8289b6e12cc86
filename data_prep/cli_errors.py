"""Usage errors in one line, with the nearest right spelling.

tyro's public interface reports errors only as a text box of several lines and SystemExit(2): which argument
was rejected, and why, is in `tyro._errors` alone, which may change in any release. This is the only module
that imports it; pyproject.toml pins the version that tests/data_prep/test_cli_errors.py was passed with.
"""

import contextlib
import difflib
import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import tyro
from tyro import _errors as events
from tyro.constructors import ConstructorRegistry

from data_prep.errors import InputError


class UsageError(InputError):
    """Words that are no command line of ours."""


class ParseError(Exception):
    """tyro rejected the words; `event` says why."""

    def __init__(self, event: events.ParseErrorEvent) -> None:
        super().__init__(event)
        self.event = event

    @property
    def is_incomplete(self) -> bool:
        """Whether only required arguments are missing."""
        return isinstance(self.event, events.MissingArgs) and not self.event.unrecognized_tokens


def rejecting() -> contextlib.AbstractContextManager[Any]:
    """A block in which tyro raises ParseError in place of its own report."""
    return events.on_parse_error(_reject)


def _reject(event: events.ParseErrorEvent) -> None:
    raise ParseError(event)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The most similar of `words`, None if none is similar."""
    return next(iter(difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)), None)


def unknown(noun: str, word: str, words: Iterable[str]) -> str:
    """The message for a `word` that is none of `words`."""
    words = list(words)
    near = nearest(word, words)
    hint = f"did you mean {near!r}?" if near else f"available: {', '.join(words)}"
    return f"no {noun} {word!r}; {hint}"


def explain(
    error: ParseError, command: Callable[..., Any], *, prog: str, registry: ConstructorRegistry
) -> str:
    """One line for what tyro rejected in a call of `command`."""
    event = error.event
    if isinstance(event, events.UnrecognizedArgs | events.MissingArgs):
        tokens = event.tokens if isinstance(event, events.UnrecognizedArgs) else event.unrecognized_tokens
        flag = next((token.split("=")[0] for token in tokens if token.startswith("-")), None)
        if flag is not None:
            near = nearest(flag, _flags(command, registry))
            return f"{flag}: no such flag; " + (f"did you mean {near}?" if near else f"see {prog} --help")
        if tokens:
            return f"unexpected argument {tokens[0]!r}; see {prog} --help"
    if isinstance(event, events.MissingArgs):
        missing = ", ".join(_shown(missing.arg) for missing in event.missing_arguments)
        return f"missing {missing}; see {prog} --help"
    if isinstance(event, events.BadValue):
        return f"{_name(event.argument)}: a value is missing: {_shown(event.argument)}"
    if isinstance(event, events.InvalidChoice):
        near = nearest(event.value, event.choices)
        hint = f"; did you mean {near}?" if near else ""
        return f"{_name(event.argument)} {event.value}: must be one of {', '.join(event.choices)}{hint}"
    if isinstance(event, events.InstantiationFailure):
        name = "" if event.argument is None else _name(event.argument)
        number = re.match(
            r"(invalid literal for int|could not convert string to float).*: '?(.*?)'?$", event.message
        )
        if number is not None:
            kind = "a whole number" if "int" in number[1] else "a number"
            return f"{name} {number[2]}: must be {kind}"
        values = re.match(
            r"no type matching .* could be instantiated from \['(.*?)'\]", event.message, re.DOTALL
        )
        if values is not None and event.argument is not None:
            return f"{name} {values[1]}: must be {event.argument.lowered.metavar}"
        return f"{name}: {event.message}"
    return f"these arguments cannot be parsed; see {prog} --help"


def _flags(command: Callable[..., Any], registry: ConstructorRegistry) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        parser = tyro.extras.get_parser(command, config=(tyro.conf.OmitArgPrefixes,), registry=registry)
    return list(parser._option_string_actions)


def _name(argument: Any) -> str:
    if argument.is_positional():
        return str(argument.lowered.metavar)
    return str(argument.lowered.name_or_flags[0])


def _shown(argument: Any) -> str:
    return str(argument.get_invocation_text()[1].as_str_no_ansi())
