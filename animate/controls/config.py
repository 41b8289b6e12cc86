"""Controls of a path in w, where each layer of the generator has its own style. Imports no jax."""

import dataclasses
import math
import re

from animate.paths.latent_spec import FileLatents, parse_spec
from data_prep.errors import InputError

GROUPS = ("coarse", "middle", "fine")
LAST_LAYER = {"coarse": 2, "middle": 6}  # layers 0-2: 4 and 8 px; 3-6: 16 and 32 px; then the rest


@dataclasses.dataclass(frozen=True)
class ControlConfig:
    """Layers, truncation, direction and class along a path."""

    truncation: tuple[float, ...] = ()
    """Truncation psi: 1 = off, 0 = mean image; several values, such as 0.5 1, are interpolated over the clip,
    back to the first if it is closed. Layers that follow a file keep the file's truncation."""
    coarse: str | None = None
    """Source of the layers of 4 and 8 px: a seed, a path file (stretched over the clip), or one latent of a
    file ("path.npz[120]")."""
    middle: str | None = None
    """Source of the layers of 16 and 32 px."""
    fine: str | None = None
    """Source of all further layers."""
    coarse_layers: str | None = None
    """Coarse layers, such as 0-3 (default: 0-2)."""
    middle_layers: str | None = None
    """Middle layers, such as 4-7 (default: 3-6); the fine layers are the others."""
    direction: str | None = None
    """Direction to move along: "FILE.npz[k]", direction k of a file of `inkloop gan directions`."""
    direction_strength: tuple[float, ...] = (1.0,)
    """Distance in standard deviations of w; several values are interpolated as by --truncation."""
    label: str | None = None
    """Class by name or number, for generators with classes; default: the first."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        for flag, values in (
            ("--truncation", self.truncation),
            ("--direction-strength", self.direction_strength),
        ):
            if not all(math.isfinite(value) for value in values):
                listed = " ".join(f"{value:g}" for value in values)
                raise InputError(f"{flag} {listed}: must be finite")
        for group in GROUPS:
            if (spec := getattr(self, group)) is not None:
                parsed = parse_spec(spec, flag=f"--{group}")
                if not isinstance(parsed, FileLatents) and len(parsed) != 1:
                    raise InputError(f"--{group} {spec}: must be one seed or a path file")
        for group in LAST_LAYER:
            if getattr(self, f"{group}_layers") is not None and not self.groups:
                raise InputError(f"--{group}-layers requires --coarse, --middle or --fine")
        if not self.direction_strength:
            raise InputError("--direction-strength: must be one number or several")
        if self.direction is None and self.direction_strength != (1.0,):
            raise InputError("--direction-strength requires --direction 'FILE.npz[k]'")
        if self.direction is not None and not isinstance(self._parsed_direction, FileLatents):
            raise InputError(f"--direction {self.direction}: must be 'FILE.npz[k]'")

    @property
    def groups(self) -> dict[str, str]:
        """Groups of layers with a source of their own."""
        return {group: spec for group in GROUPS if (spec := getattr(self, group)) is not None}

    @property
    def in_w(self) -> bool:
        """Whether the controls act in w, so that the path must be mapped first."""
        moves = len(set(self.truncation)) > 1
        return moves or bool(self.groups) or self.direction is not None or self.label is not None

    @property
    def constant(self) -> float:
        """The constant truncation; 1 if none is set."""
        return self.truncation[0] if self.truncation else 1.0

    @property
    def direction_spec(self) -> FileLatents | None:
        """File and number of the direction; without a number, the first."""
        parsed = self._parsed_direction
        return parsed if isinstance(parsed, FileLatents) else None

    @property
    def _parsed_direction(self) -> FileLatents | list[int] | None:
        if self.direction is None:
            return None
        return parse_spec(self.direction, flag="--direction")

    def changed(self) -> dict[str, object]:
        """Fields that differ from the defaults, JSON-able."""
        default = dataclasses.asdict(ControlConfig())
        return {name: value for name, value in dataclasses.asdict(self).items() if value != default[name]}


def layer_groups(
    layers: int, *, coarse: str | None = None, middle: str | None = None
) -> dict[str, list[int]]:
    """Assign a generator's layers to the groups coarse, middle and fine.

    Style 0 controls the first block of 4 px, and two further styles each doubling: 0-2 control 4 and 8 px,
    3-6 control 16 and 32 px, the others all larger blocks.

    Args:
        layers: L.
        coarse, middle: ranges such as 0-3 that replace the default; fine is the rest.

    Raises: InputError naming the flag: an invalid range, or overlapping ranges.
    """
    ranges = {"coarse": coarse, "middle": middle}
    given = {group: _range(group, text, layers) for group, text in ranges.items() if text is not None}
    if len(given) == 2 and (both := set(given["coarse"]) & set(given["middle"])):
        raise InputError(f"--coarse-layers {coarse}, --middle-layers {middle}: layer {min(both)} is in both")
    taken = {layer for own in given.values() for layer in own}
    default = {
        "coarse": range(LAST_LAYER["coarse"] + 1),
        "middle": range(LAST_LAYER["coarse"] + 1, LAST_LAYER["middle"] + 1),
    }
    named = {
        group: given.get(group, [layer for layer in own if layer < layers and layer not in taken])
        for group, own in default.items()
    }
    rest = set(range(layers)) - set(named["coarse"]) - set(named["middle"])
    return named | {"fine": sorted(rest)}


def _range(group: str, text: str, layers: int) -> list[int]:
    matched = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    first, last = (int(matched[1]), int(matched[2] or matched[1])) if matched else (0, -1)
    if not first <= last < layers:
        raise InputError(
            f"--{group}-layers {text}: must be a range within 0-{layers - 1}, the generator's layers"
        )
    return list(range(first, last + 1))
