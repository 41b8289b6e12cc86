"""Plans of tiles: channels of the pages, pages that do not fit, warnings, summaries."""

import dataclasses
from pathlib import Path

import pytest

from configs.data_prep import TINY
from data_prep.errors import InputError
from data_prep.images import list_images, write_image
from data_prep.pages.selection import find_pages
from data_prep.tiles.blob_plan import plan_blobs, plan_pages
from tests.data_prep.conftest import drawing


def plan(pages: Path, **changes):
    reports: dict[str, str] = {}
    config = dataclasses.replace(TINY["blob"], **changes)
    plans, mode = plan_pages(list_images(pages), config, {}, report=reports.__setitem__)
    return plans, mode, config, reports


def test_channels_default_to_those_of_the_pages(pages, rng):
    assert plan(pages)[1] == "gray"
    assert plan(pages, mode="rgba")[1] == "rgba"
    write_image(pages / "3.png", drawing(rng, 300, 220, 3))
    assert plan(pages)[1] == "rgb"


def test_plans_refuse_when_nothing_fits(pages):
    with pytest.raises(InputError, match="leave the page"):
        plan_pages(
            [pages / "1.png"],
            dataclasses.replace(TINY["blob"], tile_px=200, rows=6, cols=6),
            {},
            report=lambda name, reason: None,
        )


def test_a_summary_describes_grid_and_tiles(pages):
    (first, *_) = plan(pages)[0]
    assert f"{first.grid.rows} x {first.grid.cols} cells from 0, 0" in str(first)
    assert f"{len(first.indices)} tiles" in str(first)


def test_a_plan_of_all_pages_counts_tiles_and_warns(pages):
    (pages / "3.png").write_text("no image")
    warnings = []
    config = dataclasses.replace(TINY["blob"], steps=9)
    planned = plan_blobs(find_pages(pages), config, warn=warnings.append)
    assert planned.count == sum(len(page.indices) for page in plan(pages, steps=9)[0])
    assert planned.image_shape == (16, 16, 1)
    assert set(planned.failures) == {"3.png"}
    assert len(warnings) == 1
    assert "--steps 9" in warnings[0]
