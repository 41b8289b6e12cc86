"""Excluded ranges: read, written, checked against a video."""

import json

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.video.exclusions import (
    Exclusion,
    exclude_times,
    excluded_frames,
    read_exclusions,
    write_exclusions,
)
from data_prep.video.frame_index import read_index
from tests.data_prep import generated_videos as generated


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return read_index(generated.constant(tmp_path_factory.mktemp("exclusions")))


def test_ranges_are_read_as_written(tmp_path, index):
    entry = exclude_times(index, 0.4, 0.8, reason="intro.png", score=0.93)
    assert (entry.first_frame, entry.last_frame) == (10, 20)
    assert (entry.first_pts, entry.last_pts) == (index.pts[10], index.pts[20])
    assert exclude_times(index, -5, 99, reason="").last_frame == 63
    write_exclusions(tmp_path / "exclusions.json", {"a.mp4": [entry], "b.mp4": []})
    assert read_exclusions(tmp_path / "exclusions.json") == {"a.mp4": (entry,), "b.mp4": ()}


def test_both_ends_are_excluded(index):
    entries = [exclude_times(index, 0, 0.08, reason=""), exclude_times(index, 2, 2.04, reason="")]
    marked = excluded_frames(entries, index, where="exclusions.json")
    assert np.flatnonzero(marked).tolist() == [0, 1, 2, 50, 51]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Exclusion(3, 0, 2, 0), "ends at frame 2, before 3"),
        (Exclusion(0, 0, 64, 0), "frame 64 lies beyond the end of constant.mp4"),
        (Exclusion(0, 7, 1, 0), "another version"),
    ],
)
def test_ranges_beyond_the_video_are_named(index, entry, reason):
    with pytest.raises(InputError, match=f"exclusions.json: constant.mp4: range 0: .*{reason}"):
        excluded_frames([entry], index, where="exclusions.json")


RANGE = {"first_frame": 0, "first_pts": 0, "last_frame": 1, "last_pts": 512}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"schema": 2, "videos": {}}, "schema must be 1"),
        ({"videos": {}}, "'schema' is missing"),
        ({"schema": 1, "videos": {"a": RANGE}}, "a: must be a list"),
        ({"schema": 1, "videos": {"a": [RANGE | {"x": 1}]}}, "a: range 0: unknown key 'x'"),
        ({"schema": 1, "videos": {"a": [RANGE | {"last_pts": "1"}]}}, "whole numbers"),
    ],
)
def test_invalid_files_are_named(tmp_path, value, reason):
    path = tmp_path / "exclusions.json"
    path.write_text(json.dumps({"schema": 1, "videos": {"a": [RANGE]}}))
    assert read_exclusions(path)["a"] == (Exclusion(0, 0, 1, 512),)
    path.write_text(json.dumps(value))
    with pytest.raises(InputError, match=f"exclusions.json: .*{reason}"):
        read_exclusions(path)
