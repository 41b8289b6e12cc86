"""A training that cannot start: refused before a run folder exists."""

import pytest

from configs.gan import field_tiny
from data_prep.errors import InputError
from data_prep.records.dataset import Dataset
from gan.config import replace
from gan.data.reals import open_reals
from gan.runs.run_folder import certify
from gan.training import train_run, with_statistics


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"channels": 3}, "--channels 3"),
        ({"resolution": 16}, "--resolution 16"),
        ({"batch_size": 512}, "batch"),
        ({"conditional": True}, "--conditional"),
    ],
)
def test_what_does_not_fit_the_dataset_leaves_no_folder(tiny, small_tiles, tmp_path, changed, message):
    with pytest.raises(InputError, match=message):
        train_run(replace(tiny, **changed), small_tiles, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_statistics_are_measured_once_and_stay_those_of_the_run(small_tiles, tmp_path):
    config = replace(field_tiny.CONFIG, resolution=None)
    reals = open_reals(Dataset(small_tiles), config)
    measured = with_statistics(config, reals, small_tiles)
    assert len(measured.network.statistics_table) == 2 * (1 + 3 + 1)
    assert with_statistics(config, reals, small_tiles) == measured
    other = replace(config, statistics_table=(1.0,))
    assert with_statistics(other, reals, small_tiles) is other
    run = tmp_path / "run"
    certify(run, other, {"content_hash": "0"})
    assert with_statistics(config, reals, small_tiles, run=run) == other
    without = replace(config, statistics=0)
    assert with_statistics(without, reals, small_tiles) is without


def test_more_statistics_than_images_have_are_refused(small_tiles):
    config = replace(field_tiny.CONFIG, resolution=None, statistics=5)
    reals = open_reals(Dataset(small_tiles), config)
    reals.image_shape = (12, 12, 1)
    with pytest.raises(InputError, match="--statistics 5: images of 12 x 12 px have 3 statistics"):
        with_statistics(config, reals, small_tiles)
