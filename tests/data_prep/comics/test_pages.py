"""Pages and panels as files: cut, numbered, listed; broken pages are left out and named."""

import dataclasses
import json

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep.comics.pages import write_comic
from data_prep.comics.panels import PanelsConfig
from data_prep.errors import InputError
from data_prep.images import read_image, with_mode, write_image
from tests.data_prep.comic_videos import draw_pages
from tests.data_prep.conftest import tree

CONFIG = TINY["comic"]


@pytest.fixture
def drawn(tmp_path):
    pages = draw_pages(np.random.default_rng(0), 3)
    for number, page in zip((1, 2, 10), pages, strict=True):
        write_image(tmp_path / "pages" / f"{number}.png", page.image)
    return pages


def test_pages_are_numbered_in_gray(tmp_path, drawn):
    made = write_comic(tmp_path / "pages", tmp_path / "out", CONFIG)
    assert (made.pages, made.files) == (3, 3)
    rows = json.loads((tmp_path / "out" / "pages.json").read_text())
    assert [(row["file"], row["page"]) for row in rows] == [
        ("0001.png", "1.png"),
        ("0002.png", "2.png"),
        ("0003.png", "10.png"),
    ]
    for row, page in zip(rows, drawn, strict=True):
        expected = with_mode(page.image, "gray")
        np.testing.assert_array_equal(read_image(tmp_path / "out" / row["file"], mode="gray"), expected)


def test_panels_are_cut_with_any_number_of_workers(tmp_path, drawn):
    config = dataclasses.replace(CONFIG, mode="rgb")
    made = write_comic(tmp_path / "pages", tmp_path / "out", config, panels=PanelsConfig())
    rows = json.loads((tmp_path / "out" / "pages.json").read_text())
    boxes = [box for page in drawn for box in page.boxes_px]
    assert [tuple(row["box_px"]) for row in rows] == boxes
    assert made.files == len(boxes)
    assert rows[1]["file"] == "0001_02.png"
    x0, y0, x1, y1 = boxes[1]
    np.testing.assert_array_equal(
        read_image(tmp_path / "out" / "0001_02.png", mode="rgb"), drawn[0].image[y0:y1, x0:x1]
    )
    write_comic(tmp_path / "pages", tmp_path / "two", config, panels=PanelsConfig(), workers=2)
    assert tree(tmp_path / "two") == tree(tmp_path / "out")
    again = write_comic(tmp_path / "pages", tmp_path / "out", config, panels=PanelsConfig())
    assert (again.pages, again.files) == (3, len(boxes))


def test_crop_and_size(tmp_path, drawn):
    config = dataclasses.replace(CONFIG, crop=(20, 0, 0, 0), size=32)
    write_comic(tmp_path / "pages", tmp_path / "out", config)
    assert read_image(tmp_path / "out" / "0003.png").shape[:2] == (32, 32)
    assert json.loads((tmp_path / "out" / "pages.json").read_text())[0]["box_px"] == [0, 20, 300, 420]


def test_a_broken_page_is_named_and_the_others_are_written(tmp_path, drawn):
    (tmp_path / "pages" / "2.png").write_bytes((tmp_path / "pages" / "2.png").read_bytes()[:200])
    reported = []
    made = write_comic(
        tmp_path / "pages", tmp_path / "out", CONFIG, report=lambda *line: reported.append(line)
    )
    assert list(made.failures) == ["2.png"]
    assert len(reported) == 1
    assert sorted(p.name for p in (tmp_path / "out").glob("*.png")) == ["0001.png", "0003.png"]
    write_image(tmp_path / "pages" / "3.png", np.full((50, 40, 3), 255, np.uint8))
    blank = write_comic(tmp_path / "pages", tmp_path / "panels", CONFIG, panels=PanelsConfig())
    assert "no panel found" in blank.failures["3.png"]


def test_invalid_settings_write_nothing(tmp_path, drawn):
    for change, flag in (({"size": 0}, "--size"), ({"crop": (-1, 0, 0, 0)}, "--crop")):
        with pytest.raises(InputError, match=flag):
            write_comic(tmp_path / "pages", tmp_path / "out", dataclasses.replace(CONFIG, **change))
    (tmp_path / "pages" / "comic.json").write_text('{"pages": 3}')
    with pytest.raises(InputError, match="unknown key 'pages'"):
        write_comic(tmp_path / "pages", tmp_path / "out", CONFIG)
    assert not (tmp_path / "out").exists()
