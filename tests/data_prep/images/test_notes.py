"""Every reader reports the range of 16-bit samples, pixels made square and the light in the same words."""

import numpy as np
import pytest
from PIL import Image

from data_prep.__main__ import main
from data_prep.images import read_image
from data_prep.images.notes import Note, Notes, range_note
from data_prep.records.dataset import Dataset
from tests.data_prep.images.tiff_files import write_tiff

READERS = {
    "scans": ["scans"],
    "pack": ["pack", "--size", "64"],
    "pages": ["pack", "--pages", "--dpi", "75"],
    "photos": ["photos", "--size", "64"],
    "dedupe": ["dedupe"],
    "blob": ["blob", "--dpi", "75", "--tile-px", "60", "--max-tiles", "2"],
    "grid": ["grid", "--dpi", "75", "--tile-px", "60"],
    "spec": ["spec", "--crop-px", "60", "--tile-px", "32"],
}
PAGES = ("scans", "pages", "blob", "grid", "spec")


def page() -> np.ndarray:
    """A cross on paper: uint8 [200, 220, 1]."""
    gray = np.full((200, 220, 1), 250, np.uint8)
    gray[60:140, 98:102] = gray[98:102, 60:160] = 10
    return gray


def run(reader: str, folder, out) -> int:
    return main(
        [*READERS[reader][:1], str(folder), "--out", str(out), *READERS[reader][1:], "--workers", "1"]
    )


@pytest.mark.parametrize("reader", READERS)
def test_ranges_and_aspects_are_reported(tmp_path, capsys, reader):
    (tmp_path / "in").mkdir()
    bits = np.rint(page() / 255 * 4095).astype(np.uint16)
    write_tiff(tmp_path / "in" / "a.tif", bits)
    Image.fromarray(page()[::2, :, 0]).save(tmp_path / "in" / "b.png", dpi=(200, 100))
    assert run(reader, tmp_path / "in", tmp_path / "out") == 0
    printed = capsys.readouterr()
    lines = (printed.out + printed.err).splitlines()
    found = [line for line in lines if f"brightest value {bits.max()} of 65535" in line]
    assert len(found) == 1
    assert "scaled as 12 bits" in found[0]
    squared = [line for line in lines if "pixels of 1:2 resampled to square ones" in line]
    assert len(squared) == 1


@pytest.mark.parametrize("reader", PAGES)
def test_light_is_reported_by_readers_of_pages(tmp_path, capsys, reader):
    (tmp_path / "in").mkdir()
    shade = np.linspace(1, 0.5, 220)[None, :, None]
    Image.fromarray((page() * shade).astype(np.uint8)[..., 0]).save(tmp_path / "in" / "shade.png")
    Image.fromarray(255 - page()[..., 0]).save(tmp_path / "in" / "board.png")
    assert run(reader, tmp_path / "in", tmp_path / "out") == 0
    printed = capsys.readouterr()
    lines = (printed.out + printed.err).splitlines()
    assert len([line for line in lines if "light varies by" in line]) == 1
    assert len([line for line in lines if "light on dark" in line and "--invert" in line]) == 1


@pytest.mark.parametrize("reader", PAGES)
def test_light_ink_on_transparent_paper_is_not_blank(tmp_path, reader):
    (tmp_path / "in").mkdir()
    rgba = np.dstack([np.full((200, 220, 3), 255, np.uint8), 255 - page()[..., 0]])
    Image.fromarray(rgba).save(tmp_path / "in" / "a.png")
    assert run(reader, tmp_path / "in", tmp_path / "out") == 0
    if reader in ("scans", "grid"):
        (made,) = [path for path in (tmp_path / "out").iterdir() if path.suffix in (".png", ".jpg")]
        image = read_image(made)
    else:
        image = Dataset(tmp_path / "out")[0].image
    assert np.ptp(image) > 200
    assert np.median(image) < 60


def test_notes_about_many_images_are_one_line_each():
    notes = Notes()
    dark = range_note(20000, bits=16)
    assert dark is not None
    for number in range(7):
        notes.add(f"{number}.tif", [dark, Note("flat")] if number < 2 else [dark, dark])
    lines = notes.lines()
    assert len(lines) == 2
    assert lines[0].startswith("7 images, dark: ")
    assert lines[0].endswith("4.tif (brightest value 20000 of 65535) and 2 more")
    assert lines[1] == "2 images, flat: 0.tif, 1.tif"
    assert str(dark).startswith("brightest value 20000 of 65535, dark: ")
    assert range_note(None, bits=16) is None
    assert range_note(40000, bits=16) is None
