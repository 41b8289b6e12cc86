"""A training that cannot start: refused before a run folder exists."""

import pytest

from data_prep.errors import InputError
from gan.config import replace
from gan.training import train_run


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
