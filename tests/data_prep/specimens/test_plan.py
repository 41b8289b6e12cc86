"""Plans of specimens: detected or stored centres, and the file of adjustments."""

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep.images import write_image
from data_prep.pages.adjustments import read_adjustments
from data_prep.pages.selection import find_pages
from data_prep.specimens.plan import centers_crc, plan_specimens, store_centers
from tests.data_prep.drawn_specimens import draw_specimens


@pytest.fixture
def folder(tmp_path):
    page = draw_specimens(np.random.default_rng(0), rows=3, cols=3, pitch_px=150, empty=0)
    write_image(tmp_path / "pages" / "1.png", page.image)
    return tmp_path / "pages"


def test_stored_centres_replace_detected_ones_until_redetected(folder):
    first = plan_specimens(find_pages(folder), TINY["spec"])
    assert (first.count, first.stored, first.mode, first.image_shape) == (9, 0, "gray", (64, 64, 1))
    line = store_centers(first)
    assert line.startswith(f"{folder / 'adjustments.json'}  centres of 1 page")
    assert read_adjustments(folder / "adjustments.json", ["1.png"])["1.png"].centers_px == (
        first.pages[0].centers_px
    )
    again = plan_specimens(find_pages(folder), TINY["spec"])
    assert again.stored == 1
    assert centers_crc(again.pages).startswith("9 specimens, crc32 ")
    assert plan_specimens(find_pages(folder), TINY["spec"], redetect=True).stored == 0


def test_centres_that_cannot_be_stored_are_reported(folder, monkeypatch):
    def fail(path, adjustments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data_prep.specimens.plan.write_adjustments", fail)
    warnings = []
    assert store_centers(plan_specimens(find_pages(folder), TINY["spec"]), warn=warnings.append) == ""
    assert len(warnings) == 1
    assert "No space left on device" in warnings[0]
