"""Paths of canvases: every cell moves along a path of its own, drawn from its coordinates and the seed."""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from animate import curves
from animate.config import PathConfig
from animate.controls.config import ControlConfig
from animate.layout_config import LayoutConfig
from animate.lazy_latents import LazyLatents
from animate.paths import PATHS
from animate.paths.keyframes_config import KeyframesConfig
from animate.paths.latent_spec import seeds_only
from animate.paths.path import LatentPath, json_settings
from data_prep.errors import InputError
from gan.canvas.family import canvas_generator
from gan.canvas.pages import field_of
from gan.canvas.plane import Window, cell_keys, plane_cells, plane_key, plane_style
from gan.canvas.size import CanvasSize, parse_size, rounding_note
from gan.families.field import Field
from gan.sample import Generator

PHASES = 16  # of cells, a power of two: u + phase is then exact at u = 0 and u = 1
BLOCK_NUMBERS = 1 << 22  # of latents computed together
MOST_PX = 1 << 26  # of a frame: several are in memory


def canvas_path(
    generator: Generator,
    style: str,
    config: PathConfig,
    layout: LayoutConfig,
    *,
    seed: int,
    controls: ControlConfig,
    note: Callable[[str], object],
) -> tuple[Generator, LatentPath]:
    """The generator of a canvas, and the path of a style for it.

    Args:
        generator: of family field.
        style: key of PATHS.
        config: of that style.
        layout: size of the canvas, and what moves.
        seed: of all random numbers.
        controls: a constant truncation at most.
        note: receives a line where sides of the canvas are not whole cells.

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
    _check_supported(config, controls)
    if message := rounding_note(size, tileable=False):
        note(message)
    move = CanvasMotion(family, style, config, seed=seed, cells=size.cells, layout=layout)
    block = max(1, BLOCK_NUMBERS // move.z_dim)
    settings = json_settings(config) | {"layout": dataclasses.asdict(layout)}
    path = LatentPath(
        LazyLatents(config.frame_count, move.rows, block=block, digest="canvas"),
        style,
        settings,
        seed,
        config.fps,
        config.closed,
        controls.constant,
        generator.identity,
    )
    return canvas_generator(generator, size), path


def _check_supported(config: PathConfig, controls: ControlConfig) -> None:
    if config.space != "z":
        raise InputError(f"--space {config.space}: paths of canvases are in z; leave it out")
    if config.constant_speed:
        raise InputError("--constant-speed: cells of a canvas move at phases of their own; leave it out")
    if controls.in_w:
        changed = next(iter(set(controls.changed())), "truncation").replace("_", "-")
        raise InputError(f"--{changed}: canvases take a constant --truncation only; leave it out")
    if isinstance(config, KeyframesConfig) and seeds_only(config.keys, flag="--keys") is None:
        listed = " ".join(config.keys)
        raise InputError(f"--keys {listed}: keyframes of a canvas are seeds, such as 3 17 40-49")


class CanvasMotion:
    """Latents of a moving canvas on a torus, by frame.

    Keyframes are the canvases of their seeds, and all cells move together.

    Args:
        family: of the network.
        style: key of PATHS.
        config: of that style.
        seed: of all random numbers.
        cells: (h, w) of the map.
        layout: what keeps still.
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
    ) -> None:
        dims = family.config.global_dim, family.config.local_dim
        self._style, self._seed, self._layout, self._dims = style, seed, layout, dims
        self._config, self._cell_config = (dataclasses.replace(config, latent_size=size) for size in dims)
        self._u = curves.positions(config.frame_count, closed=config.closed)
        self.z_dim = dims[0] + cells[0] * cells[1] * dims[1]
        window: Window = (0, 0, *cells)
        if isinstance(config, KeyframesConfig):
            seeds = seeds_only(config.keys, flag="--keys") or []
            points = [
                jnp.concatenate(
                    [plane_style(family, own), plane_cells(plane_key(own), window, dim=dims[1]).ravel()]
                )
                for own in seeds
            ]
            self._points: jax.Array | None = jnp.stack(points)
            self._config.check()
        else:
            self._points = None
            self._config.check()
            self._cell_config.check()
            self._paths = CellPaths(style, self._cell_config, plane_key(seed), window)

    def rows(self, frames: slice) -> np.ndarray:
        """z of frames: float32 [n, Z]."""
        numbers = np.arange(len(self._u))[frames]
        first = np.zeros_like(numbers)
        moving = first if self._layout.global_still else numbers
        cells = first if self._layout.still else numbers
        if self._points is not None:
            return self._keyframes(moving, cells)
        whole = np.empty((len(numbers), self.z_dim), np.float32)
        whole[:, : self._dims[0]] = self._global(moving)
        found = self._paths.at(cells if not self._layout.still else cells[:1], self._u)
        whole[:, self._dims[0] :] = found.reshape(len(found), -1)
        return whole

    def _global(self, numbers: np.ndarray) -> np.ndarray:
        key, path = jax.random.key(self._seed), PATHS[self._style][1]
        if self._style == "random":
            return np.asarray(path(key, self._config))[numbers]
        return np.asarray(path(key, self._config, at=self._u[numbers]))

    def _keyframes(self, moving: np.ndarray, cells: np.ndarray) -> np.ndarray:
        def drawn(numbers: np.ndarray, part: slice) -> np.ndarray:
            assert self._points is not None
            points = self._points[:, part]
            path = PATHS[self._style][1]
            return np.asarray(path(jax.random.key(0), self._config, at=self._u[numbers], points=points))

        split = self._dims[0]
        parts = drawn(moving, slice(None, split)), drawn(cells, slice(split, None))
        return np.concatenate(parts, axis=1)


class CellPaths:
    """The path of every cell of a window: a curve of its own, at one of `PHASES` phases if it is closed.

    Curve and phase depend on the key of the cell only, so that every window of the plane has the same.

    Args:
        style: key of PATHS.
        config: of that style, for vectors of a cell.
        key: of the plane.
        window: cells.
    """

    def __init__(self, style: str, config: PathConfig, key: jax.Array, window: Window) -> None:
        own = cell_keys(key, window).reshape(-1)
        self._keys, phase_keys = (jax.vmap(jax.random.fold_in, (0, None))(own, part) for part in (0, 1))
        phases = jax.vmap(lambda one: jax.random.randint(one, (), 0, PHASES))(phase_keys)
        self._phases = np.asarray(phases) * config.closed
        self._style, self._config, self._count = style, config, len(own)

    def at(self, numbers: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Vectors of frames [n] of a clip at positions u [T]: float32 [n, cells, D]."""
        path, config, size = PATHS[self._style][1], self._config, self._config.latent_size
        found = np.empty((len(numbers), self._count, size), np.float32)
        if self._style == "random":
            for row, number in enumerate(numbers.tolist()):
                folded = jax.vmap(jax.random.fold_in, (0, None))(self._keys, number)
                found[row] = config.amplitude * _normal(folded, size)
            return found
        most = int(np.bincount(self._phases, minlength=1).max())
        for phase in range(PHASES):
            cells = np.flatnonzero(self._phases == phase)
            if not len(cells):
                continue
            padded = np.pad(cells, (0, most - len(cells)), mode="edge")  # one shape, so that it compiles once
            at = u[numbers] if not phase else np.mod(u[numbers] + phase / PHASES, 1.0)
            drawn = jax.vmap(lambda key, at=at: path(key, config, at=at))(self._keys[padded])
            found[:, cells] = np.asarray(drawn).swapaxes(0, 1)[:, : len(cells)]
        return found


def _normal(keys: jax.Array, size: int) -> np.ndarray:
    return np.asarray(jax.vmap(lambda key: jax.random.normal(key, (size,)))(keys))
