"""Spans of planned records; results of cutting."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep.errors import WorkError
from data_prep.images import list_images, write_image
from data_prep.outputs import STAMP
from data_prep.pages.selection import find_pages
from data_prep.records.tile_files import TileFiles
from data_prep.tiles.blob_dataset import cut_blobs, has_ink, plan_records
from data_prep.tiles.blob_plan import plan_blobs, plan_pages
from tests.data_prep.conftest import bars


def plan(pages: Path, **changes):
    reports: dict[str, str] = {}
    config = dataclasses.replace(TINY["blob"], **changes)
    plans, mode = plan_pages(list_images(pages), config, {}, report=reports.__setitem__)
    return plans, mode, config, reports


def test_any_span_is_the_same_records(pages, tmp_path):
    plans, mode, config, _ = plan(pages)
    records = plan_records(
        plans, config, mode=mode, workers=1, scratch=tmp_path / "scratch", report=lambda name, reason: None
    )
    whole = list(records[0 : len(records)])
    for start, stop in [(0, 1), (34, 36), (40, 105), (104, 105)]:
        part = list(records[start:stop])
        assert [record.source for record in part] == [record.source for record in whole[start:stop]]
        for a, b in zip(part, whole[start:stop], strict=True):
            np.testing.assert_array_equal(a.image, b.image)


@pytest.mark.parametrize("format", ["records", "png"])
def test_a_result_with_failures_is_unfinished(pages, tmp_path, format):
    intact = (pages / "2.png").read_bytes()
    (pages / "2.png").write_bytes(intact[: len(intact) // 2])
    out, files, steps = tmp_path / "d", TileFiles(format=format, workers=1), []

    def cut():
        planned = plan_blobs(find_pages(pages), TINY["blob"])
        return cut_blobs(planned, out, files=files, progress=bars(steps)), planned

    made, planned = cut()
    assert made.count == planned.count - len(planned.pages[1].indices) > 0
    assert set(made.failures) == {"2.png"}
    assert {label for label, _ in steps} == {"inspect", "blob"}
    assert sum(count for label, count in steps if label == "blob") == planned.count
    state = json.loads((out / STAMP).read_text())
    assert not state["done"]
    assert str(made).startswith(f"{out}  {made.count} ")


@pytest.mark.parametrize("format", ["records", "png"])
def test_blank_tiles_are_left_out_and_counted(tmp_path, format):
    """Half of the page has lines; without a limit all tiles are there."""
    page = np.full((256, 256, 1), 250, np.uint8)
    page[::9, :128] = 30
    write_image(tmp_path / "pages" / "half.png", page)
    made = {}
    for least in (0.005, 0.0):
        config = dataclasses.replace(TINY["blob"], min_ink=least)
        planned = plan_blobs(find_pages(tmp_path / "pages"), config)
        out, files = tmp_path / f"{least}", TileFiles(format=format, workers=1)
        made[least] = cut_blobs(planned, out, files=files)
        again = cut_blobs(planned, out, files=files)
        assert again.count == made[least].count
        assert ("blank tile" in again.summary) == (least > 0)
    assert made[0.0].count == planned.count
    assert 0.3 * planned.count < made[0.005].count < 0.8 * planned.count
    blank = planned.count - made[0.005].count
    assert f"{blank} blank tiles left out (under 0.5% ink; --min-ink 0 keeps all)" in str(made[0.005])


def test_ink_is_what_differs_from_the_ground():
    """Noise and slow changes of light are not ink; a pencil's line and chalk are."""
    rng = np.random.default_rng(0)
    paper = rng.normal(228, 5, (64, 64, 1)).clip(0, 255).astype(np.uint8)
    assert not has_ink(paper, 0.005)
    assert not has_ink(np.broadcast_to(np.linspace(230, 250, 64)[:, None, None], (64, 64, 1)), 0.005)
    for ground, line in ((228, 190), (20, 230)):
        drawn = np.full((64, 64, 1), ground, np.uint8)
        drawn[30] = line
        assert has_ink(drawn, 0.005)
        assert not has_ink(drawn, 0.05)
    colour = np.full((64, 64, 3), 240, np.uint8)
    colour[30, :, 2] = 90  # yellow
    assert has_ink(colour, 0.005)


def test_pages_without_ink_are_named(tmp_path):
    write_image(tmp_path / "pages" / "blank.png", np.full((256, 256, 1), 250, np.uint8))
    planned = plan_blobs(find_pages(tmp_path / "pages"), TINY["blob"])
    with pytest.raises(WorkError, match=r"pages: all \d+ tiles are blank .*--min-ink 0"):
        cut_blobs(planned, tmp_path / "d", files=TileFiles(workers=1))
