"""Classes from folders and from JSON: what is written is read, mistakes are named."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.records.labels import Labels, folder_labels, holds_labels, read_labels, write_labels

WHERE = Path("labels.json")


def read(value) -> Labels:
    return read_labels(json.dumps(value).encode(), WHERE)


@pytest.mark.parametrize(
    ("names", "classes", "label_names"),
    [
        (["b/1.png", "a/1.png", "a/2.png"], [1, 0, 0], ("a", "b")),
        (["x/y/c10/1.png", "x/y/c2/1.png"], [1, 0], ("c2", "c10")),
        (["g/a/1.png", "g/b/1.png", "h/a/1.png"], [0, 1, 2], ("g/a", "g/b", "h/a")),
        (["1.png", "a/1.png"], [None, 0], ("a",)),
        (["x/a/1.png", "x/a/2.png"], [0, 0], ("a",)),
        (["x/1.png", "x/a/1.png", "x/b/1.png"], [None, 0, 1], ("a", "b")),
    ],
)
def test_folders_are_classes_in_natural_order(names, classes, label_names):
    labels = folder_labels(names)
    assert [labels.by_name.get(name) for name in names] == classes
    assert labels.names == label_names


def test_images_without_folders_are_refused():
    with pytest.raises(InputError, match="--labels subfolders"):
        folder_labels(["1.png", "2.png"])


def test_the_forms_of_json():
    pairs = [["00000/img00000000.png", 6], ["00000/img00000001.png", 0]]
    numbers = read({"labels": pairs})
    assert numbers == Labels(dict(map(tuple, pairs)), ("0", "1", "2", "3", "4", "5", "6"))
    assert read({"labels": dict(pairs)}) == numbers
    assert read({"labels": pairs, "label_names": list("abcdefg")}).names == tuple("abcdefg")
    assert read({"labels": [["a.png", "cat"], ["b.png", "ant"], ["c.png", None]]}) == Labels(
        {"a.png": 1, "b.png": 0}, ("ant", "cat")
    )
    assert read({"labels": None}) == read({"labels": []}) == Labels()


@given(
    st.dictionaries(st.text(min_size=1), st.none() | st.integers(0, 3)),
    st.lists(st.text(), min_size=4, max_size=6, unique=True),
)
@settings(max_examples=50, deadline=None)
def test_written_is_read(tmp_path_factory, by_name, names):
    path = tmp_path_factory.getbasetemp() / "dataset.json"
    write_labels(path, list(by_name.items()), names)
    assert holds_labels(path.read_bytes())
    labels = read_labels(path.read_bytes(), path)
    assert labels.by_name == {name: label for name, label in by_name.items() if label is not None}
    assert labels.names == tuple(names)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (3, "int"),
        ({}, "without 'labels'"),
        ({"labels": 3}, "int"),
        ({"labels": [["a.png"]]}, "values"),
        ({"labels": [["a.png", 1.5]]}, r'\["a.png", 1.5\]'),
        ({"labels": [["a.png", [0, 1]]]}, r"\[0, 1\]"),
        ({"labels": [["a.png", True]]}, "true"),
        ({"labels": [["a.png", -1]]}, "class -1"),
        ({"labels": [["a.png", 1 << 20]]}, "class 1048576 of 65536"),
        ({"labels": [["a.png", 2]], "label_names": ["x", "y"]}, "class 2 of 2"),
        ({"labels": [["a.png", 0], ["b.png", "x"]]}, "some are names"),
        ({"labels": [["a.png", "z"]], "label_names": ["x"]}, "lacks z"),
        ({"labels": [["a.png", 0]], "label_names": "x"}, "label_names"),
    ],
)
def test_mistakes_are_named(value, reason):
    with pytest.raises(InputError, match=reason) as caught:
        read(value)
    assert str(caught.value).startswith("labels.json has no valid labels")
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(str))
@settings(max_examples=80, deadline=None)
def test_any_bytes_are_labels_or_one_error(data):
    text = data if isinstance(data, bytes) else ('{"labels": ' + data + "}").encode()
    assert holds_labels(text) in (True, False)
    printed = "labels.json"
    try:
        assert isinstance(read_labels(text, WHERE), Labels)
    except InputError as error:
        printed = str(error)
    assert "labels.json" in printed


def test_a_dataset_of_records_holds_no_labels():
    assert not holds_labels(b'{"schema": 1, "shards": [], "label_names": []}')
    assert not holds_labels(b'{"labels": [], "shards": []}')
    assert not holds_labels(b"[" * 100_000)
