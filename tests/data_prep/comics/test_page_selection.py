"""comic.json and crops.json choose and crop pages; what is wrong in them is named."""

import json

import numpy as np
import pytest

from data_prep.comics.page_selection import select_pages
from data_prep.errors import InputError
from data_prep.images import write_image


@pytest.fixture
def volumes(tmp_path):
    for volume, count in (("1", 4), ("2", 2)):
        for page in range(1, count + 1):
            write_image(tmp_path / "v" / volume / f"{page}.png", np.full((30, 20, 3), 9, np.uint8))
    return tmp_path / "v"


def chosen(folder, crop=(0, 0, 0, 0)):
    return [(part.name, part.crop(30, 20)) for part in select_pages(folder, crop)]


def test_all_pages_without_files(volumes):
    assert [name for name, _ in chosen(volumes)] == [
        "1/1.png",
        "1/2.png",
        "1/3.png",
        "1/4.png",
        "2/1.png",
        "2/2.png",
    ]
    assert chosen(volumes / "2", (1, 2, 3, 4))[0] == ("1.png", (3, 1, 16, 28))


def test_comic_json_of_each_volume(volumes):
    config = {"start": 2, "end": 4, "exclude": ["3.png"], "crop": {"top": 5, "left": 1}}
    (volumes / "1" / "comic.json").write_text(json.dumps(config))
    assert chosen(volumes, (0, 2, 0, 0)) == [
        ("1/2.png", (1, 5, 20, 28)),
        ("1/4.png", (1, 5, 20, 28)),
        ("2/1.png", (0, 0, 20, 28)),
        ("2/2.png", (0, 0, 20, 28)),
    ]


def test_crops_json_gives_boxes_and_excludes(volumes):
    images = {"1.png": {"boxes_px": [[0, 0, 20, 10], [2, 12, 18, 40]]}, "2.png": {"exclude": True}}
    (volumes / "2" / "crops.json").write_text(json.dumps({"schema": 1, "images": images}))
    assert chosen(volumes / "2") == [("1.png", (0, 0, 20, 10)), ("1.png", (2, 12, 18, 30))]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"begin": 1}, "unknown key 'begin'; known are crop, end, exclude, start"),
        ({"start": 0}, "start is 0; must be a page from 1 to 4"),
        ({"end": 5}, "end is 5"),
        ({"start": 3, "end": 2}, "before start 3"),
        ({"exclude": ["9.png"]}, r"exclude names '9\.png'"),
        ({"crop": {"up": 1}}, "crop: unknown key 'up'"),
        ({"crop": {"top": -1}}, "at least 0"),
        ([1], "must be an object"),
    ],
)
def test_an_invalid_comic_json_is_named(volumes, config, reason):
    (volumes / "1" / "comic.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=rf"1/comic\.json.*{reason}"):
        chosen(volumes)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"box": 1}, "unknown key 'box'"),
        ({"boxes_px": [[5, 0, 5, 9]]}, "boxes_px a list"),
        ({"exclude": 1}, "exclude must be true or false"),
    ],
)
def test_an_invalid_crops_json_is_named(volumes, entry, reason):
    (volumes / "1" / "crops.json").write_text(json.dumps({"schema": 1, "images": {"1.png": entry}}))
    with pytest.raises(InputError, match=rf"crops\.json: 1\.png: .*{reason}"):
        chosen(volumes)


def test_nothing_left(volumes):
    (volumes / "2" / "comic.json").write_text(json.dumps({"exclude": ["1.png", "2.png"]}))
    with pytest.raises(InputError, match="all pages are left out"):
        chosen(volumes / "2")
    with pytest.raises(InputError, match="its crop leaves nothing"):
        chosen(volumes, (20, 20, 0, 0))
