import dataclasses
import re

import numpy as np
import pytest

from data_prep.errors import InputError, WorkError
from data_prep.video.codec import write_video
from fill.strokes import video
from fill.strokes.config import OutputConfig, SheetConfig, TraceConfig
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
    return {path.name: path.read_bytes() for path in out.glob("*.svg")}


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
    with pytest.raises(WorkError, match="no lines found in any frame"):
        run(tmp_path / "blank.mp4", tmp_path / "out")


@pytest.mark.parametrize(("flag", "change"), [("--regions", {"regions": "fill"}), ("--pens", {"pens": 2})])
def test_what_videos_have_not_is_refused(flag, change, clip, tmp_path):
    with pytest.raises(InputError, match=f"{flag} .*not for videos"):
        vector_video(clip, TRACE, dataclasses.replace(SHEET, **change), OutputConfig(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
