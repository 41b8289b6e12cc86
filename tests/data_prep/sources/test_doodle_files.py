"""Files of drawings: the same strokes in every format, classes from content or name, damage refused."""

import gzip
import json

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.sources.doodle_files import class_of_name, list_doodles, open_doodles

STROKES = [[[0, 3, 5], [1, 1, 4]], [[2], [2]]]  # [[x...], [y...]] per stroke


def ignore(name, reason):
    raise AssertionError(reason)


def points_of(strokes):
    return [np.array(stroke, np.float64).T for stroke in strokes]


def write_points(path, *, relative):
    points = np.concatenate(points_of(STROKES))
    if relative:
        points = np.diff(points, axis=0, prepend=np.zeros((1, 2)))
    ends = [0, 0, 1, 1]
    arrays = {"strokes" if relative else "points": np.column_stack([points, ends]), "offsets": [0, 4]}
    np.savez(path, **arrays)


@pytest.mark.parametrize("kind", ["points.npz", "strokes.npz", "cat.ndjson", "cat.ndjson.gz"])
def test_strokes_are_the_same_in_every_format(tmp_path, kind):
    path = tmp_path / kind
    line = json.dumps({"word": "cat", "drawing": STROKES}) + "\n"
    if path.suffix == ".npz":
        write_points(path, relative=kind == "strokes.npz")
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(line.encode()))
    else:
        path.write_text(line)
    file = open_doodles(path, report=ignore)
    (drawing,) = file.read([0])
    for stroke, expected in zip(drawing, points_of(STROKES), strict=True):
        np.testing.assert_array_equal(stroke, expected)
    assert not file.bitmaps


def test_positions_of_lines_are_read_in_order(tmp_path):
    path = tmp_path / "dots.ndjson"
    path.write_text("".join(json.dumps({"drawing": [[[i], [0]]]}) + "\n" for i in range(6)))
    file = open_doodles(path, report=ignore)
    assert [drawing[0][0, 0] for drawing in file.read([1, 2, 5])] == [1, 2, 5]
    assert list(file.read([])) == []
    assert file.classes == ["dots"] * 6


def test_a_line_without_a_drawing_is_reported(tmp_path):
    (tmp_path / "a.ndjson").write_text('{"drawing": [[[0], [0]]]}\n{"word": "b"}\n')
    reports = []
    file = open_doodles(tmp_path / "a.ndjson", report=lambda name, reason: reports.append(name))
    assert file.classes == ["a", None]
    assert reports == ["a.ndjson:2"]


def test_bitmaps_have_classes_by_label_or_name(tmp_path, rng):
    bitmaps = rng.integers(0, 256, (3, 28, 28), np.uint8)
    np.save(tmp_path / "full_numpy_bitmap_owl.npy", bitmaps.reshape(3, -1))
    np.savez(tmp_path / "n.npz", images=bitmaps, labels=[1, 0, 1], names=["a", "b"])
    by_name = open_doodles(tmp_path / "full_numpy_bitmap_owl.npy", report=ignore)
    by_label = open_doodles(tmp_path / "n.npz", report=ignore)
    assert (by_name.classes, by_label.classes) == (["owl"] * 3, ["b", "a", "b"])
    np.testing.assert_array_equal(list(by_name.read([0, 2])), bitmaps[[0, 2]])
    np.testing.assert_array_equal(list(by_label.read([1])), bitmaps[[1]])


@pytest.mark.parametrize(
    "arrays",
    [
        {"images": np.zeros((2, 28, 28), np.float32)},
        {"images": np.zeros((2, 10), np.uint8)},
        {"a": np.zeros(1), "b": np.zeros(1)},
        {"points": np.zeros((3, 3)), "offsets": np.array([0, 2])},
        {"images": np.zeros((2, 4), np.uint8), "labels": np.array([0, 5]), "names": np.array(["a"])},
    ],
)
def test_other_arrays_are_refused(tmp_path, arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=r"a\.npz"):
        open_doodles(tmp_path / "a.npz", report=ignore)


def test_files_are_listed_in_natural_order(tmp_path):
    for name in ("b/10.npy", "b/9.npy", "a.ndjson.gz", ".hidden/1.npy", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in list_doodles(tmp_path)] == ["a.ndjson.gz", "9.npy", "10.npy"]
    with pytest.raises(InputError):
        list_doodles(tmp_path / "none")


def test_classes_of_names(tmp_path):
    names = {"cat_28x28.npz": "cat", "full_simplified_sea turtle.ndjson": "sea turtle", "x.ndjson.gz": "x"}
    assert {name: class_of_name(tmp_path / name) for name in names} == names
