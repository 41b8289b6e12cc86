"""Videos: written frames are read back, failures leave no file."""

import itertools
import subprocess

import numpy as np
import pytest

from data_prep.errors import InputError, WorkError
from data_prep.video.codec import count_frames, read_metadata, read_video, video_info, write_video
from data_prep.video.ffmpeg import Ffmpeg, finish
from data_prep.video.formats import ACCURATE
from data_prep.video.sources import resampling
from tests.data_prep.generated_videos import pattern


def waves(count: int, height_px: int, width_px: int, channels: int):
    """Smooth frames that move, uint8 [H, W, C]."""
    y, x = np.mgrid[:height_px, :width_px]
    for t in range(count):
        planes = [127 + 90 * np.sin(x / 15 + t / 3 + c) * np.cos(y / 11 - c) for c in range(channels)]
        yield np.stack(planes, -1).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_mp4_preserves_count_rate_and_image(tmp_path, channels):
    path = tmp_path / "new" / "a.mp4"
    assert write_video(waves(24, 48, 64, channels), path, fps=30, crf=4) == 24
    info = video_info(path)
    assert (info.height_px, info.width_px, info.frames, info.fps, info.duration_sec) == (48, 64, 24, 30, 0.8)
    for read, drawn in zip(read_video(path), waves(24, 48, 64, channels), strict=True):
        assert read.shape == (48, 64, 3)
        assert np.abs(read.astype(int) - drawn).mean() < 3


def test_mp4_levels_survive(tmp_path):
    levels = [0, 16, 64, 128, 200, 235, 255]
    for channels in (1, 3):
        frames = (np.full((16, 16, channels), level, np.uint8) for level in levels)
        write_video(frames, tmp_path / "a.mp4", fps=10, crf=0)
        read = [frame.mean() for frame in read_video(tmp_path / "a.mp4")]
        np.testing.assert_allclose(read, levels, atol=2)


def test_mp4_grows_odd_sizes_by_their_edge(tmp_path):
    write_video(waves(3, 33, 47, 1), tmp_path / "a.mp4", fps=10, crf=0)
    for read, drawn in zip(read_video(tmp_path / "a.mp4", mode="gray"), waves(3, 33, 47, 1), strict=True):
        assert read.shape == (34, 48, 1)
        np.testing.assert_allclose(read.astype(int), np.pad(drawn, ((0, 1), (0, 1), (0, 0)), "edge"), atol=3)


@pytest.mark.parametrize("channels", [1, 3])
def test_gray_gif_is_exact(tmp_path, channels):
    frames = [np.repeat(frame, channels, -1) for frame in waves(12, 31, 45, 1)]
    frames[0][:16, :16] = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    write_video(iter(frames), tmp_path / "a.gif", fps=10)
    for read, drawn in zip(read_video(tmp_path / "a.gif"), frames, strict=True):
        np.testing.assert_array_equal(read, np.broadcast_to(drawn, read.shape))


def test_colour_gif_is_close_and_loops_forever(tmp_path):
    write_video(waves(12, 48, 64, 3), tmp_path / "a.gif", fps=12)
    errors = [
        np.abs(read.astype(int) - drawn).mean()
        for read, drawn in zip(read_video(tmp_path / "a.gif"), waves(12, 48, 64, 3), strict=True)
    ]
    assert np.mean(errors) < 8
    assert b"NETSCAPE2.0\x03\x01\x00\x00\x00" in (tmp_path / "a.gif").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


@pytest.mark.parametrize(
    ("fps", "frames", "stored"), [(30, 60, 60), (24, 48, 48), (7, 14, 14), (100, 100, 50)]
)
def test_gif_durations_are_exact_to_the_centisecond(tmp_path, fps, frames, stored):
    write_video(waves(frames, 16, 16, 1), tmp_path / "a.gif", fps=fps)
    info = video_info(tmp_path / "a.gif")
    assert info.frames == stored
    assert abs(info.duration_sec - frames / fps) <= 0.02


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_metadata_is_read_back(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    value = {"style": "bézier", "odd": '=;#\\\n"', "list": [1, 2.5, None], "long": "x" * 700}
    write_video(waves(2, 16, 16, 1), path, fps=10, metadata=value)
    assert read_metadata(path) == value
    assert len(list(read_video(path))) == 2
    write_video(waves(2, 16, 16, 1), path, fps=10)
    assert read_metadata(path) is None


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_same_frames_same_bytes(tmp_path, suffix):
    for name in ("a", "b"):
        write_video(waves(5, 32, 32, 3), tmp_path / f"{name}{suffix}", fps=10, metadata={"a": 1})
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
@pytest.mark.parametrize("other", [np.zeros((16, 18, 3), np.uint8), np.zeros((16, 16, 3), np.float32)])
def test_a_frame_of_another_shape_is_refused_with_its_index(tmp_path, suffix, other):
    frames = itertools.chain(waves(2, 16, 16, 3), [other])
    with pytest.raises(WorkError, match=r"frame 2 of .* is (uint8|float32) .*frame 0 is uint8"):
        write_video(frames, tmp_path / f"a{suffix}", fps=10)
    assert list(tmp_path.iterdir()) == []


def test_errors_of_the_frames_are_raised_and_leave_no_file(tmp_path):
    def broken():
        yield from waves(2, 16, 16, 3)
        raise KeyError("lost")

    for suffix in (".mp4", ".gif"):
        with pytest.raises(KeyError, match="lost"):
            write_video(broken(), tmp_path / f"a{suffix}", fps=10)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("frames", "name", "options", "error"),
    [
        ([], "a.mp4", {}, "no frames"),
        ([np.zeros((4, 4, 1), np.uint8)], "a.avi", {}, "must end in"),
        ([np.zeros((4, 4, 1), np.uint8)], "a.mp4", {"fps": 0}, "--fps 0"),
        ([np.zeros((4, 4, 1), np.uint8)], "a.mp4", {"crf": 52}, "--crf 52"),
        ([np.zeros((4, 4, 1), np.uint8)], "a.mp4", {"preset": "hasty"}, "--preset hasty"),
    ],
)
def test_settings_are_checked(tmp_path, frames, name, options, error):
    with pytest.raises(InputError, match=error):
        write_video(frames, tmp_path / name, **({"fps": 10} | options))
    assert list(tmp_path.iterdir()) == []


def test_four_channels_are_refused(tmp_path):
    with pytest.raises(WorkError, match=r"frame 0 .*\[4, 4, 4\].*1 or 3"):
        write_video([np.zeros((4, 4, 4), np.uint8)], tmp_path / "a.mp4", fps=10)


def test_files_that_are_not_videos_are_refused(tmp_path):
    (tmp_path / "a.mp4").write_text("not a film")
    for read in (lambda p: next(read_video(p)), video_info, read_metadata):
        with pytest.raises(InputError, match=r"a\.mp4 is not a readable video"):
            read(tmp_path / "a.mp4")
        with pytest.raises(InputError, match=r"no file .*b\.mp4"):
            read(tmp_path / "b.mp4")


def test_a_damaged_video_is_reported_with_the_frame(tmp_path):
    noise = np.random.default_rng(0)
    frames = (noise.integers(0, 256, (64, 64, 1), np.uint8) for _ in range(60))
    write_video(frames, tmp_path / "a.mp4", fps=10)
    data = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "b.mp4").write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(WorkError, match=r"b\.mp4 is damaged after frame \d+"):
        list(read_video(tmp_path / "b.mp4"))


def test_a_clip_that_changes_its_size_is_refused(tmp_path):
    """With sound, as telephones and meetings record them; ffmpeg would stretch all to the first size."""
    for size in ("32x16", "40x16"):
        source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=5:duration=1"]
        sound = ["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac"]
        finish([*source, *sound, "-c:v", "libx264", str(tmp_path / f"{size}.mkv")], tmp_path)
    (tmp_path / "parts").write_text("file 32x16.mkv\nfile 40x16.mkv\n")
    clip = tmp_path / "both.mkv"
    finish(["-f", "concat", "-i", str(tmp_path / "parts"), "-c", "copy", str(clip)], clip)
    for read in (count_frames, lambda clip: list(read_video(clip))):
        with pytest.raises(InputError, match=r"both\.mkv changes its size from 32 x 16 px to 40 x 16 px"):
            read(clip)
    assert len(list(read_video(tmp_path / "40x16.mkv"))) == 5


def test_reading_may_stop_early(tmp_path):
    write_video(waves(30, 64, 64, 3), tmp_path / "a.mp4", fps=10)
    frames = read_video(tmp_path / "a.mp4")
    assert next(frames).shape == (64, 64, 3)
    frames.close()


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le"])
def test_colours_are_those_of_one_accurate_conversion(tmp_path, pixels):
    path = pattern(tmp_path / "a.mkv", "-c:v", "ffv1", "-pix_fmt", pixels, frames=3, size="66x50")
    command = [
        "-i",
        str(path),
        "-fps_mode",
        "passthrough",
        "-sws_flags",
        ACCURATE,
        "-pix_fmt",
        "rgb24",
        "-f",
        "rawvideo",
        "pipe:1",
    ]
    with Ffmpeg(command, stdout=subprocess.PIPE) as ffmpeg:
        expected = np.frombuffer(ffmpeg.stdout.read(), np.uint8).reshape(-1, 50, 66, 3)
    np.testing.assert_array_equal(list(read_video(path)), expected)


def test_real_clip(real_data):
    (path,) = (real_data / "video").glob("*.mp4")
    info = video_info(path)
    assert (info.height_px, info.width_px, info.fps, info.frames, info.duration_sec) == (
        480,
        854,
        24,
        720,
        30,
    )


def squeezed(path, aspect, *, rotate=0):
    """A video of 32 x 24 px whose pixels have this width / height, turned by `rotate` when shown."""
    flat = path.with_name(f"flat{path.suffix}")
    make = ["-f", "lavfi", "-i", "testsrc=s=32x24:r=5:d=1", "-vf", f"setsar={aspect}", "-pix_fmt", "yuv420p"]
    finish([*make, "-y", str(flat)], path)
    finish(["-display_rotation", str(rotate), "-i", str(flat), "-c", "copy", "-y", str(path)], path)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(
    ("aspect", "rotate", "size"),
    [
        ("1", 0, (24, 32)),
        ("2", 0, (24, 64)),
        ("1/2", 0, (48, 32)),
        ("4/3", 0, (24, 43)),
        ("10/11", 0, (26, 32)),
        ("2", 90, (64, 24)),
        ("20", 0, (24, 32)),  # taken for a wrong note
    ],
)
def test_pixels_are_made_square(tmp_path, suffix, aspect, rotate, size):
    video = squeezed(tmp_path / f"clip{suffix}", aspect, rotate=rotate)
    frames = list(read_video(video))
    assert [frame.shape for frame in frames] == [(*size, 3)] * 5
    info = video_info(video)
    assert (info.height_px, info.width_px, info.frames) == (*size, 5)
    assert (resampling(video) is None) == (aspect in ("1", "20"))
    assert count_frames(video) == 5


def cover(path):
    """A second of sound with a cover picture."""
    make = ["-f", "lavfi", "-i", "sine=d=0.2", "-f", "lavfi", "-i", "color=red:s=16x16:r=1:d=1"]
    picture = ["-map", "0", "-map", "1", "-c:v", "png", "-frames:v", "1", "-disposition:v", "attached_pic"]
    finish([*make, *picture, "-y", str(path)], path)
    return path


@pytest.mark.parametrize("name", ["a.m4a", "a.mp3", "a.flac"])
def test_a_cover_picture_is_no_video(tmp_path, name):
    audio = cover(tmp_path / name)
    for read in (video_info, count_frames, lambda path: next(read_video(path))):
        with pytest.raises(InputError, match="audio with a cover picture"):
            read(audio)


def test_the_video_beside_a_cover_picture_is_read(tmp_path):
    write_video(waves(5, 32, 48, 3), tmp_path / "clip.mp4", fps=5)
    inputs = ["-i", str(cover(tmp_path / "a.m4a")), "-i", str(tmp_path / "clip.mp4")]
    finish([*inputs, "-map", "0:v", "-map", "1:v", "-c", "copy", "-y", str(tmp_path / "both.mp4")], tmp_path)
    info = video_info(tmp_path / "both.mp4")
    assert (info.frames, info.height_px, info.width_px) == (5, 32, 48)
    assert len(list(read_video(tmp_path / "both.mp4"))) == 5


def test_cases_of_geometry_and_covers(cases):
    assert next(read_video(cases / "video-sar" / "sar2.mp4")).shape == (120, 160, 3)
    with pytest.raises(InputError, match="audio with a cover picture"):
        video_info(cases / "audio-with-cover" / "cover.m4a")
