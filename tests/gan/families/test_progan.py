"""Family progan: its channel table, its parameter count, and one pinned step."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.config import ProganConfig
from gan.families.channels import levels, widths
from gan.families.progan import Progan


@pytest.mark.parametrize(
    ("resolution", "width"), [(4, 512), (64, 512), (128, 256), (256, 128), (512, 64), (1024, 32)]
)
def test_default_channels(resolution, width):
    shape = (resolution, resolution, 3)
    assert 4 << levels(shape) == resolution
    assert widths(ProganConfig(), shape)[-1] == width


def test_parameters_of_the_demo_networks():
    """Counted by hand: kernels k * k * in * out, biases out."""
    network = ProganConfig(z_dim=64, channel_base=2048, channel_max=64)
    family = Progan(network, (64, 64, 1), jnp.float32)
    shapes = jax.eval_shape(
        lambda k: (family.init_generator(k), family.init_discriminator(k)), jax.random.key(0)
    )
    g, d = (sum(np.prod(a.shape) for a in jax.tree.leaves(p)) for p in shapes)
    conv = lambda i, o, k=3: k * k * i * o + o  # noqa: E731
    wide = 6 * conv(64, 64)  # up and conv at 8, 16, 32
    assert g == 65 * 1024 + conv(64, 64) + wide + conv(64, 32) + conv(32, 32) + 4 * conv(64, 1, 1) + conv(
        32, 1, 1
    )
    body = conv(1, 32, 1) + conv(32, 32) + conv(32, 64) + 32 * 64 + wide + 3 * 64 * 64
    assert d == body + conv(65, 64) + (16 * 64 + 1) * 64 + 65


@pytest.mark.slow
def test_shifted_images_do_not_change_the_generator_blur():
    """The image path only blurs: a constant to-RGB bias comes out as that constant, away from the border."""
    network = ProganConfig(z_dim=4, channel_base=64, channel_max=4)
    family = Progan(network, (32, 32, 1), jnp.float32)
    params = jax.tree.map(jnp.zeros_like, jax.jit(family.init_generator)(jax.random.key(0)))
    params["rgb_0"]["bias"] = jnp.ones((1,))
    image = jax.jit(family.synthesize)(params, jnp.zeros((1, 1, 4)))
    np.testing.assert_allclose(image[0, 12:20, 12:20, 0], 1.0, rtol=1e-6)
