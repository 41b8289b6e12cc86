"""Required modules and settings of a StyleGAN2 snapshot, for which our family computes the same.

Modules are identified by class and path. Other classes, paths or settings are rejected. Settings that are not
listed do not affect the result (channels_last, use_fp16), follow from shapes that are checked, or become
fields of our config.

Sources: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", figures 2 and 7;
Karras et al. 2020, "Training GANs with limited data", appendix C.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from gan.imports.pickles import MOST_SHOWN
from gan.imports.snapshots import Module

ACTIVE = {"activation": "lrelu", "act_gain": math.sqrt(2)}
LINEAR, DENSE = {"activation": "linear"}, "FullyConnectedLayer"
CONV, SAME = "Conv2dLayer", {"up": 1, "down": 1, "padding": 1}
STYLED = {"use_noise": True, "padding": 1} | ACTIVE
Row = tuple[str, str, Mapping[str, Any]]  # path pattern, class, settings; a tuple lists alternatives

MAPPING: tuple[Row, ...] = (
    (r"mapping", "MappingNetwork", {}),
    (r"mapping\.embed", DENSE, LINEAR),
    (r"mapping\.fc\d+", DENSE, {"activation": "lrelu"}),
)
GENERATOR: tuple[Row, ...] = (
    (r"", "Generator", {}),
    *MAPPING,
    (r"synthesis", "SynthesisNetwork", {}),
    (r"synthesis\.b\d+", "SynthesisBlock", {"architecture": "skip"}),
    (r"synthesis\.b\d+\.conv0", "SynthesisLayer", STYLED | {"up": 2}),
    (r"synthesis\.b\d+\.conv1", "SynthesisLayer", STYLED | {"up": 1}),
    (r"synthesis\.b\d+\.torgb", "ToRGBLayer", {}),
    (r"synthesis\.b\d+\.(conv0|conv1|torgb)\.affine", DENSE, LINEAR),
)
DISCRIMINATOR: tuple[Row, ...] = (
    (r"", "Discriminator", {}),
    *MAPPING,
    (r"b4", "DiscriminatorEpilogue", {"architecture": ("resnet", "orig")}),
    (r"b4\.mbstd", "MinibatchStdLayer", {"num_channels": 1}),
    (r"b4\.conv", CONV, SAME | ACTIVE),
    (r"b4\.fc", DENSE, {"activation": "lrelu"}),
    (r"b4\.out", DENSE, LINEAR),
    (r"b\d+", "DiscriminatorBlock", {"architecture": ("resnet", "orig")}),
    (r"b\d+\.fromrgb", CONV, SAME | {"padding": 0} | ACTIVE),
    (r"b\d+\.conv0", CONV, SAME | ACTIVE),
    (r"b\d+\.conv1", CONV, SAME | {"down": 2} | ACTIVE),
    (
        r"b\d+\.skip",
        CONV,
        SAME | LINEAR | {"down": 2, "padding": 0, "act_gain": 1, "conv_clamp": None},
    ),
)


def row(network: str, path: str) -> Row | None:
    """Row of the module at a dotted path of "G", "G_ema" or "D"; None if our family has none."""
    rows = DISCRIMINATOR if network == "D" else GENERATOR
    return next((row for row in rows if re.fullmatch(row[0], path, re.ASCII)), None)


def resamples(path: str, module: Module) -> bool:
    """Whether a module resamples by 2, with its own filter."""
    block = module.kind == "SynthesisBlock" and path != "synthesis.b4"
    return block or 2 in (module.state.get("up"), module.state.get("down"))


def shortened(path: str) -> str:
    """Shorten a dotted path for a message."""
    return path if len(path) <= MOST_SHOWN else f"{path[:MOST_SHOWN]}..."
