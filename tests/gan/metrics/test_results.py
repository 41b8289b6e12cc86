"""Results: added whole, found by what decides them, and no other file is touched."""

import concurrent.futures
import json
import multiprocessing

import pytest

from data_prep.errors import InputError
from gan.metrics.results import append, find, read_results, replacing_among, summary

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
    assert summary(LINE) == "kid: kid 0.5, kid_std 0.1"
    assert summary(LINE | {"name": "kid50k_full"}).startswith("kid50k_full: ")


def test_a_last_line_cut_by_a_kill_is_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    append(path, LINE)
    whole = path.read_text()
    path.write_text(whole + json.dumps(LINE)[:20])
    assert read_results(path) == [LINE]
    append(path, LINE)
    assert read_results(path) == [LINE] * 2
    assert path.read_text() == f"{whole}{json.dumps(LINE)[:20]}\n{whole}"


@pytest.mark.parametrize("length", [1, 10, 30])
def test_a_first_line_may_be_cut_too(tmp_path, length):
    path = tmp_path / "metrics.jsonl"
    path.write_text(json.dumps(LINE)[:length])
    assert read_results(path) == []
    append(path, LINE)
    assert read_results(path) == [LINE]


@pytest.mark.slow
def test_several_processes_add_and_replace_at_the_same_time(tmp_path):
    """No line is lost or torn, and the file that all replace is one of theirs."""
    path, picture = tmp_path / "metrics.jsonl", tmp_path / "sheet.bin"
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(add_many, [path] * 2, [picture] * 2, range(2)))
    lines = read_results(path)
    assert len(lines) == 2 * 50
    for writer in range(2):
        assert [line["nimg"] for line in lines if line["seed"] == writer] == list(range(50))
    assert picture.read_bytes() in {bytes([writer]) * 100_000 for writer in range(2)}
    assert {p.name for p in tmp_path.iterdir()} == {path.name, picture.name}


def add_many(path, picture, writer):
    for i in range(50):
        append(path, LINE | {"seed": writer, "nimg": i, "extractor": "x" * 3000})
        with replacing_among(picture) as partial:
            partial.write_bytes(bytes([writer]) * 100_000)


@pytest.mark.parametrize(
    "text", ["my thesis\n", '{"kind": "tick"}\n', "[1]\n", '{"metric": 3, "values": {}}\n']
)
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(InputError, match="is not a results file"):
        append(path, LINE)
    assert path.read_text() == text
