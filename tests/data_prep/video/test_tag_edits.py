"""Edits of tags: always in order, as near as neighbours allow, and saved as `tags` reads them."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.video.frame_index import FrameIndex
from data_prep.video.tag_edits import PageTags, page_tags
from data_prep.video.tags import read_tags, write_tags

FRAMES, PAGES = 200, [f"{i}.png" for i in range(12)]


def index():
    pts = np.arange(FRAMES) * 512
    return FrameIndex(Path("v.mp4"), Fraction(1, 12800), pts, np.full(FRAMES, 512), pts == 0)


def test_ten_thousand_random_events_stay_in_order():
    rng = np.random.default_rng(0)
    tags = page_tags(None, PAGES, index())
    seen = 0
    for _ in range(10_000):
        page, frame = int(rng.integers(len(PAGES))), int(rng.integers(-20, FRAMES + 20))
        before = tags
        kind = rng.choice(["tag", "untag", "clear"], p=[0.8, 0.199, 0.001])
        tags = (
            tags.tag(page, frame) if kind == "tag" else tags.untag(page) if kind == "untag" else tags.clear()
        )
        tagged = [last for last in tags.lasts if last is not None]
        assert tagged == sorted(tagged)
        assert not tagged or (tagged[0] >= 0 and tagged[-1] < FRAMES)
        if kind == "tag":  # no other page changes, and the nearest allowed frame is taken
            others = [last for at, last in enumerate(tags.lasts) if at != page]
            assert others == [last for at, last in enumerate(before.lasts) if at != page]
            allowed = (
                [
                    end
                    for end in range(FRAMES)
                    if all(
                        last is None or (last <= end if at < page else last >= end)
                        for at, last in enumerate(before.lasts)
                        if at != page
                    )
                ]
                if seen % 50 == 0
                else []
            )
            assert not allowed or abs(tags.lasts[page] - frame) == min(abs(end - frame) for end in allowed)
            seen += 1
    assert seen > 7_000


def test_frames_belong_to_the_next_tagged_page():
    tags = PageTags(FRAMES, (None, 9, None, 9, 50))
    assert [tags.page_of(frame) for frame in (0, 9, 10, 50, 51)] == [1, 1, 4, 4, None]
    assert tags.bounds(2) == (9, 9)
    assert tags.bounds(0) == (0, 9)


def test_tags_are_saved_as_the_command_reads_them(tmp_path):
    tags = page_tags(None, PAGES, index()).tag(2, 30).tag(5, 99).tag(3, 10)
    assert tags.lasts[3] == 30  # not before its neighbour
    write_tags(tmp_path / "tags.json", tags.as_tags(PAGES, index()))
    stored = read_tags(tmp_path / "tags.json")
    stored.check(index(), pages=PAGES)
    assert page_tags(stored, PAGES, index()) == tags


def test_unknown_pages_are_refused():
    with pytest.raises(InputError, match="page 12"):
        page_tags(None, PAGES, index()).tag(12, 0)
