"""Every video format, written and read back: frames, alpha, duration, metadata."""

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError, WorkError
from data_prep.images import read_image, write_image
from data_prep.video.codec import read_metadata, read_video, video_info, write_video
from data_prep.video.ffmpeg import Ffmpeg
from data_prep.video.formats import FORMATS
from tests.data_prep.video import test_codec as test_video

NOTE = {"made_by": "inkloop test", "colour": 'é "<&>" = ; \\ #\n', "seed": 7}
MOST: dict[str, float] = {
    ".mp4": 1.5,
    ".webm": 3.0,
    ".mov": 1.5,
    ".gif": 8.0,
    ".webp": 6.0,
    ".apng": 0.0,
}


def waves(*shape):
    return np.stack(list(test_video.waves(*shape)))


def cell(frames):
    """RGBA frames: waves, clear outside a disc."""
    y, x = np.indices(frames.shape[1:3])
    alpha = np.where(np.hypot(y - 20, x - 24) < 15, 255, 0).astype(np.uint8)
    return np.concatenate([frames, np.broadcast_to(alpha[None, ..., None], (*frames.shape[:3], 1))], axis=-1)


@pytest.mark.parametrize("suffix", FORMATS)
def test_written_frames_are_read_back(tmp_path, suffix):
    path, frames = tmp_path / f"film{suffix}", waves(12, 40, 48, 3)
    assert write_video(iter(frames), path, fps=12, crf=4, metadata=NOTE) == 12
    back = np.stack(list(read_video(path)))
    assert back.shape == frames.shape
    apart = np.abs(back.astype(int) - frames)
    assert apart.mean() <= MOST[suffix] + (6 if suffix in (".mp4", ".webm") else 0)  # halved colour
    info = video_info(path)
    assert info.frames == 12
    assert info.duration_sec == pytest.approx(1.0, abs=0.09)  # the last frame's length is not always reported
    assert read_metadata(path) == NOTE
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    again = tmp_path / f"again{suffix}"
    write_video(iter(frames), again, fps=12, crf=4, metadata=NOTE)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("suffix", [s for s, made_as in FORMATS.items() if made_as.alpha])
def test_alpha_is_stored_if_the_format_supports_it(tmp_path, suffix):
    path, frames = tmp_path / f"film{suffix}", cell(waves(4, 40, 48, 3))
    write_video(iter(frames), path, fps=10, crf=4)
    source = ["-c:v", "libvpx-vp9"] if suffix == ".webm" else []  # ffmpeg's own reader drops alpha
    command = [*source, "-i", str(path), "-frames:v", "1", "-pix_fmt", "rgba", "-f", "rawvideo", "pipe:1"]
    with Ffmpeg(command, stdout=-1) as ffmpeg:
        back = np.frombuffer(ffmpeg.stdout.read(), np.uint8).reshape(40, 48, 4)
    assert np.abs(back[..., 3].astype(int) - frames[0, ..., 3]).mean() < 8
    inside = frames[0, ..., 3] == 255
    assert np.abs(back[inside].astype(int) - frames[0][inside]).mean() < 14


@pytest.mark.parametrize("mode", ["rgb", "gray"])
@pytest.mark.parametrize(("suffix", "most"), [(".apng", 0), (".webp", 0), (".mov", 2), (".webm", 8)])
def test_transparent_videos_are_read_over_white_like_folders(tmp_path, suffix, most, mode):
    """Black that is clear in places, or half so: without its alpha a video of it is all black."""
    alpha = cell(waves(3, 40, 48, 3))[..., 3] // np.array([1, 2, 3], np.uint8)[:, None, None]
    frames = np.concatenate([np.zeros((3, 40, 48, 3), np.uint8), alpha[..., None]], axis=-1)
    write_video(iter(frames), tmp_path / f"film{suffix}", fps=10, crf=0)
    for i, frame in enumerate(frames):
        write_image(tmp_path / f"{i}.png", frame)
    decoded = np.stack(list(read_video(tmp_path / f"film{suffix}", mode=mode))).astype(int)
    folder = np.stack([read_image(tmp_path / f"{i}.png", mode=mode) for i in range(3)])
    assert decoded.shape == folder.shape
    assert np.abs(decoded - folder).mean() <= most


@pytest.mark.parametrize("suffix", [".webm", ".mov", ".webp", ".apng"])
def test_odd_sizes_and_gray(tmp_path, suffix):
    frames = waves(3, 33, 47, 1)
    write_video(iter(frames), tmp_path / f"film{suffix}", fps=10, crf=2)
    back = np.stack(list(read_video(tmp_path / f"film{suffix}", mode="gray")))
    height, width = (34, 48) if suffix == ".webm" else (33, 47)
    assert back.shape == (3, height, width, 1)
    assert np.abs(back[:, :33, :47].astype(int) - frames).mean() < 4


def test_h265_encodes_the_same_video(tmp_path):
    frames = waves(8, 64, 64, 1)
    for codec in ("h264", "h265"):
        write_video(iter(frames), tmp_path / f"{codec}.mp4", fps=8, crf=10, codec=codec, metadata=NOTE)
        back = np.stack(list(read_video(tmp_path / f"{codec}.mp4", mode="gray")))
        assert np.abs(back.astype(int) - frames).mean() < 4
        assert read_metadata(tmp_path / f"{codec}.mp4") == NOTE
    assert b"hvc1" in (tmp_path / "h265.mp4").read_bytes()
    assert b"hvc1" not in (tmp_path / "h264.mp4").read_bytes()


def test_animations_for_the_web_loop_and_open_in_pillow(tmp_path):
    for suffix in (".webp", ".apng"):
        write_video(iter(waves(5, 24, 24, 3)), tmp_path / f"a{suffix}", fps=10, metadata=NOTE)
        with Image.open(tmp_path / f"a{suffix}") as image:
            assert image.n_frames == 5
            assert image.info["loop"] == 0


def test_unsupported_options_are_refused(tmp_path):
    frames = cell(waves(2, 40, 48, 3))
    with pytest.raises(WorkError, match=r"\.mp4 needs uint8 \[H, W, 1 or 3\]"):
        write_video(iter(frames), tmp_path / "a.mp4", fps=10)
    with pytest.raises(InputError, match=r"--crf 64: must be between 0 \(best\) and 63 for \.webm"):
        write_video(iter(frames), tmp_path / "a.webm", fps=10, crf=64)
    assert list(tmp_path.iterdir()) == []
