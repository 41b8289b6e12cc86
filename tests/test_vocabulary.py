"""Language: help texts of all commands and docstrings of public names use the terms of the field."""

import ast
import contextlib
import functools
import importlib
import io
import itertools
import operator
import re
from pathlib import Path

import pytest

import inkloop
from data_prep.cli import Commands

WRITE = {  # word -> write instead
    "anew": "again",
    "asked": "requested",
    "at wish": "optionally",
    "beside": "next to; of time: concurrently",
    "birth": "initial",
    "born": "initialised",
    "critic": "discriminator",
    "donor": "source run",
    "donors": "source runs",
    "door": "CLI",
    "film": "video",
    "films": "videos",
    "goes on": "continues, resumes",
    "house": "package layout",
    "kept": "cached, stored, preserved",
    "law of": "mean and covariance of",
    "look": "preview; inspect; resemble",
    "looked at": "inspected",
    "looks": "previews; inspects; resembles",
    "may as well be": "symmetries applied at random",
    "mends": "fixes",
    "newborn": "initial",
    "picture": "image",
    "pictures": "images",
    "room": "package; of space: say what fits",
    "rounds": "gradient accumulation steps",
    "share": "fraction",
    "shares": "fractions",
    "spread": "standard deviation",
    "tells": "prints, reports",
    "told": "reported, printed",
    "transplant": "transferred weights",
    "walk": "path",
    "walks": "paths",
    "wanted": "requested, required",
    "worked off": "gradient accumulation steps",
}
ALLOWED = {  # (beginning of the place, phrase): why
    ("", "fill film"): "the name of a command",
    ("", "look up"): "the verb: find in a table",
    ("", "share a colour"): "the verb: have in common",
    ("inkloop fill --help", "film"): "the name of a command, in a list",
    ("fill/__main__.py", "blob|spec|film"): "names of commands",
    ("fill/lines.py", "digitized picture"): "the title of a paper",
}
ROOT = Path(inkloop.__file__).parent
DOCUMENTED = [*(package for package, _ in inkloop.PACKAGES.values()), "studio", "examples", "configs"]


def one_of(phrases):
    return re.compile(rf"\b({'|'.join(map(re.escape, phrases))})\b", re.IGNORECASE)


def check(text, where):
    for place, phrase in ALLOWED:
        if where.startswith(place):
            text = one_of([phrase]).sub("", text)
    found = [
        f"{where}: {match[1]!r} (write: {WRITE[match[1].lower()]}): "
        f"...{text[max(0, match.start() - 30) : match.end() + 30]}..."
        for match in one_of(WRITE).finditer(text)
    ]
    assert not found, "\n".join(found)


def command_lines():
    """Words of every command, and of every list of commands or presets."""
    yield from ([], *([name] for name in inkloop.PROGRAMS))
    for name, (package, _) in inkloop.PACKAGES.items():
        yield from under(importlib.import_module(f"{package}.__main__").COMMANDS, [name])


def under(command, words):
    yield words
    if isinstance(command, Commands):
        for name, member in command.members.items():
            yield from under(member, [*words, name])


@functools.cache
def help_of(*words):
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        assert inkloop.main([*words, "--help"]) == 0
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", shown.getvalue()).split())


def help_texts():
    return {" ".join(["inkloop", *words, "--help"]): help_of(*words) for words in command_lines()}


def docstrings(package):
    """Place -> docstring of each module, public class, field, function and method of a package."""
    found = {}

    def visit(body, place):
        for before, node in itertools.pairwise([None, *body]):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                field = f".{before.target.id}" if isinstance(before, ast.AnnAssign) else ""
                found[place + field] = " ".join(str(node.value.value).split())
            elif isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                visit(node.body, f"{place}.{node.name}")

    for path in sorted((ROOT / package).rglob("*.py")):
        visit(ast.parse(path.read_text(encoding="utf-8")).body, path.relative_to(ROOT).as_posix())
    return found


@pytest.mark.parametrize("words", list(command_lines()), ids=" ".join)
def test_help(words):
    check(help_of(*words), " ".join(["inkloop", *words, "--help"]))


@pytest.mark.parametrize("package", DOCUMENTED)
def test_docstrings(package):
    texts = docstrings(package)
    assert texts
    for where, text in texts.items():
        check(text, where)


def test_every_exception_is_needed():
    texts = functools.reduce(operator.or_, map(docstrings, DOCUMENTED), help_texts())
    for place, phrase in ALLOWED:
        uses = [
            where
            for where, text in texts.items()
            if where.startswith(place) and one_of([phrase]).search(text)
        ]
        assert uses, f"remove {phrase!r} of {place or 'any place'}"
