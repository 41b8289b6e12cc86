"""Whole pages made ready: their scale, the places of tiles, and pages without room."""

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record, write_dataset
from gan.config import LiveConfig
from gan.data.live_pages import CUBIC_PX, load_pages

DPI = 75  # cells of 64 px


def page(height: int, width: int, *, rows=4, cols=4, offset=(0, 0), centers=None, name="1.png", seed=0):
    image = np.random.default_rng(seed).integers(180, 250, (height, width, 1)).astype(np.uint8)
    source = {"page": name, "dpi": DPI, "rows": rows, "cols": cols, "offset_cell": list(offset)}
    return Record(image, source | {"centers_px": centers})


def load(folder, records, *, resolution=16, **options):
    height, width = (max(record.image.shape[axis] for record in records) for axis in (0, 1))
    write_dataset(records, folder / "data", image_shape=(height, width, 1), kind="pages")
    return load_pages(Dataset(folder / "data"), LiveConfig(**options), resolution=resolution)


@pytest.mark.parametrize(("resolution", "supersample", "reduction"), [(16, 1, 4), (16, 2, 2), (16, 9, 1)])
def test_pages_are_reduced_by_means_to_the_scale_of_sampling(tmp_path, resolution, supersample, reduction):
    record = page(256, 320)
    live = load(tmp_path, [record], resolution=resolution, supersample=supersample)
    assert (live.tile_px, live.size, live.image_shape) == (64, 16, (16, 16, 1))
    assert live.supersample == min(supersample, 64 // 16)
    assert live.pages.shape == (1, 256 // reduction, 320 // reduction, 1)
    np.testing.assert_allclose(live.scale, 1 / reduction, rtol=1e-6)
    blocks = record.image.reshape(256 // reduction, reduction, 320 // reduction, reduction, 1)
    assert np.abs(live.pages[0] - blocks.mean((1, 3))).max() <= 0.51


def test_tiles_of_a_page_lie_in_its_grid_with_their_turning_circle(tmp_path):
    """Half the diagonal of a tile of 64 px is 45.25 px."""
    sites = load(tmp_path, [page(400, 400, rows=3, cols=4)]).sites
    reach = 32 * 2**0.5
    assert sites.page.tolist() == [0]
    low, high = sites.low_px[0], sites.high_px[0]
    assert (low >= reach - 1e-3).all()
    assert high[0] - low[0] == pytest.approx(4 * 64 - 2 * reach, abs=3)
    assert high[1] - low[1] == pytest.approx(3 * 64 - 2 * reach, abs=3)


def test_small_pages_repeat_their_edges_and_pages_without_room_are_left_out(tmp_path):
    records = [
        page(256, 256, name="a.png"),
        page(64, 64, rows=1, cols=1, name="small.png", seed=1),
        page(192, 320, rows=3, cols=5, name="b.png", seed=2),
    ]
    live = load(tmp_path, records, supersample=1)
    assert live.skipped == ("small.png",)
    assert live.pages.shape == (2, 64, 80, 1)
    assert live.sites.page.tolist() == [0, 1]
    np.testing.assert_array_equal(live.pages[0, :, 64:], np.repeat(live.pages[0, :, 63:64], 16, axis=1))
    np.testing.assert_array_equal(live.pages[1, 48:], np.repeat(live.pages[1, 47:48], 16, axis=0))


def test_no_room_on_any_page_is_refused_by_flag(tmp_path):
    with pytest.raises(InputError, match=r"no tile of 4000 px fits on a page .* --tile-px"):
        load(tmp_path, [page(256, 256)], tile_px=4000)


@pytest.mark.parametrize("jitter", [0.0, 0.1])
def test_specimens_lie_within_their_jitter_on_pages_with_a_margin_of_paper(tmp_path, jitter):
    centers = [[60.0, 70.0], [180.0, 200.0]]
    live = load(tmp_path, [page(256, 256, centers=centers)], tile_px=64, jitter=jitter, supersample=1)
    assert live.quarter_turns
    assert live.sites.page.tolist() == [0, 0]
    np.testing.assert_allclose(live.sites.low_px, np.array(centers) - 64 * jitter, atol=1e-3)
    np.testing.assert_allclose(live.sites.high_px, np.array(centers) + 64 * jitter, atol=1e-3)
    margin = live.margin_px
    assert margin >= 64 * (0.5 + jitter) / 4 + CUBIC_PX
    assert live.pages.shape == (1, 64 + 2 * margin, 64 + 2 * margin, 1)
    framed = live.pages[0].copy()
    framed[margin:-margin, margin:-margin] = framed[0, 0]
    assert (framed == framed[0, 0]).all()
