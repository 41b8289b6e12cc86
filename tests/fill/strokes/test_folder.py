import dataclasses

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.records.writer import Record, write_dataset
from fill.strokes.config import OutputConfig, SheetConfig, TraceConfig
from fill.strokes.folder import Palette, vector_folder
from tests.fill.strokes.drawn import draw, image_of

TRACE, SHEET = TraceConfig(), SheetConfig()
LINES = [[(8, 12), (56, 50)], [(10, 52), (54, 14)]]


@pytest.fixture
def drawings(tmp_path):
    folder = tmp_path / "drawings"
    for i in range(3):
        write_image(folder / f"{i}.png", image_of(draw([np.add(line, i) for line in LINES], 2 + i)))
    return folder


def run(source, out, sheet=SHEET, **options):
    return vector_folder(source, TRACE, sheet, OutputConfig(out, workers=1, **options))


def files(out):
    return {path.name: path.read_bytes() for path in out.glob("*.svg")}


def test_a_folder_becomes_svg_files_and_runs_once(drawings, tmp_path):
    out = tmp_path / "out"
    result = run(drawings, out)
    assert result.files == 3
    assert result.strokes == 6
    assert str(result).startswith(f"{out}  3 SVG files  6 strokes")
    before = files(out)
    assert set(before) == {"0.svg", "1.svg", "2.svg"}
    assert "already done" in str(run(drawings, out))
    (out / "1.svg").unlink()  # as after a kill
    run(drawings, out)
    assert files(out) == before


def test_bad_files_are_named_and_the_others_traced(drawings, tmp_path):
    (drawings / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nshort")
    write_image(drawings / "blank.png", np.full((40, 40, 1), 255, np.uint8))
    out = tmp_path / "out"
    result = run(drawings, out)
    assert set(result.failures) == {"bad.png", "blank.png"}
    assert "no lines found" in result.failures["blank.png"]
    assert len(files(out)) == 3


def test_a_single_blank_drawing_writes_nothing(tmp_path):
    write_image(tmp_path / "blank.png", np.full((40, 40, 1), 255, np.uint8))
    with pytest.raises(InputError, match=r"blank.png: no lines found"):
        run(tmp_path / "blank.png", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_folders_of_others_are_left_alone(drawings, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="did not write"):
        run(drawings, out)
    assert [path.name for path in out.iterdir()] == ["letter.txt"]
    run(drawings, tmp_path / "mine")
    with pytest.raises(InputError, match="other settings"):
        run(drawings, tmp_path / "mine", dataclasses.replace(SHEET, pens=2))


def test_records_of_a_dataset(tmp_path):
    images = [image_of(draw(LINES, width)) for width in (2, 4)]
    records = [Record(image, {"index": i}) for i, image in enumerate(images)]
    write_dataset(records, tmp_path / "data")
    result = run(tmp_path / "data", tmp_path / "out")
    assert result.files == 2
    assert set(files(tmp_path / "out")) == {"0.svg", "1.svg"}


@pytest.mark.parametrize("ink", [0, 255])
def test_transparent_records_are_traced(ink, tmp_path):
    alpha = np.rint(255 * draw(LINES, 1.5)).astype(np.uint8)
    image = np.dstack([np.full((*alpha.shape, 3), ink, np.uint8), alpha])
    write_dataset([Record(image, {"index": 0})], tmp_path / "data")
    assert run(tmp_path / "data", tmp_path / "out").strokes == 2


def test_regions_have_colours(drawings, tmp_path):
    palette = Palette("two", np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8))
    sheet = dataclasses.replace(SHEET, regions="fill")
    vector_folder(drawings / "0.png", TRACE, sheet, OutputConfig(tmp_path / "out"), palette=palette)
    text = (tmp_path / "out" / "0.svg").read_text()
    assert 'fill="#ff0000"' in text or 'fill="#0000ff"' in text
