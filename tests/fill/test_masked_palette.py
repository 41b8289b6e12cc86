"""Flags of a second palette, and what identifies it."""

from pathlib import Path

import numpy as np
import pytest

from data_prep.errors import InputError
from fill.masked_palette import MaskedPalette, MaskedPaletteConfig


def test_both_flags_are_needed():
    MaskedPaletteConfig().check()
    MaskedPaletteConfig(Path("mask.png"), "ink").check()
    with pytest.raises(InputError, match=r"--mask-palette ink: requires --mask IMAGE"):
        MaskedPaletteConfig(mask_palette="ink").check()
    with pytest.raises(InputError, match=r"--mask mask.png: pass --mask-palette PALETTE"):
        MaskedPaletteConfig(Path("mask.png")).check()


def test_palette_and_mask_identify_it():
    image = np.zeros((2, 3, 3), np.uint8)
    first = MaskedPalette(image, image).settings()
    assert first == MaskedPalette(image.copy(), image.copy()).settings()
    assert first != MaskedPalette(image + 1, image).settings()
    assert first != MaskedPalette(image, image + 1).settings()
