"""Convert networks of the PyTorch StyleGAN2 trainers to our family `stylegan2`.

Their kernels are [O, I, H, W] and activations NCHW, ours [H, W, I, O] and NHWC. Each array has one
counterpart in our tree. Run-time gains that differ from ours are multiplied into the weights.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict

from gan.config import Stylegan2Config
from gan.families.channels import levels
from gan.families.stylegan2 import Stylegan2
from gan.imports.pickles import display
from gan.imports.snapshots import Module
from gan.imports.source import Flat, Source
from gan.layers import LR_MULTIPLIER

RESOLUTIONS = [4 << k for k in range(1, 10)]
LAYERS = range(1, 17)


@dataclasses.dataclass(frozen=True)
class Imported:
    """Converted networks.

    Attributes:
        network: the family's fields.
        shape: (H, W, C) of an image.
        num_classes: 0 without classes.
        params: of "G_ema", and of "G" and "D" where the snapshot has them, float32 pytrees.
        ignored: entries of the snapshot that are not read.
    """

    network: Stylegan2Config
    shape: tuple[int, int, int]
    num_classes: int
    params: dict[str, Any]
    ignored: tuple[str, ...] = ()

    @property
    def family(self) -> Stylegan2:
        """The networks' functions, computing in float32."""
        return Stylegan2(self.network, self.shape, jnp.float32, self.num_classes)


def convert(networks: Mapping[str, Module], *, most_bytes: int) -> Imported:
    """Convert the networks of a snapshot.

    Args:
        networks: "G_ema"; "G" and "D" may be missing.
        most_bytes: limit of the total size of their arrays; in a valid file they are no larger than the file.

    Raises: ValueError: another kind of network, or arrays that are missing, unknown, of other shapes or not
        finite; the message names them.
    """
    sources = {name: Source(name, network) for name, network in networks.items()}
    if sum(array.nbytes for source in sources.values() for array in source.arrays.values()) > most_bytes:
        raise ValueError("too many of its arrays view the same storages")
    for source in sources.values():
        source.check()
    network, shape, classes = _settings(sources["G_ema"], sources.get("D"))
    imported = Imported(network, shape, classes, {})
    family, key = imported.family, jax.random.key(0)
    of_generator = jax.eval_shape(family.init_generator, key)
    for name, source in sources.items():
        read = _discriminator if name == "D" else _generator
        flat = {k: np.array(v, np.float32, order="C") for k, v in read(source, imported).items()}
        source.take_filters()
        source.finish()
        shapes = jax.eval_shape(family.init_discriminator, key) if name == "D" else of_generator
        required = {k: a.shape for k, a in flatten_dict(shapes, sep="/").items()}
        assert required == {k: a.shape for k, a in flat.items()}, name
        imported.params[name] = unflatten_dict(flat, sep="/")
    _check_alike(sources, _blocks(shape[0]))
    return imported


def _settings(
    average: Source, discriminator: Source | None
) -> tuple[Stylegan2Config, tuple[int, int, int], int]:
    """Fields of our config, shape and number of classes; without a discriminator its fields have defaults."""
    side = average.whole("", "img_resolution", range(RESOLUTIONS[0], RESOLUTIONS[-1] + 1))
    if side not in RESOLUTIONS:
        raise ValueError(f"its images have {side} px; 8, 16, 32, ... are read")
    image_channels = average.whole("", "img_channels", range(1, 5))
    if image_channels == 2:
        raise ValueError("its images have 2 channels; 1, 3 and 4 are read")
    classes = average.whole("", "c_dim", range(0, 100_000))
    blocks = _blocks(side)
    generator_widths = [_width(average, f"synthesis.{block}.conv1.weight") for block in blocks]
    decay = average.setting("mapping", "w_avg_beta")
    if not isinstance(decay, float) or not 0 < decay < 1:
        raise ValueError(f"its mapping has w_avg_beta {display(decay)}; numbers between 0 and 1 are read")
    limit = average.clamp(_styled(blocks))
    network = Stylegan2Config(
        z_dim=average.whole("", "z_dim", range(1, 1 << 16)),
        w_dim=average.whole("", "w_dim", range(1, 1 << 16)),
        mapping_layers=average.whole("mapping", "num_layers", LAYERS),
        **_widths(generator_widths, generator_widths),
        minibatch_order="strided",
        w_mean_decay=decay,
        generator_clamp=limit,
        discriminator_clamp=limit,
        base="const",
        rgb_init_std=1.0,
        noise="all",
    )
    if discriminator is not None:
        of_discriminator = _discriminator_settings(discriminator, blocks, generator_widths, classes)
        network = dataclasses.replace(network, **of_discriminator)
    return network, (side, side, image_channels), classes


def _discriminator_settings(
    source: Source, blocks: list[str], generator_widths: list[int], classes: int
) -> dict[str, Any]:
    widths = [_width(source, f"{block}.{'conv0' if i else 'conv'}.weight") for i, block in enumerate(blocks)]
    convs = [f"{b}.{c}" for b in blocks[1:] for c in ("conv0", "conv1")]
    convs += [f"{blocks[-1]}.fromrgb", "b4.conv"]
    kind = source.setting("b4", "architecture")
    for block in blocks[1:]:
        source.require(block, "architecture", kind)
    return {
        **_widths(generator_widths, widths),
        "minibatch_group": source.whole("b4.mbstd", "group_size", range(1, 1 << 16)),
        "discriminator_clamp": source.clamp(convs),
        "class_layers": source.whole("mapping", "num_layers", LAYERS) if classes else 8,
        "residual": kind == "resnet",
    }


def _blocks(side: int) -> list[str]:
    return [f"b{4 << level}" for level in range(levels((side, side, 1)) + 1)]


def _styled(blocks: list[str]) -> list[str]:
    return [f"synthesis.{b}.{c}" for b in blocks for c in ("conv0", "conv1", "torgb")][1:]


def _check_alike(sources: Mapping[str, Source], blocks: list[str]) -> None:
    """Raise ValueError where G or D differs from G_ema, or a mapping network from its network."""
    average = sources["G_ema"]
    shared = [("", "img_resolution"), ("", "img_channels"), ("", "c_dim")]
    of_generators = [("", "z_dim"), ("", "w_dim"), ("mapping", "num_layers"), ("mapping", "w_avg_beta")]
    for name, source in sources.items():
        for path, setting in shared + of_generators * (name == "G"):
            value, required = source.setting(path, setting), average.setting(path, setting)
            if type(value) is not type(required) or value != required:
                raise ValueError(f"its {name} has {setting} {display(value)}, its G_ema {display(required)}")
        if "mapping" in source.modules:
            source.require("mapping", "c_dim", average.setting("", "c_dim"))
    limits = {name: source.clamp(_styled(blocks)) for name, source in sources.items() if name != "D"}
    if limits.get("G", limits["G_ema"]) != limits["G_ema"]:
        raise ValueError(f"its G has conv_clamp {display(limits['G'])}, its G_ema {display(limits['G_ema'])}")


def _width(source: Source, name: str) -> int:
    array = source.arrays.get(name)
    if array is None or array.ndim != 4 or not 0 < array.shape[0] < 1 << 16:
        raise ValueError(f"its {source.name} has no {name} of a valid shape")
    return array.shape[0]


def _widths(generator_widths: list[int], discriminator_widths: list[int]) -> dict[str, Any]:
    """Fields of our config that give a generator and a discriminator these widths, from 4 px up."""
    most = max(generator_widths)
    base = max(width * (4 << level) for level, width in enumerate(generator_widths))
    rule = {"channel_base": base, "channel_max": most}
    if (
        generator_widths
        == discriminator_widths
        == [min(base // (4 << level), most) for level in range(len(generator_widths))]
    ):
        return rule
    return rule | {
        "generator_widths": tuple(generator_widths),
        "discriminator_widths": tuple(discriminator_widths),
    }


def _mapping(source: Source, path: str, ours: str, layers: int, inputs: int, features: int) -> Flat:
    flat: Flat = {}
    for i in range(layers):
        source.require(f"{path}.fc{i}", "activation", "lrelu")
        before = features if i else inputs
        flat |= source.dense(f"{path}.fc{i}", f"{ours}/dense_{i}", before, features, lr=LR_MULTIPLIER)
    return flat


def _generator(source: Source, to: Imported) -> Flat:
    n, side, c, wide = to.network, to.shape[0], to.shape[2], to.family.generator_widths
    inputs = n.z_dim + n.w_dim * (to.num_classes > 0)
    flat = _mapping(source, "mapping", "mapping", n.mapping_layers, inputs, n.w_dim)
    if to.num_classes:
        flat |= source.dense("mapping.embed", "mapping/embedding", to.num_classes, n.w_dim)
    flat["w_mean"] = source.take("mapping.w_avg", n.w_dim)
    flat["synthesis/const"] = source.take("synthesis.b4.const", wide[0], 4, 4).transpose(1, 2, 0)
    for level in range(levels((side, side, 1)) + 1):
        px, width = 4 << level, wide[level]
        block = f"synthesis.b{px}"
        flat |= _layer(source, f"{block}.conv1", f"synthesis/conv_{level}", n.w_dim, width, width, px)
        if level:
            path, below = f"{block}.conv0", wide[level - 1]
            up = _layer(source, path, f"synthesis/up_{level}", n.w_dim, below, width, px)
            kernel = (
                f"synthesis/up_{level}/kernel"  # stored as the kernel of the transposed strided convolution
            )
            flat |= up | {kernel: up[kernel].transpose(0, 1, 3, 2)}
        rgb = f"synthesis/rgb_{level}"
        flat |= source.dense(f"{block}.torgb.affine", f"{rgb}/style", n.w_dim, width)
        gain = np.float32(source.gain(f"{block}.torgb", "weight_gain", 1 / math.sqrt(width)))
        kernel = source.kernel(f"{block}.torgb", 1, width, c)[0, 0]
        flat |= {f"{rgb}/kernel": kernel * gain, f"{rgb}/bias": source.take(f"{block}.torgb.bias", c)}
    return flat


def _layer(source: Source, path: str, ours: str, w_dim: int, inputs: int, outputs: int, px: int) -> Flat:
    return source.dense(f"{path}.affine", f"{ours}/style", w_dim, inputs) | {
        f"{ours}/kernel": source.kernel(path, 3, inputs, outputs),
        f"{ours}/bias": source.take(f"{path}.bias", outputs),
        f"{ours}/noise_const": source.take(f"{path}.noise_const", px, px),
        f"{ours}/noise_strength": source.take(f"{path}.noise_strength"),
    }


def _discriminator(source: Source, to: Imported) -> Flat:
    n, side, c, wide = to.network, to.shape[0], to.shape[2], to.family.discriminator_widths
    top, width = levels((side, side, 1)), wide[0]
    flat = source.conv(f"b{side}.fromrgb", "rgb", 1, c, wide[top])
    for level in range(top, 0, -1):
        block, inputs, outputs = f"b{4 << level}", wide[level], wide[level - 1]
        flat |= source.conv(f"{block}.conv0", f"conv_{level}", 3, inputs, inputs)
        flat |= source.conv(f"{block}.conv1", f"down_{level}", 3, inputs, outputs)
        if n.residual:
            flat |= source.conv(f"{block}.skip", f"skip_{level}", 1, inputs, outputs, bias=False)
    flat |= source.conv("b4.conv", "conv_0", 3, width + 1, width)
    flat |= source.dense("b4.fc", "base", width * 16, width)
    by_channel = flat["base/kernel"].reshape(width, 4, 4, width)  # [C, H, W, O]: they flatten NCHW
    flat["base/kernel"] = by_channel.transpose(1, 2, 0, 3).reshape(16 * width, width)
    flat |= source.dense("b4.out", "logit", width, width if to.num_classes else 1)
    if to.num_classes:
        flat |= _mapping(source, "mapping", "classes", n.class_layers, width, width)
        flat |= source.dense("mapping.embed", "classes/embedding", to.num_classes, width)
    return flat
