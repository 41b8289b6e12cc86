"""Apply controls to a path in w: per-layer paths, truncation, a direction.

Order: layers that follow seeds are replaced; all layers are truncated; layers that follow files, truncated
already, are replaced; the direction is added.
"""

import dataclasses
from collections.abc import Sequence
from functools import partial

import numpy as np

from animate import curves
from animate.controls.config import ControlConfig, layer_groups
from animate.controls.w_space import check_w, mean_w, shape_of_w, to_w, w_statistics
from animate.paths.latent_loader import load_file
from animate.paths.latent_spec import FileLatents, parse_spec
from animate.paths.path import LatentPath, transformed
from animate.paths.path_file import read_path
from data_prep.errors import InputError
from gan import latents
from gan.runs.latent_files import read_direction
from gan.sample import Generator, class_number


@dataclasses.dataclass(frozen=True, eq=False)
class Follower:
    """What some layers follow: a constant style, or a path stretched over the whole clip."""

    layers: list[int]
    latents: np.ndarray  # float32 [T, Z] in z or [T, L, W] in w; T = 1 is constant
    truncation: float  # of latents in z
    closed: bool
    truncated: bool  # by the clip's truncation, as seeds are; files use their own
    mapped: bool  # from z, so that the class applies


@dataclasses.dataclass(frozen=True, eq=False)
class Controls:
    """A ControlConfig with its files loaded, for one generator."""

    generator: Generator
    config: ControlConfig
    followers: list[Follower]
    label: int | None
    mean: np.ndarray  # [L, W]
    step: np.ndarray | None  # [L, W], one standard deviation of the direction
    statistics: tuple[np.ndarray, np.ndarray] | None = None  # of w, for paths [T, W] of normal latents

    def __call__(
        self, path: np.ndarray, u: np.ndarray, *, closed: bool, truncation: float = 1.0
    ) -> np.ndarray:
        """Apply the controls.

        Args:
            path: float32 [T, Z] or [T, L, W]; [T, W] with `statistics`.
            u: float64 [T], times of the frames in [0, 1].
            closed: u = 1 is u = 0, so values that vary return to the first.
            truncation: if the config has none.

        Returns: a new array float32 [T, L, W] in w, truncated.
        """
        if self.statistics is not None:
            mean, root = self.statistics
            flat = mean + path @ root
            w = np.repeat(flat[:, None], len(self.mean), axis=1)
        else:
            w = to_w(self.generator, path, label=self.label)
            w = w.copy() if path.ndim == 3 else w
        self._join(w, u, truncated=True)
        psi = curves.ease_values(self.config.truncation or (truncation,), u, closed=closed)
        if (psi != 1).any():
            w -= self.mean
            w *= psi.astype(np.float32)[:, None, None]
            w += self.mean
        self._join(w, u, truncated=False)
        if self.step is not None:
            strength = curves.ease_values(self.config.direction_strength, u, closed=closed)
            for layer, step in enumerate(self.step):
                w[:, layer] += strength.astype(np.float32)[:, None] * step
        return w

    def _join(self, w: np.ndarray, u: np.ndarray, *, truncated: bool) -> None:
        chosen = [follower for follower in self.followers if follower.truncated == truncated]
        join_layers(w, [(follower.layers, self._follow(follower, u)) for follower in chosen])

    def _follow(self, follower: Follower, u: np.ndarray) -> np.ndarray:
        """w of a follower's layers at times u [T]: [T, n, W], linear between its frames."""
        start, end, t = curves.neighbours(len(follower.latents), u, closed=follower.closed)
        needed, at = np.unique(np.stack([start, end]), return_inverse=True)
        rows, truncation = follower.latents[needed], follower.truncation
        w = to_w(self.generator, rows, truncation=truncation, label=self.label)[:, follower.layers]
        at, weight = at.reshape(2, -1), t.astype(np.float32)[:, None, None]
        return w[at[0]] * (1 - weight) + w[at[1]] * weight


def join_layers(w: np.ndarray, others: Sequence[tuple[Sequence[int], np.ndarray]]) -> None:
    """Replace layers of a path by those of others, in place: style mixing along a path.

    Args:
        w: float32 [T, L, W].
        others: layers, and their replacement float32 [T, n, W] for n layers.

    Source: Karras et al. 2019, "A style-based generator architecture", section 3.1, frame by frame.
    """
    for layers, other in others:
        w[:, list(layers)] = other


def read_controls(config: ControlConfig, generator: Generator, *, drawn_in_w: bool = False) -> Controls:
    """Load the files of a config for a generator.

    Args:
        config: validated.
        generator: must match the files.
        drawn_in_w: paths are normal latents [T, W] to be given the mean and covariance of w.

    Raises: InputError naming the flag: the generator has no such layers, or a file does not match it.
    """
    layers, _ = shape_of_w(generator)
    label = None if config.label is None else class_number(generator.class_names, config.label)
    followers: list[Follower] = []
    if config.groups:
        if layers == 1:
            flag = next(iter(config.groups))
            raise InputError(
                f"--{flag}: this generator has one style for the whole image; per-layer paths need a family "
                "with one style per layer, such as stylegan2"
            )
        named = layer_groups(layers, coarse=config.coarse_layers, middle=config.middle_layers)
        for group, spec in config.groups.items():
            if not named[group]:
                raise InputError(
                    f"--{group}: none of the generator's {layers} layers is {group}; set --coarse-layers and "
                    "--middle-layers"
                )
            followers.append(_read_follower(group, spec, named[group], generator, label))
    step = None
    if config.direction_spec is not None:
        spec_of_direction = config.direction_spec
        step = read_direction(spec_of_direction.file, spec_of_direction.index or 0)
        if step.shape != shape_of_w(generator):
            raise InputError(
                f"--direction {config.direction}: its directions are {list(step.shape)}, the generator's "
                f"styles {list(shape_of_w(generator))}; find directions of this generator"
            )
    statistics = w_statistics(generator, label=label) if drawn_in_w else None
    return Controls(generator, config, followers, label, mean_w(generator, label=label), step, statistics)


def controlled_path(path: LatentPath, controls: Controls, *, u: np.ndarray | None = None) -> LatentPath:
    """A path of z or w with controls applied lazily; its own truncation is the default.

    Args:
        path: without controls.
        controls: of the generator.
        u: times of the frames, float64 [T] in [0, 1]; default: evenly spaced.

    Raises: InputError: as `check_controls`.
    """
    check_controls(path, controls)
    u = curves.positions(len(path.latents), closed=path.closed) if u is None else u
    transform = partial(controls, closed=path.closed, truncation=path.truncation)
    config = controls.config
    changed = config.changed() | {"truncation": config.truncation or [path.truncation]}
    return dataclasses.replace(
        path,
        latents=transformed(path.latents, u, transform),
        truncation=1.0,
        config=path.config | {"controls": changed},
        generator=controls.generator.identity,
    )


def check_controls(path: LatentPath, controls: Controls) -> None:
    """Raise InputError if a path in w would be truncated again or change class, or does not match."""
    config = controls.config
    check_label(controls, path_in_w=path.space == "w")
    if path.space == "w" and config.truncation not in ((), (1.0,)):
        values = " ".join(f"{value:g}" for value in config.truncation)
        raise InputError(f"--truncation {values}: a path in w is truncated already; leave it out")
    check_w(controls.generator, path.latents, name="the path")


def check_label(controls: Controls, *, path_in_w: bool) -> None:
    """Raise InputError if a class is passed but every latent was mapped to w before.

    Truncation towards the mean of the class counts as use of the class.
    """
    config, followed = controls.config, {layer for own in controls.followers for layer in own.layers}
    path_counts = len(followed) < len(controls.mean)
    path_counts &= not path_in_w or any(value != 1 for value in config.truncation)
    if config.label is None or path_counts or any(own.mapped for own in controls.followers):
        return
    subject = "a path in w has" if not controls.followers else "latents in w have"
    raise InputError(f"--label {config.label}: {subject} a class already; leave it out")


def seam_warning(controls: Controls, *, closed: bool) -> str | None:
    """A warning if the clip is closed but some of its layers follow an open path."""
    if not closed or all(len(own.latents) == 1 or own.closed for own in controls.followers):
        return None
    return (
        "the video is closed, but a path that some layers follow is open: they jump at the seam; "
        "`inkloop animate timeline` closes open paths"
    )


def _read_follower(
    group: str, spec: str, layers: list[int], generator: Generator, label: int | None
) -> Follower:
    parsed = parse_spec(spec, flag=f"--{group}")
    if not isinstance(parsed, FileLatents):
        z = np.asarray(latents.from_seeds(parsed, z_dim=generator.z_dim))
        w = to_w(generator, z, label=label)
        return Follower(layers, w, 1.0, closed=True, truncated=True, mapped=True)
    if parsed.index is not None:
        found, truncation = load_file(parsed.file, index=parsed.index, flag=f"--{group}")
        closed = True
    else:
        path = read_path(parsed.file)
        found, closed, truncation = path.latents[:], path.closed, path.truncation
    check_w(generator, found, name=f"--{group} {spec}")
    mapped = found.ndim == 2
    if len(found) == 1:
        found = to_w(generator, found, truncation=truncation, label=label)
    return Follower(layers, found, truncation, closed, truncated=False, mapped=mapped)
