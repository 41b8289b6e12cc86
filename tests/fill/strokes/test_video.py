import dataclasses
import re

import cv2
import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.video.codec import write_video
from fill.strokes import video
from fill.strokes.config import OutputConfig, SheetConfig, TraceConfig
from fill.strokes.folder import Palette
from fill.strokes.video import STATE, vector_video
from tests.fill.strokes.drawn import draw, image_of

TRACE, SHEET = TraceConfig(), SheetConfig()


def frames(count=5):
    for i in range(count):
        lines = [[(8, 12 + i), (56, 50 + i)], [(10, 52 - i), (54, 14 - i)]]
        yield image_of(draw(lines, 3))


@pytest.fixture
def clip(tmp_path):
    write_video(frames(), tmp_path / "clip.mp4", fps=5, crf=1)
    return tmp_path / "clip.mp4"


def run(source, out, **options):
    return vector_video(source, TRACE, SHEET, OutputConfig(out, workers=1, **options))


def files(out):
    return {path.name: path.read_bytes() for path in sorted(out.glob("*.svg"))}


def test_frames_are_numbered_and_strokes_keep_ids_and_order(clip, tmp_path):
    result = run(clip, tmp_path / "out")
    assert result.files == 5
    made = files(tmp_path / "out")
    assert sorted(made) == [f"{i:06d}.svg" for i in range(5)]
    ids = [re.findall(r'id="(s\d+)"', text.decode()) for text in made.values()]
    assert ids == [["s1", "s2"]] * 5
    assert not (tmp_path / "out" / STATE).exists()
    assert "already done" in str(run(clip, tmp_path / "out"))


def test_a_changed_video_is_not_done(clip, tmp_path):
    run(clip, tmp_path / "out")
    write_video(frames(3), clip, fps=5, crf=1)
    with pytest.raises(InputError, match="other settings"):
        run(clip, tmp_path / "out")
    assert run(clip, tmp_path / "out", overwrite=True).files == 3
    assert len(files(tmp_path / "out")) == 3


def test_an_interrupted_run_continues_with_the_same_bytes(clip, tmp_path, monkeypatch):
    run(clip, tmp_path / "whole")
    written = 0

    def write(path, text):
        nonlocal written
        written += 1
        if written == 3:
            raise KeyboardInterrupt
        video_write(path, text)

    video_write = video.write_document
    monkeypatch.setattr(video, "write_document", write)
    with pytest.raises(KeyboardInterrupt):
        run(clip, tmp_path / "out")
    assert len(files(tmp_path / "out")) == 2
    monkeypatch.setattr(video, "write_document", video_write)
    run(clip, tmp_path / "out")
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_a_video_without_lines_is_refused(tmp_path):
    write_video((np.full((32, 32, 1), 255, np.uint8) for _ in range(3)), tmp_path / "blank.mp4", fps=5)
    with pytest.raises(InputError, match=r"blank\.mp4: no lines found: no ink"):
        run(tmp_path / "blank.mp4", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_frame_that_is_a_photo_has_no_strokes(tmp_path):
    rng = np.random.default_rng(0)
    grain = (255 * rng.uniform(0, 1, (12, 12)) ** 0.4).astype(np.uint8)
    photo = cv2.resize(grain, (64, 64), interpolation=cv2.INTER_CUBIC)[..., None]
    drawings = list(frames(4))
    write_video([*drawings[:3], photo, drawings[3]], tmp_path / "clip.mp4", fps=5, crf=1)
    notes = []
    vector_video(
        tmp_path / "clip.mp4", TRACE, SHEET, OutputConfig(tmp_path / "out", workers=1), warn=notes.append
    )
    made = files(tmp_path / "out")
    assert [len(re.findall(r'id="s\d+"', text.decode())) for text in made.values()] == [2, 2, 2, 0, 2]
    assert notes == [f"{tmp_path / 'clip.mp4'}: 1 frame of 5 without lines"]


@pytest.fixture(scope="module")
def coloured(tmp_path_factory):
    """A clip of a red square and a blue line that move, traced with two pens and filled regions."""
    folder = tmp_path_factory.mktemp("coloured")

    def drawn():
        for i in range(4):
            red = draw([[(8 + i, 8), (40 + i, 8), (40 + i, 40), (8 + i, 40), (8 + i, 8)]], 5)
            blue = draw([[(10, 56 - i), (54, 56 - i)]], 5)
            yield np.rint(255 - 255 * np.dstack([blue, red + blue, red])).astype(np.uint8)

    write_video(drawn(), folder / "clip.mp4", fps=5, crf=1)
    sheet = dataclasses.replace(SHEET, pens=2, regions="fill")
    palette = Palette("two", np.array([[[0, 200, 0], [250, 200, 0]]], np.uint8))
    vector_video(folder / "clip.mp4", TRACE, sheet, OutputConfig(folder / "out", workers=1), palette=palette)
    return [text.decode() for text in files(folder / "out").values()]


def test_strokes_of_a_video_keep_their_pens(coloured):
    pens = [re.findall(r'stroke="(#\w+)".*\n<path id="(s\d+)"', text) for text in coloured]
    assert len(pens[0]) == 2
    assert pens[1:] == pens[:-1]
    (_, blue), (_, red) = sorted((int(color[5:], 16), color) for color, _ in pens[0])[::-1]
    assert int(blue[1:3], 16) < 90 < 160 < int(blue[5:], 16)
    assert int(red[5:], 16) < 90 < 160 < int(red[1:3], 16)


def test_regions_of_a_video_keep_their_colours(coloured):
    layer = r'label="\d+ regions" fill="(#\w+)".*\n((?:<path.*\n)+)'
    frames = [[(color, paths.count("M")) for color, paths in re.findall(layer, text)] for text in coloured]
    assert sum(parts for _, parts in frames[0]) == 3  # around the square, its hole, and inside
    assert frames[1:] == frames[:-1]
    assert {color for color, _ in frames[0]} <= {"#00c800", "#fac800"}
