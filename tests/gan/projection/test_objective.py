"""What a projection makes small: distances by their plain forms, noise that is noise."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs.gan.stylegan2_tiny import CONFIG
from gan.families import build
from gan.metrics.perceptual import maps_distance
from gan.projection.objective import (
    as_noise,
    noise_correlation,
    noise_maps,
    psnr,
    pyramid,
    squared_steps,
    synthesize_with_maps,
)

SHAPE = (16, 16, 1)


def test_pixel_distance_is_the_mean_over_sizes():
    a, b = jax.random.uniform(jax.random.key(0), (2, 3, 32, 16, 3))
    taps = np.array([1, 3, 3, 1]) / 8

    def halved(x):
        for axis in (1, 2):
            pad = [(0, 0)] * 4
            pad[axis] = (1, 1)
            x = np.pad(x, pad)
            count = (x.shape[axis] - 2) // 2
            x = sum(t * np.take(x, range(k, k + 2 * count, 2), axis) for k, t in enumerate(taps))
        return x

    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    errors = []
    for _ in range(2):  # 32 x 16 and 16 x 8
        errors.append(np.square(x - y).mean((1, 2, 3)))
        x, y = halved(x), halved(y)
    np.testing.assert_allclose(maps_distance(pyramid(a), pyramid(b)), np.mean(errors, axis=0), rtol=1e-5)


def test_psnr_of_one_grey_level():
    a = jnp.zeros((1, 4, 4, 1))
    np.testing.assert_allclose(psnr(a, a + 2 / 255), 20 * np.log10(255), rtol=1e-5)
    np.testing.assert_allclose(psnr(a + 1, a + 7), psnr(a + 1, a + 1))  # beyond white is white


def test_noise_has_no_correlation_and_drawings_have():
    noise = as_noise({"a": jax.random.normal(jax.random.key(0), (2, 64, 64))})
    ramp = jnp.broadcast_to(jnp.sin(jnp.arange(64.0) / 8), (2, 64, 64))
    drawing = as_noise({"a": ramp})
    assert (noise_correlation(noise) < 0.2).all()  # chance alone, most of it at 8 px
    assert (noise_correlation(drawing) > 1).all()
    assert noise_correlation({}).tolist() == [0]
    np.testing.assert_allclose(drawing["a"].mean((1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(jnp.square(drawing["a"]).mean((1, 2)), 1, rtol=1e-4)


def test_correlation_equals_its_equation():
    m = np.random.default_rng(0).standard_normal((1, 16, 32))
    expected = 0.0
    for size in (m, m.reshape(1, 8, 2, 16, 2).mean((2, 4)) * 2):
        expected += np.mean(size * np.roll(size, 1, 1)) ** 2 + np.mean(size * np.roll(size, 1, 2)) ** 2
    np.testing.assert_allclose(noise_correlation({"a": jnp.asarray(m, jnp.float32)}), [expected], rtol=1e-4)


@pytest.mark.slow
def test_own_maps_draw_the_same_picture_and_others_another():
    family = build(CONFIG, SHAPE)
    params = jax.tree_util.tree_map_with_path(
        lambda path, leaf: leaf + 0.3 if path[-1].key == "noise_strength" else leaf,
        jax.jit(family.init_generator)(jax.random.key(0)),
    )
    w = jax.jit(family.map)(params, jax.random.normal(jax.random.key(1), (2, family.z_dim)))
    maps = {name: jnp.stack([m, jnp.roll(m, 3)]) for name, m in noise_maps(params).items()}
    assert len(maps) == 5
    draw = jax.jit(partial(synthesize_with_maps, family))
    plain = jax.jit(family.synthesize)(params, w)
    drawn = draw(params, w, maps)
    np.testing.assert_allclose(drawn[0], plain[0], atol=1e-5)
    assert np.abs(drawn[1] - plain[1]).max() > 0.05
    np.testing.assert_array_equal(draw(params, w, {}), plain)


def test_steps_begin_at_the_frame_before():
    u = jnp.asarray([[[1.0, 3.0]], [[1.0, 5.0]]])
    np.testing.assert_allclose(squared_steps(u, jnp.asarray([[0.0, 3.0]])), [0.5, 2.0])
