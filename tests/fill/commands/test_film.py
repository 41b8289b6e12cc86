"""`fill film` from file to file: names, rates, reruns, palettes that move, bad input."""

import re

import numpy as np
import pytest

from data_prep.images import read_image, write_image
from data_prep.outputs import write_json
from data_prep.video.codec import read_metadata, read_video, video_info, write_video
from data_prep.video.ffmpeg import finish
from fill.__main__ import main
from fill.config import VideoConfig
from fill.palette import from_hex
from fill.video.recolor import color, track
from tests.fill.conftest import draw_web

COLORS = "#c02030,#2060a0,#e0c040,#104020"
LENGTH = 8
PIN = {"frame": 0, "pts": 0, "x_px": 20, "y_px": 30, "color": "#ff0000"}


@pytest.fixture(scope="module")
def drawings():
    return [np.repeat(draw_web(64, i / LENGTH, cells=8), 3, axis=-1) for i in range(LENGTH)]


@pytest.fixture
def clip(tmp_path, drawings):
    write_video(drawings, tmp_path / "web.mp4", fps=24, crf=0)
    return tmp_path / "web.mp4"


def film(source, out, *flags):
    return main(["film", str(source), "--out", str(out), "--palette", COLORS, *map(str, flags)])


def filled(frames):
    tracking = track(lambda: iter(frames), from_hex(COLORS.split(",")), VideoConfig())
    return list(color(lambda: iter(frames), tracking, VideoConfig()))


@pytest.mark.slow
def test_the_result_has_the_rate_of_the_source(clip, tmp_path, capsys):
    out = tmp_path / "colored.mp4"
    assert film(clip, out) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{out}  {LENGTH} frames  0.33 s  ")
    assert "a loop, " in printed
    assert ", 0.00 % of the paper changes colour though its region persists, " in printed
    assert re.search(r" \d\.\d\d % with mergers and splits, \d+ ms a frame$", printed.strip())
    info = video_info(out)
    assert (info.frames, info.fps) == (LENGTH, 24)
    expected = filled(list(read_video(clip)))
    for ours, theirs in zip(read_video(out), expected, strict=True):
        assert np.abs(ours.astype(int) - theirs).mean() < 12  # H.264 halves the colour's resolution
    assert read_metadata(out)["made_by"] == "inkloop fill film"
    stamp = out.stat().st_mtime_ns
    assert film(clip, out) == 0
    assert "already done" in capsys.readouterr().out
    assert film(clip, out, "--seed", 1) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert out.stat().st_mtime_ns == stamp
    assert film(clip, out, "--seed", 1, "--overwrite") == 0


def test_a_source_is_not_replaced_and_a_changed_one_is_detected(clip, drawings, tmp_path, capsys):
    assert film(clip, clip, "--overwrite") == 2
    assert "is an input" in capsys.readouterr().err
    frames = tmp_path / "frames"
    assert film(clip, frames) == 0
    before = sorted(frames.iterdir())
    assert film(frames, frames, "--overwrite") == 2
    assert sorted(frames.iterdir()) == before
    out = tmp_path / "colored.mp4"
    assert film(clip, out) == 0
    write_video(drawings[::-1], clip, fps=24, crf=0)
    assert film(clip, out) == 2
    assert "other values of source" in capsys.readouterr().err


def test_a_bad_source_does_not_change_the_old_result(clip, drawings, tmp_path):
    out = tmp_path / "out"
    assert film(clip, out) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    for i, drawing in enumerate(drawings[:3]):
        write_image(tmp_path / "in" / f"frame{i}.png", drawing[: 64 - i, : 64 - 2 * i])
    assert film(tmp_path / "in", out, "--overwrite") == 2
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    write_video([np.full((8, 8, 3), 90, np.uint8)] * 2, tmp_path / "moving.apng", fps=5)
    moving = ["--overlay", "--palette", tmp_path / "moving.apng", "--overwrite"]
    assert film(tmp_path / "in", out, *moving) == 2  # which follows no regions
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert film(tmp_path / "in", tmp_path / "new") == 2
    assert not (tmp_path / "new").exists()


def test_hidden_frames_are_not_counted(clip, tmp_path, capsys):
    """A cut without encoding holds packets that are not shown."""
    cut = tmp_path / "cut.mp4"
    finish(["-ss", "0.2", "-i", str(clip), "-c", "copy", "-y", str(cut)], cut)
    shown = len(list(read_video(cut)))
    assert shown < video_info(cut).frames
    assert film(cut, tmp_path / "out") == 0
    assert len(list((tmp_path / "out").glob("*.png"))) == shown
    assert f"  {shown} frames  " in capsys.readouterr().out


def test_a_video_of_several_sizes_is_refused(drawings, tmp_path, capsys):
    for name, frames in (("a", drawings[:2]), ("b", [drawing[:48] for drawing in drawings[:2]])):
        write_video(frames, tmp_path / f"{name}.mp4", fps=24)
    (tmp_path / "parts").write_text("file a.mp4\nfile b.mp4\n")
    clip = tmp_path / "both.mkv"
    finish(["-f", "concat", "-i", str(tmp_path / "parts"), "-c", "copy", "-y", str(clip)], clip)
    before = sorted(tmp_path.iterdir())
    for out in ("out.mp4", "out"):
        assert film(clip, tmp_path / out) == 2
        *_, error = capsys.readouterr().err.splitlines()
        assert error.startswith(f"inkloop fill: {clip} changes its size from 64 x 64 px to 64 x 48 px; ")
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_is_filled_and_a_rerun_adds_missing_frames(drawings, tmp_path):
    for i, drawing in enumerate(drawings):
        write_image(tmp_path / "in" / f"frame{i}.png", drawing)
    out = tmp_path / "out"
    assert film(tmp_path / "in", out) == 0
    files = sorted(out.glob("*.png"))
    expected = filled(drawings)
    np.testing.assert_array_equal([read_image(path) for path in files], expected)
    (out / ".inkloop.json").write_text((out / ".inkloop.json").read_text().replace("true", "false", 1))
    files[3].unlink()
    stored = files[2].stat().st_mtime_ns
    assert film(tmp_path / "in", out) == 0
    np.testing.assert_array_equal(read_image(files[3]), expected[3])
    assert files[2].stat().st_mtime_ns == stored


@pytest.mark.slow
def test_a_palette_may_be_an_image_or_a_video(clip, tmp_path, capsys):
    image = np.random.default_rng(0).integers(0, 256, (30, 50, 3), np.uint8)
    write_image(tmp_path / "picture.png", image)
    write_video([np.full((32, 32, 3), v, np.uint8) for v in (30, 200)], tmp_path / "moving.gif", fps=5)
    assert film(clip, tmp_path / "still.gif", "--overlay", "--palette", tmp_path / "picture.png") == 0
    assert film(clip, tmp_path / "moved", "--overlay", "--palette", tmp_path / "moving.gif") == 0
    levels = [int(np.median(read_image(path))) for path in sorted((tmp_path / "moved").glob("*.png"))]
    assert levels == [30, 200] * (LENGTH // 2)
    printed = capsys.readouterr().out
    assert "colours of " in printed
    assert "changes colour" not in printed.splitlines()[-1]  # they are meant to
    reduced = ["--palette", tmp_path / "picture.png", "--palette-colors", 2]
    assert film(clip, tmp_path / "two", *reduced) == 0
    seen = {tuple(c) for path in (tmp_path / "two").glob("*.png") for c in read_image(path).reshape(-1, 3)}
    assert len(seen) <= 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--fps", "0"], "--fps 0"),
        (["--batch", "0"], "--batch 0"),
        (["--seed", "-1"], "--seed -1"),
        (["--threshold", "300"], "--threshold 300"),
        (["--memory-frames", "-1"], "--memory-frames -1"),
        (["--close-gaps-px", "99"], "--close-gaps-px 99"),
        (["--crf", "70"], "--crf 70"),
        (["--overlay"], "--palette IMAGE"),
        (["--overlay", "--palette", "nowhere.mp4"], "no file nowhere.mp4"),
        (["--palette-colors", "3"], "--palette-colors"),
        (["--overlay", "--palette", "SOURCE", "--palette-colors", "3"], "--palette-colors"),
        (["--overlay", "--palette", "SOURCE", "--loop", "yes"], "--loop"),
    ],
)
def test_invalid_settings_write_nothing(clip, tmp_path, capsys, flags, message):
    flags = [str(clip) if flag == "SOURCE" else flag for flag in flags]
    assert film(clip, tmp_path / "out.mp4", *flags) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out.mp4").exists()


def test_sources_that_are_not_videos_are_refused(drawings, tmp_path, capsys):
    (tmp_path / "words.mp4").write_text("once upon a time")
    assert film(tmp_path / "words.mp4", tmp_path / "out.mp4") == 2
    assert film(tmp_path / "nowhere.mp4", tmp_path / "out.mp4") == 2
    assert film(tmp_path / "words.mp4", tmp_path / "out.avi") == 2
    assert "unknown format .avi" in capsys.readouterr().err
    for i, drawing in enumerate(drawings[:3]):
        write_image(tmp_path / "in" / f"frame{i}.png", drawing[: 64 - i, : 64 - 2 * i])
    assert film(tmp_path / "in", tmp_path / "out.mp4") == 2
    assert "frame1.png is 62 x 63 px, the first image is 64 x 64 px; resize" in capsys.readouterr().err
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.slow
def test_a_chalkboard_is_inverted_and_reported(tmp_path, capsys):
    for i in range(2):
        drawing = np.full((100, 120, 3), 250, np.uint8)
        drawing[20 : 60 + i, 30:33] = drawing[20 : 60 + i, 70:73] = drawing[20:23, 30:73] = 5
        drawing[58 + i : 60 + i, 30:73] = 5
        write_image(tmp_path / "dark" / f"{i}.png", drawing)
        write_image(tmp_path / "light" / f"{i}.png", 255 - drawing)
    outs = [tmp_path / "a", tmp_path / "b"]
    for name, out in zip(("dark", "light"), outs, strict=True):
        assert film(tmp_path / name, out) == 0
        assert ("light on dark, inverted" in capsys.readouterr().out) == (name == "light")
    frames = [[path.read_bytes() for path in sorted(out.glob("*.png"))] for out in outs]
    assert frames[0] == frames[1]


@pytest.mark.parametrize("name", ["out", "out.apng"])
def test_a_rerun_names_unreadable_frames_again(drawings, tmp_path, capsys, name):
    for i, drawing in enumerate(drawings[:2]):
        write_image(tmp_path / "in" / f"{i}.png", drawing)
    (tmp_path / "in" / "1.png").write_bytes((tmp_path / "in" / "1.png").read_bytes()[:90])
    for again in range(2):
        assert film(tmp_path / "in", tmp_path / name) == 1, again
        printed = capsys.readouterr()
        assert "left out: " in printed.err
        assert "1 image was left out: 1.png" in printed.err
        assert ("already done" in printed.out) == again


def test_pins_decide_the_result_and_their_frames_are_checked(clip, tmp_path, capsys):
    write_json(tmp_path / "pins.json", {"schema": 1, "videos": {"web.mp4": [PIN]}})
    out = tmp_path / "frames"
    assert film(clip, out, "--pins", tmp_path / "pins.json") == 0
    first = read_image(sorted(out.glob("*.png"))[0])
    assert first[PIN["y_px"], PIN["x_px"]].tolist() == [255, 0, 0]
    write_json(tmp_path / "pins.json", {"schema": 1, "videos": {"web.mp4": [PIN | {"pts": 7}]}})
    capsys.readouterr()
    assert film(clip, tmp_path / "other", "--pins", tmp_path / "pins.json") == 2
    assert "pin 0" in capsys.readouterr().err
