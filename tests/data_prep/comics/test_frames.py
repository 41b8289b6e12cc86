"""Frames of videos: at a rate by time, without excluded ranges and held drawings, with number and pts."""

import dataclasses
import json

import numpy as np
import pytest

from data_prep.comics.frames import FramesConfig, choose_frames, write_frames
from data_prep.errors import InputError
from data_prep.images import read_image
from data_prep.records.dataset import Dataset
from data_prep.records.tile_files import TileFiles
from data_prep.video.codec import read_video, write_video
from data_prep.video.exclusions import exclude_times, write_exclusions
from data_prep.video.frame_index import read_index
from tests.data_prep import generated_videos as generated
from tests.data_prep.comic_videos import blobs

ALL = FramesConfig(fps="all")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return generated.constant(tmp_path_factory.mktemp("frames"))


def test_frames_are_those_shown_at_the_times_of_the_rate(video, tmp_path):
    index = read_index(video)
    chosen = choose_frames(index, FramesConfig(fps=12, start="0.5", end="1.5"))
    assert list(chosen.frames) == [int((0.5 + k / 12) * 25 + 1e-6) for k in range(12)]
    assert choose_frames(index, FramesConfig(fps=25)).frames == tuple(range(64))
    assert choose_frames(index, FramesConfig(fps=100)).frames == tuple(range(64))
    assert choose_frames(index, dataclasses.replace(ALL, start="2")).frames == tuple(range(50, 64))
    assert choose_frames(index, FramesConfig(fps=0.0004)).frames == (0,)
    slow = read_index(generated.variable(tmp_path))
    chosen = choose_frames(slow, FramesConfig(fps=10)).frames
    times = [k / 10 for k in range(100) if k / 10 < float(slow.duration_sec)]
    assert list(chosen) == sorted({int(np.flatnonzero(slow.times_sec() <= t + 1e-6)[-1]) for t in times})


def test_records_have_their_frame_and_pts(video, tmp_path):
    made = write_frames([video], tmp_path / "out", FramesConfig(fps=5))
    dataset, expected, index = Dataset(tmp_path / "out"), list(read_video(video)), read_index(video)
    assert made.count == len(dataset) == 13
    for record in (dataset[k] for k in range(len(dataset))):
        frame = record.source["frame"]
        assert record.source == {
            "video": "constant.mp4",
            "frame": frame,
            "pts": int(index.pts[frame]),
            "time_s": frame / 25,
        }
        np.testing.assert_array_equal(record.image, expected[frame])
    assert "already done" in str(write_frames([video], tmp_path / "out", FramesConfig(fps=5)))


def test_files_are_listed_with_their_frame_and_pts(video, tmp_path):
    config = FramesConfig(fps=2, size=16, fit="stretch", mode="gray")
    write_frames([video], tmp_path / "out", config, files=TileFiles(format="png"))
    rows = json.loads((tmp_path / "out" / "frames.json").read_text())
    assert [row["frame"] for row in rows] == [0, 12, 25, 37, 50, 62]
    assert rows[1]["pts"] == read_index(video).pts[12]
    assert rows[1]["file"] == "constant_f000012.png"
    assert read_image(tmp_path / "out" / rows[1]["file"], mode="gray").shape == (16, 16, 1)


def test_excluded_frames_are_left_out(video, tmp_path):
    index = read_index(video)
    entry = exclude_times(index, 0.4, 2.0, reason="titles")
    write_exclusions(tmp_path / "exclusions.json", {video.name: [entry]})
    lines = []
    write_frames([video], tmp_path / "out", ALL, exclude_file=tmp_path / "exclusions.json", warn=lines.append)
    dataset = Dataset(tmp_path / "out")
    assert [dataset[k].source["frame"] for k in range(len(dataset))] == [*range(10), *range(51, 64)]
    assert lines == ["constant.mp4: 23 frames; left out: 41 excluded frames, 0 held"]
    beyond = dataclasses.replace(entry, last_frame=99)
    write_exclusions(tmp_path / "exclusions.json", {video.name: [beyond]})
    with pytest.raises(InputError, match=r"exclusions.json: constant.mp4: range 0: frame 99 lies beyond"):
        write_frames([video], tmp_path / "other", ALL, exclude_file=tmp_path / "exclusions.json")
    assert not (tmp_path / "other").exists()


def test_held_drawings_are_left_out(tmp_path):
    """On twos and threes, encoded; one drawing differs only in a small part."""
    rng = np.random.default_rng(0)
    drawings = [blobs(rng, 216, 288) for _ in range(5)]
    drawings[3] = drawings[2].copy()
    drawings[3][90:108, 135:153] = 255 - drawings[2][90:108, 135:153]
    held = [drawing for drawing, count in zip(drawings, (2, 3, 2, 2, 3), strict=True) for _ in range(count)]
    write_video(iter(held), tmp_path / "a.mp4", fps=24, crf=23)
    chosen = choose_frames(read_index(tmp_path / "a.mp4"), FramesConfig(fps="all", drop_held=True))
    assert (chosen.frames, chosen.held) == ((0, 2, 5, 7, 9), 7)


def test_several_videos(video, tmp_path):
    other = generated.pattern(tmp_path / "other.mp4", frames=10, size="32x16")
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video")
    with pytest.raises(InputError, match=r"differ in size .*other.mp4 32 x 16 px.*--size"):
        write_frames([video, other], tmp_path / "out", ALL)
    made = write_frames([video, broken, other], tmp_path / "out", dataclasses.replace(ALL, size=8))
    assert made.count == 74
    assert list(made.failures) == ["broken.mp4"]
    dataset = Dataset(tmp_path / "out")
    assert dataset[70].source["video"] == "other.mp4"
    assert dataset[70].source["frame"] == 6


@pytest.mark.parametrize("layout", ["png", "records"])
def test_the_others_are_written_if_a_video_is_damaged_or_too_short(video, tmp_path, layout):
    damaged = generated.damaged_inside(tmp_path / "damaged.mp4")
    short = generated.pattern(tmp_path / "short.mp4", frames=2)
    config = dataclasses.replace(ALL, start="0.4")
    made = write_frames([damaged, short, video], tmp_path / "out", config, files=TileFiles(format=layout))
    assert set(made.failures) == {"damaged.mp4", "short.mp4"}
    if layout == "png":
        rows = json.loads((tmp_path / "out" / "frames.json").read_text())
        assert all((tmp_path / "out" / row["file"]).is_file() for row in rows)
        frames = [row["frame"] for row in rows if row["video"] == video.name]
    else:
        dataset = Dataset(tmp_path / "out")
        sources = [dataset[k].source for k in range(len(dataset))]
        frames = [source["frame"] for source in sources if source["video"] == video.name]
        assert made.count == len(sources) < 2 * len(frames)
    assert frames == list(range(10, 64))


def test_files_of_a_video_with_a_long_name(tmp_path):
    video = generated.pattern(tmp_path / "a.mp4", frames=2).rename(tmp_path / f"{'a' * 250}.mp4")
    write_frames([video], tmp_path / "out", ALL, files=TileFiles(format="png"))
    assert len(list((tmp_path / "out").glob("aaa*_f00000?.png"))) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fps": 0}, "--fps 0"),
        ({"start": "3"}, "--start 3: constant.mp4 ends after 2.560 s"),
        ({"start": "2", "end": "1"}, "--end 1: must be after --start 2"),
        ({"start": "x"}, "--start x: must be a time"),
        ({"held_change": 300}, "--held-change"),
        ({"size": 0}, "--size"),
    ],
)
def test_invalid_settings_write_nothing(video, tmp_path, change, reason):
    with pytest.raises(InputError, match=reason):
        write_frames([video], tmp_path / "out", dataclasses.replace(FramesConfig(), **change))
    assert not (tmp_path / "out").exists()
