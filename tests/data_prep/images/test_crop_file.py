"""crops.json: read as written, and what photos and pack cut by it."""

import dataclasses

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep.errors import InputError
from data_prep.images import read_image, write_image
from data_prep.images.crop_file import CROPS, ImageCrops, ImagePart, find_parts, read_crops, write_crops
from data_prep.images.resize import resize
from data_prep.records.dataset import Dataset
from data_prep.records.tile_files import RecordFiles, TileFiles
from data_prep.sources.pack import PackConfig, pack_images
from data_prep.sources.photos import crop_photos
from tests.data_prep.conftest import drawing

BOXES = ((0, 0, 40, 40), (20, 10, 60, 50))


@pytest.fixture
def photos(tmp_path, rng):
    folder = tmp_path / "photos"
    for name in ("1.png", "2.png", "3.png", "sub/1.png"):
        write_image(folder / name, drawing(rng, 64, 80, channels=3))
    write_crops(
        folder / CROPS, {"1.png": ImageCrops(BOXES), "2.png": ImageCrops(exclude=True), "3.png": ImageCrops()}
    )
    return folder


def test_the_file_is_read_as_it_was_written(photos):
    assert read_crops(photos / CROPS) == {"1.png": ImageCrops(BOXES), "2.png": ImageCrops((), True)}
    assert read_crops(photos / "sub" / CROPS) == {}


def test_parts_are_in_order_and_each_folder_has_its_own_file(photos):
    parts = find_parts(photos, ["1.png", "2.png", "3.png", "sub/1.png"])
    ones = [ImagePart("1.png", box, number) for number, box in enumerate(BOXES, start=1)]
    assert parts == [*ones, ImagePart("3.png"), ImagePart("sub/1.png")]
    assert [part.stem for part in parts] == ["1_1", "1_2", "3", "sub/1"]
    with pytest.raises(InputError, match="left out"):
        find_parts(photos, ["2.png"])


def test_a_part_outside_of_its_image_is_named():
    assert ImagePart("a.png", (10, 10, 99, 99)).clipped(64, 80) == (10, 10, 80, 64)
    with pytest.raises(InputError, match=r"a\.png: its crop leaves nothing"):
        ImagePart("a.png", (80, 0, 99, 9)).clipped(64, 80)


def test_photos_cuts_the_boxes(photos, tmp_path):
    config = dataclasses.replace(TINY["photos"], min_px=8)
    made = crop_photos(photos, tmp_path / "out", config, files=TileFiles(format="png", workers=1))
    assert made.count == 4
    image = read_image(photos / "1.png")
    for number, (x0, y0, x1, y1) in enumerate(BOXES, start=1):
        expected = resize(image[y0:y1, x0:x1], config.size, config.size)
        np.testing.assert_array_equal(read_image(tmp_path / "out" / f"1_{number}.png"), expected)


def test_pack_cuts_the_boxes_and_a_changed_file_is_another_dataset(photos, tmp_path):
    files = RecordFiles(workers=1)
    pack_images(photos, tmp_path / "out", PackConfig(size=16), files=files)
    dataset = Dataset(tmp_path / "out")
    assert [record.source.get("box_px") for record in dataset] == [*map(list, BOXES), None, None]
    x0, y0, x1, y1 = BOXES[1]
    expected = resize(read_image(photos / "1.png")[y0:y1, x0:x1], 16, 16)
    np.testing.assert_array_equal(dataset[1].image, expected)
    write_crops(photos / CROPS, {"1.png": ImageCrops(BOXES[:1])})
    with pytest.raises(InputError, match="overwrite"):
        pack_images(photos, tmp_path / "out", PackConfig(size=16), files=files)
