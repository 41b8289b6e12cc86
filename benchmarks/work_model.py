"""A model of the work of a forward pass through StyleGAN2, to compare counts of FLOP and bytes with.

Bytes of a pass: parameters once; each convolution reads its input and writes its output; modulation, each
filter, and noise with bias and activation read and write once more.
"""

import jax

from gan.config import Stylegan2Config, TrainConfig
from gan.families import build
from gan.families.channels import levels, widths


def forward_flops(network: Stylegan2Config, shape: tuple[int, int, int]) -> tuple[float, float]:
    """FLOP of one image's pass through the generator and the discriminator.

    Two per multiply-add, convolutions and matrix products only; products with padding do not count.
    """
    height, width, colours = shape
    top = levels(shape)
    wide = widths(network, shape)
    sizes = [(height >> (top - level), width >> (top - level)) for level in range(top + 1)]

    def same(level: int) -> int:  # positions x taps of a padded 3x3
        return (3 * sizes[level][0] - 2) * (3 * sizes[level][1] - 2)

    def area(level: int) -> int:
        return sizes[level][0] * sizes[level][1]

    def styled(level: int, inputs: int, outputs: int) -> int:  # a style and its demodulation
        return network.w_dim * inputs + inputs * outputs

    mapping = network.z_dim * network.w_dim + (network.mapping_layers - 1) * network.w_dim**2
    rgb = [(area(level) * colours + network.w_dim) * wide[level] for level in range(top + 1)]
    g = mapping + sum(rgb) + same(0) * wide[0] ** 2 + styled(0, wide[0], wide[0])
    d = area(top) * colours * wide[top]
    for level in range(1, top + 1):
        i, o = wide[level - 1], wide[level]
        g += 9 * area(level - 1) * i * o + styled(level, i, o) + same(level) * o * o + styled(level, o, o)
        d += same(level) * o * o + (9 + 1) * area(level - 1) * o * i
    d += same(0) * (wide[0] + 1) * wide[0] + area(0) * wide[0] ** 2 + wide[0]
    return 2.0 * g, 2.0 * d


def forward_bytes(network: Stylegan2Config, shape: tuple[int, int, int], images: int) -> tuple[float, float]:
    """float32 bytes that a pass of images through the generator and the discriminator must move."""
    family = build(TrainConfig(family="stylegan2", network=network, compute_dtype="float32"), shape)
    key, top, colours = jax.random.key(0), levels(shape), shape[2]
    area = [(shape[0] >> (top - level)) * (shape[1] >> (top - level)) for level in range(top + 1)]
    size = [pixels * width for pixels, width in zip(area, widths(network, shape), strict=True)]
    g = 6 * size[0] + area[0] * colours
    d = 4 * size[0] + area[top] * colours + 3 * size[top]
    for level in range(1, top + 1):
        below, here, half = size[level - 1], size[level], size[level] // 4  # half: this width, the size below
        g += 3 * below + 3 * here  # modulation, transposed convolution; its filter with all that follows
        g += 6 * here  # modulation, convolution, activation
        g += here + colours * (area[level - 1] + 4 * area[level])  # to RGB, upsampled and added
        d += 4 * here  # convolution, activation
        d += 2 * here + here + 3 * below  # filter, strided convolution, activation
        d += here + 2 * half + 4 * below  # shortcut: filtered and halved, convolved, added
    parameters = (
        sum(4 * leaf.size for leaf in jax.tree.leaves(jax.eval_shape(init, key)))
        for init in (family.init_generator, family.init_discriminator)
    )
    of_g, of_d = parameters
    return 4.0 * g * images + of_g, 4.0 * d * images + of_d
