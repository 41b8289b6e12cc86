"""Sheets show what was chosen, in order."""

import numpy as np
import pytest
from PIL import Image

from animate.sheets import seed_sheet, video_sheet, write_sheet
from data_prep.errors import InputError
from data_prep.video.codec import write_video
from data_prep.video.ffmpeg import finish


def test_seeds_are_shown_in_order(generator):
    both = seed_sheet(generator, [3, 7], columns=2, tile_px=24)
    other = seed_sheet(generator, [7, 3], columns=2, tile_px=24)
    assert both.shape == other.shape
    assert not np.array_equal(both, other)


def test_frames_are_at_equal_intervals(tmp_path):
    write_video((np.full((16, 16, 3), 10 * i, np.uint8) for i in range(12)), tmp_path / "a.gif", fps=10)
    sheet = video_sheet(tmp_path / "a.gif", rows=1, columns=4, tile_px=16)
    assert (sheet.frames, sheet.total) == ([0, 3, 6, 9], 12)
    with pytest.raises(InputError, match="--rows 0"):
        video_sheet(tmp_path / "a.gif", rows=0)


def test_another_sheet_is_not_replaced(tmp_path):
    out, sheet = tmp_path / "a.png", np.zeros((4, 4, 3), np.uint8)
    write_sheet(out, sheet)
    write_sheet(out, sheet)
    with pytest.raises(InputError, match="--overwrite"):
        write_sheet(out, sheet + 1)
    write_sheet(out, sheet + 1, overwrite=True)


def test_times_of_held_frames(tmp_path):
    frames = [Image.new("L", (16, 16), 80 * k) for k in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[100, 800, 100])
    sheet = video_sheet(tmp_path / "a.gif", rows=1, columns=5, tile_px=16)
    assert (sheet.frames, sheet.total) == ([0, 2, 4, 6, 8], 10)


def test_audio_has_no_sheet(tmp_path):
    make = ["-f", "lavfi", "-i", "sine=d=0.1", "-f", "lavfi", "-i", "color=red:s=16x16:r=1:d=1"]
    cover = ["-map", "0", "-map", "1", "-c:v", "png", "-frames:v", "1", "-disposition:v", "attached_pic"]
    finish([*make, *cover, "-y", str(tmp_path / "a.m4a")], tmp_path)
    with pytest.raises(InputError, match="audio with a cover picture"):
        video_sheet(tmp_path / "a.m4a")
