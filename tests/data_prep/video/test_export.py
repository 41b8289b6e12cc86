"""Exports: resumed after a kill, the video is the same."""

import threading

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data_prep.errors import InputError, WorkError
from data_prep.video import export, segments
from data_prep.video.codec import read_metadata, read_video, video_info
from data_prep.video.ffmpeg import Ffmpeg
from data_prep.video.formats import FORMATS
from tests.data_prep.video.test_formats import cell, waves

FPS, COUNT = 8.0, 30
SETTINGS = {"seed": 3}
JOINED = [suffix for suffix, made_as in FORMATS.items() if made_as.joins]


@pytest.fixture(autouse=True)
def short_segments(monkeypatch):
    """Of eight frames."""
    monkeypatch.setattr(segments, "SECONDS", 1.0)


class Drawing:
    """Moving frames: records requested indices, and raises as if killed after some, once one is stored."""

    def __init__(self, frames, *, dies_after=None, stored=lambda: True):
        self.frames, self.requested, self.dies_after, self.is_stored = frames, [], dies_after, stored

    def __call__(self, todo):
        self.requested.append(list(todo))
        for drawn, i in enumerate(todo):
            if self.dies_after is not None and drawn == self.dies_after:
                patience = threading.Event()
                for _ in range(1000):  # what was drawn is stored by another thread
                    if self.is_stored() or patience.wait(0.01):
                        break
                raise KeyboardInterrupt
            yield self.frames[i]


def make(draw, out, settings=SETTINGS, any_order=False, **encoding):
    return export.export_video(
        draw,
        out,
        count=COUNT,
        fps=FPS,
        settings=settings,
        command="test",
        encoding=export.Encoding(**{"crf": 12} | encoding),
        any_order=any_order,
    )


def closed_lines(count, side_px):
    """A drawing whose lines turn and bend, uint8 [count, side_px, side_px, 1], and return to frame 0."""
    t = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    frames = []
    for a in 2 * np.pi * np.arange(count) / count:
        image = Image.new("L", (4 * side_px, 4 * side_px), 255)
        for k in (3, 5):
            radius = side_px * (0.8 + 0.06 * k + 0.4 * np.sin(k * t + a + k) * np.cos(2 * t - a))
            points = 2 * side_px + radius * np.stack([np.cos(t + k), np.sin(t + k)])
            line = [*map(tuple, points.T), tuple(points[:, 0])]
            ImageDraw.Draw(image).line(line, fill=20, width=side_px // 12)
        frames.append(np.asarray(image.resize((side_px, side_px), Image.Resampling.BOX))[..., None])
    return np.stack(frames)


def shown(path):
    return np.stack(list(read_video(path)))


@pytest.mark.parametrize("suffix", JOINED)
def test_a_killed_export_resumes_to_the_same_video(tmp_path, suffix):
    frames = waves(COUNT, 32, 40, 3)
    whole, killed = tmp_path / f"whole{suffix}", tmp_path / f"killed{suffix}"
    make(Drawing(frames), whole)
    with pytest.raises(KeyboardInterrupt):
        make(Drawing(frames, dies_after=COUNT - 1), killed)
    assert not killed.exists()
    draw = Drawing(frames)
    make(draw, killed)
    (requested,) = draw.requested
    assert requested[0] in (8, 16, 24)  # segments before it were complete; some frames wait for the encoder
    assert requested == list(range(requested[0], COUNT))
    np.testing.assert_array_equal(shown(killed), shown(whole))
    assert killed.read_bytes() == whole.read_bytes()
    info = video_info(whole)
    assert (info.frames, info.fps) == (COUNT, pytest.approx(FPS, rel=0.02))
    assert info.duration_sec == pytest.approx(COUNT / FPS, abs=0.1)
    assert read_metadata(whole) == {"made_by": "inkloop test", "seed": 3}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([whole.name, killed.name])
    order = np.abs(shown(whole)[:, None].astype(int) - frames[None]).mean((2, 3, 4)).argmin(1)
    np.testing.assert_array_equal(order, np.arange(COUNT))


@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if suffix not in JOINED])
def test_a_killed_export_draws_no_stored_frame_again(tmp_path, suffix):
    frames = waves(COUNT, 16, 20, 3)
    whole, killed = tmp_path / f"whole{suffix}", tmp_path / f"killed{suffix}"
    make(Drawing(frames), whole)
    for dies_after, first in ((20, 0), (1, 16)):
        draw = Drawing(frames, dies_after=dies_after, stored=lambda: any(tmp_path.rglob("[!.]*.frames")))
        with pytest.raises(KeyboardInterrupt):
            make(draw, killed)
        assert draw.requested[0][0] <= first
        assert not killed.exists()
    draw = Drawing(frames)
    pace = make(draw, killed)
    (requested,) = draw.requested
    assert pace.frames == len(requested)  # stored ones took no time to draw
    assert requested[0] in (8, 16)  # some frames wait to be stored
    assert requested == list(range(requested[0], COUNT))
    assert killed.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([whole.name, killed.name])


def test_a_video_whose_frames_are_all_stored_is_only_encoded(tmp_path, monkeypatch):
    frames, out = waves(COUNT, 16, 20, 1), tmp_path / "film.gif"
    plain = export.write_video

    def failing(stream, path, **options):
        for _ in stream:
            pass
        raise WorkError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(export, "write_video", failing)
        with pytest.raises(WorkError):
            make(Drawing(frames), out)
    draw = Drawing(frames)
    assert make(draw, out).frames == 0
    assert draw.requested == []
    assert export.write_video is plain
    np.testing.assert_array_equal(shown(out)[..., :1], frames)


@pytest.mark.parametrize("suffix", JOINED)
def test_two_encoders_at_once_write_the_same_video(tmp_path, suffix, monkeypatch):
    frames, both = waves(COUNT, 32, 40, 3), threading.Barrier(2)
    make(Drawing(frames), tmp_path / f"one{suffix}")
    plain = export.write_video

    def together(frames, path, **options):
        if path.stem in ("00000008", "00000016"):
            both.wait(20)  # neither is written before the other one has begun
        return plain(frames, path, **options)

    monkeypatch.setattr(export, "SLOW_ENCODER", -1.0)
    monkeypatch.setattr(export, "write_video", together)
    draw = Drawing(frames)
    make(draw, tmp_path / f"two{suffix}", any_order=True)
    assert [len(requested) for requested in draw.requested] == [8, 22]
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


def test_a_fast_encoder_gets_no_second_one(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "SLOW_ENCODER", 2.0)
    draw = Drawing(waves(COUNT, 32, 40, 1))
    pace = make(draw, tmp_path / "film.mp4", any_order=True)
    assert draw.requested == [list(range(8)), list(range(8, COUNT))]
    assert pace.frames == COUNT
    assert "frames/s" in str(pace)


def test_a_failing_encoder_names_the_video(tmp_path):
    frames = waves(COUNT, 32, 40, 3)
    odd = [*frames[:20], *frames[20:, :16]]
    with pytest.raises(WorkError, match=r"of .*film\.mp4 is uint8 \[16, 40, 3\]"):
        make(Drawing(odd), tmp_path / "film.mp4")
    monstrous = [np.zeros((1, 17000, 3), np.uint8)] * COUNT
    with pytest.raises(WorkError, match=r"film\.mp4 could not be encoded: .*\w"):
        make(Drawing(monstrous), tmp_path / "film.mp4")


@pytest.mark.parametrize("suffix", JOINED)
def test_segments_of_other_videos_are_not_used(tmp_path, suffix):
    out, frames = tmp_path / f"film{suffix}", waves(COUNT, 32, 40, 1)
    with pytest.raises(KeyboardInterrupt):
        make(Drawing(frames, dies_after=COUNT - 1), out)
    draw = Drawing(frames)
    make(draw, out, settings={"seed": 4})
    assert draw.requested == [list(range(COUNT))]


@pytest.mark.parametrize("suffix", [s for s in JOINED if FORMATS[s].alpha])
def test_joined_videos_have_their_alpha(tmp_path, suffix):
    out, frames = tmp_path / f"film{suffix}", cell(waves(COUNT, 40, 48, 3))
    make(Drawing(frames), out)
    source = ["-c:v", "libvpx-vp9"] if suffix == ".webm" else []
    command = [*source, "-i", str(out), "-pix_fmt", "rgba", "-f", "rawvideo", "pipe:1"]
    with Ffmpeg(command, stdout=-1) as ffmpeg:
        back = np.frombuffer(ffmpeg.stdout.read(), np.uint8).reshape(-1, 40, 48, 4)
    assert len(back) == COUNT
    assert np.abs(back[..., 3].astype(int) - frames[..., 3]).mean() < 8


def test_h265_joins_too(tmp_path):
    frames = waves(COUNT, 64, 64, 1)
    make(Drawing(frames), tmp_path / "film.mp4", codec="h265")
    apart = np.abs(shown(tmp_path / "film.mp4")[..., :1].astype(int) - frames).mean((1, 2, 3))
    assert len(apart) == COUNT
    assert apart.max() < 5


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("seconds", [1.0, 10.0])  # of a segment: joined ones, a whole video
def test_a_loop_has_no_jump_at_its_seam(tmp_path, monkeypatch, codec, seconds):
    """The coding error and its change from frame to frame, at the seam and where segments join."""
    monkeypatch.setattr(segments, "SECONDS", seconds)
    count, fps, out = 64, 32.0, tmp_path / "film.mp4"
    frames, encoding = closed_lines(count, 64), export.Encoding(codec=codec)
    known = {"count": count, "fps": fps, "settings": SETTINGS, "command": "test", "encoding": encoding}
    export.export_video(Drawing(frames), out, **known)
    info = video_info(out)
    assert (info.frames, info.fps, info.duration_sec) == (count, fps, count / fps)
    error = np.stack(list(read_video(out, mode="gray"))).astype(int) - frames
    per_frame = np.abs(error).mean((1, 2, 3))
    change = np.abs(error - np.roll(error, 1, axis=0)).mean((1, 2, 3))  # entry 0: from the last frame
    ends = np.arange(0, count, min(count, round(fps * seconds)))
    at_ends = np.unique(np.concatenate([ends, ends - 1, ends - 2]) % count)
    others = np.delete(np.arange(count), at_ends)
    assert per_frame[at_ends].max() <= 1.15 * per_frame[others].mean()
    assert change[ends].max() <= 1.15 * change[others].mean()


def test_complete_videos_are_recognised_by_their_settings(tmp_path, monkeypatch):
    out, frames = tmp_path / "film.gif", waves(COUNT, 16, 16, 1)
    known = {"command": "test", "overwrite": False}
    assert not export.is_complete(out, SETTINGS, **known)

    def killed(segments_of_it):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:  # once the video is whole, and its segments still exist
        patch.setattr(segments.Segments, "clear", killed)
        with pytest.raises(KeyboardInterrupt):
            make(Drawing(frames), out)
    assert len(list(tmp_path.iterdir())) == 2
    assert export.is_complete(out, SETTINGS, **known)
    assert list(tmp_path.iterdir()) == [out]
    with pytest.raises(InputError, match="other values of seed"):
        export.is_complete(out, {"seed": 4}, **known)
    with pytest.raises(InputError, match="is an input"):
        export.is_complete(out, SETTINGS, **known, sources=[out])
    assert not export.is_complete(out, {"seed": 4}, command="test", overwrite=True)


def test_folders_of_either_format_resume(tmp_path):
    frames = waves(COUNT, 16, 16, 3)
    for images in ("png", "jpg"):
        out = tmp_path / images
        make(Drawing(frames), out, images=images)
        files = sorted(out.glob(f"*.{images}"))
        assert len(files) == COUNT
        files[7].unlink()
        draw = Drawing(frames)
        make(draw, out, images=images)
        assert draw.requested == [[7]]
        assert export.size_bytes(out) == sum(path.stat().st_size for path in out.glob(f"*.{images}"))


def test_formats_of_one_name_have_segments_of_their_own(tmp_path):
    frames = waves(COUNT, 32, 40, 3)
    with pytest.raises(KeyboardInterrupt):
        make(Drawing(frames, dies_after=COUNT - 1), tmp_path / "film.mp4")
    stored = sorted(path for path in tmp_path.rglob("*.mp4"))
    assert stored
    make(Drawing(frames), tmp_path / "film.mov")
    assert all(path.exists() for path in stored)


def test_the_kind_of_images_is_about_folders_alone(tmp_path):
    jpg, png = export.Encoding(images="jpg"), export.Encoding(images="png")
    for name, expected in (("a.webp", (True, True)), ("a.mp4", (False, False)), ("a", (False, True))):
        assert tuple(export.supports_alpha(tmp_path / name, how) for how in (jpg, png)) == expected
