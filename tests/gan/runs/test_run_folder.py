"""A run folder of several processes: one of them writes it."""

import json

import jax
import pytest

from data_prep.errors import InputError
from data_prep.records.dataset import Dataset
from gan.config import replace, to_json
from gan.data.reals import RecordReals
from gan.runs.run_folder import FILE, check_same, open_run


def test_only_the_first_process_writes(tiles, tiny, tmp_path, monkeypatch):
    dataset, run = Dataset(tiles), tmp_path / "run"
    reals = RecordReals(dataset)
    monkeypatch.setattr(jax, "process_index", lambda: 1)
    with pytest.raises(InputError, match="give all processes the same --run"):
        open_run(run, tiny, dataset, reals)
    assert not run.exists()
    monkeypatch.setattr(jax, "process_index", lambda: 0)
    assert open_run(run, tiny, dataset, reals) == (tiny, {})
    written = (run / FILE).read_bytes()
    other = replace(tiny, learning_rate=0.5)
    monkeypatch.setattr(jax, "process_index", lambda: 1)
    assert open_run(run, tiny, dataset, reals) == (tiny, {})
    open_run(run, other, dataset, reals)
    assert (run / FILE).read_bytes() == written
    monkeypatch.setattr(jax, "process_index", lambda: 0)
    assert open_run(run, other, dataset, reals)[1] == {"learning_rate": (tiny.optim.learning_rate, 0.5)}
    assert (run / FILE).read_bytes() != written


def test_one_process_agrees_with_itself(tiles, tiny):
    check_same(tiny, Dataset(tiles))


def test_what_differs_is_told(tiles, tiny, tmp_path, monkeypatch):
    """What process 0 says stands in for it: another rate, other images."""
    theirs = {"train": to_json(replace(tiny, tick_nimg=7)), "content_hash": "0" * 16}
    monkeypatch.setattr("gan.runs.run_folder.from_first", lambda text: json.dumps(theirs))
    with pytest.raises(
        InputError, match=f"tick_nimg is 7 there, {tiny.intervals.tick_nimg} here, .* other images"
    ):
        check_same(tiny, Dataset(tiles))
