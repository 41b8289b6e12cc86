"""Classes of packed images: from the source, its folders, a file, or none."""

import json
from pathlib import Path

import pytest

from data_prep.errors import InputError
from data_prep.records.labels import MAX_CLASSES
from data_prep.sources import pack_labels
from data_prep.sources.image_files import Inspection

NAMES = ["a/1.png", "b/2.png"]


def seen(label):
    return Inspection("x", 0, 4, 4, "gray", label)


def refuse(message):
    raise AssertionError(message)


def test_classes_come_from_the_requested_source(tmp_path):
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": [["a/1.png", 1], ["b/2.png", 0]]}))
    (tmp_path / "mine.json").write_text(json.dumps({"labels": {"a/1.png": "x", "b/2.png": "y"}}))
    found = {
        requested: pack_labels.of_files(tmp_path, NAMES, requested, refuse)
        for requested in ("auto", "subfolders", "none", str(tmp_path / "mine.json"))
    }
    assert [dict(labels.by_name) for labels in found.values()] == [
        {"a/1.png": 1, "b/2.png": 0},
        {"a/1.png": 0, "b/2.png": 1},
        {},
        {"a/1.png": 0, "b/2.png": 1},
    ]
    assert found["subfolders"].names == ("a", "b")


def test_labels_that_do_not_match_are_reported(tmp_path):
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": [["a/1.png", 0], ["c.png", 0]]}))
    messages = []
    pack_labels.of_files(tmp_path, NAMES, "auto", messages.append)
    assert len(messages) == 2
    with pytest.raises(InputError):
        pack_labels.of_files(tmp_path, ["d.png"], "auto", refuse)
    with pytest.raises(InputError, match="--labels"):
        pack_labels.of_files(tmp_path, NAMES, str(tmp_path / "none.json"), refuse)


def test_examples_name_their_classes_by_number():
    inspected = [seen(2), seen(None), seen(0)]
    assert pack_labels.of_examples(Path("s"), inspected, "auto").names == ("0", "1", "2")
    assert pack_labels.of_examples(Path("s"), inspected, "none").names == ()
    with pytest.raises(InputError, match="--labels"):
        pack_labels.of_examples(Path("s"), [seen(MAX_CLASSES)], "auto")


def test_sources_with_classes_refuse_others():
    for requested in ("auto", "none"):
        pack_labels.refuse(Path("s"), requested, "of a reason")
    with pytest.raises(InputError, match="--labels subfolders"):
        pack_labels.refuse(Path("s"), "subfolders", "of a reason")
