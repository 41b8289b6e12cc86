"""Tracks: continuing, merging, splitting, lost and found, cut and closed."""

import itertools

import numpy as np

from fill.video.tracks import Step, Tracks
from tests.fill import plain


def step(before, now):
    k, l = int(before.max()), int(now.max())
    after, _ = plain.partners(before, now, k)
    back, px = plain.partners(now, before, l)
    areas = [np.bincount(labels.ravel(), minlength=labels.max() + 1) for labels in (before, now)]
    for area in areas:
        area[0] = 0
    return Step(areas[0], areas[1], after, back, px)


def follow(frames, lost=None, **options):
    """The tracks of each frame; `lost`: frame -> what was lost where its regions are."""
    tracks = Tracks(**({"memory_frames": 3, "new_on_cut": False} | options))
    tracks.begin(np.bincount(frames[0].ravel(), minlength=frames[0].max() + 1) > 0)
    for index, (before, now) in enumerate(itertools.pairwise(frames), 1):
        tracks.follow(step(before, now))
        tracks.settle((lost or {}).get(index))
    return tracks


def bars(*widths, height=10):
    """Regions side by side, numbered from the left; 0 is line."""
    return np.repeat(
        np.array([n for k, width in enumerate(widths, 1) for n in [k] * width + [0]]), height
    ).reshape(-1, height)


def test_tracks_do_not_depend_on_region_numbers():
    first = bars(10, 8, 6)
    again = np.where(first > 0, 4 - first, 0)
    tracks = follow([first, again, first])
    assert [list(t) for t in tracks.of_frames] == [[0, 1, 2, 3], [0, 3, 2, 1], [0, 1, 2, 3]]


def test_mergers_and_splits_continue_the_larger_part():
    apart = bars(10, 4)
    joined = np.ones_like(apart)
    tracks = follow([apart, joined, apart[::-1]], memory_frames=0)
    assert list(tracks.of_frames[1]) == [0, 1]
    larger = apart[::-1][-1, 0]
    assert tracks.of_frames[2][larger] == 1
    assert tracks.of_frames[2][3 - larger] == 3  # a new one


def test_a_region_that_was_gone_has_its_track_back_in_time():
    apart, joined = bars(10, 4), np.ones_like(bars(10, 4))
    lost = np.array([0, 0, 2])
    for gone, expected in ((1, 2), (3, 2), (5, 3)):
        frames = [apart, *[joined] * gone, apart]
        tracks = follow(frames, lost={len(frames) - 1: lost})
        assert tracks.of_frames[-1][2] == expected, gone
        assert tracks.found_again == (expected == 2)


def test_a_track_is_never_given_twice():
    apart = bars(6, 6, 6)
    joined = np.where(apart == 3, 0, apart)
    tracks = follow([apart, joined, apart], lost={2: np.array([0, 0, 0, 1])})  # 1 is still there
    assert tracks.of_frames[-1][3] == 4


def cells(seed, size=40):
    rng = np.random.default_rng(seed)
    at = np.moveaxis(np.indices((size, size)), 0, -1)[:, :, None]
    return np.linalg.norm(at - rng.uniform(0, size, (12, 2)), axis=-1).argmin(-1) + 1


def test_cuts_are_seen_and_slow_movement_is_none():
    scene, other = cells(0), cells(1)
    frames = [scene, np.roll(scene, 1, 0), other, np.roll(other, 1, 1)]
    tracks = follow(frames)
    assert tracks.cuts == [2]
    fresh = follow(frames, new_on_cut=True)
    assert not set(fresh.of_frames[1]) & set(fresh.of_frames[2]) - {0}
    assert set(tracks.of_frames[1]) & set(tracks.of_frames[2]) - {0}


def test_neighbours_at_the_seam_have_one_colour():
    """Around the loop region 1 becomes 2's neighbour: both ends of what is one region have one root."""
    first, last = bars(10, 8), bars(10, 8)
    tracks = follow([first, np.where(first == 2, 0, first), last], memory_frames=0)
    assert list(tracks.of_frames[-1]) == [0, 1, 3]
    root, refused = tracks.join_ends(step(last, first))
    assert list(root) == [0, 1, 2, 2]
    assert refused == 0


def test_simultaneous_tracks_are_not_joined():
    first = bars(10, 10, 10)
    moved = [np.roll(first, 4 * i, axis=0) for i in range(3)]
    tracks = follow(moved, memory_frames=0)
    seam = step(moved[-1], first)
    root, refused = tracks.join_ends(seam)
    assert refused == (len(seam.matches()) - (root != np.arange(len(root))).sum())
    assert len(set(root)) >= 3


def test_a_required_change_is_at_the_weakest_link():
    """Two regions change places around the loop; one of them shrinks to a sliver shortly before its end."""
    still = bars(10, 10)
    sliver = still.copy()
    sliver[:, 3:][still[:, 3:] == 1] = 0
    tracks = follow([*[still] * 10, sliver, still], memory_frames=0)
    swapped = np.where(still > 0, 3 - still, 0)
    root, changes = tracks.join_ends(step(still, swapped))
    assert [list(frame) for frame in tracks.of_frames[-3:]] == [[0, 1, 2], [0, 1, 2], [0, 3, 2]]
    assert list(root) == [0, 1, 2, 2]
    assert changes == 1  # the other one is as large everywhere
    early = follow([still, sliver, *[still] * 10], memory_frames=0)
    root, changes = early.join_ends(step(still, swapped))
    assert [list(frame) for frame in early.of_frames[:3]] == [[0, 3, 2], [0, 1, 2], [0, 1, 2]]
    assert (list(root), changes) == ([0, 1, 2, 2], 1)


def test_stable_fractions():
    still = bars(10, 8, 6)
    assert step(still, still).stable_fraction() == 1.0
    assert list(step(still, still).alike()) == [1, 2, 3]
    gone = step(still, np.where(still == 2, 0, still))
    assert list(gone.alike()) == [1, 3]
    moved = step(still, np.roll(still, 5, axis=0))
    assert moved.stable_fraction() < 0.6


def test_regions_persist_if_each_covers_most_of_the_other():
    before = bars(10, 8, 6)
    now = np.where(before == 1, 3, np.where(before == 3, 1, before))
    now[:, :5][before[:, :5] == 2] = 0  # half of it is left: not more than half
    now[:, :4][before[:, :4] == 3] = 0
    np.testing.assert_array_equal(step(before, now).persisting(), [[3, 1], [1, 3], [36, 100]])
