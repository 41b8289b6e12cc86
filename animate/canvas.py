"""Moving canvases: the path of a style, of the style of the whole canvas and of every cell."""

import dataclasses
import zlib

import jax
import jax.numpy as jnp
import numpy as np

from animate import curves
from animate.cell_paths import CellPaths
from animate.config import PathConfig
from animate.controls.config import ControlConfig
from animate.layout_config import LayoutConfig
from animate.lazy_latents import LazyLatents
from animate.paths import PATHS
from animate.paths.constant_speed import even_positions, thumbnails
from animate.paths.keyframes_config import KeyframesConfig
from animate.paths.latent_spec import seeds_only
from animate.paths.path import LatentPath, json_settings
from data_prep.errors import InputError
from data_prep.progress import Note
from gan.canvas.family import canvas_generator
from gan.canvas.mask_config import MaskConfig
from gan.canvas.pages import field_of
from gan.canvas.plane import Window, plane_cells, plane_key, plane_style
from gan.canvas.size import CanvasSize, parse_size, rounding_note
from gan.canvas.variation import read_variation
from gan.families.field import Field
from gan.runs.latent_files import read_direction
from gan.sample import Generator

BLOCK_NUMBERS = 1 << 22  # of latents computed together
MOST_PX = 1 << 26  # of a frame: several are in memory
MEASURED_CELLS = 16  # a side: of the part of a canvas on which --constant-speed measures
NO_MASK = MaskConfig()


def canvas_path(
    generator: Generator,
    style: str,
    config: PathConfig,
    layout: LayoutConfig,
    *,
    seed: int,
    controls: ControlConfig,
    masked: MaskConfig = NO_MASK,
    note: Note,
) -> tuple[Generator, LatentPath]:
    """The generator of a canvas, and the path of a style for it.

    Args:
        generator: of family field.
        style: key of PATHS.
        config: of that style.
        layout: size of the canvas, and what moves.
        seed: of all random numbers.
        controls: truncation and direction.
        masked: flags of a mask, which mixes in another style or network.
        note: receives lines about the size, the mask and the speed.

    Raises: InputError: invalid settings, or settings that canvases do not have.
    """
    layout.check()
    assert layout.canvas is not None
    family = field_of(generator)
    size = CanvasSize(*parse_size(layout.canvas), family.config.cell_px)
    if size.height_px * size.width_px > MOST_PX:
        raise InputError(
            f"--canvas {size}: frames of a video have at most {MOST_PX / 1e6:.0f} megapixels; "
            "`inkloop gan sample --canvas` draws still images of any size"
        )
    _check_supported(style, config, controls)
    if message := rounding_note(size, tileable=False):
        note(message)
    variation = read_variation(masked, generator, size_px=(size.height_px, size.width_px), note=note)
    step = global_direction(generator, controls, note=note)

    def motion(cells: tuple[int, int], other_seed: int | None) -> CanvasMotion:
        return CanvasMotion(
            family,
            style,
            config,
            seed=seed,
            other_seed=other_seed,
            cells=cells,
            layout=layout,
            controls=controls,
            step=step,
        )

    move, at = motion(size.cells, masked.mask_seed), None
    if config.constant_speed:
        cells = min(size.cells[0], MEASURED_CELLS), min(size.cells[1], MEASURED_CELLS)
        part = CanvasSize(cells[0] * size.cell_px, cells[1] * size.cell_px, size.cell_px)
        measure = thumbnails(canvas_generator(generator, part), truncation=move.truncation)
        retiming = even_positions(
            motion(cells, None).at, measure, frames=config.frame_count, closed=config.closed
        )
        at = retiming.at
        note(f"constant speed, measured on {part} px: {retiming}")
    positions = curves.positions(config.frame_count, closed=config.closed) if at is None else at
    settings = json_settings(config) | {"layout": dataclasses.asdict(layout)}
    settings |= {"controls": controls.changed()} if controls.in_w else {}
    settings |= {} if step is None else {"direction_step": f"crc32 {zlib.crc32(step.tobytes()):08x}"}
    settings |= {} if variation is None else variation.settings
    path = LatentPath(
        LazyLatents(
            config.frame_count,
            lambda frames: move.at(positions[frames], numbers=np.arange(config.frame_count)[frames]),
            block=max(1, BLOCK_NUMBERS // move.z_dim),
            digest="canvas",
        ),
        style,
        settings,
        seed,
        config.fps,
        config.closed,
        move.truncation,
        generator.identity,
    )
    return canvas_generator(generator, size, variation=variation), path


def global_direction(generator: Generator, controls: ControlConfig, *, note: Note) -> np.ndarray | None:
    """What --direction does to the style of a whole canvas: float32 [G], or None without one.

    A direction of a network is in its global vector and its cells. The cells of a canvas are others, so its
    global part is used, at the length of the whole.

    Raises: InputError: no direction of this generator, or one of cells only.
    """
    if (spec := controls.direction_spec) is None:
        return None
    family = field_of(generator)
    whole = read_direction(spec.file, spec.index or 0)
    if whole.shape != (family.num_ws, family.w_dim):
        raise InputError(
            f"--direction {controls.direction}: its directions are {list(whole.shape)}, the generator's "
            f"styles {[family.num_ws, family.w_dim]}; find directions of this generator"
        )
    part = whole[0, : family.config.global_dim]
    length, all_ = float(np.linalg.norm(part)), float(np.linalg.norm(whole))
    if length <= 0.01 * all_:
        raise InputError(
            f"--direction {controls.direction}: moves single cells, not the style of the whole image; a "
            "canvas has other cells; choose another direction"
        )
    note(
        f"--direction: {100 * length / all_:.0f} % of it is in the style of the whole image; the canvas "
        "moves along this part, at the length of the whole"
    )
    return part * np.float32(all_ / length)


def _check_supported(style: str, config: PathConfig, controls: ControlConfig) -> None:
    if config.constant_speed and style == "random":
        raise InputError("--constant-speed: random is not a curve; leave it out")
    if controls.groups:
        raise InputError(
            f"--{next(iter(controls.groups))}: networks of family field have one style; leave it out"
        )
    if controls.label is not None:
        raise InputError(f"--label {controls.label}: networks of family field have no classes; leave it out")
    if isinstance(config, KeyframesConfig) and seeds_only(config.keys, flag="--keys") is None:
        listed = " ".join(config.keys)
        raise InputError(f"--keys {listed}: keyframes of a canvas are seeds, such as 3 17 40-49")


class CanvasMotion:
    """Latents of a moving canvas on a torus, by position on the path.

    Every cell is on a phase of its own, except with keyframes, which are the canvases of their seeds: all
    cells arrive together.

    Args:
        family: of the network.
        style: key of PATHS.
        config: of that style; in w, curves are those of normal latents, which have the mean and covariance of
            w in this family.
        seed: of all random numbers.
        cells: (h, w) of the map.
        layout: what keeps still.
        controls: truncation and direction.
        step: of the direction, [G].
        other_seed: of a second style of the whole canvas, for a mask.
    """

    def __init__(
        self,
        family: Field,
        style: str,
        config: PathConfig,
        *,
        seed: int,
        cells: tuple[int, int],
        layout: LayoutConfig,
        controls: ControlConfig,
        step: np.ndarray | None = None,
        other_seed: int | None = None,
    ) -> None:
        dims = family.config.global_dim, family.config.local_dim
        self._family, self._style, self._layout, self._dims, self._map = family, style, layout, dims, cells
        self._controls, self._step, self._seeds = controls, step, [seed]
        self._config, self._cell_config = (dataclasses.replace(config, latent_size=size) for size in dims)
        self._other: np.ndarray | None = None  # a second style that keeps still
        self._points: jax.Array | None = None
        window: Window = (0, 0, *cells)
        self._config.check()
        if isinstance(config, KeyframesConfig):
            seeds = seeds_only(config.keys, flag="--keys") or []
            points = jnp.stack([_canvas_of(family, own, window) for own in seeds])
            self._points = self._unit(points) if config.space == "w" else points
            if other_seed is not None:
                self._other = np.asarray(plane_style(family, other_seed))
        else:
            self._cell_config.check()
            self._paths = CellPaths(style, self._cell_config, plane_key(seed), window)
            self._seeds += [] if other_seed is None else [other_seed]
        self.styles = 1 if other_seed is None else 2
        self.z_dim = self.styles * dims[0] + cells[0] * cells[1] * dims[1]
        self.in_w = config.space == "w" or controls.in_w
        self.truncation = 1.0 if self.in_w else controls.constant

    def at(self, u: np.ndarray, *, numbers: np.ndarray | None = None) -> np.ndarray:
        """Latents at positions u [n] in [0, 1]: float32 [n, Z] in z, or [n, 1, Z] in w.

        Args:
            u: positions.
            numbers: of the frames, for random images.
        """
        numbers = np.zeros(len(u), int) if numbers is None else numbers
        still = np.zeros_like(u), np.zeros_like(numbers)
        moving = still if self._layout.global_still else (u, numbers)
        cells = still if self._layout.still else (u, numbers)
        found = (
            self._keyframes(moving[0], cells[0]) if self._points is not None else self._drawn(moving, cells)
        )
        return self._controlled(found, u) if self.in_w else found

    def _drawn(
        self, moving: tuple[np.ndarray, np.ndarray], cells: tuple[np.ndarray, np.ndarray]
    ) -> np.ndarray:
        size, path = self._dims[0], PATHS[self._style][1]
        found = np.empty((len(moving[0]), self.z_dim), np.float32)
        for part, seed in enumerate(self._seeds):
            key = jax.random.key(seed)
            if self._style == "random":
                drawn = np.asarray(path(key, self._config))[moving[1]]
            else:
                drawn = np.asarray(path(key, self._config, at=moving[0]))
            found[:, part * size : (part + 1) * size] = drawn
        once = 1 if self._layout.still else len(moving[0])
        vectors = self._paths.at(cells[0][:once], cells[1][:once])
        found[:, self.styles * size :] = vectors.reshape(once, -1)
        return found

    def _keyframes(self, moving: np.ndarray, cells: np.ndarray) -> np.ndarray:
        def drawn(u: np.ndarray, part: slice) -> np.ndarray:
            assert self._points is not None
            path = PATHS[self._style][1]
            return np.asarray(path(jax.random.key(0), self._config, at=u, points=self._points[:, part]))

        split = self._dims[0]
        parts = [drawn(moving, slice(None, split)), drawn(cells, slice(split, None))]
        if self._other is not None:
            parts.insert(1, np.broadcast_to(self._other, (len(moving), split)))
        return np.concatenate(parts, axis=1)

    def _controlled(self, found: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Latents [n, Z] in w, truncated and moved along the direction: [n, 1, Z]."""
        controls, closed = self._controls, self._config.closed
        w = found if self._config.space == "w" else np.array(self._unit(jnp.asarray(found)))
        psi = curves.ease_values(controls.truncation or (1.0,), u, closed=closed)
        w = w * psi.astype(np.float32)[:, None]
        if self._step is not None:
            strength = curves.ease_values(controls.direction_strength, u, closed=closed)
            moved = strength.astype(np.float32)[:, None] * np.tile(self._step, self.styles)
            w[:, : moved.shape[1]] += moved
        return w[:, None]

    def _unit(self, z: jax.Array) -> jax.Array:
        """The mapping of the family: every vector of z [n, Z] normalised."""
        size, dim = self._dims
        split = len(z[0]) - self._map[0] * self._map[1] * dim
        styles, cells = z[:, :split].reshape(len(z), -1, size), z[:, split:].reshape(len(z), -1, dim)
        parts = self._family.normalized(styles, cells)
        return jnp.concatenate([part.reshape(len(z), -1) for part in parts], axis=1)


def _canvas_of(family: Field, seed: int, window: Window) -> jax.Array:
    """Normal latents of the canvas of a seed [Z]."""
    cells = plane_cells(plane_key(seed), window, dim=family.config.local_dim)
    return jnp.concatenate([plane_style(family, seed), cells.ravel()])
