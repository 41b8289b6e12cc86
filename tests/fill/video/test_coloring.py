"""Colouring: when a first pass is made, and the summary afterwards; nothing is compiled."""

from pathlib import Path

import numpy as np
import pytest

from fill.config import VideoConfig
from fill.video import coloring
from fill.video.coloring import needs_first_pass, prepare, summarize
from fill.video.palette import VideoPalette
from fill.video.recolor import Changes, Tracking

MOVING = VideoPalette("moving.gif", np.zeros((0, 0, 3), np.uint8), Path("moving.gif"))
STILL = VideoPalette("two colours", np.zeros((1, 2, 3), np.uint8))
DRAWING = np.full((8, 8, 1), 250, np.uint8)


@pytest.mark.parametrize(
    ("palette", "keep_lines", "first"),
    [(STILL, False, True), (STILL, True, True), (MOVING, True, True), (MOVING, False, False)],
)
def test_a_first_pass_is_made_for_tracking_or_drawn_lines(palette, keep_lines, first):
    assert needs_first_pass(palette, VideoConfig(overlay=True, keep_lines=keep_lines)) == first


def test_frames_are_counted_in_the_first_pass_only():
    config, printed = VideoConfig(overlay=True), []
    assert prepare(lambda: pytest.fail("read"), MOVING, config, count=5).count == 5
    made = prepare(lambda: iter([DRAWING] * 3), MOVING, config, on_frame=lambda: printed.append(1))
    assert (made.count, len(printed)) == (3, 3)


def tracked(monkeypatch, **found):
    tracking = Tracking(
        of_frames=[np.zeros(1, np.int32)] * 6,
        persisting=[],
        colors=np.zeros((5, 3), np.uint8),
        roots=np.arange(5),
        **{"followed": 3, "cuts": [], "is_loop": True, "seam_changes": 0, "found_again": 0, "ink": None}
        | found,
    )
    monkeypatch.setattr(coloring, "track", lambda *args, **options: tracking)
    return prepare(lambda: iter(()), STILL, VideoConfig(), count=2)


def test_a_tracked_video_has_as_many_frames_as_were_read(monkeypatch):
    assert tracked(monkeypatch).count == 6


def test_parts_of_tracks_are_not_counted_as_regions(monkeypatch):
    printed = summarize(tracked(monkeypatch, cuts=[1, 2, 3, 4, 5, 6]), seconds=0.6, drawn=6)
    assert printed == "3 regions tracked, cuts at 1, 2, 3, 4, 5, ..., a loop, 100 ms a frame"


def test_changes_refer_to_the_frames_that_were_drawn(monkeypatch):
    made = tracked(monkeypatch)
    made.changes.add(np.array([200, 20]), 10)
    assert made.changes == Changes(200, 20, 10)
    whole, rest = (summarize(made, seconds=1.0, drawn=drawn) for drawn in (6, 2))
    assert ", 5.00 % of the paper changes colour though its region persists, 10.00 % with " in whole
    assert ", 5.00 % of the paper of 2 frames changes colour though " in rest
    assert whole.endswith(", 167 ms a frame")
    assert rest.endswith(", 2 of 6 frames drawn in 1.0 s")
