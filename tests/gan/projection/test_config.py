"""Options of a projection."""

import dataclasses

import pytest

from data_prep.errors import InputError
from gan.projection.config import ProjectionConfig


@pytest.mark.parametrize(
    ("values", "flag"),
    [
        ({"steps": 0}, "--steps 0: must be at least 1"),
        ({"batch": 0}, "--batch 0: must be at least 1"),
        ({"smoothness": -1.0}, "--smoothness -1.0: must be at least 0"),
        ({"noise_fraction": 1.5}, "--noise-fraction 1.5: must be from 0 to 1"),
        ({"learning_rate": float("nan")}, "--learning-rate nan: must be a finite number"),
        ({"perceptual_weight": 0.0, "pixel_weight": 0.0}, "--perceptual-weight 0 --pixel-weight 0"),
        ({"seed": -1}, "--seed -1"),
    ],
)
def test_invalid_values_name_the_flag(values, flag):
    ProjectionConfig().check()
    with pytest.raises(InputError, match=flag):
        dataclasses.replace(ProjectionConfig(), **values).check()
