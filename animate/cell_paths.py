"""Paths of the cells of a canvas: every cell moves along a curve of its own, at a phase of its own."""

import jax
import numpy as np

from animate.config import PathConfig
from animate.paths import PATHS
from gan.canvas.plane import Window, cell_keys

PHASES = 16  # of cells, a power of two: u + phase is then exact at u = 0 and u = 1


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

    def at(self, u: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Vectors at positions u [n]: float32 [n, cells, D]; random ones by the numbers of the frames [n]."""
        path, config, size = PATHS[self._style][1], self._config, self._config.latent_size
        found = np.empty((len(u), self._count, size), np.float32)
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
            at = u if not phase else np.mod(u + phase / PHASES, 1.0)
            drawn = jax.vmap(lambda key, at=at: path(key, config, at=at))(self._keys[padded])
            found[:, cells] = np.asarray(drawn).swapaxes(0, 1)[:, : len(cells)]
        return found


def _normal(keys: jax.Array, size: int) -> np.ndarray:
    return np.asarray(jax.vmap(lambda key: jax.random.normal(key, (size,)))(keys))
