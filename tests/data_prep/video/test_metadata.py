"""Comments in GIF, APNG and WebP files: read back, and without effect on the frames."""

import html

import numpy as np
import pytest
from PIL import Image

from data_prep.video.metadata import copy_gif, copy_png, copy_webp, find_comment

COMMENT = '{"style": "b\\u00e9zier", "odd": "<&>", "long": "' + "x" * 600 + '"}'
FORMATS = {".gif": copy_gif, ".apng": copy_png, ".webp": copy_webp}


@pytest.fixture(params=FORMATS)
def video(request, tmp_path):
    """Three frames of noise, and the function that copies the format."""
    frames = np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)
    first, *others = (Image.fromarray(frame) for frame in frames)
    path = tmp_path / f"a{request.param}"
    options = {"lossless": True} if request.param == ".webp" else {}
    kind = "png" if request.param == ".apng" else request.param[1:]
    first.save(path, format=kind, save_all=True, append_images=others, duration=100, **options)
    return path, FORMATS[request.param]


def frames_of(path):
    with Image.open(path) as file:
        return [np.asarray((file.seek(i), file.convert("RGB"))[1]) for i in range(file.n_frames)]


def test_a_comment_comes_back_and_changes_no_frame(video, tmp_path):
    source, copy = video
    target = tmp_path / f"copy{source.suffix}"
    copy(source, target, comment=COMMENT)
    if source.suffix == ".gif":  # ffmpeg reads these
        with Image.open(target) as file:
            assert file.info["comment"].decode() == COMMENT
        assert find_comment(target) is None
    else:
        assert html.unescape(find_comment(target)) == COMMENT
    np.testing.assert_array_equal(frames_of(target), frames_of(source))


def test_without_a_comment_nothing_is_added(video, tmp_path):
    source, copy = video
    target = tmp_path / f"copy{source.suffix}"
    copy(source, target, comment=None)
    assert find_comment(target) is None
    assert target.stat().st_size == source.stat().st_size
    np.testing.assert_array_equal(frames_of(target), frames_of(source))
