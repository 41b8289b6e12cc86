"""Copies of videos: numbered in natural order, streams unchanged, scaled on request; sources untouched."""

import json
import subprocess

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.video.codec import is_transparent, read_video, video_info, write_video
from data_prep.video.ffmpeg import Ffmpeg
from data_prep.video.reformat import CopyConfig, copy_videos, list_videos
from tests.data_prep import generated_videos as generated
from tests.data_prep.conftest import tree


@pytest.fixture
def folder(tmp_path):
    videos = tmp_path / "videos"
    videos.mkdir()
    for name in ("2.mp4", "10.mkv"):
        generated.pattern(videos / name, *generated.X264, frames=10)
    (videos / "notes.txt").write_text("no video")
    return videos


def packets(path):
    """Checksums of the packets of a video."""
    command = [
        "-i",
        str(path),
        "-map",
        "0:v",
        "-c",
        "copy",
        "-bsf:v",
        "h264_mp4toannexb",
        "-f",
        "framecrc",
        "-",
    ]
    with Ffmpeg(command, stdout=subprocess.PIPE) as ffmpeg:
        return [line.split(b",")[5] for line in ffmpeg.stdout if not line.startswith(b"#")]


def test_videos_are_numbered_in_natural_order_and_not_encoded(tmp_path, folder):
    before = tree(folder)
    made = copy_videos([folder], tmp_path / "out", CopyConfig(), numbered=True)
    assert [(row["file"], row["action"]) for row in made.rows] == [
        ("0001.mp4", "copied"),
        ("0002.mp4", "copied"),
    ]
    assert packets(tmp_path / "out" / "0001.mp4") == packets(folder / "2.mp4")
    stored = json.loads((tmp_path / "out" / "videos.json").read_text())["videos"]
    assert [row["source"] for row in stored] == [str(folder / "2.mp4"), str(folder / "10.mkv")]
    assert (stored[1]["frames"], stored[1]["fps"]) == (10, 25)
    assert {k: v for k, v in tree(folder).items() if not k.startswith(".")} == before
    assert str(made).endswith("2 videos copied")
    assert copy_videos([folder], tmp_path / "out", CopyConfig(), numbered=True).rows == stored


def test_videos_are_scaled_on_request(tmp_path, folder):
    made = copy_videos([folder / "2.mp4"], tmp_path / "out", CopyConfig("mkv", width=24), numbered=False)
    info = video_info(tmp_path / "out" / "2.mkv")
    assert (info.width_px, info.height_px, info.frames) == (24, 16, 10)
    assert made.rows[0]["action"] == "encoded"


def test_a_container_that_cannot_hold_the_stream(tmp_path):
    video = generated.pattern(tmp_path / "a.avi", "-c:v", "rawvideo", "-pix_fmt", "bgr24", frames=4)
    made = copy_videos([video], tmp_path / "out", CopyConfig(), numbered=True)
    assert made.rows[0]["action"] == "encoded"
    assert len(list(read_video(tmp_path / "out" / "0001.mp4"))) == 4
    assert (
        np.abs(next(read_video(video)).astype(int) - next(read_video(tmp_path / "out" / "0001.mp4"))).mean()
        < 8
    )


def test_a_bad_video_is_named_and_the_others_are_copied(tmp_path, folder):
    (folder / "3.mp4").write_text("not a video")
    made = copy_videos([folder], tmp_path / "out", CopyConfig(), numbered=True)
    assert list(made.failures) == ["3.mp4"]
    assert [row["file"] for row in made.rows] == ["0001.mp4", "0003.mp4"]
    with pytest.raises(InputError, match="not a readable video"):
        copy_videos([folder / "3.mp4"], tmp_path / "none", CopyConfig(), numbered=True)
    assert not (tmp_path / "none").exists()


def test_one_damaged_video_is_encoded_again(tmp_path):
    video = generated.truncated(tmp_path / "a.mp4", generated.constant(tmp_path))
    with pytest.raises(InputError, match="damaged"):
        copy_videos([video], tmp_path / "copy", CopyConfig(), numbered=True)
    copy_videos([video], tmp_path / "out", CopyConfig(reencode=True), numbered=True)
    assert video_info(tmp_path / "out" / "0001.mp4").frames > 10


def test_pixels_that_are_not_square(tmp_path):
    video = generated.pattern(tmp_path / "a.mp4", frames=4, filters="setsar=2")
    copy_videos([video], tmp_path / "out", CopyConfig(width=48), numbered=True)
    info = video_info(tmp_path / "out" / "0001.mp4")
    assert (info.width_px, info.height_px, info.pixel_aspect) == (48, 16, 1)


def test_transparent_videos_keep_their_alpha_or_are_refused(tmp_path):
    frames = [np.zeros((16, 16, 4), np.uint8) for _ in range(3)]
    write_video(iter(frames), tmp_path / "clear.webm", fps=10)
    write_video(iter([frame[..., :3] for frame in frames]), tmp_path / "opaque.gif", fps=10)
    for config in (CopyConfig(), CopyConfig("mkv", width=8)):
        out = tmp_path / config.container
        made = copy_videos([tmp_path / "clear.webm", tmp_path / "opaque.gif"], out, config, numbered=True)
        assert list(made.failures) == ["clear.webm"]
        assert "is transparent" in made.failures["clear.webm"]
    copy_videos([tmp_path / "clear.webm"], tmp_path / "kept", CopyConfig("mkv"), numbered=True)
    assert is_transparent(tmp_path / "kept" / "0001.mkv")


def test_invalid_sources_and_settings(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no videos; supported are"):
        list_videos([tmp_path / "empty"])
    with pytest.raises(InputError, match="no such file or folder"):
        list_videos([tmp_path / "none"])
    with pytest.raises(InputError, match="--width 1"):
        copy_videos([folder], tmp_path / "out", CopyConfig(width=1), numbered=True)
    generated.pattern(folder / "2.mkv", *generated.X264, frames=2)
    with pytest.raises(InputError, match="the same name"):
        copy_videos([folder], tmp_path / "out", CopyConfig(), numbered=False)
