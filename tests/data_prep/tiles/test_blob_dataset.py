"""Spans of planned records; results of cutting."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep.images import list_images
from data_prep.outputs import STAMP
from data_prep.pages.selection import find_pages
from data_prep.records.tile_files import TileFiles
from data_prep.tiles.blob_dataset import cut_blobs, plan_records
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
