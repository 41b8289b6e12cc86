"""Frames by number equal sequential decoding, bit for bit, in any order and from any container."""

import itertools
import random

import numpy as np
import pytest

from data_prep.errors import WorkError
from data_prep.video import clip as clips
from data_prep.video.clip import Clip
from data_prep.video.codec import read_video
from tests.data_prep import generated_videos as generated


def transport_stream(folder):
    return generated.pattern(folder / "a.ts", *generated.X264, "-g", "20", frames=40)


def program_stream(folder):
    return generated.pattern(folder / "a.mpg", "-c:v", "mpeg2video", "-bf", "2", "-g", "12", frames=40)


def without_times(folder):
    return generated.pattern(folder / "a.avi", "-c:v", "mpeg4", "-bf", "2", "-g", "12", frames=40)


def gif(folder):
    return generated.pattern(folder / "a.gif", "-loop", "0", frames=20)


def animated_webp(folder):
    return generated.pattern(folder / "a.webp", "-c:v", "libwebp_anim", "-loop", "0", frames=20)


def ten_bits(folder):
    return generated.pattern(folder / "ten.mkv", "-c:v", "ffv1", "-pix_fmt", "yuv420p10le", frames=20)


def wide_pixels(folder):
    return generated.pattern(folder / "sar.mp4", *generated.X264, "-g", "6", frames=20, filters="setsar=4/3")


def transparent(folder):
    pixels = ["-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-g", "8", "-deadline", "realtime"]
    return generated.pattern(
        folder / "a.webm", *pixels, frames=20, filters="format=yuva420p,geq=lum='X+5*N':a='8*Y'"
    )


OTHERS = (
    transport_stream,
    program_stream,
    without_times,
    gif,
    animated_webp,
    ten_bits,
    wide_pixels,
    transparent,
)


@pytest.mark.parametrize("make", [*generated.ALL, *OTHERS], ids=lambda make: make.__name__)
def test_every_frame_equals_sequential_decoding(tmp_path, make):
    video = make(tmp_path)
    expected = list(read_video(video))
    assert all((one != other).any() for one, other in itertools.pairwise(expected))
    order = list(range(len(expected)))
    random.Random(3).shuffle(order)
    with Clip(video, cache_bytes=expected[0].nbytes * 20) as clip:
        assert len(clip) == len(expected)
        # a few jumps, then steps back, then steps forward: every frame is read at least twice
        for number in [*order[:12], *reversed(range(len(expected))), *range(len(expected))]:
            frame = clip[number]
            assert (frame.number, frame.pts) == (number, clip.index.pts[number])
            np.testing.assert_array_equal(frame.image, expected[number], err_msg=f"frame {number}")


def test_slices_are_lazy_and_keep_the_numbers_of_the_video(tmp_path, monkeypatch):
    video = generated.constant(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(clips, "decode", lambda *_, **__: pytest.fail("decoded"))
        clip = Clip(video)
        part = clip[10:50:4][1:]
        assert (len(clip), len(part), list(part.numbers)) == (64, 9, list(range(14, 50, 4)))
        assert len(clip[::-1]) == 64
    expected = list(read_video(video))
    for frame, number in zip(part, range(14, 50, 4), strict=True):
        assert (frame.number, frame.time_sec) == (number, number / 25)
        np.testing.assert_array_equal(frame.image, expected[number])
    assert part[-1].number == clip[46].number == 46
    with pytest.raises(IndexError):
        part[9]
    assert clip.at(1.02).number == 25
    clip.close()


def test_gray_frames(tmp_path):
    video = generated.constant(tmp_path)
    with Clip(video, mode="gray") as clip:
        for number in (40, 3):
            expected = list(read_video(video, mode="gray"))[number]
            np.testing.assert_array_equal(clip[number].image, expected)


def test_steps_use_one_process_and_jumps_another_one(tmp_path, monkeypatch):
    video = generated.constant(tmp_path)
    starts = []

    def counted(*arguments, **options):
        starts.append(options["seek"])
        return original(*arguments, **options)

    original = clips.decode
    monkeypatch.setattr(clips, "decode", counted)
    monkeypatch.setattr(clips, "AHEAD", 5)
    with Clip(video) as clip:
        for number in [*range(10), *range(9, 0, -1)]:
            clip[number]
        assert len(starts) == 1
        for number in (50, 51):
            clip[number]
        assert [bool(seek) for seek in starts] == [False, True]
        for number in (49, 48):  # decoded together
            clip[number]
        assert [bool(seek) for seek in starts] == [False, True, True]


def test_the_cache_is_bounded(tmp_path):
    with Clip(generated.constant(tmp_path), cache_bytes=5 * 48 * 32 * 3) as clip:
        for frame in clip:
            assert frame.image.shape == (32, 48, 3)
        assert len(clip._decoder._cache) == 5


def test_containers_in_which_seeking_misses_are_decoded_from_the_start(tmp_path):
    """As if a transport stream were trusted: the first frame after the seek has another time."""
    video = transport_stream(tmp_path)
    expected = list(read_video(video))
    index = clips.read_index(video)
    assert not index.seekable
    trusted = clips.FrameIndex(index.video, index.tick_sec, index.pts, index.durations, index.keys, True)
    with Clip(video, index=trusted) as clip:
        for number in (30, 10, 39):
            np.testing.assert_array_equal(clip[number].image, expected[number])


def test_an_index_of_another_video_is_noticed(tmp_path):
    index = clips.read_index(generated.constant(tmp_path))
    shifted = clips.FrameIndex(
        index.video, index.tick_sec, index.pts + 100, index.durations, index.keys, index.seekable
    )
    with Clip(index.video, index=shifted) as clip, pytest.raises(WorkError, match="at the listed times"):
        clip[0]
