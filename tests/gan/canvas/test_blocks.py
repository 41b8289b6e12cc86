"""Blocks of a canvas against the canvas drawn at once."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.canvas.blocks import Blocks, draw_blocks, plan_blocks, wrapped_cells
from tests.gan.canvas.networks import network


@pytest.mark.parametrize("shape", [(2, 3), (5, 7)], ids=str)
@pytest.mark.slow_cases("(2, 3)")
def test_blocks_are_parts_of_the_whole_torus(shape):
    family, params = network()
    keys = jax.random.split(jax.random.key(1))
    style, cells = family.normalized(
        jax.random.normal(keys[0], (2, 3)), jax.random.normal(keys[1], (2, 5, 7, 4))
    )
    whole = jax.jit(family.canvas)(params, style, cells)
    around = wrapped_cells(cells, halo=family.halo_cells)
    draw = jax.jit(functools.partial(draw_blocks, family, blocks=Blocks((5, 7), shape)))
    drawn = draw(params, style, around)
    assert drawn.shape == (2, 20, 28, 1)
    np.testing.assert_allclose(drawn, whole, atol=5e-6)
    assert float(whole.std()) > 0.1


@pytest.mark.parametrize(
    ("cells", "px", "shape"),
    [((135, 240), 1 << 18, (45, 80)), ((1, 5), 1 << 18, (1, 5)), ((100, 100), 64, (1, 1))],
)
def test_blocks_cover_the_map_with_little_beyond_it(cells, px, shape):
    blocks = plan_blocks(cells, cell_px=8, block_px=px)
    assert blocks.shape == shape
    assert shape[0] * shape[1] * 64 <= px
    for covered, size, count in zip(blocks.covered, cells, blocks.counts, strict=True):
        assert size <= covered < size + count


def test_a_map_on_a_torus_continues_at_its_other_edge():
    cells = jnp.arange(6).reshape(1, 2, 3, 1)
    around = wrapped_cells(cells, halo=4)
    y, x = np.mgrid[-4:6, -4:7]
    np.testing.assert_array_equal(around[0, ..., 0], np.asarray(cells)[0, y % 2, x % 3, 0])
