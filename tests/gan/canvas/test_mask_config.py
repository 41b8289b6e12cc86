"""Flags of a mask that need each other."""

from pathlib import Path

import pytest

from data_prep.errors import InputError
from gan.canvas.mask_config import MaskConfig

MASK = Path("mask.png")


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"mask_seed": 3}, "--mask-seed 3: requires --mask IMAGE"),
        ({"mask_run": Path("run")}, "--mask-run run: requires --mask IMAGE"),
        ({"mask": MASK}, "--mask mask.png: pass --mask-seed SEED or --mask-run RUN"),
        ({"mask": MASK, "mask_seed": -1}, "--mask-seed -1: must be 0"),
    ],
)
def test_incomplete_flags_are_named(fields, part):
    with pytest.raises(InputError, match=part):
        MaskConfig(**fields).check()


def test_complete_flags():
    MaskConfig().check()
    MaskConfig(mask=MASK, mask_seed=1, mask_run=Path("run")).check()
