"""How fast is each phase of training StyleGAN2, against the same network in plain formulations, and is any
work done twice?

Generator inference, the discriminator's pass, the two losses' gradients (Gmain, Dmain) and the two
penalties' (Greg on half the batch, Dreg), each a jitted function of `gan.objectives`: channel base 16384,
at most 512 channels, float32. Plain: a grouped convolution with weights per item, FIR filters as depthwise
convolutions, strided and transposed convolutions under plain autodiff. Both give the same values, which is
checked; they take turns, and the best of N counts, by the clock and in processor time of all threads. What
takes longer than a minute is timed once; the plain Greg takes over ten and runs with `--plain all` only.

XLA's counts of FLOP per image and of bytes are set against a model, in passes forward through the generator
(g) and the discriminator (d): Gmain 3 g + 2 d, Dmain g + 6 d, Greg 6 g, Dreg 6 d. A gradient costs two
passes, one in the inputs and one in the weights; Gmain wants none in the discriminator's weights. Bytes of a
pass: parameters once; each convolution reads its input and writes its output; modulation, each filter, and
noise with bias and activation read and write once more.
"""

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from data_prep.door import keep_compiled
from gan import latents, objectives
from gan.config import Stylegan2Config, TrainConfig
from gan.families import Family, build
from gan.families.channels import levels, widths
from gan.objectives import draw_styles, synthesize_noisy
from gan.ops.modulated_conv import EPSILON
from gan.ops.resample import TAPS
from gan.ops.strided_conv import NHWC
from gan.penalties import squared_gradient

NETWORK = Stylegan2Config(channel_base=16384, minibatch_group=4)
STYLE_MIXING = 0.9
TIMED_ONCE_SEC = 60.0


class Phase(NamedTuple):
    """A function to compile, its arguments, the images it works on, and how many passes it is worth."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    images: int
    passes: tuple[int, int]  # through the generator and the discriminator


class Times(NamedTuple):
    """The best of some calls, in seconds."""

    clock: float
    processor: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--phases", nargs="+", default=None)
    parser.add_argument("--plain", choices=("all", "quick", "none"), default="quick")
    options = parser.parse_args()
    keep_compiled()
    made = phases(options.resolution, options.batch_size)
    print("| phase | ours, ms | plain, ms | plain / ours | in processor time | ", end="")
    print("GFLOP an image | model | ratio | GB accessed | model | ratio | plain GFLOP | plain GB |")
    print("| --- " * 13 + "|")
    shape = (options.resolution, options.resolution, 3)
    for name in options.phases or made:
        plain = options.plain == "all" or (options.plain == "quick" and name != "Greg")
        print(row(name, made[name], shape, options.rounds, plain=plain), flush=True)


def row(name: str, phase: Phase, shape: tuple[int, int, int], rounds: int, *, plain: bool) -> str:
    """Compile a phase in both forms, compare their values, time them."""
    forms = {"ours": compiled(phase)}
    if plain:
        with plain_formulations():
            forms["plain"] = compiled(phase)
    times = race({form: partial(program, *phase.arguments) for form, program in forms.items()}, rounds)
    flops, gigabytes = counted(forms["ours"], phase.images)
    ours = times["ours"]
    model = float(np.dot(phase.passes, forward_flops(NETWORK, shape))) / 1e9
    model_gigabytes = float(np.dot(phase.passes, forward_bytes(NETWORK, shape, phase.images))) / 1e9
    cells = [f"{ours.clock * 1e3:.0f}", "", "", "", f"{flops / 1e9:.2f}", f"{model:.2f}"]
    cells += [f"{flops / 1e9 / model:.3f}", f"{gigabytes:.2f}", f"{model_gigabytes:.2f}"]
    cells += [f"{gigabytes / model_gigabytes:.1f}", "", ""]
    if plain:
        other, (plain_flops, plain_gigabytes) = times["plain"], counted(forms["plain"], phase.images)
        ratios = f"{other.clock / ours.clock:.1f}", f"{other.processor / ours.processor:.1f}"
        cells[1:4] = [f"{other.clock * 1e3:.0f}", *ratios]
        cells[10:] = [f"{plain_flops / 1e9:.2f}", f"{plain_gigabytes:.2f}"]
    return f"| {name} | {' | '.join(cells)} |"


def phases(resolution: int, batch: int) -> dict[str, Phase]:
    """All phases at one resolution, on random images and fresh networks."""
    shape = (resolution, resolution, 3)
    config = TrainConfig(family="stylegan2", network=NETWORK, compute_dtype="float32")
    family = build(config, shape)
    key = jax.random.key(0)
    generator, critic = jax.jit(family.init_generator)(key), jax.jit(family.init_discriminator)(key)
    reals = jax.random.uniform(key, (batch, *shape), minval=-1.0, maxval=1.0)
    z = latents.draw(key, latents.numbered(0, batch), z_dim=family.z_dim)
    items, half = latents.numbered(0, batch), latents.numbered(0, batch // 2)
    return {
        "inference": Phase(lambda p, z: infer(family, p, z), (generator, z), batch, (1, 0)),
        "D forward": Phase(
            lambda p, x: family.discriminate(p, x, labels=None), (critic, reals), batch, (0, 1)
        ),
        "Gmain": Phase(gmain(family), (generator, key, critic, items), batch, (3, 2)),
        "Dmain": Phase(dmain(family), (critic, key, generator, reals, items), batch, (1, 6)),
        "Greg": Phase(greg(family), (generator, key, half), batch // 2, (6, 0)),
        "Dreg": Phase(dreg(family), (critic, reals), batch, (0, 6)),
    }


def infer(family: Family, params: Any, z: jax.Array) -> jax.Array:
    return family.synthesize(params, family.map(params, z, labels=None, truncation=1.0), noise="const")


def gmain(family: Family) -> Callable[..., Any]:
    """(generator, key, critic, items) -> the generator loss and its gradient."""

    def loss(params: Any, key: jax.Array, critic: Any, items: jax.Array) -> jax.Array:
        loss, _ = objectives.generator_loss(
            key, params, critic, items, family=family, style_mixing=STYLE_MIXING
        )
        return loss

    return jax.value_and_grad(loss)


def dmain(family: Family) -> Callable[..., Any]:
    """(critic, key, generator, reals, items) -> the discriminator loss and its gradient, fakes made first."""

    def loss(params: Any, key: jax.Array, generator: Any, reals: jax.Array, items: jax.Array) -> jax.Array:
        w = draw_styles(key, generator, items, None, family=family, style_mixing=STYLE_MIXING).w
        fakes = lax.stop_gradient(synthesize_noisy(key, generator, w, items, family=family))
        joined = items.size % int(NETWORK.minibatch_group) == 0  # as `gan.updates` decides
        loss, _ = objectives.discriminator_loss(
            params, reals, fakes, family=family, with_r1=False, weight=0.0, joined=joined
        )
        return loss

    return jax.value_and_grad(loss)


def greg(family: Family) -> Callable[..., Any]:
    """(generator, key, items) -> the path length penalty and its gradient."""

    def loss(params: Any, key: jax.Array, items: jax.Array) -> jax.Array:
        penalty, _ = objectives.path_penalty(
            key, params, items, None, jnp.zeros(()), family=family, decay=0.01, style_mixing=STYLE_MIXING
        )
        return penalty

    return jax.value_and_grad(loss)


def dreg(family: Family) -> Callable[..., Any]:
    """(critic, reals) -> the R1 penalty and its gradient."""

    def loss(params: Any, reals: jax.Array) -> jax.Array:
        return squared_gradient(lambda x: family.discriminate(params, x, labels=None), reals)[0].mean()

    return jax.value_and_grad(loss)


def forward_flops(network: Stylegan2Config, shape: tuple[int, int, int]) -> tuple[float, float]:
    """FLOP of one image's pass through the generator and the discriminator.

    Two per multiply-add, convolutions and matrix products only; a product with padding is no work.
    """
    height, width, colours = shape
    top = levels(shape)
    wide = widths(network, shape)
    sizes = [(height >> (top - level), width >> (top - level)) for level in range(top + 1)]

    def same(level: int) -> int:  # positions x taps of a padded 3x3
        return (3 * sizes[level][0] - 2) * (3 * sizes[level][1] - 2)

    def area(level: int) -> int:
        return sizes[level][0] * sizes[level][1]

    def steered(level: int, inputs: int, outputs: int) -> int:  # a style and its demodulation
        return network.w_dim * inputs + inputs * outputs

    mapping = network.z_dim * network.w_dim + (network.mapping_layers - 1) * network.w_dim**2
    rgb = [(area(level) * colours + network.w_dim) * wide[level] for level in range(top + 1)]
    g = mapping + sum(rgb) + same(0) * wide[0] ** 2 + steered(0, wide[0], wide[0])
    d = area(top) * colours * wide[top]
    for level in range(1, top + 1):
        i, o = wide[level - 1], wide[level]
        g += 9 * area(level - 1) * i * o + steered(level, i, o) + same(level) * o * o + steered(level, o, o)
        d += same(level) * o * o + (9 + 1) * area(level - 1) * o * i
    d += same(0) * (wide[0] + 1) * wide[0] + area(0) * wide[0] ** 2 + wide[0]
    return 2.0 * g, 2.0 * d


def forward_bytes(network: Stylegan2Config, shape: tuple[int, int, int], images: int) -> tuple[float, float]:
    """float32 bytes that a pass of images through the generator and the discriminator has to move."""
    family = build(TrainConfig(family="stylegan2", network=network, compute_dtype="float32"), shape)
    key, top, colours = jax.random.key(0), levels(shape), shape[2]
    area = [(shape[0] >> (top - level)) * (shape[1] >> (top - level)) for level in range(top + 1)]
    size = [pixels * width for pixels, width in zip(area, widths(network, shape), strict=True)]
    g = 6 * size[0] + area[0] * colours
    d = 4 * size[0] + area[top] * colours + 3 * size[top]
    for level in range(1, top + 1):
        below, here, half = size[level - 1], size[level], size[level] // 4  # half: this width, the size below
        g += (
            3 * below + 3 * here
        )  # transposed convolution of what is modulated, and its filter with all that follows
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


def compiled(phase: Phase) -> Any:
    """A program of its own: a function traced before would be remembered in the other formulation."""
    return jax.jit(lambda *arguments: phase.function(*arguments)).lower(*phase.arguments).compile()


def counted(program: Any, images: int) -> tuple[float, float]:
    """XLA's FLOP an image, and the GB that the program's operations read and write."""
    cost = program.cost_analysis()
    return cost["flops"] / images, cost["bytes accessed"] / 1e9


def race(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, Times]:
    """Call in turns; the first calls warm up, and their results must agree."""
    results, best = {}, {}
    for name, call in calls.items():
        results[name], best[name] = timed(call)
    check_equal(list(results.values()))
    results.clear()
    slow = {name for name, taken in best.items() if taken.clock > TIMED_ONCE_SEC}
    best = {name: taken if name in slow else Times(np.inf, np.inf) for name, taken in best.items()}
    for _ in range(rounds):
        for name in calls.keys() - slow:
            _, taken = timed(calls[name])
            best[name] = Times(*map(min, best[name], taken))
    return best


def timed(call: Callable[[], Any]) -> tuple[Any, Times]:
    clock, processor = time.perf_counter(), time.process_time()
    result = jax.block_until_ready(call())
    return result, Times(time.perf_counter() - clock, time.process_time() - processor)


def check_equal(results: list[Any]) -> None:
    """Raise AssertionError unless results differ by at most a thousandth of their length, as one vector."""
    first, *others = (np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(r)]) for r in results)
    for other in others:
        error, length = np.linalg.norm(other - first), np.linalg.norm(first)
        assert error <= 1e-3 * length, (error, length)


@contextlib.contextmanager
def plain_formulations() -> Iterator[None]:
    """What is traced in the block is built of plain convolutions."""
    swaps = {
        "gan.style_layers.modulated_conv": plain_modulated_conv,
        "gan.layers.strided_conv": plain_strided_conv,
        "gan.layers.transposed_conv": plain_transposed_conv,
        "gan.layers.blur": plain_blur,
        "gan.layers.downsample": plain_downsample,
        "gan.families.stylegan2.upsample": plain_upsample,
    }
    with contextlib.ExitStack() as stack:
        for name, plain in swaps.items():
            stack.enter_context(mock.patch(name, plain))
        yield


def plain_modulated_conv(x: jax.Array, kernel: jax.Array, style: jax.Array, *, up: bool = False) -> jax.Array:
    """Weights per item, one group per item."""
    n, h, w, inputs = x.shape
    if up:  # stored as the strided convolution whose transpose it is
        kernel = lax.rev(kernel, (0, 1)).swapaxes(2, 3)
    weights = kernel[None] * style[:, None, None, :, None]  # [N, k, k, I, O]
    weights = weights * lax.rsqrt(jnp.square(weights).sum((1, 2, 3), keepdims=True) + EPSILON)
    k, outputs = kernel.shape[0], kernel.shape[3]
    grouped = jnp.moveaxis(weights, 0, 3).reshape(k, k, inputs, n * outputs)
    y = lax.conv_general_dilated(
        jnp.moveaxis(x, 0, 2).reshape(1, h, w, n * inputs),
        grouped,
        (1, 1),
        [(k - 1, k - 1)] * 2 if up else "SAME",
        lhs_dilation=(2, 2) if up else (1, 1),
        dimension_numbers=NHWC,
        feature_group_count=n,
    )
    y = jnp.moveaxis(y.reshape(*y.shape[1:3], n, outputs), 2, 0)
    return plain_blur(y, pad=1, gain=4.0) if up else y


def plain_strided_conv(y: jax.Array, w: jax.Array) -> jax.Array:
    return lax.conv_general_dilated(y, w, (2, 2), "VALID", dimension_numbers=NHWC)


def plain_transposed_conv(x: jax.Array, w: jax.Array) -> jax.Array:
    flipped, pad = lax.rev(w, (0, 1)).swapaxes(2, 3), [(k - 1, k - 1) for k in w.shape[:2]]
    return lax.conv_general_dilated(x, flipped, (1, 1), pad, lhs_dilation=(2, 2), dimension_numbers=NHWC)


def plain_blur(x: jax.Array, *, pad: int, gain: float = 1.0) -> jax.Array:
    return depthwise(x, gain=gain, padding=(pad, pad))


def plain_downsample(x: jax.Array) -> jax.Array:
    return depthwise(x, gain=1.0, padding=(1, 1), window_strides=(2, 2))


def plain_upsample(x: jax.Array) -> jax.Array:
    return depthwise(x, gain=4.0, padding=(2, 2), lhs_dilation=(2, 2))


def depthwise(
    x: jax.Array, *, gain: float, padding: tuple[int, int], window_strides: Any = (1, 1), **dilation: Any
) -> jax.Array:
    """The 4x4 filter as a convolution of each channel by itself."""
    channels = x.shape[3]
    kernel = jnp.asarray(np.outer(TAPS, TAPS) * gain, x.dtype)[:, :, None, None]
    return lax.conv_general_dilated(
        x,
        jnp.tile(kernel, (1, 1, 1, channels)),
        window_strides,
        [padding, padding],
        dimension_numbers=NHWC,
        feature_group_count=channels,
        **dilation,
    )


if __name__ == "__main__":
    main()
