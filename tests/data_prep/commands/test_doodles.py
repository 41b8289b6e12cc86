"""`doodles`: bitmaps and strokes to labelled tiles."""

import gzip

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep.__main__ import main
from data_prep.images import list_images, read_image
from data_prep.records.dataset import Dataset
from data_prep.sources.doodles import draw
from tests.data_prep.conftest import tree
from tests.data_prep.doodle_files import STROKES, lines_of, points_of


@pytest.mark.parametrize("shape", [(5, 784), (5, 28, 28)])
@pytest.mark.parametrize("name", ["cat.npy", "cat_28x28.npz"])
def test_bitmaps_become_dark_on_light(tmp_path, rng, shape, name):
    bitmaps = rng.integers(0, 256, (5, 28, 28), np.uint8)
    array = bitmaps.reshape(shape)
    np.save(tmp_path / name, array) if name.endswith("npy") else np.savez(tmp_path / name, images=array)
    out = tmp_path / "d"
    assert main(["doodles", str(tmp_path / name), "--out", str(out), "--size", "28", "--workers", "1"]) == 0
    dataset = Dataset(out)
    assert dataset.label_names == ("cat",)
    for i in range(5):
        np.testing.assert_array_equal(dataset[i].image[..., 0], 255 - bitmaps[i])
        assert dataset[i].label == 0
        assert dataset[i].source == {"page": name, "index": i}


def test_classes_of_words_names_and_alphabets_become_labels(tmp_path):
    (tmp_path / "a.ndjson").write_text(lines_of(STROKES, ["dog", "cat", "dog"]))
    np.savez(
        tmp_path / "b.npz",
        images=np.zeros((3, 784), np.uint8),
        labels=np.array([1, 0, 1]),
        names=np.array(["dog", "ant"]),
    )
    points, offsets = points_of(STROKES)
    np.savez(
        tmp_path / "c.npz",
        points=points,
        offsets=offsets,
        alphabet=np.array([0, 0, 1]),
        alphabets=np.array(["Greek", "Latin"]),
        character=np.array([1, 2, 1]),
    )
    assert main(["doodles", str(tmp_path), "--out", str(tmp_path / "d"), "--workers", "1"]) == 0
    dataset = Dataset(tmp_path / "d")
    greek = ("Greek/character01", "Greek/character02", "Latin/character01")
    assert dataset.label_names == ("ant", "cat", "dog", *greek)
    names = [dataset.label_names[dataset[i].label] for i in range(9)]
    assert names == ["dog", "cat", "dog", "ant", "dog", "ant", *greek]


def test_per_class_draws_by_seed(tmp_path):
    (tmp_path / "a.ndjson").write_text(lines_of(STROKES * 20, ["x", "y", "z"] * 20))
    np.savez(tmp_path / "x.npz", images=np.zeros((30, 784), np.uint8))

    def drawn(out: str, *flags: str) -> list[tuple[str, int, int | None]]:
        command = ["doodles", str(tmp_path), "--out", str(tmp_path / out), "--size", "8", "--workers", "1"]
        assert main([*command, *flags]) == 0
        dataset = Dataset(tmp_path / out)
        records = [dataset[i] for i in range(len(dataset))]
        return [(r.source["page"], r.source["index"], r.label) for r in records]

    few = drawn("1", "--per-class", "7")
    assert [sum(label == k for *_, label in few) for k in range(3)] == [7, 7, 7]
    assert {page for page, *_ in few} == {"a.ndjson", "x.npz"}
    assert few == drawn("2", "--per-class", "7")
    assert few != drawn("3", "--per-class", "7", "--seed", "1")
    only = drawn("4", "--per-class", "7", "--classes", "y")
    assert [entry[:2] for entry in only] == [entry[:2] for entry in few if entry[2] == 1]
    assert len(drawn("5")) == 90


@pytest.mark.parametrize("format", ["records", "png"])
def test_workers_and_reruns_do_not_change_a_byte(tmp_path, format):
    source = tmp_path / "a.ndjson"
    source.write_text(lines_of(STROKES * 30, ["x/..", "y", ".z"] * 30))
    command = ["doodles", str(source), "--size", "16", "--format", format, "--shard-mb", "0.01"]
    for workers in ("1", "2"):
        assert main([*command, "--out", str(tmp_path / workers), "--workers", workers]) == 0
    before = tree(tmp_path / "1")
    assert before == tree(tmp_path / "2")
    if format == "png":
        assert {"x/_/a_00000.png", "y/a_00001.png", "_z/a_00002.png"} <= before.keys()
        assert len(list_images(tmp_path / "1", recursive=True)) == 90
        (tmp_path / "1" / "y" / "a_00001.png").unlink()
        assert main([*command, "--out", str(tmp_path / "1"), "--workers", "1"]) == 0
        assert tree(tmp_path / "1") == before
        tile = read_image(tmp_path / "1" / "y" / "a_00001.png")
        config = TINY["doodles"]
        np.testing.assert_array_equal(tile, draw([s.astype(float) for s in STROKES[1]], config))


def test_bad_lines_and_files_are_named_and_the_others_drawn(tmp_path, capsys):
    bad = [
        "{",
        '{"word": "x"}',
        '{"drawing": []}',
        '{"drawing": [[[1, 2], [3]]]}',
        '{"drawing": [[["a"], ["b"]]]}',
    ]
    bad += ['{"drawing": [[[1e999], [0]]]}', "7", ""]
    (tmp_path / "a.ndjson").write_text(
        lines_of(STROKES, "xyx") + "\n".join(bad) + "\n" + lines_of(STROKES, "xxx")
    )
    (tmp_path / "b.npy").write_bytes(b"not an array")
    np.save(tmp_path / "c.npy", np.array([{"x": 1}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "d.npz", images=np.zeros((3, 784), np.uint8))
    (tmp_path / "d.npz").write_bytes((tmp_path / "d.npz").read_bytes()[:700])
    assert main(["doodles", str(tmp_path), "--out", str(tmp_path / "d"), "--workers", "1"]) == 1
    error = capsys.readouterr().err
    for name in ("b.npy", "c.npy", "d.npz"):
        assert f"{name} holds no plain arrays, or is damaged (" in error
    for line in range(4, 11):  # line 11 is blank
        assert f"a.ndjson, line {line} holds no drawing (" in error
    assert "10 drawings were left out" in error
    dataset = Dataset(tmp_path / "d")
    assert [dataset[i].source["index"] for i in range(len(dataset))] == [0, 1, 2, 11, 12, 13]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--size", "3"], "--size"),
        (["--pen-px", "0"], "--pen-px"),
        (["--margin-px", "17"], "--margin-px"),
        (["--per-class", "0"], "--per-class"),
        (["--seed", "-1"], "--seed"),
        (["--classes", "cow"], "no class cow in"),
    ],
)
def test_wrong_settings_are_one_line(tmp_path, capsys, flags, message):
    (tmp_path / "a.ndjson").write_text(lines_of(STROKES, "xyx"))
    assert main(["doodles", str(tmp_path), "--out", str(tmp_path / "d"), *flags]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "d").exists()


def test_no_drawings_no_names_for_two(tmp_path, capsys):
    out = ["--out", str(tmp_path / "d"), "--workers", "1"]
    assert main(["doodles", str(tmp_path), *out]) == 2
    assert f"no drawings in {tmp_path}; use .npy, .npz" in capsys.readouterr().err
    (tmp_path / "a.ndjson").write_text(lines_of(STROKES, "xyx"))
    with gzip.open(tmp_path / "a.ndjson.gz", "wt") as file:
        file.write(lines_of(STROKES, "xyx"))
    assert main(["doodles", str(tmp_path), *out, "--format", "png"]) == 2
    assert "2 tiles would be named x/a_00000.png; rename a file" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("format", ["records", "png"])
def test_files_without_a_drawing_claim_nothing(tmp_path, capsys, format):
    np.savez(tmp_path / "cat.npz", images=np.zeros((0, 784), np.uint8))
    command = ["doodles", str(tmp_path), "--out", str(tmp_path / "d"), "--format", format, "--workers", "1"]
    assert main(command) == 2
    assert f"no drawings in {tmp_path}: its arrays are empty" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()
