"""Files of drawings: the same strokes in every format, classes from content or name, damage refused."""

import gzip
import json

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.sources.doodle_files import class_of_name, list_doodles, open_doodles
from tests.data_prep.images.damaged_files import damaged

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


BAD_LINES = {
    "digits": '{"drawing": [[[%s], [0]]]}' % ("1" + "0" * 400),
    "more digits": '{"drawing": [[[%s], [0]]]}' % ("1" * 5000),
    "depth": '{{"drawing": {}{}}}'.format("[" * 100_000, "]" * 100_000),
    "some depth": '{{"drawing": {}1{}}}'.format("[" * 80, "]" * 80),
    "not finite": '{"drawing": [[[NaN], [0]]]}',
    "infinite": '{"drawing": [[[1e999], [0]]]}',
    "far": '{"drawing": [[[1e300], [0]]]}',
    "ragged": '{"drawing": [[[1, 2], [0]]]}',
    "text": "no JSON",
    "no object": "[1, 2]",
    "null": "null",
    "null drawing": '{"drawing": null}',
    "words": '{"drawing": [[["a"], ["b"]]]}',
    "empty": '{"drawing": []}',
    "cut": '{"drawing": [[[0, 1], [0',
    "UTF-8": b'{"word": "\xff", "drawing": [[[0], [0]]]}',
}


@pytest.mark.parametrize("kind", BAD_LINES)
@pytest.mark.parametrize("suffix", [".ndjson", ".NDJSON", ".ndjson.gz", ".Ndjson.GZ"])
def test_a_bad_line_is_named_by_its_number(tmp_path, kind, suffix):
    line, good = BAD_LINES[kind], b'{"word": "ok", "drawing": [[[0, 4], [0, 9]]]}'
    line = line if isinstance(line, bytes) else line.encode()
    text = b"\xef\xbb\xbf" + b"\r\n".join([good, b"", line, b"  ", good, b"", b""])
    path = tmp_path / f"cat{suffix}"
    path.write_bytes(gzip.compress(text) if suffix.lower().endswith(".gz") else text)
    reports = {}
    file = open_doodles(path, report=reports.__setitem__)
    assert list(reports) == [f"cat{suffix}:3"]
    assert "line 3 holds no drawing" in reports[f"cat{suffix}:3"]
    assert "remove" not in reports[f"cat{suffix}:3"]
    used = [i for i, name in enumerate(file.classes) if name is not None]
    assert used == [0, 4]
    assert len(list(file.read(used))) == 2
    assert class_of_name(path) == "cat"
    assert list_doodles(tmp_path) == [path]


def test_utf16_is_named(tmp_path):
    (tmp_path / "a.ndjson").write_text('{"drawing": [[[0], [0]]]}\n', encoding="utf-16")
    with pytest.raises(InputError, match=r"a\.ndjson is UTF-16"):
        open_doodles(tmp_path / "a.ndjson", report=ignore)


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_])
@pytest.mark.parametrize("shape", [(3, 16), (3, 4, 4), (3, 4, 4, 1)])
@pytest.mark.parametrize("suffix", [".npy", ".NPY", ".npz"])
def test_bitmaps_of_every_shape_and_type(tmp_path, rng, dtype, shape, suffix):
    """Zeros and ones, of either type, are black and white."""
    bitmaps = rng.integers(0, 2, shape).astype(dtype)
    path = tmp_path / f"cat{suffix}"
    with path.open("wb") as file:
        np.savez(file, bitmaps) if suffix == ".npz" else np.save(file, bitmaps)
    opened = open_doodles(path, report=ignore)
    for drawing, expected in zip(opened.read([0, 2]), bitmaps[[0, 2]], strict=True):
        np.testing.assert_array_equal(drawing, expected.reshape(4, 4).astype(np.uint8) * 255)
    assert opened.classes == ["cat"] * 3


def archive(path, **arrays):
    np.savez(path, **arrays)
    warnings = []
    return open_doodles(path, report=ignore, warn=warnings.append), warnings


def test_archives_of_keras(tmp_path, rng):
    x = rng.integers(0, 256, (5, 4, 4), np.uint8)
    for labels in (np.array([3, 0, 7, 3, 0]), np.array([[3], [0], [7], [3], [0]], np.uint8)):
        parts = {"x_train": x[:3], "y_train": labels[:3], "x_test": x[3:], "y_test": labels[3:]}
        file, warnings = archive(tmp_path / "a.npz", **parts)
        assert (file.classes, warnings) == (["3", "0", "7", "3", "0"], [])
        np.testing.assert_array_equal(np.stack(list(file.read(range(5)))), x)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (np.array([1, 0, 1]), ["1", "0", "1"]),
        (np.array(["b", "a", "b"]), ["b", "a", "b"]),
        (np.array([0.5, 1, 2]), None),
        (np.array([0, 1]), None),
        (np.eye(3), None),
    ],
)
def test_labels_without_names_are_used_or_reported(tmp_path, rng, labels, classes):
    images = rng.integers(0, 256, (3, 4, 4), np.uint8)
    file, warnings = archive(tmp_path / "cat.npz", images=images, labels=labels)
    assert file.classes == (classes or ["cat"] * 3)
    assert len(warnings) == (classes is None)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".ndjson", ".ndjson.gz"])
def test_any_damage_is_an_error_that_names_the_file(tmp_path, rng, suffix, seed):
    path = tmp_path / f"bad{suffix}"
    if suffix == ".npy":
        np.save(path, np.zeros((2, 4, 4), np.uint8))
    elif suffix == ".npz":
        write_points(path, relative=bool(seed % 2))
    else:
        text = (json.dumps({"word": "cat", "drawing": STROKES}) + "\n").encode() * 3
        path.write_bytes(gzip.compress(text) if suffix.endswith(".gz") else text)
    path.write_bytes(damaged(path.read_bytes(), np.random.default_rng(seed)))
    reports = {}
    try:
        file = open_doodles(path, report=reports.__setitem__)
        list(file.read([i for i, name in enumerate(file.classes) if name is not None]))
    except InputError as error:
        reports[path.name] = str(error)
    assert all(path.name in reason for reason in reports.values())


def test_a_video_or_image_is_called_one(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(40))
    with pytest.raises(InputError, match=r"a\.mp4 is a video.*fill film"):
        open_doodles(tmp_path / "a.mp4", report=ignore)


def test_other_files_are_counted(tmp_path):
    (tmp_path / "a.npy").touch()
    (tmp_path / "notes.txt").touch()
    messages = []
    assert list_doodles(tmp_path, warn=messages.append) == [tmp_path / "a.npy"]
    assert "1 file left out for its suffix: notes.txt" in messages[0]


def test_real_cases(cases):
    for name, count, bad in (
        ("ndjson-bom/bom", 2, 0),
        ("ndjson-blank-lines/blank_end", 2, 0),
        ("ndjson-huge-number/bad", 2, 14),
    ):
        reports = {}
        file = open_doodles(cases / f"{name}.ndjson", report=reports.__setitem__)
        assert sum(found is not None for found in file.classes) == count
        assert len(reports) == bad
    file = open_doodles(cases / "npz-labels-without-names" / "labels_only.npz", report=ignore)
    assert set(file.classes) == {"0", "1", "2"}
