"""Arrays and module settings of a network of a snapshot; each array is taken once."""

import math
from typing import Any

import numpy as np

from gan.imports.architecture import resamples, row, shortened
from gan.imports.pickles import display
from gan.imports.snapshots import Module, iter_modules

FILTER = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64.0
Flat = dict[str, np.ndarray]


class Source:
    """Arrays and module settings of a network; each array is taken once."""

    def __init__(self, name: str, network: Module) -> None:
        self.name, self.network = name, network
        self.modules: dict[str, Module] = {}
        self.arrays: Flat = {}
        for path, module, arrays in iter_modules(network):
            self.modules[path] = module
            self.arrays |= {f"{path}.{k}".lstrip("."): array for k, array in arrays.items()}

    def setting(self, path: str, name: str) -> Any:
        """An attribute of a module. Raises ValueError if there is none."""
        module = self.modules.get(path)
        if module is None or name not in module.state:
            raise ValueError(f"its {self.name} has no {shortened(f'{path}.{name}'.lstrip('.'))}")
        return module.state[name]

    def whole(self, path: str, name: str, allowed: range) -> int:
        """A setting that is an integer in `allowed`."""
        value = self.setting(path, name)
        if type(value) is not int or value not in allowed:
            raise ValueError(
                f"its {self.name} has {name} {display(value)}; {allowed[0]} to {allowed[-1]} are read"
            )
        return value

    def require(self, path: str, name: str, required: Any) -> None:
        """Raise ValueError unless a setting is `required`; a tuple lists alternatives."""
        value = self.setting(path, name)
        either = required if isinstance(required, tuple) else (required,)
        if not any(_same(value, one) for one in either):
            shown = " or ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in either)
            place = f" in {shortened(path)}" if path else ""
            raise ValueError(f"its {self.name} has {name} {display(value)}{place}; only {shown} is read")

    def gain(self, path: str, name: str, usual: float) -> float:
        """Ratio of a run-time gain to ours, `usual`; exactly 1 if they are equal to rounding."""
        value = self.setting(path, name)
        if not isinstance(value, int | float) or not 0 < value < 1e6:
            raise ValueError(f"its {self.name} has {name} {display(value)} in {path}; gains above 0 are read")
        ratio = value / usual
        return 1.0 if math.isclose(ratio, 1, rel_tol=1e-5) else ratio

    def take(self, name: str, *shape: int) -> np.ndarray:
        """Take the array `name` as float32. Raises ValueError: missing, other shape, or not finite."""
        array = self.arrays.pop(name, None)
        if array is None:
            raise ValueError(f"its {self.name} has no {name}")
        if array.shape != shape:
            raise ValueError(f"its {self.name} has {name} of shape {array.shape[:8]}, not {shape}")
        if array.dtype.kind != "f":
            kinds = "float16, float32 and float64"
            raise ValueError(f"its {self.name} has {name} in {array.dtype}; {kinds} are read")
        array = array.astype(np.float32)
        if not np.isfinite(array).all():
            raise ValueError(f"its {self.name} has numbers in {name} that are not finite")
        return array

    def take_filters(self) -> None:
        """Check and take the low-pass filter of each resampling module."""
        names = {k for k in self.arrays if k.rsplit(".", 1)[-1] == "resample_filter"}
        names |= {
            f"{path}.resample_filter" for path, module in self.modules.items() if resamples(path, module)
        }
        for name in sorted(names):
            taps = self.arrays.pop(name, None)
            if taps is None:
                raise ValueError(f"its {self.name} has no {shortened(name)}")
            if taps.shape != FILTER.shape or not np.allclose(taps.astype(float), FILTER, atol=1e-6):
                raise ValueError(
                    f"its {self.name} has another {shortened(name)} than [1, 3, 3, 1]; only that is read"
                )

    def finish(self) -> None:
        """Raise ValueError, naming them, if arrays are left."""
        if self.arrays:
            left = sorted(self.arrays)
            listed = ", ".join(shortened(name) for name in left[:5]) + " ..." * (len(left) > 5)
            raise ValueError(f"its {self.name} has unknown arrays: {listed}")

    def dense(self, path: str, ours: str, inputs: int, outputs: int, *, lr: float = 1.0) -> Flat:
        """A fully connected layer; `lr` is our learning-rate multiplier."""
        kernel = self.take(f"{path}.weight", outputs, inputs).T
        bias = self.take(f"{path}.bias", outputs)
        kernel = kernel * np.float32(self.gain(path, "weight_gain", lr / math.sqrt(inputs)))
        bias = bias * np.float32(self.gain(path, "bias_gain", lr))
        return {f"{ours}/kernel": kernel, f"{ours}/bias": bias}

    def kernel(self, path: str, k: int, inputs: int, outputs: int) -> np.ndarray:
        """Kernel [k, k, I, O] of a convolution."""
        return self.take(f"{path}.weight", outputs, inputs, k, k).transpose(2, 3, 1, 0)

    def conv(self, path: str, ours: str, k: int, inputs: int, outputs: int, *, bias: bool = True) -> Flat:
        """A plain convolution."""
        gain = np.float32(self.gain(path, "weight_gain", 1 / math.sqrt(inputs * k * k)))
        flat = {f"{ours}/kernel": self.kernel(path, k, inputs, outputs) * gain}
        return flat | ({f"{ours}/bias": self.take(f"{path}.bias", outputs)} if bias else {})

    def clamp(self, paths: list[str]) -> float | None:
        """Common clamp limit of these layers; None: no clamping."""
        found = [self.setting(path, "conv_clamp") for path in paths]
        for limit in found:
            if limit is not None and not (isinstance(limit, int | float) and 0 < limit < 1e9):
                raise ValueError(f"its {self.name} has conv_clamp {display(limit)}")
        if len(set(found)) > 1:
            raise ValueError(
                f"its {self.name} has layers of different conv_clamp; only one common value is read"
            )
        return None if found[0] is None else float(found[0])

    def check(self) -> None:
        """Raise ValueError unless all modules match `gan.imports.architecture`."""
        kind, required = self.network.kind, "Discriminator" if self.name == "D" else "Generator"
        if kind != required:
            raise ValueError(f"its {self.name} is a {display(kind)}; only StyleGAN2's are read")
        if "synthesis.input" in self.modules:
            raise ValueError(f"its {self.name} is a StyleGAN3 generator; only StyleGAN2's are read")
        for path, module in self.modules.items():
            found = row(self.name, path)
            if found is None or module.kind != found[1]:
                raise ValueError(
                    f"its {self.name} has a {display(module.kind)} at {shortened(path)}; StyleGAN2 has "
                    f"{f'a {found[1]}' if found else 'nothing'} there"
                )
            for name, setting in found[2].items():
                self.require(path, name, setting)


def _same(value: Any, required: Any) -> bool:
    if required is None or isinstance(required, bool) or isinstance(value, bool):
        return value is required
    if isinstance(required, int | float):
        return (
            isinstance(value, int | float)
            and abs(value) < 1e9
            and math.isclose(value, required, rel_tol=1e-6)
        )
    return isinstance(value, str) and value == required
