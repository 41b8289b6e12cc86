"""Canvases drawn strip by strip: the same whatever the blocks, tiles without a seam, formats."""

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import read_image, to_uint8
from gan.canvas.blocks import Blocks
from gan.canvas.pages import check_format, field_of, iter_strips, write_canvas
from gan.canvas.plane import plane_cells, plane_key, plane_style
from gan.canvas.size import CanvasSize
from gan.canvas.variation import Variation
from gan.sample import Generator
from tests.gan.canvas.networks import network


def draw(size, *, seed=3, **options):
    generator = Generator(*network(), "small", nimg=0)
    return np.concatenate(list(iter_strips(generator, seed, size, **options)))


def reference(size, *, tileable, seed=3, truncation=1.0):
    """The whole map at once: on a torus, or the middle of a larger one."""
    family, params = network()
    h, w = size.cells
    halo = 0 if tileable else family.halo_cells
    cells = plane_cells(plane_key(seed), (-halo, -halo, h + 2 * halo, w + 2 * halo), dim=4)
    style, cells = family.normalized(plane_style(family, seed)[None], cells[None])
    image = np.asarray(to_uint8(family.canvas(params, style * truncation, cells * truncation)))[0]
    crop = halo * size.cell_px
    return image[crop : crop + size.height_px, crop : crop + size.width_px]


@pytest.mark.parametrize("tileable", [False, True])
@pytest.mark.slow_cases("True")
def test_strips_are_the_canvas_drawn_whole(tileable):
    size = CanvasSize(20, 28, 4) if tileable else CanvasSize(18, 25, 4)
    expected = reference(size, tileable=tileable, truncation=0.8)
    for shape in [(2, 3), (5, 7)]:
        blocks = Blocks(size.cells, shape)
        found = draw(size, tileable=tileable, truncation=0.8, blocks=blocks)
        assert found.shape == (size.height_px, size.width_px, 1)
        assert np.abs(found.astype(int) - expected).max() <= 1
        assert (found == expected).mean() > 0.99
    assert expected.std() > 10


def test_canvases_of_a_seed_are_parts_of_one_plane():
    large, small = draw(CanvasSize(24, 28, 4)), draw(CanvasSize(9, 13, 4))
    assert np.abs(large[:9, :13].astype(int) - small).max() <= 1


@pytest.mark.parametrize("tileable", [False, True])
def test_a_mask_mixes_a_style_in_across_blocks(tileable):
    """Black and white are the drawings of both styles; blocks make no difference."""
    size, family = CanvasSize(24, 80, 4), network()[0]
    other = plane_style(family, 8)
    halves = np.zeros(size.cells, np.float32)
    halves[:, 10:] = 1
    options = {"tileable": tileable, "blocks": Blocks(size.cells, (4, 6))}
    masks = (np.zeros_like(halves), halves, np.ones_like(halves))
    none, found, all_ = (
        draw(size, variation=Variation(mask, other), **options).astype(int) for mask in masks
    )
    assert np.abs(none - draw(size, **options)).max() <= 1
    assert np.abs(all_ - none).max() > 20
    px, halo = size.cell_px, family.halo_cells
    inner = slice(halo * px * tileable, (10 - halo) * px)
    assert np.abs(found - none)[:, inner].max() <= 1
    assert np.abs(found - all_)[:, (10 + halo) * px : (20 - halo) * px].max() <= 1
    whole = draw(size, variation=Variation(halves, other), tileable=tileable)
    assert np.abs(found - whole).max() <= 1


def test_files_by_rows_and_whole_hold_the_strips(tmp_path):
    image, rows = draw(CanvasSize(18, 25, 4)), []
    strips = [image[:8], image[8:]]
    for name in ("a.png", "a.tif", "a.webp"):
        write_canvas(tmp_path / name, iter(strips), shape=image.shape, on_rows=rows.append)
    assert rows == [8, 10] * 3
    for name in ("a.png", "a.tif"):
        np.testing.assert_array_equal(read_image(tmp_path / name, mode="gray"), image)
    assert read_image(tmp_path / "a.webp", mode="gray").shape == image.shape


@pytest.mark.parametrize(
    ("suffix", "shape", "message"),
    [
        (".jpg", (100, 70_000, 1), "--format jpg: 70000x100 px are too many, jpg has at most 65500 px"),
        (".webp", (20_000, 9, 3), "webp has at most 16383 px a side; use --format png or tif"),
        (".jpg", (40_000, 40_000, 1), "jpg is written whole, from up to 1 GiB of pixels in memory"),
    ],
)
def test_formats_that_cannot_be_streamed_have_a_limit(suffix, shape, message):
    with pytest.raises(InputError) as refused:
        check_format(suffix, shape, flag="--format")
    assert message in str(refused.value)
    for streamed in (".png", ".tif"):
        check_format(streamed, shape, flag="--format")


def test_networks_with_a_frame_are_refused_with_what_they_can():
    generator = Generator(network()[0], {}, "", nimg=0)
    assert field_of(generator) is generator.family

    class Framed:
        shape = (16, 24, 1)

    with pytest.raises(InputError, match=r"fixed frame of 24x16 px; only family field .* --mosaic 3x2"):
        field_of(Generator(Framed(), {}, "", nimg=0))
