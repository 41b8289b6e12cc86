"""Networks of runs, loaded once."""

import json

import pytest

from data_prep.errors import InputError
from studio.generators import cached, dataset_of, generator_of, typed


def test_a_value_is_loaded_once_and_the_oldest_are_dropped():
    loads = []

    def value(key):
        return cached(("test", key), lambda: loads.append(key) or key, most=2)

    assert [value(key) for key in "aabca"] == list("aabca")
    assert loads == list("abca")


def test_datasets_of_runs(studio, root):
    run = root / "run"
    run.mkdir()
    (run / "config.json").write_text(json.dumps({"data": {"folder": "elsewhere/tiles"}}))
    with pytest.raises(InputError, match="elsewhere/tiles"):
        dataset_of(studio.project, run)
    (root / "own" / "tiles").mkdir(parents=True)
    (root / "own" / "tiles" / "dataset.json").write_text("{}")
    assert typed(studio.project, dataset_of(studio.project, run)) == "own/tiles"  # moved here
    with pytest.raises(InputError, match="no generator yet"):
        generator_of(run)
