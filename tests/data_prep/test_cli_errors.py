"""Words that are near to others, and messages about words that are unknown."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
import tyro

from data_prep.cli_errors import ParseError, nearest, rejecting, unknown


def test_the_nearest_word_is_found_if_any_is_similar():
    assert nearest("animte", ["animate", "fill"]) == "animate"
    assert nearest("paint", ["animate", "fill"]) is None


def test_unknown_words_name_the_nearest_or_all():
    assert unknown("preset", "thn", iter(["thin", "thick"])) == "no preset 'thn'; did you mean 'thin'?"
    assert unknown("command", "zzz", ["a", "b"]) == "no command 'zzz'; available: a, b"


@pytest.mark.parametrize(("words", "is_incomplete"), [(["--n", "1", "--a"], False), ([], True)])
def test_tyro_raises_in_place_of_its_report(words, is_incomplete, capsys):
    def command(*, n: int) -> None: ...

    with pytest.raises(ParseError) as refused, rejecting():
        tyro.cli(command, args=words)
    assert refused.value.is_incomplete == is_incomplete
    assert capsys.readouterr().err == ""


def test_tyro_is_the_version_that_its_private_hook_was_tested_with():
    """For another version: run the tests of tests/data_prep/test_cli*.py, then pin it in pyproject.toml."""
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    pinned = re.search(r'"tyro==(.*?)"', project)
    assert pinned is not None
    assert version("tyro") == pinned[1]
