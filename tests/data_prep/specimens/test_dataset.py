"""Specimens to records and files: the same tiles, overlays once, unreadable pages reported."""

import json

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep import outputs
from data_prep.errors import InputError
from data_prep.images import read_image, write_image
from data_prep.pages.selection import find_pages
from data_prep.pages.sheet import find_sheet
from data_prep.records.tile_files import TileFiles
from data_prep.specimens import dataset
from data_prep.specimens.dataset import Cut
from data_prep.specimens.detect import Specimens
from data_prep.specimens.pages import PageSpecimens, SpecConfig
from data_prep.specimens.plan import plan_specimens
from data_prep.tiles.names import tile_path
from tests.data_prep.conftest import bars
from tests.data_prep.drawn_specimens import draw_specimens

FILES = TileFiles(workers=1)


def make_pages(folder, rng):
    pages = []
    for name, count in (("1.png", 3), ("2.png", 2)):
        image = rng.integers(200, 256, (80, 120, 1), np.uint8)
        write_image(folder / name, image)
        centers = np.array([[20 + 30 * i, 40] for i in range(count)], np.float64)
        boxes = np.concatenate([centers - 8, centers + 8], axis=1).astype(np.int64)
        specimens = Specimens(boxes, centers, np.zeros(count, bool), 0, find_sheet(image))
        pages.append(PageSpecimens(folder / name, specimens))
    return pages


def make_cut(folder, pages, *, workers=1, report=None):
    overlays = {page.name: folder / f"{page.path.stem}_spec.jpg" for page in pages}
    return Cut(SpecConfig(tile_px=16), 20, "gray", overlays, workers, report or pytest.fail)


def test_records_and_files_are_the_same_tiles(tmp_path, rng):
    pages = make_pages(tmp_path, rng)
    cut = make_cut(tmp_path / "o", pages)
    plan = dataset.plan_records(pages, cut)
    records = list(plan[0 : len(plan)])
    assert [record.source["page"] for record in records] == ["1.png"] * 3 + ["2.png"] * 2
    assert dataset.write_tiles(pages, tmp_path / "t", cut) == 5
    places = [(page.name, i) for page in pages for i in range(len(page.specimens))]
    for record, (name, i) in zip(records, places, strict=True):
        np.testing.assert_array_equal(read_image(tile_path(tmp_path / "t", name, i)), record.image)
    for start, stop in [(1, 4), (2, 3), (3, 5)]:
        part = [record.source for record in plan[start:stop]]
        assert part == [record.source for record in records[start:stop]]


def test_overlays_are_drawn_once(tmp_path, rng):
    pages = make_pages(tmp_path, rng)
    cut = make_cut(tmp_path / "o", pages)
    dataset.draw_pages(pages, cut)
    before = {path: path.stat().st_mtime_ns for path in cut.overlays.values()}
    done = []
    dataset.draw_pages(pages, cut, on_page=done.append)
    assert sum(done) == 2
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_an_unreadable_page_is_reported_and_left_out(tmp_path, rng):
    pages = make_pages(tmp_path, rng)
    pages[0].path.write_text("no image")
    reports = []
    cut = make_cut(tmp_path / "o", pages, report=lambda name, reason: reports.append(name))
    plan = dataset.plan_records(pages, cut)
    assert [record is None for record in plan[0:5]] == [True] * 3 + [False] * 2
    assert dataset.write_tiles(pages, tmp_path / "t", cut) == 2
    dataset.draw_pages(pages, cut)
    assert set(reports) == {"1.png"}


def test_both_folders_are_claimed_or_neither(tmp_path):
    out = tmp_path / "out"
    settings = {"crop_px": 20, "inputs": "1 files", "centers": "2 specimens"}
    with dataset.work(out, settings, source=tmp_path / "pages", overwrite=False) as state:
        assert state == "new"
    with dataset.work(out, settings, source=tmp_path / "pages", overwrite=False) as state:
        assert state == "done"
    overlays = dataset.overlays_folder(tmp_path / "other")
    overlays.mkdir()
    (overlays / "mine.txt").touch()
    with (
        pytest.raises(InputError, match="did not write"),
        dataset.work(tmp_path / "other", settings, source=tmp_path / "pages", overwrite=True),
    ):
        raise AssertionError("the block ran")
    assert not (tmp_path / "other" / outputs.STAMP).exists()


def test_a_result_has_tiles_overlays_and_centres(tmp_path):
    for seed, name in enumerate(("1.png", "2.png")):
        page = draw_specimens(np.random.default_rng(seed), rows=3, cols=3, pitch_px=150, empty=0)
        write_image(tmp_path / "pages" / name, page.image)
    (tmp_path / "pages" / "3.png").write_text("no image")
    selection, steps = find_pages(tmp_path / "pages"), []
    plan = plan_specimens(selection, TINY["spec"], progress=bars(steps))
    made = dataset.cut_specimens(plan, tmp_path / "out", files=FILES, progress=bars(steps))
    assert (made.tiles.count, made.pages, set(made.failures)) == (18, 2, {"3.png"})
    assert [line.split("  ")[0] for line in str(made).splitlines()] == [
        str(selection.adjustments_file),
        str(tmp_path / "out"),
        str(made.overlays),
    ]
    assert {label for label, _ in steps} == {"find", "inspect", "spec", "overlays"}
    assert outputs.check_claim(made.overlays, **stamp(made.overlays)) == "continue"  # 3.png failed
    (tmp_path / "pages" / "3.png").unlink()
    plan = plan_specimens(find_pages(tmp_path / "pages"), TINY["spec"])
    assert plan.stored == 2
    assert not dataset.cut_specimens(plan, tmp_path / "out", files=FILES).failures
    assert outputs.check_claim(made.overlays, **stamp(made.overlays)) == "done"


def stamp(folder):
    return {key: json.loads((folder / outputs.STAMP).read_text())[key] for key in ("command", "settings")}
