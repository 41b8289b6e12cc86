"""Sample pages: seeded, inked all over, and cut by the grid that they come with."""

import numpy as np
import pytest

from data_prep.images import list_images, read_header, read_image
from data_prep.pages.adjustments import read_adjustments
from data_prep.pages.grid import fit_grid
from data_prep.tiles.blob_plan import BlobConfig, plan_pages
from examples.draw_pages import draw_pages, main


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    return folder, draw_pages(folder, count=2, dpi=75)


def test_pages_are_scans_of_their_size(drawn):
    folder, _ = drawn
    paths = list_images(folder)
    assert [path.name for path in paths] == ["01.png", "02.png"]
    for path in paths:
        header = read_header(path)
        assert (header.height_px, header.width_px, header.mode, header.dpi) == (825, 638, "rgb", 75)


def test_same_seed_same_pages_whatever_their_number(drawn, tmp_path):
    draw_pages(tmp_path / "one", count=1, dpi=75)
    assert (tmp_path / "one" / "01.png").read_bytes() == (drawn[0] / "01.png").read_bytes()
    draw_pages(tmp_path / "other", count=1, seed=1, dpi=75)
    assert (tmp_path / "other" / "01.png").read_bytes() != (drawn[0] / "01.png").read_bytes()


def test_grid_lies_on_the_paper_and_the_bed_around_it(drawn):
    folder, (rows, cols) = drawn
    paths = list_images(folder)
    offsets = read_adjustments(folder / "adjustments.json", [path.name for path in paths])
    assert (rows, cols) == (12, 9)
    for path in paths:
        page = read_image(path, mode="gray")[..., 0]
        x0, y0, x1, y1 = fit_grid(
            *page.shape, dpi=75, rows=rows, cols=cols, offset_cell=offsets[path.name].offset_cell
        ).box_px
        paper = page[int(y0) : int(y1), int(x0) : int(x1)]
        for edge in (paper[:2], paper[-2:], paper[:, :2], paper[:, -2:]):
            assert np.median(edge) > 180
        for edge in (page[:4], page[-4:], page[:, :4], page[:, -4:]):
            assert np.median(edge) < 60


def test_every_tile_shows_ink_and_paper(drawn):
    folder, (rows, cols) = drawn
    config = BlobConfig(dpi=75, rows=rows, cols=cols, tile_px=96, size=64, steps=1)
    paths = list_images(folder)
    offsets = read_adjustments(folder / "adjustments.json", [path.name for path in paths])
    plans, mode = plan_pages(paths, config, offsets, report=lambda name, reason: pytest.fail(reason))
    assert mode == "rgb"
    for plan in plans:
        page = read_image(plan.path, mode="gray")[..., 0]
        assert plan.leaving == 0
        for x, y in plan.centers:
            ink = (page[y - 48 : y + 48, x - 48 : x + 48] < 128).mean()
            assert 0.04 < ink < 0.5


def test_the_script_prints_the_command_to_cut(tmp_path, capsys):
    assert main(["--out", str(tmp_path), "--count", "1", "--dpi", "40"]) == 0
    assert "--dpi 40 --rows 12 --cols 9" in capsys.readouterr().out
