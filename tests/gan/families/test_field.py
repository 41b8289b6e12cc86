"""Family field: a torus in which every cell is like every other."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan import latents
from gan.config import FieldConfig
from gan.explore.directions import factorised_directions
from gan.families.channels import widths as progan_widths
from gan.families.field import Field, halvings, widths
from gan.layers import Conv
from gan.losses import synthesize_noisy
from tests.slow_cases import slow, slow_rows

SMALL = FieldConfig(
    cell_px=8, global_dim=3, local_dim=4, trunk_layers=1, channel_base=256, channel_max=8, rgb_init_std=1.0
)
CELL_PX, HALO_CELLS = 8, 5


def network(config=SMALL, shape=(16, 24, 1)):
    """(family, generator parameters, jitted `canvas` with these)."""
    return _network(config, shape)


@functools.cache
def _network(config, shape):
    family = Field(config, shape, jnp.float32)
    params = jax.jit(family.init_generator)(jax.random.key(0))
    return family, params, jax.jit(functools.partial(family.canvas, params))


def maps(count, h, w, *, config=SMALL, seed=1):
    """Random global vectors [N, G] and cells [N, h, w, D]."""
    family = network(config)[0]
    keys = jax.random.split(jax.random.key(seed))
    style = jax.random.normal(keys[0], (count, config.global_dim))
    cells = jax.random.normal(keys[1], (count, h, w, config.local_dim))
    return family.normalized(style, cells)


@pytest.mark.parametrize("by", [(2, 3), *slow((1, 0), (0, 1))], ids=str)
def test_shifting_the_map_by_cells_shifts_the_image_by_the_cells_pixels(by):
    canvas = network()[2]
    style, cells = maps(2, 4, 4)
    image = canvas(style, cells)
    moved = canvas(style, jnp.roll(cells, by, (1, 2)))
    expected = jnp.roll(image, (CELL_PX * by[0], CELL_PX * by[1]), (1, 2))
    np.testing.assert_allclose(moved, expected, atol=2e-6)
    assert float(image.std()) > 0.1


@pytest.mark.parametrize("size", [(2, 2), *slow((1, 1), (3, 2), (1, 5))], ids=str)
def test_canvases_of_any_size_are_periods_of_endless_drawings(size):
    """A canvas has cell_px per cell, and a map repeated twice draws the image repeated twice."""
    canvas = network()[2]
    style, cells = maps(2, *size)
    image = canvas(style, cells)
    assert image.shape == (2, CELL_PX * size[0], CELL_PX * size[1], 1)
    twice = canvas(style, jnp.tile(cells, (1, 2, 2, 1)))
    np.testing.assert_allclose(twice, jnp.tile(image, (1, 2, 2, 1)), atol=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("cell_px", "trunk_layers"), [(8, 1), *slow_rows((32, 0), (4, 0), (8, 3), (16, 1))])
def test_a_pixel_depends_on_the_cells_within_the_halo_and_no_others(cell_px, trunk_layers):
    config = dataclasses.replace(SMALL, cell_px=cell_px, trunk_layers=trunk_layers)
    family, _, canvas = network(config, (2 * cell_px, 3 * cell_px, 1))
    size, at = 2 * family.halo_cells + 3, family.halo_cells + 1
    style, cells = maps(1, size, size)
    changed = canvas(style, cells.at[0, at, at].add(1.0)) != canvas(style, cells)
    by_cell = np.asarray(changed[0, ..., 0]).reshape(size, cell_px, size, cell_px).any((1, 3))
    for axis in (0, 1):
        np.testing.assert_array_equal(np.nonzero(by_cell.any(axis))[0], np.arange(1, size - 1))


def test_blocks_with_halos_are_parts_of_the_whole_canvas():
    """Blocks of 3 x 3 cells; around the map, the halo wraps."""
    canvas = network()[2]
    style, cells = maps(1, 6, 6)
    whole = canvas(style, cells)
    halo = HALO_CELLS
    around = jnp.pad(cells, ((0, 0), (halo, halo), (halo, halo), (0, 0)), mode="wrap")
    inner = slice(halo * CELL_PX, -halo * CELL_PX)
    rows = []
    for y in (0, 3):
        blocks = [around[:, y : y + 3 + 2 * halo, x : x + 3 + 2 * halo] for x in (0, 3)]
        rows.append(jnp.concatenate([canvas(style, block)[:, inner, inner] for block in blocks], axis=2))
    np.testing.assert_allclose(jnp.concatenate(rows, axis=1), whole, atol=2e-6)


@pytest.mark.parametrize(("cell_px", "trunk_layers"), [(8, 1), *slow_rows((32, 0), (4, 0), (16, 2))])
def test_a_part_with_its_halo_is_that_of_the_whole_canvas(cell_px, trunk_layers):
    config = dataclasses.replace(SMALL, cell_px=cell_px, trunk_layers=trunk_layers)
    family, params, canvas = network(config, (cell_px, cell_px, 1))
    halo = family.halo_cells
    style, cells = maps(1, 2 * halo + 3, 2 * halo + 2)
    whole = canvas(style, cells)
    part = jax.jit(family.part)(params, style, cells)
    assert part.shape == (1, 3 * cell_px, 2 * cell_px, 1)
    inner = slice(halo * cell_px, -halo * cell_px)
    np.testing.assert_allclose(part, whole[:, inner, inner], atol=5e-6)


def test_the_seam_is_as_smooth_as_every_other_border_of_cells():
    """Mean squared differences across the edge of images, over all shifts of random maps by cells.

    The shifts make the means over maps exact: with independent maps they would be within 2 % of each other
    only for tens of thousands. Within a cell, means vary with the distance to its border.
    """
    canvas = network()[2]
    style, cells = maps(2, 4, 4)
    shifts = [(y, x) for y in range(4) for x in range(4)]
    images = np.concatenate([canvas(style, jnp.roll(cells, by, (1, 2))) for by in shifts])
    for axis in (1, 2):
        squared = np.square(images - np.roll(images, 1, axis)).mean(axis=(0, 3 - axis, 3))
        assert squared[0] / squared[CELL_PX::CELL_PX].mean() == pytest.approx(1, abs=0.02)


@pytest.mark.slow
def test_parts_of_z_are_the_global_vector_and_the_cells_in_row_major_order():
    family, params, canvas = network()
    z = latents.from_seeds([1, 2], z_dim=family.z_dim)
    assert family.z_dim == family.w_dim == 3 + 2 * 3 * 4
    w = family.map(params, z)
    style, cells = family.split(w[:, 0])
    assert cells.shape == (2, 2, 3, 4)
    np.testing.assert_array_equal(w[0, 0, 3 + 4 * 3 : 3 + 4 * 4], cells[0, 1, 0])
    images = jax.jit(family.synthesize)(params, w)
    np.testing.assert_allclose(images, canvas(style, cells), atol=1e-5)
    np.testing.assert_array_equal(w[:, 0, family.parts["global"]], style)
    np.testing.assert_array_equal(w[:, 0, family.parts["local"]], cells.reshape(2, -1))


def test_every_vector_has_length_one_per_number():
    """Those of cells that are means of others, too."""
    style, cells = maps(3, 2, 2)
    family = network()[0]
    style, cells = family.normalized(style, (cells + jnp.roll(cells, 1, 2)) / 2)
    for vector in (style, cells):
        np.testing.assert_allclose(jnp.square(vector).mean(-1), 1, atol=1e-4)


@pytest.mark.slow
def test_the_style_kernel_is_the_effect_of_vectors_that_all_cells_share():
    """Against the first convolution itself: squared change of its output over the whole map."""
    family, params, _ = network()
    h, w = family.cells
    kernel = np.asarray(family.style_kernel(params))
    conv = Conv(8, jnp.float32, padding="periodic")
    style, cell = jax.random.normal(jax.random.key(0), (3,)), jax.random.normal(jax.random.key(1), (4,))
    step = jnp.concatenate([style, jnp.tile(cell, h * w)])
    x = jnp.broadcast_to(jnp.concatenate([style, cell]), (1, h, w, 7))
    linear = {"params": params["base"] | {"bias": jnp.zeros(8)}}
    changed = conv.apply(linear, x)
    np.testing.assert_allclose(np.square(step @ kernel).sum(), jnp.square(changed).sum(), rtol=1e-4)
    (vector,) = factorised_directions([kernel], count=1).vectors
    cells = family.split(jnp.asarray(vector)[None])[1]
    np.testing.assert_allclose(cells, jnp.broadcast_to(cells[:, :1, :1], cells.shape), atol=1e-6)


@pytest.mark.slow
def test_random_shifts_are_whole_offsets_within_a_cell_of_the_same_torus():
    """One per item key, whatever the batch; offsets of 0 to 7 px occur, no others."""
    family, params, _ = network()
    w = family.map(params, latents.from_seeds([5], z_dim=family.z_dim))
    image = np.asarray(jax.jit(family.synthesize)(params, w))[0]
    keys = latents.item_keys(jax.random.key(0), latents.numbered(0, 64))
    shifted = jax.jit(family.synthesize)(params, jnp.broadcast_to(w, (64, *w.shape[1:])), noise=keys)
    rolled = np.stack([np.roll(image, (-y, -x), (0, 1)) for y in range(16) for x in range(24)])
    apart = np.abs(np.asarray(shifted)[:, None] - rolled[None]).max((2, 3, 4))
    y, x = np.unravel_index(apart.argmin(1), (16, 24))
    assert apart.min(1).max() < 1e-5
    assert len({*y}) == 8
    assert len({*x}) == 8
    assert y.max() <= 7
    assert x.max() <= 7
    alone = jax.jit(family.synthesize)(params, w, noise=keys[7:8])
    np.testing.assert_allclose(alone[0], shifted[7], atol=1e-6)


@pytest.mark.slow
def test_training_shifts_images_and_sampling_does_not():
    family, params, _ = network()
    w = family.map(params, latents.from_seeds([5], z_dim=family.z_dim))
    synthesize = jax.jit(family.synthesize, static_argnames="noise")
    fixed = synthesize(params, w, noise="const")
    np.testing.assert_array_equal(fixed, synthesize(params, w, noise="none"))
    shifted = jax.jit(functools.partial(synthesize_noisy, family=family))
    trained = [shifted(jax.random.key(seed), params, w, jnp.arange(1)) for seed in range(2)]
    assert all(np.abs(image - fixed).max() > 1e-3 for image in trained)
    np.testing.assert_allclose(trained[0].mean(), fixed.mean(), atol=1e-6)  # only moved


def test_weights_do_not_depend_on_the_size_of_images():
    """The generator's never; the discriminator's with patch logits."""
    config = dataclasses.replace(SMALL, patch=True)

    def sizes(*shape):
        family, key = Field(config, shape, jnp.float32), jax.random.key(0)
        return jax.tree.map(
            lambda a: a.shape,
            (jax.eval_shape(family.init_generator, key), jax.eval_shape(family.init_discriminator, key)),
        )

    assert sizes(32, 32, 1) == sizes(80, 48, 1)


def test_channels_at_64_px_are_those_of_progan():
    config = FieldConfig(channel_base=1024, channel_max=64)
    assert widths(config, 4) == progan_widths(config, (64, 64, 1)) == (64, 64, 64, 32, 16)
    assert widths(config, 5) == (64, *widths(config, 4))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "count"), [((16, 16), 2), ((64, 64), 4), ((48, 64), 3), ((144, 144), 4), ((144, 32), 3)]
)
def test_the_discriminator_halves_while_both_sides_are_even(shape, count):
    assert halvings((*shape, 1)) == count
    family = Field(SMALL, (*shape, 1), jnp.float32)
    params = jax.eval_shape(family.init_discriminator, jax.random.key(0))
    assert sum(name.startswith("down_") for name in params) == count


@pytest.mark.slow
def test_patch_logits_see_all_places_alike():
    """The mean of logits on a grid of the same block is nearly that block's; a dense base is not so."""
    config = dataclasses.replace(SMALL, patch=True)
    family = Field(config, (64, 64, 1), jnp.float32)
    params = jax.jit(family.init_discriminator)(jax.random.key(0))
    assert params["logit"]["kernel"].shape == (1, 1, 8, 1)
    assert "base" not in params
    images = jax.random.normal(jax.random.key(1), (4, 64, 64, 1))
    logits = jax.jit(family.discriminate)(params, images)
    assert logits.shape == (4,)
    wide = jax.jit(dataclasses.replace(family, shape=(64, 128, 1)).discriminate)(
        params, jnp.concatenate([images, images], axis=2)
    )
    assert np.corrcoef(logits, wide)[0, 1] > 0.9


CROPPED = dataclasses.replace(SMALL, crop_px=16)


@pytest.mark.slow
def test_the_discriminator_is_trained_on_random_parts_of_generated_images():
    """A part is an image of the first cells, a torus of their own, at a random offset."""
    family, params, canvas = network(CROPPED, (32, 24, 1))
    w = family.map(params, latents.from_seeds([5, 6], z_dim=family.z_dim))
    keys = latents.item_keys(jax.random.key(0), latents.numbered(0, 2))
    parts = np.asarray(jax.jit(family.generate_for_training)(params, w, keys=keys))
    assert family.training_shape == parts.shape[1:] == (16, 16, 1)
    style, cells = family.split(w[:, 0])
    whole = np.asarray(canvas(style, cells[:, :2, :2]))
    for part, image in zip(parts, whole, strict=True):
        assert (
            min(np.abs(part - np.roll(image, (-y, -x), (0, 1))).max() for y in range(8) for x in range(8))
            < 1e-5
        )


def test_parts_of_real_images_are_windows_at_all_offsets():
    family = network(CROPPED, (24, 24, 1))[0]
    image = np.arange(24 * 24, dtype=np.uint16).reshape(1, 24, 24, 1)
    keys = latents.item_keys(jax.random.key(1), latents.numbered(0, 400))
    parts = np.asarray(jax.jit(family.crop_for_training)(jnp.asarray(np.repeat(image, 400, 0)), keys=keys))
    y, x = np.divmod(parts[:, 0, 0, 0], 24)
    for part, i, j in zip(parts, y, x, strict=True):
        np.testing.assert_array_equal(part, image[0, i : i + 16, j : j + 16])
    assert {*y} == {*x} == set(range(9))
    whole = network()[0]
    images = jnp.ones((2, 16, 24, 1))
    assert whole.crop_for_training(images, keys=keys[:2]) is images


@pytest.mark.slow
def test_logits_of_whole_images_are_the_means_of_their_parts():
    family = network(CROPPED, (32, 48, 1))[0]
    params = jax.jit(family.init_discriminator)(jax.random.key(0))
    images = jax.random.normal(jax.random.key(1), (4, 32, 48, 1))
    discriminate = jax.jit(family.discriminate)
    parts = [discriminate(params, images[:, y : y + 16, x : x + 16]) for y in (0, 16) for x in (0, 16, 32)]
    np.testing.assert_allclose(discriminate(params, images), np.mean(parts, 0), atol=1e-5)
    assert [a.shape[1] for a in family.features(params, images)] == [32, 16]
