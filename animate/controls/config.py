"""What can be done to a path behind the mapping network, where each layer of the picture has its style.

No jax here.
"""

import dataclasses
import math
import re

from animate.paths.latent_spec import FileKey, parse_word
from data_prep.errors import InputError

GROUPS = ("coarse", "middle", "fine")
LAST = {"coarse": 2, "middle": 6}  # layers 0-2 draw 4 and 8 px, 3-6 draw 16 and 32 px, the others the rest


@dataclasses.dataclass(frozen=True)
class SteerConfig:
    """What moves beside the path itself."""

    truncation: tuple[float, ...] = ()
    """Pull towards the mean picture: 1 is none, 0 the mean alone. Several are passed through in even times,
    smoothly, and back to the first where the path closes: 0.5 1. Layers that follow a file keep its own."""
    coarse: str | None = None
    """What the layers of 4 and 8 px follow instead: a seed, a path file, which takes as long as the film, or
    one latent of a file ("walk.npz[120]")."""
    middle: str | None = None
    """The same for layers of 16 and 32 px."""
    fine: str | None = None
    """The same for all further layers."""
    coarse_layers: str | None = None
    """Which layers are coarse, such as 0-3 (0-2 unless said otherwise)."""
    middle_layers: str | None = None
    """Which layers are middle, such as 4-7 (3-6 unless said otherwise). Fine are those that are neither."""
    direction: str | None = None
    """Go along a direction: "FILE.npz[k]", direction k of a file that `inkloop gan directions` wrote."""
    direction_strength: tuple[float, ...] = (1.0,)
    """How far, in standard deviations of styles along it; several are passed through as by --truncation."""
    label: str | None = None
    """Which class to draw, by its name or number, where the generator knows classes; by default the first."""

    def check(self) -> None:
        """Raise InputError, naming the flag, for what cannot be meant."""
        for flag, values in (
            ("--truncation", self.truncation),
            ("--direction-strength", self.direction_strength),
        ):
            if not all(math.isfinite(value) for value in values):
                words = " ".join(f"{value:g}" for value in values)
                raise InputError(f"{flag} {words}: it should be numbers, 1 for all of it")
        for group in GROUPS:
            if (word := getattr(self, group)) is not None:
                named = parse_word(word, flag=f"--{group}")
                if not isinstance(named, FileKey) and len(named) != 1:
                    raise InputError(f"--{group} {word}: {len(named)} seeds; give one, or a path file")
        for group in LAST:
            if getattr(self, f"{group}_layers") is not None and not self.groups:
                raise InputError(f"--{group}-layers goes with --coarse, --middle or --fine")
        if not self.direction_strength:
            raise InputError("--direction-strength: give a number, or several")
        if self.direction is None and self.direction_strength != (1.0,):
            raise InputError("--direction-strength goes with --direction 'FILE.npz[k]'")
        if self.direction is not None and not isinstance(self._named_direction, FileKey):
            raise InputError(f"--direction {self.direction}: it should be a file, 'FILE.npz[k]'")

    @property
    def groups(self) -> dict[str, str]:
        """Groups of layers that follow something else."""
        return {group: word for group in GROUPS if (word := getattr(self, group)) is not None}

    @property
    def in_w(self) -> bool:
        """Whether the path has to be mapped first."""
        moves = len(set(self.truncation)) > 1
        return moves or bool(self.groups) or self.direction is not None or self.label is not None

    @property
    def constant(self) -> float:
        """Truncation that does not move; 1 where none is given."""
        return self.truncation[0] if self.truncation else 1.0

    @property
    def direction_key(self) -> FileKey | None:
        """File and number of the direction; the first, where no number is given."""
        named = self._named_direction
        return named if isinstance(named, FileKey) else None

    @property
    def _named_direction(self) -> FileKey | list[int] | None:
        if self.direction is None:
            return None
        return parse_word(self.direction, flag="--direction")

    def said(self) -> dict[str, object]:
        """What was asked for, JSON-able."""
        plain = dataclasses.asdict(SteerConfig())
        return {name: value for name, value in dataclasses.asdict(self).items() if value != plain[name]}


def layer_groups(
    layers: int, *, coarse: str | None = None, middle: str | None = None
) -> dict[str, list[int]]:
    """Which of a generator's layers are coarse, middle and fine.

    A network of L styles gives style 0 to its first picture of 4 px and two further ones to each doubling,
    so that 0-2 draw 4 and 8 px, 3-6 draw 16 and 32 px, and what is left draws all that is larger.

    Args:
        layers: L.
        coarse, middle: in place of that, such as 0-3. Fine are all that are neither.

    Raises: InputError, naming the flag: no such range, or layers in both.
    """
    words = {"coarse": coarse, "middle": middle}
    given = {group: _range(group, said, layers) for group, said in words.items() if said is not None}
    if len(given) == 2 and (both := set(given["coarse"]) & set(given["middle"])):
        raise InputError(f"--coarse-layers {coarse}, --middle-layers {middle}: layer {min(both)} is in both")
    taken = {layer for own in given.values() for layer in own}
    usual = {"coarse": range(LAST["coarse"] + 1), "middle": range(LAST["coarse"] + 1, LAST["middle"] + 1)}
    named = {
        group: given.get(group, [layer for layer in own if layer < layers and layer not in taken])
        for group, own in usual.items()
    }
    rest = set(range(layers)) - set(named["coarse"]) - set(named["middle"])
    return named | {"fine": sorted(rest)}


def _range(group: str, words: str, layers: int) -> list[int]:
    matched = re.fullmatch(r"(\d+)(?:-(\d+))?", words)
    first, last = (int(matched[1]), int(matched[2] or matched[1])) if matched else (0, -1)
    if not first <= last < layers:
        raise InputError(
            f"--{group}-layers {words}: it should be a range within 0-{layers - 1}, the generator's layers"
        )
    return list(range(first, last + 1))
