"""Steering a path in w: layers follow paths of their own, truncation moves, a direction is added.

The order is: layers that follow seeds are joined, all is pulled towards the mean, layers that follow files
are joined, whose own truncation they have had, the direction is added.
"""

import dataclasses
import sys
from collections.abc import Sequence
from functools import partial

import numpy as np

from animate import curves
from animate.controls.config import SteerConfig, layer_groups
from animate.controls.w_space import check_w, law_of_w, mean_w, shape_of_w, to_w
from animate.paths.latent_loader import pick
from animate.paths.latent_spec import FileKey, parse_word
from animate.paths.path import Walk, passed
from animate.paths.path_file import read_path
from data_prep.errors import InputError
from gan import latents
from gan.runs.direction_files import read_direction
from gan.sample import Generator, class_number


@dataclasses.dataclass(frozen=True, eq=False)
class Follower:
    """What some layers follow: a still style, or a walk stretched over the whole film."""

    layers: list[int]
    latents: np.ndarray  # float32 [T, Z] in z or [T, L, W] in w; T = 1 stands still
    truncation: float  # of those in z
    closed: bool
    pulled: bool  # with the path, as seeds are; files keep the truncation that they were made with
    mapped: bool  # from z, so that it is of the class that is drawn


@dataclasses.dataclass(frozen=True, eq=False)
class Steering:
    """A steer config with its files read, for one generator."""

    generator: Generator
    config: SteerConfig
    followers: list[Follower]
    label: int | None
    mean: np.ndarray  # [L, W]
    step: np.ndarray | None  # [L, W], one standard deviation of the direction
    law: tuple[np.ndarray, np.ndarray] | None = (
        None  # of w, for latents [T, W] that were drawn as normal ones
    )

    def __call__(
        self, path: np.ndarray, u: np.ndarray, *, closed: bool, truncation: float = 1.0
    ) -> np.ndarray:
        """The steered path.

        Args:
            path: float32 [T, Z] or [T, L, W]; [T, W] where there is a law.
            u: float64 [T], times of its frames in [0, 1].
            closed: whether u = 1 is u = 0, so that what moves comes back.
            truncation: where the config has none.

        Returns: a new float32 [T, L, W] in w, truncated.
        """
        if self.law is not None:
            mean, root = self.law
            flat = mean + path @ root
            w = np.repeat(flat[:, None], len(self.mean), axis=1)
        else:
            w = to_w(self.generator, path, label=self.label)
            w = w.copy() if path.ndim == 3 else w
        self._join(w, u, pulled=True)
        pull = curves.through(self.config.truncation or (truncation,), u, closed=closed)
        if (pull != 1).any():
            w -= self.mean
            w *= pull.astype(np.float32)[:, None, None]
            w += self.mean
        self._join(w, u, pulled=False)
        if self.step is not None:
            strength = curves.through(self.config.direction_strength, u, closed=closed)
            for layer, step in enumerate(self.step):
                w[:, layer] += strength.astype(np.float32)[:, None] * step
        return w

    def _join(self, w: np.ndarray, u: np.ndarray, *, pulled: bool) -> None:
        own = [follower for follower in self.followers if follower.pulled == pulled]
        join_layers(w, [(follower.layers, self._follow(follower, u)) for follower in own])

    def _follow(self, follower: Follower, u: np.ndarray) -> np.ndarray:
        """Where a follower is at times u [T]: [T, n, W], straight between its frames in w."""
        start, end, t = curves.neighbours(len(follower.latents), u, closed=follower.closed)
        needed, at = np.unique(np.stack([start, end]), return_inverse=True)
        rows, truncation = follower.latents[needed], follower.truncation
        w = to_w(self.generator, rows, truncation=truncation, label=self.label)[:, follower.layers]
        at, share = at.reshape(2, -1), t.astype(np.float32)[:, None, None]
        return w[at[0]] * (1 - share) + w[at[1]] * share


def join_layers(w: np.ndarray, others: Sequence[tuple[Sequence[int], np.ndarray]]) -> None:
    """Give layers of one path to others, in place: style mixing along a path.

    Args:
        w: float32 [T, L, W].
        others: layers, and what they are instead: float32 [T, n, W] for n layers.

    Source: Karras et al. 2019, "A style-based generator architecture", section 3.1, frame by frame.
    """
    for layers, other in others:
        w[:, list(layers)] = other


def read_steering(config: SteerConfig, generator: Generator, *, drawn_in_w: bool = False) -> Steering:
    """Read what a config names, for a generator.

    Args:
        config: checked.
        generator: has to fit.
        drawn_in_w: paths are drawn by the law of w.

    Raises: InputError, naming the flag: the generator has no such layers, or a file does not fit it.
    """
    layers, _ = shape_of_w(generator)
    label = None if config.label is None else class_number(generator.class_names, config.label)
    followers: list[Follower] = []
    if config.groups:
        if layers == 1:
            flag = next(iter(config.groups))
            raise InputError(
                f"--{flag}: this generator has one style for the whole picture; layers of their own take one "
                "with a style for each layer, such as family stylegan2"
            )
        named = layer_groups(layers, coarse=config.coarse_layers, middle=config.middle_layers)
        for group, word in config.groups.items():
            if not named[group]:
                raise InputError(
                    f"--{group}: none of the generator's {layers} layers is {group}; say which are with "
                    "--coarse-layers and --middle-layers"
                )
            followers.append(_read_follower(group, word, named[group], generator, label))
    step = None
    if config.direction_key is not None:
        key = config.direction_key
        step = read_direction(key.file, key.index or 0)
        if step.shape != shape_of_w(generator):
            raise InputError(
                f"--direction {config.direction}: its directions are {list(step.shape)}, the generator's "
                f"styles {list(shape_of_w(generator))}; find directions of this generator"
            )
    law = law_of_w(generator, label=label) if drawn_in_w else None
    return Steering(generator, config, followers, label, mean_w(generator, label=label), step, law)


def steered_walk(walk: Walk, steering: Steering, *, u: np.ndarray | None = None) -> Walk:
    """A walk of z or w, steered when it is looked at; its own truncation counts where the config has none.

    Args:
        walk: as it was drawn.
        steering: read for the generator.
        u: times of its frames, float64 [T] in [0, 1]; even ones by default.

    Raises: as `check_steered`.
    """
    check_steered(walk, steering)
    told_of_jumps(steering, closed=walk.closed)
    u = curves.positions(len(walk.latents), closed=walk.closed) if u is None else u
    through = partial(steering, closed=walk.closed, truncation=walk.truncation)
    config = steering.config
    said = walk.config | {"steer": config.said() | {"truncation": config.truncation or [walk.truncation]}}
    return dataclasses.replace(
        walk,
        latents=passed(walk.latents, u, through),
        truncation=1.0,
        config=said,
        generator=steering.generator.identity,
    )


def check_steered(walk: Walk, steering: Steering) -> None:
    """Raise InputError where a walk in w is to be truncated again, or of another class, or does not fit."""
    config = steering.config
    check_label(steering, path_in_w=walk.space == "w")
    if walk.space == "w" and config.truncation not in ((), (1.0,)):
        words = " ".join(f"{value:g}" for value in config.truncation)
        raise InputError(f"--truncation {words}: a path in w was truncated when it was made; leave it out")
    check_w(steering.generator, walk.latents, name="the path")


def check_label(steering: Steering, *, path_in_w: bool) -> None:
    """Raise InputError where a class is given, but all that is drawn was mapped when it was made.

    What is pulled goes towards the mean of the class, so that this counts too.
    """
    config, followed = steering.config, {layer for own in steering.followers for layer in own.layers}
    path_counts = len(followed) < len(steering.mean)
    path_counts &= not path_in_w or any(value != 1 for value in config.truncation)
    if config.label is None or path_counts or any(own.mapped for own in steering.followers):
        return
    what = "a path in w" if not steering.followers else "what is in w"
    raise InputError(f"--label {config.label}: {what} got its class when it was made; leave it out")


def told_of_jumps(steering: Steering, *, closed: bool) -> None:
    """Say on stderr where a film that closes has layers that do not."""
    if closed and any(len(own.latents) > 1 and not own.closed for own in steering.followers):
        print(
            "the film closes, but a path that its layers follow does not: they jump at the seam; "
            "`inkloop animate timeline` makes loops of open paths",
            file=sys.stderr,
        )


def _read_follower(
    group: str, word: str, layers: list[int], generator: Generator, label: int | None
) -> Follower:
    named = parse_word(word, flag=f"--{group}")
    if not isinstance(named, FileKey):
        z = np.asarray(latents.from_seeds(named, z_dim=generator.z_dim))
        return Follower(layers, to_w(generator, z, label=label), 1.0, closed=True, pulled=True, mapped=True)
    if named.index is not None:
        found, truncation = pick(named.file, named.index, flag=f"--{group}")
        closed = True
    else:
        walk = read_path(named.file)
        found, closed, truncation = walk.latents[:], walk.closed, walk.truncation
    check_w(generator, found, name=f"--{group} {word}")
    mapped = found.ndim == 2
    if len(found) == 1:
        found = to_w(generator, found, truncation=truncation, label=label)
    return Follower(layers, found, truncation, closed, pulled=False, mapped=mapped)
