"""Variation in space: at the ends of a mask each drawing by itself, in between the mean of the weights."""

import dataclasses
import functools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import write_image
from gan.canvas import variation
from gan.canvas.mask_config import MaskConfig
from gan.canvas.variation import check_related, draw_varied, mask_of_cells, mirrored, read_variation
from gan.config import FieldConfig
from gan.families.field import Field
from gan.sample import Generator

CONFIG = FieldConfig(
    cell_px=4, global_dim=2, local_dim=3, trunk_layers=1, channel_base=128, channel_max=4, rgb_init_std=1.0
)
FAMILY = Field(CONFIG, (16, 16, 1), jnp.float32)
SIDE, WIDE = 1 + 2 * FAMILY.halo_cells, 40


@functools.cache
def weights(seed=0):
    return jax.jit(FAMILY.init_generator)(jax.random.key(seed))


@functools.cache
def latents():
    keys = jax.random.split(jax.random.key(5), 3)
    return tuple(
        jax.random.normal(key, shape) for key, shape in zip(keys, ((2,), (SIDE, WIDE, 3), (2,)), strict=True)
    )


@functools.cache
def varied():
    """Drawings of a mask, other styles and other weights, compiled once."""
    params, (style, cells, _) = weights(), latents()

    @jax.jit
    def draw(mask, other_style, other_params):
        return draw_varied(
            FAMILY, params, style, cells, mask=mask, other_style=other_style, other_params=other_params
        )

    return draw


@functools.cache
def _part():
    return jax.jit(FAMILY.part)


def plain(params, style):
    """`part` of one style and one network."""
    style, cells = FAMILY.normalized(style, latents()[1])
    return _part()(params, style[None], cells[None])[0]


@pytest.mark.slow
def test_the_ends_of_a_mask_are_the_drawings_of_both():
    style, _, other_style = latents()
    other = weights(1)
    for amount, params, at in ((0.0, weights(), style), (1.0, other, other_style)):
        found = varied()(jnp.full((SIDE, WIDE), amount), other_style, other)
        np.testing.assert_allclose(found, plain(params, at), atol=1e-5)


def test_between_them_the_weights_are_means():
    """One fraction everywhere is the network of the mean weights, to rounding."""
    style, other = latents()[0], weights(1)
    found = varied()(jnp.full((SIDE, WIDE), 0.3), style, other)
    mean = jax.tree.map(lambda a, b: 0.7 * a + 0.3 * b, weights(), other)
    np.testing.assert_allclose(found, plain(mean, style), atol=1e-5)


def test_each_place_has_its_own_fraction():
    """Far from the border of a mask with two halves the image is that of each half alone."""
    other_style, other = latents()[2], weights(1)
    mask = jnp.zeros((SIDE, WIDE)).at[:, 20:].set(1.0)
    halves, left, right = (varied()(part, other_style, other) for part in (mask, 0 * mask, 0 * mask + 1))
    px, halo = CONFIG.cell_px, FAMILY.halo_cells
    border = (20 - halo) * px
    reach = (halo + 1) * px
    np.testing.assert_allclose(halves[:, : border - reach], left[:, : border - reach], atol=1e-5)
    np.testing.assert_allclose(halves[:, border + reach :], right[:, border + reach :], atol=1e-5)
    assert np.abs(halves - left)[:, border + reach :].max() > 0.01


def test_masks_are_means_over_cells_and_continue_mirrored():
    image = np.zeros((8, 12), np.uint8)
    image[:, 6:] = 255
    mask = mask_of_cells(image, (2, 4))
    assert mask.shape == (2, 4)
    np.testing.assert_allclose(mask[0, [0, 3]], [0, 1], atol=0.01)
    one = variation.Variation(np.arange(6, dtype=np.float32).reshape(2, 3))
    padded = np.pad(one.mask, ((2, 2), (3, 3)), mode="symmetric")
    np.testing.assert_array_equal(one.window((-2, -3, 6, 9)), padded)
    np.testing.assert_array_equal(one.window((-2, -3, 6, 9), wraps=True), np.tile(one.mask, (3, 3)))
    assert mirrored(np.arange(-3, 6), 3).tolist() == [2, 1, 0, 0, 1, 2, 2, 1, 0]


def generator(params, **changes):
    family = dataclasses.replace(FAMILY, config=dataclasses.replace(CONFIG, **changes))
    return Generator(family, params, "some", nimg=0)


def test_runs_without_a_common_ancestor_are_named():
    ours, tuned = generator(weights()), jax.tree.map(lambda a: a + 0.05, weights())
    assert check_related(ours, generator(tuned), name="--mask-run a") == ""
    other_data = generator(tuned, statistics_table=(0.5,))
    assert check_related(ours, other_data, name="--mask-run a") == ""
    assert "no common ancestor" in check_related(ours, generator(weights(1)), name="--mask-run a")
    with pytest.raises(InputError, match="--mask-run a: has other layers"):
        check_related(ours, generator(weights(), trunk_layers=2), name="--mask-run a")


@pytest.mark.slow
def test_files_are_read_and_resizing_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(variation, "load_generator", lambda folder: generator(weights()))
    file, said = tmp_path / "mask.png", []
    write_image(file, np.arange(600, dtype=np.uint8).reshape(20, 30, 1))
    config = MaskConfig(mask=file, mask_seed=3, mask_run=Path("run"))
    found = read_variation(config, generator(weights()), size_px=(10, 15), note=said.append)
    assert said == [f"--mask {file}: 30x20 px, resized to the canvas, 15x10 px"]
    assert found.mask.shape == (3, 4)
    assert set(found.settings) == {"mask", "mask_seed", "mask_run"}
    read_variation(config, generator(weights()), size_px=(20, 30), note=said.append)
    assert len(said) == 1
    write_image(file, np.zeros((20, 30, 4), np.uint8))
    read_variation(config, generator(weights()), size_px=(20, 30), note=said.append)
    assert said[1:] == [f"--mask {file}: is 255 of 255 everywhere; transparent parts count as white"]
    assert read_variation(MaskConfig(), generator(weights()), size_px=(8, 8)) is None
