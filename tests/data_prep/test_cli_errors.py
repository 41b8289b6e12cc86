"""Words that are near to others, and messages about words that are unknown."""

import pytest
from tyro import _errors as events

from data_prep.cli_errors import ParseError, nearest, reject, unknown


def test_the_nearest_word_is_found_if_any_is_similar():
    assert nearest("animte", ["animate", "fill"]) == "animate"
    assert nearest("paint", ["animate", "fill"]) is None


def test_unknown_words_name_the_nearest_or_all():
    assert unknown("preset", "thn", iter(["thin", "thick"])) == "no preset 'thn'; did you mean 'thin'?"
    assert unknown("command", "zzz", ["a", "b"]) == "no command 'zzz'; available: a, b"


def test_events_are_raised():
    event = events.UnrecognizedArgs(prog="x", tokens=("--a",))
    with pytest.raises(ParseError) as refused:
        reject(event)
    assert refused.value.event is event
    assert not refused.value.is_incomplete
