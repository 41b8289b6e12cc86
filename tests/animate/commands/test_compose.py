"""`animate compose` from file to file."""

import json

import numpy as np
import pytest

from animate.__main__ import main
from data_prep.images import read_image, write_image
from data_prep.outputs import write_json
from data_prep.video.codec import count_frames, read_video, video_info, write_video
from data_prep.video.ffmpeg import Ffmpeg, finish
from fill.__main__ import main as fill_main

BLOCK_FRAMES = [np.full((16, 24, 3), v, np.uint8) for v in (0, 255, 0, 255, 0)]


@pytest.fixture
def clip(tmp_path):
    write_video(BLOCK_FRAMES, tmp_path / "clip.apng", fps=5)
    return tmp_path / "clip.apng"


def run(source, out, *flags):
    return main(["compose", str(source), "--out", str(out), *map(str, flags)])


def levels(out):
    return [tuple(read_image(path)[0, 0]) for path in sorted(out.glob("*.png"))]


def test_ink_over_a_repeating_video(clip, tmp_path, capsys):
    write_video([np.full((8, 8, 3), v, np.uint8) for v in (50, 100, 150)], tmp_path / "under.apng", fps=5)
    flags = ["--ink", "#ff0000", "--background", tmp_path / "under.apng"]
    assert run(clip, tmp_path / "out", *flags) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'out'}  5 frames  1 s")
    red = (255, 0, 0)
    assert levels(tmp_path / "out") == [red, (100,) * 3, red, (50,) * 3, red]
    assert run(clip, tmp_path / "short", *flags, "--background-ends", "end") == 0
    assert len(levels(tmp_path / "short")) == 3
    assert run(clip, tmp_path / "out", *flags) == 0
    assert "already done" in capsys.readouterr().out
    assert run(clip, tmp_path / "out", "--ink", "#00ff00") == 2
    assert "--overwrite" in capsys.readouterr().err


def test_colours_negatives_and_sizes(clip, tmp_path):
    assert run(clip, tmp_path / "a", "--tint", "#102030", "--paper", "#a0b0c0") == 0
    assert levels(tmp_path / "a")[:2] == [(16, 32, 48), (160, 176, 192)]
    assert run(clip, tmp_path / "b", "--invert", "--min-value", 40, "--width", 48) == 0
    assert levels(tmp_path / "b")[:2] == [(255,) * 3, (40,) * 3]
    assert read_image(tmp_path / "b" / "000000.png").shape == (32, 48, 3)
    assert run(clip, tmp_path / "c.webp", "--ink", "#000000", "--fps", 10, "--crf", 0) == 0
    assert video_info(tmp_path / "c.webp").duration_sec == 1.0
    write_image(tmp_path / "still.png", np.full((3, 3, 3), 77, np.uint8))
    assert run(clip, tmp_path / "d.mp4", "--background", tmp_path / "still.png") == 0
    assert abs(int(list(read_video(tmp_path / "d.mp4"))[1].mean()) - 77) < 4


def test_a_rate_keeps_the_duration_and_retime_changes_it(clip, tmp_path):
    shown = {flags: tmp_path / f"{k}" for k, flags in enumerate([("10",), ("2",), ("10", "--retime")])}
    for flags, out in shown.items():
        assert run(clip, out, "--invert", "--fps", *flags) == 0
    block = [255, 0, 255, 0, 255]
    assert [level[0] for level in levels(shown["10",])] == [value for value in block for _ in range(2)]
    assert [level[0] for level in levels(shown["2",])] == [block[0], block[2]]
    assert [level[0] for level in levels(shown["10", "--retime"])] == block
    assert run(clip, tmp_path / "a.mp4", "--fps", 10, "--retime", "--invert") == 0
    assert video_info(tmp_path / "a.mp4").duration_sec == 0.5


def test_a_part_of_a_video(clip, tmp_path, capsys):
    assert run(clip, tmp_path / "a", "--start", "0.2s", "--end", "0.8") == 0
    assert [level[0] for level in levels(tmp_path / "a")] == [255, 0, 255]
    assert run(clip, tmp_path / "a", "--start", "0.4s", "--end", "0.8") == 2
    for flags in (["--start", "1"], ["--start", "0.5", "--end", "0.5"], ["--end", "soon"]):
        assert run(clip, tmp_path / "b", *flags) == 2
        assert flags[-2] in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


def sound_sec(path):
    """Length of the sound of a file in seconds; 0: none."""
    with Ffmpeg(
        ["-i", str(path), "-map", "0:a:0", "-f", "s16le", "-ar", "8000", "-ac", "1", "-"], stdout=-1
    ) as run:
        return len(run.stdout.read()) / 16000


@pytest.fixture
def loud(tmp_path):
    """A video of two seconds with sound."""
    sine = [
        "-f",
        "lavfi",
        "-i",
        "sine=duration=2",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=48x32:rate=10:duration=2",
    ]
    finish([*sine, "-c:v", "libx264", "-c:a", "aac", "-y", str(tmp_path / "loud.mp4")], tmp_path / "loud.mp4")
    return tmp_path / "loud.mp4"


def test_sound_is_copied_cut_and_dropped(loud, tmp_path):
    assert sound_sec(loud) == pytest.approx(2, abs=0.1)
    for name, flags, expected in (
        ("a.mp4", ["--invert"], 2),
        ("b.webm", ["--invert", "--start", "0.5", "--end", "1.5"], 1),
        ("c.mp4", ["--invert", "--no-audio"], 0),
        ("d.mp4", ["--retime", "--fps", "20"], 0),
        ("e.gif", [], 0),
    ):
        assert run(loud, tmp_path / name, *flags) == 0
        assert sound_sec(tmp_path / name) == pytest.approx(expected, abs=0.1)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".partial")] == []
    assert count_frames(tmp_path / "b.webm") == 10


def packets(path):
    with Ffmpeg(["-i", str(path), "-map", "0:v", "-c", "copy", "-f", "framecrc", "-"], stdout=-1) as run:
        return [line.split(b",")[-1] for line in run.stdout if b"#" not in line]


def test_streams_are_copied_where_nothing_changes(loud, tmp_path, capsys):
    assert run(loud, tmp_path / "a.mp4") == 0
    assert "20 frames  2 s  streams copied" in capsys.readouterr().out
    assert packets(tmp_path / "a.mp4") == packets(loud)
    assert sound_sec(tmp_path / "a.mp4") == pytest.approx(2, abs=0.1)
    assert run(loud, tmp_path / "a.mp4") == 0
    assert "already done" in capsys.readouterr().out
    assert run(loud, tmp_path / "b.mp4", "--no-audio") == 0
    assert packets(tmp_path / "b.mp4") == packets(loud)
    assert sound_sec(tmp_path / "b.mp4") == 0
    capsys.readouterr()
    for name, flags in (("c.mp4", ["--crf", "30"]), ("d.mp4", ["--start", "1"]), ("e.webm", [])):
        assert run(loud, tmp_path / name, *flags) == 0
        assert "streams copied" not in capsys.readouterr().out


def test_a_folder_of_one_image_is_a_still_background(clip, tmp_path):
    write_image(tmp_path / "under" / "one.png", np.full((8, 8, 3), 100, np.uint8))
    for ends in ("end", "loop"):
        flags = ["--background", tmp_path / "under", "--background-ends", ends]
        assert run(clip, tmp_path / ends, *flags) == 0
        assert levels(tmp_path / ends) == [(v,) * 3 for v in (0, 100, 0, 100, 0)]


def test_a_rerun_makes_missing_frames(clip, tmp_path):
    out = tmp_path / "out"
    assert run(clip, out, "--invert", "--batch", 2) == 0
    files = sorted(out.glob("*.png"))
    stored = [path.stat().st_mtime_ns for path in files[:3]]
    stamp = out / ".inkloop.json"
    write_json(stamp, json.loads(stamp.read_text()) | {"done": False})
    for path in files[3:]:
        path.unlink()
    assert run(clip, out, "--invert") == 0
    assert levels(out) == [(v,) * 3 for v in (255, 0, 255, 0, 255)]
    assert [path.stat().st_mtime_ns for path in files[:3]] == stored


@pytest.mark.parametrize(
    ("flags", "printed"),
    [
        (["--ink", "red"], "--ink red: must be #"),
        (["--ink", "#000000"], ".mp4 has no alpha"),
        (["--background", "nowhere.png"], "--background nowhere.png: no such file"),
        (["--background", "#12"], "--background #12"),
        (["--width", "0"], "--width 0"),
        (["--fps", "0"], "--fps 0"),
        (["--batch", "0"], "--batch 0"),
    ],
)
def test_invalid_settings_write_nothing(clip, tmp_path, capsys, flags, printed):
    assert run(clip, tmp_path / "out.mp4", *flags) == 2
    error = capsys.readouterr().err
    assert printed in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out.mp4").exists()


def test_sources_are_not_replaced_and_have_one_size(clip, tmp_path, capsys):
    assert run(clip, clip, "--invert", "--overwrite") == 2
    assert "is an input" in capsys.readouterr().err
    for i, frame in enumerate(BLOCK_FRAMES):
        write_image(tmp_path / "in" / f"{i}.png", frame[: 16 - i // 3])
    assert run(tmp_path / "in", tmp_path / "out", "--invert") == 2
    assert "3.png is 24 x 15 px, the first image is 24 x 16 px" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.fixture
def cut_clip(tmp_path):
    """Cut without encoding again: 30 packets, of which some are not shown."""
    write_video([np.full((16, 24, 3), 8 * v, np.uint8) for v in range(30)], tmp_path / "whole.mp4", fps=30)
    cut = ["-ss", "0.4", "-i", str(tmp_path / "whole.mp4"), "-c", "copy", str(tmp_path / "cut.mp4")]
    finish(cut, tmp_path / "cut.mp4")
    return tmp_path / "cut.mp4"


def test_packets_that_are_not_shown_are_not_counted(cut_clip, clip, tmp_path):
    shown = len(list(read_video(cut_clip)))
    assert shown == count_frames(cut_clip) < video_info(cut_clip).frames
    assert run(cut_clip, tmp_path / "out.mp4", "--invert") == 0
    assert video_info(tmp_path / "out.mp4").frames == shown
    assert run(clip, tmp_path / "over", "--background", cut_clip, "--background-ends", "end") == 0
    assert len(levels(tmp_path / "over")) == 5


@pytest.mark.slow
def test_colour_in_the_same_pass(clip, tmp_path, capsys):
    """As `fill film` of the negative, enlarged."""
    square = np.full((24, 24, 1), 250, np.uint8)
    square[4:20, 4] = square[4:20, 19] = square[4, 4:20] = square[19, 4:20] = 0
    write_video([np.roll(square, i, axis=1) for i in range(4)], tmp_path / "curve.apng", fps=4)
    write_video([255 - np.roll(square, i, axis=1) for i in range(4)], tmp_path / "negative.apng", fps=4)
    colours = "#c02030,#2060a0,#e0c040"
    words = ["film", str(tmp_path / "curve.apng"), "--out", str(tmp_path / "filled"), "--palette", colours]
    assert fill_main([*words, "--seed", "5"]) == 0
    flags = ["--invert", "--fill", colours, "--seed", 5]
    capsys.readouterr()
    assert run(tmp_path / "negative.apng", tmp_path / "out", *flags) == 0
    assert " % of the paper changes colour though its region persists, " in capsys.readouterr().out
    frames = [[read_image(p) for p in sorted((tmp_path / n).glob("*.png"))] for n in ("filled", "out")]
    np.testing.assert_array_equal(*frames)
    assert run(tmp_path / "negative.apng", tmp_path / "large.mp4", *flags, "--width", 48) == 0
    assert video_info(tmp_path / "large.mp4").frames == 4
    for words, printed in (
        (["--fill", colours, "--ink", "#000000"], "--fill and --ink"),
        (["--blend"], "requires --fill PALETTE"),
        (["--fill", "nowhere.png"], "--fill nowhere.png: no such image"),
        (["--fill", "#ff0000", "--overlay"], "pass --fill IMAGE"),
        (["--fill", colours, "--threshold", 300], "--threshold 300"),
        (["--fill", colours, "--seed", -1], "--seed -1"),
    ):
        capsys.readouterr()
        assert run(clip, tmp_path / "bad", *words) == 2
        assert printed in capsys.readouterr().err


def test_an_unreadable_frame_is_named_and_the_others_composed(tmp_path, capsys):
    for i in range(4):
        write_image(tmp_path / "frames" / f"{i}.png", np.full((16, 16, 1), 60 * i, np.uint8))
    (tmp_path / "frames" / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "frames" / "3.png").unlink()
    (tmp_path / "frames" / "3.png").symlink_to("nowhere.png")
    out = tmp_path / "out"
    assert run(tmp_path / "frames", out, "--invert") == 1
    printed = capsys.readouterr().err
    assert "2.png" in printed
    assert "3.png is a link" in printed
    assert "2 images were left out: 2.png, 3.png" in printed
    shown = [int(read_image(out / f"{i:06d}.png").max()) for i in range(4)]
    assert shown == [255, 195, 195, 195]
    assert run(tmp_path / "frames", out, "--invert") == 1
    assert "2 images were left out: 2.png, 3.png" in capsys.readouterr().err
