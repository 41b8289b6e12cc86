"""Quick images at reduced size."""

import jax
import numpy as np
import pytest

from configs.gan.field_tiny import CONFIG as FIELD
from configs.gan.stylegan2_tiny import CONFIG as STYLEGAN2
from configs.gan.tiny import CONFIG as PROGAN
from gan.config import replace
from gan.explore.preview import halvings_for, preview_images
from gan.families import build
from gan.ops.circular import circular
from gan.ops.resample import upsample
from gan.sample import Generator, images_of_w
from tests.animate.conftest import make_generator
from tests.slow_cases import slow


def network(config, *, side_px=16):
    family = build(replace(config, compute_dtype="float32"), (side_px, side_px, 1))
    return Generator(family, jax.jit(family.init_generator)(jax.random.key(1)), "none", nimg=0)


@pytest.mark.parametrize("config", [PROGAN, FIELD, *slow(STYLEGAN2)], ids=lambda config: config.family)
@pytest.mark.slow_cases("progan")
def test_a_preview_is_what_lower_levels_add_to_an_image(config):
    """Without the to-RGB layer of the last level, the image is the preview, upsampled."""
    generator = network(config)
    params, family = dict(generator.params), generator.family
    owner = params
    if "synthesis" in params:
        owner = params["synthesis"] = dict(params["synthesis"])
    last = max((name for name in owner if name.startswith("rgb_")), key=lambda name: int(name[4:]))
    owner[last] = jax.tree.map(lambda leaf: leaf * 0, owner[last])
    w = generator.map(jax.random.normal(jax.random.key(2), (2, generator.z_dim)))
    small = jax.jit(family.preview, static_argnames="halvings")(params, w, halvings=1)
    assert small.shape == (2, 8, 8, 1)
    enlarged = circular(upsample, small, pad=1, scale=2) if config is FIELD else upsample(small)
    np.testing.assert_allclose(Generator(family, params, "", nimg=0).synthesize(w), enlarged, atol=1e-5)
    assert float(np.abs(small).max()) > 1e-3


@pytest.mark.slow
def test_sizes_and_batches_of_previews():
    generator = network(FIELD)
    w = np.asarray(generator.map(jax.random.normal(jax.random.key(2), (5, generator.z_dim))))
    assert [halvings_for(generator, side_px=side) for side in (64, 16, 9, 8, 4)] == [0, 0, 0, 1, 1]
    assert preview_images(generator, w, side_px=8).shape == (5, 8, 8, 1)
    np.testing.assert_array_equal(preview_images(generator, w, side_px=999), images_of_w(generator, w))
    one = preview_images(generator, w[3:4], side_px=8)
    assert np.abs(one.astype(int) - preview_images(generator, w, side_px=8)[3:4]).max() <= 1


def test_a_network_without_skips_is_reduced():
    generator = make_generator(height=16, width=32)
    w = np.asarray(generator.map(np.zeros((2, generator.z_dim), np.float32)))
    assert preview_images(generator, w, side_px=8).shape == (2, 4, 8, 1)
