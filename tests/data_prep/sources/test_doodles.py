"""Doodles: every layout gives the same drawings, classes become labels, bad files and lines are named."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from configs.data_prep import CONFIGS
from data_prep.records.tile_files import TileFiles
from data_prep.sources.doodle_files import class_of_name, open_doodles
from data_prep.sources.doodles import DoodlesConfig, convert_doodles, draw
from tests.data_prep.conftest import bars
from tests.data_prep.doodle_files import STROKES, lines_of, points_of


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


def test_ink_is_inverted_only_if_needed():
    bitmap, strokes = np.zeros((28, 28), np.uint8), [np.array([[0, 0], [9, 9]])]
    bitmap[5] = 255
    for ink, paper in (("dark", 255), ("light", 0)):
        config = DoodlesConfig(size=28, ink=ink)
        assert (draw(bitmap, config)[0] == paper).all()
        assert (draw(255 - bitmap, DoodlesConfig(size=28, ink=ink, bitmap_ink="dark"))[0] == paper).all()
        assert (draw(strokes, config)[0] == paper).all()


POINTS, OFFSETS = points_of(STROKES)

IMAGES = np.zeros((3, 784), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": IMAGES, "y": IMAGES}, "holds x, y; bitmaps must be named images"),
        ({"images": IMAGES.astype(np.float32)}, r"holds float32 \[3, 784\]; use uint8 or bool \[N, S \* S\]"),
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


@pytest.mark.parametrize("format", ["records", "png"])
def test_a_result_counts_tiles_and_keeps_failures(tmp_path, capsys, format):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ndjson").write_text(lines_of(STROKES, "vvw"))
    (tmp_path / "in" / "b.npz").write_text("no archive")
    steps = []
    made = convert_doodles(
        tmp_path / "in",
        tmp_path / "out",
        CONFIGS["doodles"],
        files=TileFiles(format=format, workers=1),
        progress=bars(steps),
    )
    assert (made.count, set(made.failures)) == (3, {"b.npz"})
    assert {label for label, _ in steps} == {"inspect", "doodles"}
    assert sum(count for label, count in steps if label == "doodles") == 3
    assert capsys.readouterr() == ("", "")
