import json

import numpy as np

from fill.strokes.tracing import Stroke
from fill.strokes.tracking import Tracks, follow, sample_points


def line(x0, y0, x1, y1):
    cubic = np.linspace((x0, y0), (x1, y1), 4)
    return Stroke(cubic[None], cubic[0], 2.0)


def circle(center, radius, turn):
    at = np.radians(turn + np.arange(0, 361, 30))
    points = np.array(center) + radius * np.stack([np.cos(at), np.sin(at)], axis=1)
    cubics = np.stack([points[:-1] + t * (points[1:] - points[:-1]) for t in (0, 1 / 3, 2 / 3, 1)], axis=1)
    return Stroke(cubics, cubics[0, 0], 2.0, True)


def step(tracks, strokes, frame, memory=2):
    return follow(tracks, strokes, frame=frame, memory_frames=memory, size_px=(200, 200))


LINES = [line(10, 10, 90, 12), line(20, 60, 20, 140), line(100, 100, 160, 160)]


def test_moving_strokes_keep_number_direction_and_order():
    tracks, first = step(Tracks(), LINES, 0)
    moved = [line(103, 101, 162, 161), line(92, 13, 12, 11), line(21, 142, 22, 61)]  # shuffled, two reversed
    _, second = step(tracks, moved, 1)
    assert [number for number, _ in second] == [number for number, _ in first] == [1, 2, 3]
    for (_, before), (_, after) in zip(first, second, strict=True):
        assert np.hypot(*(before.start - after.start)) < 5
        assert np.hypot(*(before.end - after.end)) < 5


def test_new_strokes_get_new_numbers_and_lost_ones_their_old_number_back():
    tracks, first = step(Tracks(), LINES, 0)
    tracks, second = step(tracks, [*LINES[1:], line(150, 20, 190, 20)], 1)
    assert 4 in dict(second)
    tracks, third = step(tracks, LINES, 2)
    assert dict(third).keys() == dict(first).keys()
    assert [number for number, _ in third] == [number for number, _ in first]


def test_strokes_are_forgotten_after_the_memory():
    tracks, _ = step(Tracks(), LINES, 0)
    for frame in range(1, 5):
        tracks, _ = step(tracks, LINES[1:], frame)
    _, found = step(tracks, LINES, 5)
    assert max(dict(found)) == 4


def test_a_closed_stroke_begins_where_it_began():
    tracks, first = step(Tracks(), [circle((80, 80), 30, 0)], 0)
    _, second = step(tracks, [circle((81, 80), 30, 150)], 1)
    assert [number for number, _ in second] == [1]
    assert np.hypot(*(first[0][1].start - second[0][1].start)) < 8


def test_tracks_survive_json_exactly():
    tracks, _ = step(Tracks(), LINES, 0)
    again = Tracks.from_json(json.loads(json.dumps(tracks.as_json())))
    moved = [line(11, 11, 91, 14), line(103, 101, 162, 161)]
    a, b = step(tracks, moved, 1), step(again, moved, 1)
    assert [number for number, _ in a[1]] == [number for number, _ in b[1]]
    assert json.dumps(a[0].as_json()) == json.dumps(b[0].as_json())


def test_samples_are_at_equal_distances():
    points = sample_points(line(0, 0, 30, 0))
    np.testing.assert_allclose(points[:, 0], np.linspace(0, 30, 16), atol=1e-9)


def test_at_a_cut_all_strokes_are_new():
    def scene(seed):
        return [line(*np.random.default_rng(seed + i).uniform(10, 190, 4)) for i in range(8)]

    tracks, _ = step(Tracks(), scene(0), 0)
    tracks, moved = step(tracks, [line(*(s.start + 2), *(s.end + 2)) for s in scene(0)], 1)
    assert sorted(dict(moved)) == list(range(1, 9))
    tracks, found = step(tracks, scene(100), 2)
    assert sorted(dict(found)) == list(range(9, 17))
    assert tracks.scene == 1
    _, back = step(tracks, scene(0), 3)
    assert min(dict(back)) == 17
