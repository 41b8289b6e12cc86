"""Fields of configs: what is resumable, and what is left to be resolved."""

import pytest

from gan.config import RESUMABLE, TrainConfig
from gan.config_fields import number, resumable


def test_numbers_of_unresolved_fields_raise():
    assert number(3) == 3
    assert number(0.5) == 0.5
    with pytest.raises(ValueError, match="resolve"):
        number("auto")


def test_resumable_fields_change_no_shapes_and_no_data():
    assert resumable(3).metadata["resumable"]
    assert {"total_nimg", "learning_rate", "augment_p", "pages_in"} <= RESUMABLE
    assert not {"seed", "batch_size", "resolution", "family", "network", "tile_px", "z_dim"} & RESUMABLE
    assert TrainConfig().total_nimg == 1_000_000
