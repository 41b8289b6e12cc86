"""Doodles: every layout gives the same drawings, classes become labels, bad files and lines are named."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from configs.data_prep import CONFIGS, TINY
from data_prep.__main__ import main
from data_prep.images import list_images, read_image
from data_prep.records.dataset import Dataset
from data_prep.sources.doodle_files import class_of_name, open_doodles
from data_prep.sources.doodles import DoodlesConfig, draw

STROKES = [
    [np.array([[0, 0], [10, 4]]), np.array([[2, 8], [9, 9], [3, 3]])],
    [np.array([[5, 5], [7, 20], [9, 1]])],
    [np.array([[1, 1], [4, 4]]), np.array([[6, 0], [6, 9]])],
]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def points_of(drawings) -> tuple[np.ndarray, np.ndarray]:
    """Archive arrays with absolute points and ends of strokes."""
    rows = [
        [*point, int(last)]
        for drawing in drawings
        for stroke in drawing
        for point, last in zip(stroke, [False] * (len(stroke) - 1) + [True], strict=True)
    ]
    sizes = [sum(map(len, drawing)) for drawing in drawings]
    return np.array(rows, np.int16), np.cumsum([0, *sizes]).astype(np.int32)


def lines_of(drawings, words) -> str:
    return "".join(
        json.dumps({"word": word, "drawing": [stroke.T.tolist() for stroke in drawing]}) + "\n"
        for drawing, word in zip(drawings, words, strict=True)
    )


def write_layouts(folder: Path) -> dict[str, Path]:
    """The same three drawings in every layout of strokes."""
    points, offsets = points_of(STROKES)
    steps = points.copy()
    steps[:, :2] = np.diff(points[:, :2], axis=0, prepend=np.zeros((1, 2), np.int16))
    timed = [
        json.dumps({"word": "w", "drawing": [[*s.T.tolist(), list(range(len(s)))] for s in drawing]}) + "\n"
        for drawing in STROKES
    ]
    paths = {name: folder / name for name in ("a.ndjson", "a.ndjson.gz", "raw.ndjson", "p.npz", "s.npz")}
    paths["a.ndjson"].write_text(lines_of(STROKES, "www"))
    with gzip.open(paths["a.ndjson.gz"], "wt") as file:
        file.write(lines_of(STROKES, "www"))
    paths["raw.ndjson"].write_text("".join(timed))
    np.savez(paths["p.npz"], points=points, offsets=offsets)
    np.savez(paths["s.npz"], strokes=steps, offsets=offsets)
    return paths


def refuse(name: str, reason: str) -> None:
    raise AssertionError(reason)


def test_every_layout_of_strokes_holds_the_same_drawings(tmp_path):
    for path in write_layouts(tmp_path).values():
        file = open_doodles(path, report=refuse)
        for positions in ([0, 1, 2], [1], [0, 2], []):
            drawings = list(file.read(positions))
            assert len(drawings) == len(positions)
            for position, drawing in zip(positions, drawings, strict=True):
                shift = drawing[0][0] - STROKES[position][0][0]  # steps know no place
                assert (shift == 0).all() or path.name == "s.npz"
                assert [(s - shift).tolist() for s in drawing] == [s.tolist() for s in STROKES[position]]


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


def test_ink_is_turned_round_only_where_it_must_be():
    bitmap, strokes = np.zeros((28, 28), np.uint8), [np.array([[0, 0], [9, 9]])]
    bitmap[5] = 255
    for ink, paper in (("dark", 255), ("light", 0)):
        config = DoodlesConfig(size=28, ink=ink)
        assert (draw(bitmap, config)[0] == paper).all()
        assert (draw(255 - bitmap, DoodlesConfig(size=28, ink=ink, bitmap_ink="dark"))[0] == paper).all()
        assert (draw(strokes, config)[0] == paper).all()


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


def test_bad_lines_and_files_are_named_and_the_rest_goes_on(tmp_path, capsys):
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
    for line in range(4, 12):
        assert f"a.ndjson, line {line} holds no drawing; remove it" in error
    assert "11 drawings were left out" in error
    dataset = Dataset(tmp_path / "d")
    assert [dataset[i].source["index"] for i in range(len(dataset))] == [0, 1, 2, 11, 12, 13]


POINTS, OFFSETS = points_of(STROKES)
IMAGES = np.zeros((3, 784), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": IMAGES, "y": IMAGES}, "holds x, y; bitmaps must be named images"),
        ({"images": IMAGES.astype(np.float32)}, r"holds float32 \[3, 784\]; use uint8 \[N, S \* S\]"),
        ({"images": np.zeros((3, 28, 27), np.uint8)}, r"holds uint8 \[3, 28, 27\]"),
        (
            {"images": IMAGES, "labels": np.array([0, 1, 2]), "names": np.array(["a", "b"])},
            "3 images, labels",
        ),
        ({"images": IMAGES, "labels": np.array([0, 1]), "names": np.array(["a", "b"])}, "3 images, labels"),
        (
            {"points": POINTS, "offsets": OFFSETS[:-1]},
            r"drawing i is points\[offsets\[i\]:offsets\[i \+ 1\]\]",
        ),
        ({"points": POINTS[:, :2], "offsets": OFFSETS}, r"points must be \[M, 3\]"),
        ({"points": POINTS, "offsets": OFFSETS[::-1]}, "none empty"),
        (
            {
                "points": POINTS,
                "offsets": OFFSETS,
                "alphabet": np.array([0, 1, 5]),
                "alphabets": np.array(["a", "b"]),
                "character": np.array([1, 1, 1]),
            },
            "alphabet and character do not match its 3 drawings",
        ),
    ],
)
def test_wrong_arrays_are_one_line(tmp_path, arrays, message):
    from data_prep.errors import InputError

    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=message) as caught:
        open_doodles(tmp_path / "a.npz", report=refuse)
    assert "\n" not in str(caught.value)


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


def test_classes_of_file_names():
    names = ["cat_28x28.npz", "full_numpy_bitmap_cat.npy", "full_simplified_cat.ndjson", "cat.ndjson.gz"]
    assert [class_of_name(Path(name)) for name in names] == ["cat"] * 4
    assert CONFIGS["doodles"] == DoodlesConfig()


def test_real_strokes_agree_with_their_bitmaps(real_data):
    """Item k of the bitmaps and of the raw strokes is the same drawing: their ink lies in the same places."""
    bitmaps = open_doodles(real_data / "quickdraw" / "cat_28x28.npz", report=refuse)
    strokes = open_doodles(real_data / "quickdraw" / "raw-ndjson" / "cat.ndjson", report=refuse)
    config = DoodlesConfig(size=28, pen_px=2, margin_px=2)
    pairs = zip(bitmaps.read(range(20)), strokes.read(range(20)), strict=True)
    for bitmap, drawing in pairs:
        likeness = np.corrcoef(draw(bitmap, config).ravel(), draw(drawing, config).ravel())[0, 1]
        assert likeness > 0.5
