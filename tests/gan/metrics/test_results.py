"""Results: written whole, found by what decides them, and no other file is touched."""

import json

import pytest

from data_prep.errors import InputError
from gan.metrics.results import append, find, read_results, told

LINE = {"metric": "kid", "values": {"kid": 0.5, "kid_std": 0.1}, "generator": "a", "images": 10, "nimg": 5}


def test_append_and_find(tmp_path):
    path = tmp_path / "deep" / "metrics.jsonl"
    assert read_results(path) == []
    append(path, LINE)
    append(path, LINE | {"images": 20})
    append(path, LINE | {"values": {"kid": 0.7}})
    lines = read_results(path)
    assert len(lines) == 3
    assert find(lines, {"metric": "kid", "images": 20}) == LINE | {"images": 20}
    assert find(lines, {"metric": "kid", "images": 10})["values"] == {"kid": 0.7}  # the newest
    assert find(lines, {"metric": "kid", "images": 10, "seed": 0}) is None
    assert told(LINE) == "kid: kid 0.5, kid_std 0.1"
    assert told(LINE | {"name": "kid50k_full"}).startswith("kid50k_full: ")


def test_a_last_line_cut_by_a_kill_is_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    append(path, LINE)
    path.write_text(path.read_text() + json.dumps(LINE)[:20])
    assert read_results(path) == [LINE]
    append(path, LINE)
    assert path.read_text().splitlines() == [json.dumps(LINE)] * 2


@pytest.mark.parametrize(
    "text", ["my thesis\n", '{"kind": "tick"}\n', "[1]\n", '{"metric": 3, "values": {}}\n']
)
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(InputError, match="holds no results"):
        append(path, LINE)
    assert path.read_text() == text
