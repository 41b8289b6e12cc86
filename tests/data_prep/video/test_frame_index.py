"""The list of frames: numbers, times and keys, as decoding gives them; cached; bad files are named."""

import json
import re
from fractions import Fraction

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.video import frame_index
from data_prep.video.codec import SELECTED, read_video
from data_prep.video.ffmpeg import Ffmpeg
from data_prep.video.frame_index import read_index
from tests.data_prep import generated_videos as generated


def decoded_pts(path):
    """pts of all frames, as the filter showinfo prints them in a whole decode."""
    command = [
        "-loglevel",
        "info",
        "-i",
        str(path),
        *SELECTED,
        "-vf",
        "showinfo=checksum=0",
        "-f",
        "null",
        "-",
    ]
    with Ffmpeg(command) as ffmpeg:
        log = ffmpeg.log()
    return [int(pts) for pts in re.findall(r"\bn: *\d+ pts: *(-?\d+)", log)]


@pytest.mark.parametrize("make", generated.ALL, ids=lambda make: make.__name__)
def test_frames_are_those_of_the_decoder(tmp_path, make):
    video = make(tmp_path)
    index = read_index(video)
    assert index.pts.tolist() == decoded_pts(video)
    assert index.keys[0]
    assert index.seekable
    assert (index.durations > 0).all()
    for frame in range(0, len(index), 5):
        assert index.frame_at(Fraction(int(index.pts[frame] - index.pts[0])) * index.tick_sec) == frame
        assert index.frame_at(index.time_sec(frame)) == frame
        assert (
            index.frame_at(index.time_sec(frame) + float(index.durations[frame] * index.tick_sec) / 2)
            == frame
        )


def test_groups_and_times(tmp_path):
    index = read_index(generated.constant(tmp_path))
    assert np.flatnonzero(index.keys).tolist() == [0, 12, 24, 36, 48, 60]
    assert [index.group_start(frame) for frame in (0, 11, 12, 63)] == [0, 0, 12, 60]
    assert (len(index), index.fps, index.duration_sec) == (64, 25, Fraction(64, 25))
    assert index.time_sec(50) == 2.0
    assert (index.frame_at(-1), index.frame_at(99)) == (0, 63)
    assert index.stamp(3) == {"frame": 3, "pts": int(index.pts[3])}


def test_packets_that_are_not_shown_are_no_frames(tmp_path):
    """An mp4 that was cut without encoding has an edit list that hides its first frames."""
    whole = generated.pattern(tmp_path / "whole.mkv", *generated.X264, "-g", "30")
    part = tmp_path / "part.mp4"
    generated.finish(["-ss", "0.5", "-i", str(whole), "-c", "copy", "-y", str(part)], part)
    index = read_index(part)
    assert len(index) == sum(1 for _ in read_video(part)) < 64
    assert index.pts.tolist() == decoded_pts(part)


def test_files_without_times_are_decoded(tmp_path):
    video = generated.pattern(tmp_path / "a.avi", "-c:v", "mpeg4", "-bf", "2", frames=20)
    index = read_index(video)
    assert index.pts.tolist() == decoded_pts(video)
    assert len(index) == 20
    assert not index.seekable


def test_the_index_is_cached_until_the_video_changes(tmp_path, monkeypatch):
    video = generated.constant(tmp_path)
    first = read_index(video)
    stored = tmp_path / ".constant.mp4.index.json"
    assert json.loads(stored.read_text())["pts"] == first.pts.tolist()
    with monkeypatch.context() as patched:
        patched.setattr(frame_index, "_from_packets", lambda video: pytest.fail("listed again"))
        again = read_index(video)
    for name in ("tick_sec", "pts", "durations", "keys", "seekable"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    generated.pattern(video, frames=10)
    assert len(read_index(video)) == 10
    stored.write_text("{")
    assert len(read_index(video)) == 10


def test_an_index_is_not_written_on_request_or_into_a_read_only_folder(tmp_path, monkeypatch):
    video = generated.constant(tmp_path)
    read_index(video, cache=False)
    assert [path.name for path in tmp_path.iterdir()] == ["constant.mp4"]

    def refuse(path, value, **options):
        raise PermissionError(13, "read-only", str(path))

    monkeypatch.setattr(frame_index, "write_json", refuse)
    assert len(read_index(video)) == 64


def test_an_index_whose_name_would_be_too_long_is_not_written(tmp_path):
    video = generated.pattern(tmp_path / "a.mp4", frames=4).rename(tmp_path / f"{'a' * 246}.mp4")
    assert len(read_index(video)) == 4
    assert list(tmp_path.iterdir()) == [video]


def test_stamps_of_another_video_are_refused(tmp_path):
    index = read_index(generated.constant(tmp_path))
    index.check_stamp(5, int(index.pts[5]), where="tags.json")
    with pytest.raises(
        InputError, match=r"^tags.json: frame 64 lies beyond the end of constant.mp4, .* 64 fr"
    ):
        index.check_stamp(64, 0, where="tags.json")
    with pytest.raises(InputError, match=r"frame 5 has pts 1, but"):
        index.check_stamp(5, 1, where="tags.json")


@pytest.mark.parametrize("fraction", [0.5, 0.6, 0.7, 0.8, 0.9, 0.97])
def test_truncated_files_are_named(tmp_path, fraction):
    whole = generated.pattern(tmp_path / "whole.mkv", *generated.X264, frames=30)
    (tmp_path / "cut.mkv").write_bytes(whole.read_bytes()[: int(whole.stat().st_size * fraction)])
    generated.truncated(tmp_path / "cut.mp4", whole, fraction=fraction)
    for name in ("cut.mkv", "cut.mp4"):
        with pytest.raises(
            InputError, match=rf"{name} is damaged or truncated after \d+ frames .*copy it again"
        ):
            read_index(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("audio.mp4", "is audio, not a video"),
        ("empty.mp4", "is empty; copy it again"),
        ("text.mp4", "is not a readable video"),
        ("none.mp4", "no such file"),
        ("headless.mp4", "is truncated or not yet complete .*; copy it again"),
    ],
)
def test_bad_files_are_named(tmp_path, name, reason):
    generated.audio_only(tmp_path / "audio.mp4")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("not a video\n" * 40)
    whole = generated.constant(tmp_path)
    (tmp_path / "headless.mp4").write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(InputError, match=f"{name}.*{reason}") as caught:
        read_index(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob(".*"))
