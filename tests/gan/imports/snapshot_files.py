"""Snapshots as the PyTorch StyleGAN2 trainers pickle them, written without PyTorch and without their code.

Modules of the right names stand in for torch, torch_utils and dnnlib while Python's own pickler writes, so
that opcodes, memo and protocol are those of a real file. Every array is random and asymmetric.
"""

import contextlib
import io
import pickle
import struct
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.gan.imports import torch_files

SOURCE = "raise SystemExit('module source was run')\n"


@dataclass
class Net:
    """A module: its class's name, settings, arrays and modules."""

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, np.ndarray] = field(default_factory=dict)
    buffers: dict[str, np.ndarray] = field(default_factory=dict)
    modules: dict[str, "Net"] = field(default_factory=dict)

    def at(self, path: str) -> "Net":
        """The module at a dotted path."""
        net = self
        for name in path.split(".") if path else []:
            net = net.modules[name]
        return net

    def flat(self, prefix: str = "") -> dict[str, np.ndarray]:
        """Arrays by dotted name."""
        own = {f"{prefix}{k}": v for k, v in (self.parameters | self.buffers).items()}
        for name, module in self.modules.items():
            own |= module.flat(f"{prefix}{name}.")
        return own


@dataclass(frozen=True)
class Shape:
    """What a pair of networks is built for."""

    resolution: int = 16
    channels: int = 3
    classes: int = 0
    z_dim: int = 6
    w_dim: int = 5
    layers: int = 2
    base: int = 96
    most: int = 7
    clamp: float | None = 256.0
    beta: float = 0.995
    group: int = 4
    newer: bool = False  # as stylegan3's code writes them
    critic: str = "resnet"  # the discriminator's architecture
    drawn: tuple[int, ...] = ()  # the generator's channels from 4 px up, in place of base and most
    judged: tuple[int, ...] = ()  # the discriminator's

    def width(self, px: int, *, of: tuple[int, ...] = ()) -> int:
        """Channels at a size."""
        return of[px.bit_length() - 3] if of else min(self.base // px, self.most)


def filter_2d() -> np.ndarray:
    """[1, 3, 3, 1] x [1, 3, 3, 1], summing to 1."""
    taps = np.array([1, 3, 3, 1], np.float32)
    return np.outer(taps, taps) / taps.sum() ** 2


class Draw:
    """Random arrays and the layers made of them."""

    def __init__(self, seed: int, shape: Shape) -> None:
        self.rng, self.shape = np.random.default_rng(seed), shape

    def normal(self, *size: int, std: float = 1.0, mean: float = 0.0) -> np.ndarray:
        return (mean + std * self.rng.normal(size=size)).astype(np.float32)

    def dense(self, i: int, o: int, *, lr: float = 1.0, bias: float = 0.0, active: bool = False) -> Net:
        settings = {"activation": "lrelu" if active else "linear"}
        if self.shape.newer:
            settings |= {"in_features": i, "out_features": o}
        settings |= {"weight_gain": lr / np.sqrt(i), "bias_gain": lr}
        weight, offset = self.normal(o, i) / lr, self.normal(o, std=0.2, mean=bias) / lr
        return Net(
            "FullyConnectedLayer", settings, {"weight": np.float32(weight), "bias": np.float32(offset)}
        )

    def conv(self, i: int, o: int, k: int, *, bias: bool = True, down: int = 1, active: bool = True) -> Net:
        settings = {
            "activation": "lrelu" if active else "linear",
            "up": 1,
            "down": down,
            "conv_clamp": self.shape.clamp if active else None,
            "padding": k // 2,
            "weight_gain": 1 / np.sqrt(i * k * k),
            "act_gain": np.sqrt(2) if active else 1,
        }
        parameters = {"weight": self.normal(o, i, k, k)}
        if bias:
            parameters["bias"] = self.normal(o, std=0.2)
        return Net("Conv2dLayer", settings, parameters, {"resample_filter": filter_2d()})

    def layer(self, i: int, o: int, px: int, *, up: int = 1) -> Net:
        settings = {
            "resolution": px,
            "up": up,
            "use_noise": True,
            "activation": "lrelu",
            "conv_clamp": self.shape.clamp,
            "padding": 1,
            "act_gain": np.sqrt(2),
        }
        parameters = {
            "weight": self.normal(o, i, 3, 3),
            "noise_strength": self.normal(std=0.1, mean=0.3),
            "bias": self.normal(o, std=0.2),
        }
        buffers = {"resample_filter": filter_2d(), "noise_const": self.normal(px, px)}
        return Net(
            "SynthesisLayer",
            settings,
            parameters,
            buffers,
            {"affine": self.dense(self.shape.w_dim, i, bias=1)},
        )

    def rgb(self, i: int) -> Net:
        s = self.shape
        settings = {"conv_clamp": s.clamp, "weight_gain": 1 / np.sqrt(i)}
        parameters = {"weight": self.normal(s.channels, i, 1, 1), "bias": self.normal(s.channels, std=0.2)}
        return Net("ToRGBLayer", settings, parameters, {}, {"affine": self.dense(s.w_dim, i, bias=1)})

    def mapping(self, z: int, w: int, layers: int, num_ws: int | None, beta: float | None) -> Net:
        s = self.shape
        settings = {"z_dim": z, "c_dim": s.classes, "w_dim": w, "num_ws": num_ws, "num_layers": layers}
        settings |= {"w_avg_beta": beta}
        modules = {"embed": self.dense(s.classes, w)} if s.classes else {}
        for k in range(layers):
            i = w if k else z + w * (s.classes > 0)
            modules[f"fc{k}"] = self.dense(i, w, lr=0.01, active=True)
        buffers = {} if beta is None else {"w_avg": self.normal(w, std=0.5)}
        return Net("MappingNetwork", settings, {}, buffers, modules)


def generator(seed: int, s: Shape) -> Net:
    """A generator of the skip architecture."""
    draw, synthesis, px, below, num_ws = Draw(seed, s), {}, 4, 0, 1
    while px <= s.resolution:
        o = s.width(px, of=s.drawn)
        settings = {"in_channels": below, "resolution": px, "architecture": "skip", "use_fp16": px > 8}
        settings |= {"num_conv": 2 if below else 1, "num_torgb": 1, "is_last": px == s.resolution}
        modules = {"conv0": draw.layer(below, o, px, up=2)} if below else {}
        modules |= {"conv1": draw.layer(o, o, px), "torgb": draw.rgb(o)}
        const = {} if below else {"const": draw.normal(o, 4, 4)}
        block = Net("SynthesisBlock", settings, const, {"resample_filter": filter_2d()}, modules)
        synthesis[f"b{px}"] = block
        num_ws, below, px = num_ws + settings["num_conv"], o, px * 2
    common = {"z_dim": s.z_dim, "c_dim": s.classes, "w_dim": s.w_dim, "img_resolution": s.resolution}
    common |= {"img_channels": s.channels}
    inner = Net("SynthesisNetwork", dict(common), {}, {}, synthesis)
    mapping = draw.mapping(s.z_dim, s.w_dim, s.layers, num_ws, s.beta)
    settings = common | {"num_ws": num_ws}
    return Net("Generator", settings, {}, {}, {"synthesis": inner, "mapping": mapping})


def discriminator(seed: int, s: Shape) -> Net:
    """A discriminator of the resnet or the orig architecture."""
    draw, modules, px = Draw(seed, s), {}, s.resolution
    while px > 4:
        i, o = s.width(px, of=s.judged), s.width(px // 2, of=s.judged)
        inner = {"fromrgb": draw.conv(s.channels, i, 1)} if px == s.resolution else {}
        inner |= {"conv0": draw.conv(i, i, 3), "conv1": draw.conv(i, o, 3, down=2)}
        if s.critic == "resnet":
            inner |= {"skip": draw.conv(i, o, 1, down=2, bias=False, active=False)}
        settings = {"resolution": px, "architecture": s.critic, "use_fp16": False}
        modules[f"b{px}"] = Net("DiscriminatorBlock", settings, {}, {"resample_filter": filter_2d()}, inner)
        px //= 2
    width = s.width(4, of=s.judged)
    if s.classes:
        modules["mapping"] = draw.mapping(0, width, 8, None, None)
    std = Net("MinibatchStdLayer", {"group_size": s.group, "num_channels": 1})
    epilogue = {
        "mbstd": std,
        "conv": draw.conv(width + 1, width, 3),
        "fc": draw.dense(width * 16, width, active=True),
        "out": draw.dense(width, width if s.classes else 1),
    }
    settings = {"resolution": 4, "architecture": s.critic}
    modules["b4"] = Net("DiscriminatorEpilogue", settings, {}, {}, epilogue)
    settings = {"c_dim": s.classes, "img_resolution": s.resolution, "img_channels": s.channels}
    return Net("Discriminator", settings, {}, {}, modules)


def networks(s: Shape, seed: int = 0) -> dict[str, Net]:
    """G, D and G_ema, all different."""
    return {"G": generator(seed, s), "D": discriminator(seed + 1, s), "G_ema": generator(seed + 2, s)}


class Call:
    """What pickles as a call of `function` with `arguments`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.parts = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.parts


def storage_bytes(array: np.ndarray, *, count: int | None = None) -> bytes:
    """A storage by itself in torch's legacy format."""
    kind, key = torch_files.STORAGE[array.dtype.str[1:]], "94123"
    count = array.size if count is None else count
    head = b"".join(
        torch_files.START + torch_files.number(n) + torch_files.STOP for n in (0x1950A86A20F9469CFC6C, 1001)
    )
    system = torch_files.START + b"}" + torch_files.text("little_endian") + b"\x88s" + torch_files.STOP
    value = torch_files.START + torch_files.storage_id(kind, key, count, legacy=True) + torch_files.STOP
    keys = torch_files.START + b"]" + torch_files.text(key) + b"a" + torch_files.STOP
    return head + system + value + keys + struct.pack("<q", count) + array.tobytes()


def snapshot(
    nets: dict[str, Any], *, protocol: int = 4, numpy_module: str = "numpy.core.multiarray", frozen: int = 0
) -> bytes:
    """The pickle of a snapshot. Of the discriminator's convolutions, `frozen` are buffers, not trained."""
    with stand_ins() as names:

        def tensor(array: np.ndarray) -> Call:
            data, stride = array, [int(s) // array.itemsize for s in np.zeros(array.shape, "f4").strides]
            if array.ndim == 4 and array.shape[2] == 3:  # as channels-last memory lies
                data = np.ascontiguousarray(array.transpose(0, 2, 3, 1))
                _, h, w, i = data.shape
                stride = [h * w * i, 1, w * i, i]
            storage = Call(names.load, storage_bytes(data))
            return Call(names.tensor, storage, 0, array.shape, tuple(stride), False, OrderedDict())

        left = [frozen]

        def module(net: Net) -> Call:
            fixed = net.kind == "Conv2dLayer" and left[0] > 0
            left[0] -= fixed
            trained = {} if fixed else net.parameters
            buffers = net.buffers | (net.parameters if fixed else {})
            parameters = {
                k: Call(names.parameter, tensor(v), True, OrderedDict()) for k, v in trained.items()
            }
            state = {
                "training": False,
                "_parameters": OrderedDict(parameters),
                "_buffers": OrderedDict({k: tensor(v) for k, v in buffers.items()}),
                "_non_persistent_buffers_set": set(),
                "_forward_hooks": OrderedDict(),
                "_is_full_backward_hook": None,
                "_modules": OrderedDict({k: module(v) for k, v in net.modules.items()}),
                **net.settings,
                "_init_args": (),
                "_init_kwargs": names.easy(resample_filter=[1, 3, 3, 1], epilogue_kwargs=names.easy()),
            }
            meta = {
                "type": "class",
                "version": 6,
                "module_src": SOURCE,
                "class_name": net.kind,
                "state": state,
            }
            return Call(names.persistent, meta)

        whole = {name: module(net) if isinstance(net, Net) else net for name, net in nets.items()}
        whole |= {"augment_pipe": None, "training_set_kwargs": {"resolution": 16, "path": "data.zip"}}
        file = io.BytesIO()
        pickle.dump(whole, file, protocol=protocol)
        old = b"numpy._core.multiarray"
        data = file.getvalue()
        if numpy_module.encode() == old:
            return data
        if protocol >= 4:  # short strings carry their length
            new = numpy_module.encode()
            return data.replace(bytes([0x8C, len(old)]) + old, bytes([0x8C, len(new)]) + new)
        return data.replace(old, numpy_module.encode())


@contextlib.contextmanager
def stand_ins() -> Iterator[types.SimpleNamespace]:
    """Functions and classes under the names that a snapshot refers to."""
    names = types.SimpleNamespace()
    plan = {
        "torch._utils": {"_rebuild_tensor_v2": "tensor", "_rebuild_parameter": "parameter"},
        "torch.storage": {"_load_from_bytes": "load"},
        "torch_utils.persistence": {"_reconstruct_persistent_obj": "persistent"},
    }
    before = dict(sys.modules)
    for module_name in ("torch", "torch_utils", "dnnlib"):
        sys.modules[module_name] = types.ModuleType(module_name)
    for module_name, functions in plan.items():
        module = sys.modules[module_name] = types.ModuleType(module_name)
        for name, short in functions.items():

            def function(*arguments: Any) -> None:
                raise AssertionError("was called")

            function.__module__, function.__qualname__, function.__name__ = module_name, name, name
            setattr(module, name, function)
            setattr(names, short, function)
    util = sys.modules["dnnlib.util"] = types.ModuleType("dnnlib.util")
    names.easy = util.EasyDict = type("EasyDict", (dict,), {"__module__": "dnnlib.util"})
    try:
        yield names
    finally:
        for module_name in set(sys.modules) - set(before):
            del sys.modules[module_name]
        sys.modules.update(before)


SHAPE = Shape(
    resolution=8,
    channels=1,
    classes=2,
    z_dim=16,
    w_dim=12,
    layers=3,
    drawn=(6, 4),
    judged=(5, 7),
    clamp=1.5,
    beta=0.998,
    group=2,
    critic="orig",
)
