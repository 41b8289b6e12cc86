"""Settings of fills: invalid values name the flag."""

import pytest

from data_prep.errors import InputError
from fill.config import BlobConfig, FolderConfig, PaletteConfig, SpecConfig, VideoConfig


@pytest.mark.parametrize(
    ("config", "flag"),
    [
        (BlobConfig(threshold=255), "--threshold 255"),
        (BlobConfig(min_region_px=-1), "--min-region-px -1"),
        (BlobConfig(close_gaps_px=33), "--close-gaps-px 33"),
        (SpecConfig(margin=0.6), "--margin 0.6"),
        (SpecConfig(max_turn_deg=46), "--max-turn-deg 46"),
        (SpecConfig(threshold=-1), "--threshold -1"),
        (VideoConfig(memory_frames=-1), "--memory-frames -1"),
        (PaletteConfig(palette_colors=-1), "--palette-colors -1"),
        (FolderConfig("out", seed=2**32), "--seed 4294967296"),
        (FolderConfig("out", batch=0), "--batch 0"),
        (FolderConfig("out", png_level=10), "--png-level 10"),
    ],
)
def test_invalid_values_name_the_flag(config, flag):
    with pytest.raises(InputError, match=flag):
        config.check()


@pytest.mark.parametrize("config", [BlobConfig, SpecConfig, VideoConfig, PaletteConfig])
def test_defaults_are_valid(config):
    config().check()
