"""Files written by rows are read back by Pillow, and by our reader, as the same pixels."""

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import WorkError
from data_prep.images import read_image, row_files
from data_prep.images.row_files import filtered, row_file


def picture(height, width, channels, *, seed=0):
    """Smooth with some noise, so that every filter is best for some rows."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    noise = rng.integers(0, 4, (height, width, channels)) * (y % 3 == 0)[..., None]
    image = (y * 3 + x * 5)[..., None] + noise
    image[::7] = rng.integers(0, 256, (1, width, channels))
    image[1::7] = image[::7][: len(image[1::7])]
    return (image % 256).astype(np.uint8)


def write_by_rows(path, image, *, rows=5, shape=None):
    with row_file(path, shape=shape or image.shape) as write:
        for start in range(0, len(image), rows):
            write(image[start : start + rows])


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_rows_are_read_back(tmp_path, name, channels):
    image = picture(23, 31, channels)
    write_by_rows(tmp_path / name, image)
    with Image.open(tmp_path / name) as opened:
        opened.load()
        found = np.asarray(opened)
    np.testing.assert_array_equal(found.reshape(image.shape), image)
    mode = {1: "gray", 3: "rgb", 4: "rgba"}[channels]
    np.testing.assert_array_equal(read_image(tmp_path / name, mode=mode), image)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("big", [False, True])
def test_strips_of_a_tiff_do_not_depend_on_how_rows_come(tmp_path, monkeypatch, big):
    monkeypatch.setattr(row_files, "STRIP_BYTES_RAW", 31 * 4)
    if big:
        monkeypatch.setattr(row_files, "BIG", 0)
    image = picture(23, 31, 1)
    for rows in (1, 6, 23):
        write_by_rows(tmp_path / f"{rows}.tif", image, rows=rows)
    assert (tmp_path / "1.tif").read_bytes() == (tmp_path / "23.tif").read_bytes()
    assert (tmp_path / "6.tif").read_bytes() == (tmp_path / "23.tif").read_bytes()
    assert (tmp_path / "1.tif").read_bytes()[2] == (43 if big else 42)
    np.testing.assert_array_equal(read_image(tmp_path / "1.tif", mode="gray"), image)


def test_pixels_of_a_png_do_not_depend_on_how_rows_come(tmp_path, monkeypatch):
    """Many rows at once are filtered a few at a time, so that memory is bounded."""
    monkeypatch.setattr(row_files, "STRIP_BYTES_RAW", 31 * 4)
    sizes, image = [], picture(23, 31, 1)
    plain = row_files.filtered
    monkeypatch.setattr(
        row_files, "filtered", lambda rows, **rest: sizes.append(len(rows)) or plain(rows, **rest)
    )
    write_by_rows(tmp_path / "a.png", image, rows=23)
    assert sizes == [4, 4, 4, 4, 4, 3]
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", mode="gray"), image)


def test_rows_take_the_filter_with_the_least_magnitudes():
    rows = np.array([[9, 9, 9, 9], [9, 9, 9, 10], [0, 1, 0, 255]], np.uint8)
    found = filtered(rows, above=np.zeros((1, 4), np.uint8), channels=1)
    assert found.tolist() == [[1, 9, 0, 0, 0], [2, 0, 0, 0, 1], [0, 0, 1, 0, 255]]


def test_a_file_that_is_not_finished_leaves_nothing(tmp_path):
    image = np.zeros((2, 4, 1), np.uint8)
    with pytest.raises(AssertionError):
        write_by_rows(tmp_path / "a.png", image, rows=2, shape=(4, 4, 1))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(WorkError, match=r"a\.png could not be written"):
        write_by_rows(tmp_path / "a.png", np.zeros((1, 4, 1), np.uint8))
