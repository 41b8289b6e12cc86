"""Classes of packed images: from the source, its folders, a file, or none."""

import json
import unicodedata
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


def of_files(source, names, requested="auto"):
    messages = []
    return pack_labels.of_files(source, names, requested, messages.append), messages


def write_json(path, labels, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"labels": labels} | more))


@pytest.mark.parametrize("top", ["set", "deep/set"])
@pytest.mark.parametrize("form", ["inner", "whole", "backslashes", "dotted"])
def test_a_file_of_labels_in_the_folder_of_all_images_is_found(tmp_path, top, form):
    names = [f"{top}/a/1.png", f"{top}/2.png"]
    written = {
        "inner": ["a/1.png", "2.png"],
        "whole": names,
        "backslashes": ["a\\1.png", "2.png"],
        "dotted": ["./a/1.png", "./2.png"],
    }[form]
    write_json(tmp_path / top / "dataset.json", [[written[0], 1], [written[1], 0]])
    labels, messages = of_files(tmp_path, names)
    assert (dict(labels.by_name), messages) == ({names[0]: 1, names[1]: 0}, [])


def test_a_file_of_labels_elsewhere_is_reported(tmp_path):
    write_json(tmp_path / "a" / "dataset.json", [["1.png", 1]])
    labels, messages = of_files(tmp_path, NAMES)
    assert not labels.by_name
    assert len(messages) == 1
    assert "dataset.json is not used" in messages[0]


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC"), ("NFC", "NFC")])
def test_composed_and_decomposed_names_are_the_same(tmp_path, forms):
    name = "\u00e4\u00f6\u00fc \u00e9.png"
    listed, real = (unicodedata.normalize(form, name) for form in forms)
    write_json(tmp_path / "dataset.json", [[listed, 3]])
    labels, messages = of_files(tmp_path, [real])
    assert dict(labels.by_name) == {real: 3}
    assert len(messages) == 1  # classes 0 to 2 have no images


def test_images_outside_of_folders_and_folders_without_images_are_reported(tmp_path):
    for folder in ("a", "b", "c/d", ".hidden"):
        (tmp_path / folder).mkdir(parents=True)
    labels, messages = of_files(tmp_path, [*NAMES, "0.png"], "subfolders")
    assert labels.names == ("a", "b")
    assert len(messages) == 2
    assert "1 of 3 images lies in no sub-folder" in messages[0]
    assert "0.png" in messages[0]
    assert "c, c/d" in messages[1]


@pytest.mark.parametrize("form", ["list", "object"])
def test_two_classes_of_one_image_are_reported(tmp_path, form):
    pairs = [["a/1.png", 0], ["b/2.png", 1], ["a/1.png", 1], ["b/2.png", 1]]
    text = json.dumps(pairs)
    if form == "object":
        text = "{" + ", ".join(f"{json.dumps(name)}: {label}" for name, label in pairs) + "}"
    (tmp_path / "dataset.json").write_text(f'{{"labels": {text}, "label_names": ["x", "y"]}}')
    labels, messages = of_files(tmp_path, NAMES)
    assert dict(labels.by_name) == {"a/1.png": 1, "b/2.png": 1}
    assert len(messages) == 2
    assert "1 image with two classes, e.g. a/1.png" in messages[0]
    assert "no image is of class x" in messages[1]


def test_two_classes_of_two_spellings_are_reported(tmp_path):
    listed = [unicodedata.normalize(form, "\xc4.png") for form in ("NFC", "NFD")]
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": [*zip(listed, (0, 1), strict=True)]}))
    labels, messages = of_files(tmp_path, listed[:1])
    assert dict(labels.by_name) == {listed[0]: 0}
    assert "1 image in two spellings with two classes" in messages[0]
    assert not any("not exist" in message for message in messages)
    labels, messages = of_files(tmp_path, listed)  # two files
    assert (dict(labels.by_name), messages) == (dict(zip(listed, (0, 1), strict=True)), [])
