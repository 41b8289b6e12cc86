"""Pairs of frames: consecutive, within one shot, tagged, not excluded, of one side of the hold-out."""

import itertools

import numpy as np
import pytest

from gan.next_frame.pairs import NO_PAGE, index_pairs, sampled_frames, segments_of


def pairs_of(segments):
    """(frame, page, next frame, is held out) of all pairs."""
    return {
        (int(a), int(page), int(b), segment.held_out)
        for segment in segments
        for a, page, b in zip(segment.frames[:-1], segment.pages, segment.frames[1:], strict=False)
    }


def oracle(frames, pages, excluded, cuts, held_out_from):
    found = set()
    for a, b in itertools.pairwise(frames):
        between = range(a, b + 1)
        if any(excluded[i] or pages[i] == NO_PAGE for i in between):
            continue
        if any(a < cut <= b for cut in cuts):
            continue
        if a < held_out_from <= b:
            continue
        found.add((int(a), int(pages[a]), int(b), bool(a >= held_out_from)))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_pairs_equal_the_definition(seed):
    rng = np.random.default_rng(seed)
    count = 60
    frames = np.flatnonzero(rng.random(count) < 0.6)
    pages = np.sort(rng.integers(0, 4, count))
    pages[count - int(rng.integers(0, 8)) :] = NO_PAGE
    excluded = rng.random(count) < 0.08
    cuts = np.flatnonzero(rng.random(count) < 0.1)
    held_out_from = int(rng.integers(30, 70))
    segments = segments_of(frames, pages, excluded=excluded, cuts=cuts, held_out_from=held_out_from)
    assert pairs_of(segments) == oracle(frames, pages, excluded, cuts, held_out_from)
    assert all(len(segment.frames) > 1 for segment in segments)


def test_excluded_frames_keep_their_place_in_the_numbering():
    """Frames 0 to 9 are excluded: frame 12 is on the page that is tagged up to frame 14, not the next one."""
    pages = np.repeat([0, 1], [15, 5])
    excluded = np.arange(20) < 10
    (segment,) = segments_of(np.arange(20), pages, excluded=excluded, cuts=[], held_out_from=20)
    assert segment.frames.tolist() == list(range(10, 20))
    assert segment.pages.tolist() == [0] * 5 + [1] * 5


def test_a_cut_is_not_crossed_even_where_its_frame_is_not_sampled():
    options = {"excluded": np.zeros(8, bool), "held_out_from": 8}
    segments = segments_of(np.arange(0, 8, 2), np.zeros(8, int), cuts=[3], **options)
    assert [segment.frames.tolist() for segment in segments] == [[0, 2], [4, 6]]


@pytest.mark.parametrize(
    ("rate", "fps", "frames"),
    [(24, 12, [0, 2, 4, 6]), (12, 12, [0, 1, 2, 3]), (30, 12, [0, 2, 5, 7]), (8, 12, [0, 1, 2, 3])],
)
def test_frames_are_sampled_by_their_time(rate, fps, frames):
    times = np.floor(np.arange(200) / rate * 12800) / 12800
    assert sampled_frames(times, fps=fps)[:4].tolist() == frames


def test_sampled_frames_are_those_shown_at_each_time():
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(0.01, 0.2, 80))
    found = sampled_frames(times, fps=10)
    shown = {max(i for i in range(80) if times[i] <= times[0] + k / 10 + 1e-4) for k in range(1000)}
    assert set(found.tolist()) | {79} == shown | {79}
    assert (np.diff(found) > 0).all()


def test_pairs_are_indexed_within_segments():
    options = {"excluded": np.zeros(9, bool), "held_out_from": 9}
    segments = segments_of(np.arange(9), np.zeros(9, int), cuts=[5], **options)
    index = index_pairs(segments)
    assert index.now.tolist() == [0, 1, 2, 3, 5, 6, 7]
    assert index.after.tolist() == [1, 2, 3, 4, 6, 7, 8]
    assert index.before.tolist() == [0, 0, 1, 2, 5, 5, 6]
