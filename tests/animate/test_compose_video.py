"""Videos of videos: written once, with their background and size."""

import numpy as np
import pytest
from PIL import Image

from animate.compose import ComposeConfig
from animate.compose_config import SizeConfig
from animate.compose_video import Background, compose_video
from data_prep.errors import InputError
from data_prep.images import list_images, read_image
from data_prep.video.codec import read_video, video_info, write_video
from data_prep.video.export import Encoding


@pytest.fixture
def source(tmp_path):
    write_video((np.full((8, 12, 3), 20 * i, np.uint8) for i in range(5)), tmp_path / "a.gif", fps=5)
    return tmp_path / "a.gif"


def test_a_video_is_inverted_once(tmp_path, source):
    out, config = tmp_path / "out", ComposeConfig(invert=True)
    made = compose_video(source, out, config, encoding=Encoding())
    assert (made.frames, made.seconds) == (5, 1.0)
    levels = [int(read_image(file).max()) for file in list_images(out)]
    assert levels == [255 - 20 * i for i in range(5)]
    assert str(compose_video(source, out, config, encoding=Encoding())).endswith("already done")


def test_streams_of_a_transparent_video_are_not_copied_into_mp4(tmp_path):
    write_video(iter([np.zeros((8, 12, 4), np.uint8)] * 3), tmp_path / "clear.webm", fps=5)
    made = compose_video(tmp_path / "clear.webm", tmp_path / "a.mp4", ComposeConfig(), encoding=Encoding())
    assert not made.copied
    assert next(iter(read_video(tmp_path / "a.mp4"))).min() > 250
    kept = compose_video(tmp_path / "clear.webm", tmp_path / "a.webm", ComposeConfig(), encoding=Encoding())
    assert kept.copied


def test_sound_that_cannot_be_read_is_left_out_with_a_warning(tmp_path, monkeypatch):
    write_video(iter([np.zeros((8, 12, 3), np.uint8)] * 3), tmp_path / "a.mp4", fps=5)
    monkeypatch.setattr("data_prep.video.audio.has_audio", lambda video: True)
    messages: list[str] = []
    made = compose_video(
        tmp_path / "a.mp4",
        tmp_path / "b.mp4",
        ComposeConfig(invert=True),
        encoding=Encoding(),
        warn=messages.append,
    )
    assert made.frames == video_info(tmp_path / "b.mp4").frames == 3
    assert "its sound cannot be read" in messages[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


def test_one_side_preserves_the_proportions(tmp_path, source):
    compose_video(source, tmp_path / "out", ComposeConfig(), size=SizeConfig(width=24), encoding=Encoding())
    assert read_image(list_images(tmp_path / "out")[0]).shape[:2] == (16, 24)


def test_a_missing_background_is_named(tmp_path, source):
    with pytest.raises(InputError, match=r"--background .*none\.png"):
        compose_video(
            source,
            tmp_path / "out",
            ComposeConfig(background=True),
            background=Background(str(tmp_path / "none.png")),
            encoding=Encoding(),
        )


def test_held_frames_keep_their_times_and_are_reported(tmp_path):
    frames = [Image.new("L", (12, 8), 40 * k) for k in range(4)]
    frames[0].save(
        tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[100, 300, 100, 1500]
    )
    messages: list[str] = []
    out = tmp_path / "out.mp4"
    made = compose_video(
        tmp_path / "a.gif", out, ComposeConfig(invert=True), encoding=Encoding(crf=0), warn=messages.append
    )
    assert (made.frames, made.seconds) == (20, 2.0)
    assert len(messages) == 1
    assert "repeated at 10 frames/s" in messages[0]
    info = video_info(out)
    assert (info.frames, info.fps, info.timing.constant_fps) == (20, 10, None)
    again = compose_video(
        tmp_path / "a.gif", out, ComposeConfig(invert=True), encoding=Encoding(crf=0), warn=messages.append
    )
    assert again.frames is None
