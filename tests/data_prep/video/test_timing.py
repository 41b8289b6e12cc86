"""Times of frames: which rate keeps them, for regular, held and jittered ones."""

import os
import subprocess
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from data_prep.video.ffmpeg import Ffmpeg, finish
from data_prep.video.sources import count_decoded, frame_count_and_fps, read_frames, resampling
from data_prep.video.timing import MAX_FAST_RATE, MAX_RATE, constant_rate, read_timing

NTSC = Fraction(30000, 1001)


def starts(*lengths):
    return np.concatenate([[0], np.cumsum(lengths)])


@pytest.mark.parametrize(
    ("lengths", "rate"),
    [
        ([0.04] * 50, None),
        ([0.033, 0.033, 0.034] * 40, None),  # a constant rate in whole milliseconds
        ([1.0], None),
        ([0.1] * 10 + [0.5] * 10, 10),
        ([0.1, 0.1, 2.0], 10),
        ([0.5, 0.25, 0.5], 4),
        ([0.04, 0.06, 0.2] * 5, 50),
        ([1.5, 2.0, 3.0], 2),
        ([1 / float(NTSC)] * 20 + [2 / float(NTSC)] + [1 / float(NTSC)] * 500, NTSC),  # a frame was dropped
        ([0.0137, 0.0291, 0.0173, 0.0411] * 30, MAX_FAST_RATE),
        ([0.0237, 0.0391, 0.0573, 0.0411] * 30, MAX_RATE),
        ([0.1, 0.0, 0.3], None),  # times that do not ascend
    ],
)
def test_the_lowest_rate_that_fits(lengths, rate):
    assert constant_rate(starts(*lengths)) == rate


@pytest.mark.parametrize("rate", [120, 144, 165, 240])
def test_high_rates_in_whole_milliseconds_are_constant(rate):
    assert constant_rate(np.round(np.arange(500) / rate, 3)) is None


def test_random_times_on_a_grid_have_its_rate():
    rng = np.random.default_rng(0)
    for rate in (7, 12, 25, 50):
        lengths = rng.integers(1, 9, 40)
        lengths[:2] = 1, 2
        found = constant_rate(starts(*(lengths / rate)))
        assert found is not None
        assert found <= rate
        position = starts(*(lengths / rate)) * float(found)
        assert np.abs(position - position.round()).max() <= 0.03


def held(path, lengths_ms):
    """An animation whose frame k is gray 20 k."""
    frames = [Image.new("L", (16, 16), 20 * k) for k in range(len(lengths_ms))]
    path.parent.mkdir(exist_ok=True)
    kind = {".apng": "png"}.get(path.suffix, path.suffix[1:])
    frames[0].save(
        path, format=kind, save_all=True, append_images=frames[1:], duration=lengths_ms, loop=0, lossless=True
    )
    return path


@pytest.mark.parametrize("suffix", [".gif", ".apng", ".webp"])
def test_held_frames_are_repeated(tmp_path, suffix):
    lengths = [100, 100, 300, 100, 1400]
    clip = held(tmp_path / f"held{suffix}", lengths)
    shown = [round(float(frame.mean()) / 20) for frame in read_frames(clip)]
    assert shown == [0, 1, 2, 2, 2, 3] + [4] * 14
    assert frame_count_and_fps(clip, None) == (20, 10.0)
    assert count_decoded(clip) == 20
    assert "0.1 to 1.4 s" in (resampling(clip) or "")
    assert frame_count_and_fps(clip, 25) == (20, 25)


def test_regular_animations_stay_as_they_are(tmp_path):
    clip = held(tmp_path / "even.gif", [80] * 4)
    assert len(list(read_frames(clip))) == 4
    assert frame_count_and_fps(clip, None) == (4, 12.5)
    assert resampling(clip) is None


def test_variable_rate_of_a_video_file(tmp_path):
    """Two parts of 10 and 4 frames/s in Matroska, whose times are whole milliseconds."""
    held(tmp_path / "held.gif", [100] * 5 + [250] * 4)
    finish(
        ["-i", str(tmp_path / "held.gif"), "-fps_mode", "passthrough", "-y", str(tmp_path / "clip.mkv")],
        tmp_path,
    )
    timing = read_timing(tmp_path / "clip.mkv")
    assert timing.constant_fps in (10, 20)
    assert timing.frames == pytest.approx(1.5 * float(timing.constant_fps), abs=1)
    assert timing.packets == 9


def test_streams_without_time_stamps_keep_their_rate(tmp_path):
    make = [
        "-f",
        "lavfi",
        "-i",
        "testsrc=s=32x32:r=10:d=1",
        "-pix_fmt",
        "yuv420p",
        "-y",
        str(tmp_path / "raw.h264"),
    ]
    with Ffmpeg(make, stdout=subprocess.DEVNULL) as ffmpeg:
        assert not ffmpeg.failed()
    timing = read_timing(tmp_path / "raw.h264")
    assert (timing.packets, timing.fps, timing.constant_fps) == (10, 10.0, None)


def test_a_changed_file_is_read_again(tmp_path):
    clip = held(tmp_path / "a.gif", [100] * 3)
    assert frame_count_and_fps(clip, None)[0] == 3
    held(clip, [100] * 5)
    os.utime(clip, ns=(1, 1))
    assert frame_count_and_fps(clip, None)[0] == 5


def test_case_variable_rate(cases):
    clip = cases / "video-vfr" / "vfr.mp4"
    assert frame_count_and_fps(clip, None) == (60, 10.0)
    assert count_decoded(clip) == 60
