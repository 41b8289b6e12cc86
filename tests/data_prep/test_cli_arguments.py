"""Arguments as help shows them: placeholders, group titles; commands are bound, not called."""

import dataclasses
import inspect
from pathlib import Path
from typing import Literal

import pytest

from data_prep import cli
from data_prep.cli_arguments import present


@dataclasses.dataclass(frozen=True)
class PaintConfig:
    """How paint is applied."""

    layers: int = 1
    """Number of layers."""


def run(command, words):
    return cli.run(cli.Commands({"do": command}, description=""), prog="inkloop x", args=words.split())


def test_groups_are_titled_in_words(capsys):
    def command(paint: PaintConfig = PaintConfig(layers=3)) -> None:
        """Do it."""

    assert run(command, "do --help") == 0
    shown = capsys.readouterr().out
    assert "paint options" in shown
    assert "--layers INT" in shown


@pytest.mark.parametrize(
    ("name", "kind", "placeholder"),
    [
        ("count", int, "INT"),
        ("rate", float, "FLOAT"),
        ("file_name", str, "NAME"),
        ("dataset", Path, "DATASET"),
        ("image", Path, "PATH"),
        ("size", int | Literal["auto"], "INT|auto"),
        ("size", int | None, "INT"),
        ("mode", Literal["wet", "dry"], "{wet,dry}"),
        ("sizes", tuple[int, ...], "INT ..."),
    ],
)
def test_placeholders_follow_name_and_type(name, kind, placeholder, capsys):
    parameter = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind)

    def command(**arguments) -> None:
        """Do it."""

    command.__signature__ = inspect.Signature([parameter])
    command.__annotations__ = {name: kind}
    assert run(command, "do --help") == 0
    flag = f"--{name.replace('_', '-')}"
    assert any(line.split(flag)[1].split("│")[0].strip() == placeholder for line in _lines(capsys, flag))


def test_commands_are_bound_not_called():
    calls = []

    def command(*, count: int, name: str = "a") -> None:
        calls.append((count, name))

    bound = present(command)(count=3)
    assert calls == []
    bound()
    assert calls == [(3, "a")]


def _lines(capsys, flag):
    return [line for line in capsys.readouterr().out.splitlines() if flag in line]
