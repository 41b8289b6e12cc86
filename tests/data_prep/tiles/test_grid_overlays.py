"""Copies of pages with their grid: of the pages that can be read, whatever the workers."""

from configs.data_prep import TINY
from data_prep.images import list_images, read_image
from data_prep.pages.selection import find_pages
from data_prep.tiles.blob_plan import plan_pages
from data_prep.tiles.grid_overlays import draw_copies, draw_grids
from tests.data_prep.conftest import bars


def plan(pages):
    return plan_pages(list_images(pages), TINY["blob"], {}, report=lambda name, reason: None)[0]


def test_copies_show_the_page_and_do_not_depend_on_workers(pages, tmp_path):
    drawn = []
    for workers in (1, 2):
        jobs = [(page, tmp_path / str(workers) / f"{page.path.stem}.png") for page in plan(pages)]
        made = list(
            draw_copies(
                jobs, tile_px=TINY["blob"].tile_px, max_megapixels=1, workers=workers, report=lambda *_: None
            )
        )
        assert [page.name for page, _ in made] == ["1.png", "2.png", "10.png"]
        drawn.append([path.read_bytes() for _, path in made])
        for page, path in made:
            copy, original = read_image(path), read_image(page.path, mode="rgb")
            assert copy.shape == original.shape
            assert (copy != original).any()
    assert drawn[0] == drawn[1]


def test_an_unreadable_page_is_reported(pages, tmp_path):
    plans = plan(pages)
    (pages / "2.png").write_text("no image")
    reports = []
    jobs = [(page, tmp_path / f"{page.path.stem}.png") for page in plans]
    made = draw_copies(
        jobs, tile_px=32, max_megapixels=1, workers=1, report=lambda name, reason: reports.append(name)
    )
    assert [page.name for page, _ in made] == ["1.png", "10.png"]
    assert reports == ["2.png"]


def test_a_result_counts_tiles_and_keeps_failures(pages, tmp_path):
    (pages / "3.png").write_text("no image")
    done, warnings = [], []
    found = find_pages(pages)
    made = draw_grids(found, tmp_path / "g", TINY["blob"], progress=bars(done), warn=warnings.append)
    assert [path.name for path, _ in made.copies] == ["1_grid.jpg", "2_grid.jpg", "10_grid.jpg"]
    assert made.tiles == sum(len(page.indices) for page in plan(pages))
    assert set(made.failures) == {"3.png"}
    assert done == [("grid", 1)] * 3
    assert all("light varies" in warning for warning in warnings)  # these pages are soft shapes
    lines = str(made).splitlines()
    assert lines[0].startswith(f"{pages / 'adjustments.json'}  offsets of 4 pages")
    assert "cells from 0, 0" in lines[1]
    assert lines[-1] == f"{tmp_path / 'g'}  {made.tiles} tiles"
    again = draw_grids(found, tmp_path / "g", TINY["blob"])
    assert again.adjustments == ""  # exists
