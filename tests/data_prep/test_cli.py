"""The command line: commands, presets, flags before presets, errors in one line, exit codes, help."""

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import pytest
import tyro

from data_prep import cli
from data_prep.errors import InputError, WorkError


@dataclasses.dataclass(frozen=True)
class PaintConfig:
    """How paint is applied."""

    layers: int = 1
    """Number of layers."""
    width: int | Literal["auto"] = "auto"
    """Width of the brush."""
    sizes: tuple[int, ...] = ()
    """Sizes of brushes."""
    mode: Literal["wet", "dry"] = "wet"
    """State of the paint."""
    varnish: bool = False
    """Add varnish."""


PRESETS = {"thin": PaintConfig(layers=1), "thick": PaintConfig(layers=5)}


@pytest.fixture
def calls():
    return []


@pytest.fixture
def commands(calls):
    def paint(preset):
        def paint(
            config: Annotated[PaintConfig, tyro.conf.arg(name="")] = PRESETS[preset],
            *,
            data: Path,
            seed: float = 0.5,
        ) -> None:
            """Paint a picture.

            Args:
                data: Folder to paint.
            """
            calls.append((preset, config, data, seed))

        return paint

    def clean(run: tyro.conf.Positional[Path], *, out: Path | None = None) -> None:
        """Clean brushes.

        Args:
            run: Folder of brushes.
        """
        calls.append(("clean", run, out))

    presets = cli.Commands(
        {name: paint(name) for name in PRESETS},
        description="Paint with the values of a preset.",
        noun="preset",
        about={"thin": "One layer."},
    )
    return cli.Commands({"paint": presets, "clean": clean}, description="Painting.")


def run(commands, words):
    return cli.run(commands, prog="inkloop x", args=words.split())


@pytest.mark.parametrize(
    "words",
    [
        "paint thick --data D --varnish",
        "paint --varnish thick --data D",
        "paint --data D --varnish thick",
        "paint --data=D --varnish thick",
    ],
)
def test_flags_before_and_after_a_preset(commands, calls, words):
    assert run(commands, words) == 0
    assert calls == [("thick", PaintConfig(layers=5, varnish=True), Path("D"), 0.5)]


@pytest.mark.parametrize(
    ("words", "preset", "data"),
    [
        ("paint --data thin thick", "thick", "thin"),  # a value that is the name of a preset
        ("paint --data thin --mode dry thick", "thick", "thin"),
        ("paint --sizes 1 2 thin --data thick", "thin", "thick"),
    ],
)
def test_a_value_is_not_taken_for_the_preset(commands, calls, words, preset, data):
    assert run(commands, words) == 0
    [(chosen, _, folder, _)] = calls
    assert (chosen, folder) == (preset, Path(data))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("paimt thin", "inkloop x: no command 'paimt'; did you mean 'paint'?"),
        ("sculpture", "inkloop x: no command 'sculpture'; available: paint, clean"),
        ("paint thn --data D", "inkloop x: no preset 'thn'; did you mean 'thin'?"),
        ("paint --varnish thn --data D", "inkloop x: no preset 'thn'; did you mean 'thin'?"),
        ("paint --varnish", "inkloop x: --varnish: name a preset first: inkloop x paint PRESET [...]"),
        ("paint thin --dta D", "inkloop x paint thin: --dta: no such flag; did you mean --data?"),
        ("paint thin --dta=D", "inkloop x paint thin: --dta: no such flag; did you mean --data?"),
        (
            "paint thin --data D --layer 3",
            "inkloop x paint thin: --layer: no such flag; did you mean --layers?",
        ),
        ("paint thin --data D --xyzw", "inkloop x paint thin: --xyzw: no such flag; see"),
        ("paint thin", "inkloop x paint thin: missing --data DATASET; see inkloop x paint thin --help"),
        ("clean", "inkloop x clean: missing RUN; see"),
        ("clean a b", "inkloop x clean: unexpected argument 'b'; see"),
        ("paint thin --data", "inkloop x paint thin: --data: a value is missing: --data DATASET"),
        ("paint thin --data D --layers two", "inkloop x paint thin: --layers two: must be a whole number"),
        ("paint thin --data D --seed two", "inkloop x paint thin: --seed two: must be a number"),
        ("paint thin --data D --width two", "inkloop x paint thin: --width two: must be INT|auto"),
        ("paint thin --data D --mode wat", "inkloop x paint thin: --mode wat: must be one of wet, dry; did"),
    ],
)
def test_usage_errors_are_one_line_with_the_nearest_spelling(commands, calls, words, message, capsys):
    assert run(commands, words) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(message)
    assert len(shown.err.splitlines()) == 1
    assert (shown.out, calls) == ("", [])


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("--help", ["usage: inkloop x COMMAND [...]", "  paint  Paint with the values of a preset."]),
        (
            "paint -h",
            ["usage: inkloop x paint PRESET [...]", "  thin   One layer.", "  thick  Paint a picture."],
        ),
        ("paint thick --help", ["--data DATASET", "--width INT|auto", "--layers INT", "(default: 5)"]),
        ("clean --help", ["RUN ", "--out OUT", "Clean brushes."]),
    ],
)
def test_help(commands, words, lines, capsys):
    assert run(commands, words) == 0
    shown = capsys.readouterr().out
    assert all(line in shown for line in lines), shown
    assert not any(text in shown for text in ("{None}", "PATH", "default: None", "default: )"))


def test_without_a_command_help_goes_to_stderr(commands, capsys):
    assert run(commands, "") == 2
    assert capsys.readouterr().err.startswith("usage: inkloop x COMMAND")


def test_words_are_parsed_again_with_other_defaults(capsys):
    """Defaults that depend on the arguments: those of a saved run."""
    seen = []

    def resumed(*, run: Path, rate: float = 3.0) -> None:
        seen.append(rate)

    def first(*, run: Path, rate: float = 1.0) -> None:
        """Start."""
        raise cli.ParseAgain(resumed)

    commands = cli.Commands({"train": first}, description="")
    assert run(commands, "train --run R") == 0
    assert run(commands, "train --run R --rate 2") == 0
    assert seen == [3.0, 2.0]


def test_completion_offers_commands_presets_and_flags(commands, capsys):
    assert cli.print_completion(commands, prog="x", args=["--tyro-print-completion", "bash"]) == 0
    script = capsys.readouterr().out
    assert all(word in script for word in ["paint", "clean", "thin", "thick", "--varnish", "--data"])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, 0),
        (InputError("two\nlines"), 2),
        (WorkError("broke"), 1),
        (OSError(28, "No space left on device", "a.png"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors_become_a_line_and_an_exit_code(capsys, error, code):
    def command() -> None:
        """Do it."""
        if error is not None:
            raise error

    assert run(cli.Commands({"do": command}, description=""), "do") == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == (0 if error is None else 1)
    assert all(line.startswith("inkloop x: ") for line in lines)
