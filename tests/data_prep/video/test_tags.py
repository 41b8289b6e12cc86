"""Tags of frames: read, written, checked against a video, guessed, imported from lists."""

import json

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.video.frame_index import read_index
from data_prep.video.tags import (
    Span,
    Tags,
    guess_linear,
    read_last_frames,
    read_tags,
    tags_from_last_frames,
    write_tags,
)
from tests.data_prep import generated_videos as generated

PAGES = ["1.png", "2.png", "10.png"]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return read_index(generated.variable(tmp_path_factory.mktemp("tags")))


def test_tags_are_read_as_written(tmp_path, index):
    tags = tags_from_last_frames([9, 9, 30], PAGES, index)
    assert tags.spans[1] == Span("2.png", 9, int(index.pts[9]))
    assert (tags.video, tags.fps) == ("variable.mkv", index.fps)
    write_tags(tmp_path / "tags.json", tags)
    assert read_tags(tmp_path / "tags.json") == tags
    tags.check(index, pages=PAGES)
    value = json.loads((tmp_path / "tags.json").read_text())
    assert list(value) == ["video", "fps", "spans"]
    assert list(value["spans"][0]) == ["page", "last_frame", "last_pts"]


def test_the_page_of_each_frame(index):
    tags = tags_from_last_frames([2, 2, 5], PAGES, index)
    pages = ["1.png"] * 3 + ["10.png"] * 3 + [None] * 2
    assert [tags.page_of(frame) for frame in range(8)] == pages
    assert tags.pages_of(8).tolist() == [0, 0, 0, 2, 2, 2, -1, -1]


def test_the_linear_guess_gives_equal_parts(index):
    lasts = [span.last_frame for span in guess_linear(PAGES, index).spans]
    assert lasts[-1] == len(index) - 1
    assert np.ptp(np.diff([-1, *lasts])) <= 1
    excluded = np.zeros(len(index), bool)
    excluded[:20] = True
    parts = np.diff(
        [
            0,
            *np.cumsum(~excluded)[
                [span.last_frame for span in guess_linear(PAGES, index, excluded=excluded).spans]
            ],
        ]
    )
    assert np.ptp(parts) <= 1
    many = guess_linear([f"{k}.png" for k in range(500)], index)
    many.check(index)
    assert len(many.spans) == 500


def test_the_list_form_is_imported(tmp_path, index):
    (tmp_path / "list.json").write_text("[4, 11]")
    assert read_last_frames(tmp_path / "list.json") == [4, 11]
    assert [span.page for span in tags_from_last_frames([4, 11], PAGES, index).spans] == PAGES[:2]
    with pytest.raises(InputError, match=r"data-prep tags VIDEO PAGES --tags list\.json"):
        read_tags(tmp_path / "list.json")
    for text in ("[]", "[1.5]", '["1"]', "[true]", "3", '{"a": 1}'):
        (tmp_path / "list.json").write_text(text)
        with pytest.raises(InputError, match="list of the last frame of each page"):
            read_last_frames(tmp_path / "list.json")


@pytest.mark.parametrize(
    ("lasts", "reason"),
    [
        ([5, 4], r"span 1 \(2.png\) ends at frame 4, before span 0"),
        ([5, 999], r"span 1 \(2.png\): frame 999 lies beyond the end of variable.mkv"),
        ([-2, 5], "ends at frame -2"),
        ([1, 2, 3, 4], "4 last frames for 3 pages"),
    ],
)
def test_last_frames_that_are_not_in_order_or_beyond_the_end(index, lasts, reason):
    with pytest.raises(InputError, match=reason):
        tags_from_last_frames(lasts, PAGES, index, where="list.json")


def test_tags_of_other_pages_or_another_video(index):
    tags = tags_from_last_frames([5, 9], PAGES, index)
    with pytest.raises(InputError, match=r"span 1 \(2.png\): no such page"):
        tags.check(index, pages=["1.png"])
    with pytest.raises(InputError, match=r"page 2\.png comes after 1\.png"):
        tags.check(index, pages=["2.png", "1.png"])
    moved = Tags(tags.video, tags.fps, (Span("1.png", 5, tags.spans[0].last_pts + 1),))
    with pytest.raises(InputError, match="another version of the video"):
        moved.check(index)


GOOD = {"video": "a.mp4", "fps": 24, "spans": [{"page": "1.png", "last_frame": 3, "last_pts": 30}]}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"colour": 1}, "unknown key 'colour'; known are fps, spans, video"),
        ({"fps": "24"}, "fps a number"),
        ({"spans": 4}, "spans must be a list"),
        ({"spans": [{"page": "1.png", "last_frame": 3}]}, "span 0: 'last_pts' is missing"),
        ({"spans": [{"page": "1.png", "last_frame": 3.5, "last_pts": 1}]}, "whole numbers"),
        ({"spans": [GOOD["spans"][0], {"page": "2.png", "last_frame": 2, "last_pts": 3}]}, "before span 0"),
    ],
)
def test_invalid_files_are_named(tmp_path, change, reason):
    path = tmp_path / "tags.json"
    path.write_text(json.dumps(GOOD))
    assert read_tags(path).spans == (Span("1.png", 3, 30),)
    path.write_text(json.dumps(GOOD | change))
    with pytest.raises(InputError, match=f"tags.json.*{reason}"):
        read_tags(path)
    path.write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        read_tags(path)
    with pytest.raises(InputError, match="no such file"):
        read_tags(tmp_path / "none.json")
