"""The eight symmetries of the square: rotations of a tile by 90 degrees, and of its mirror image. Pure.

rk rotates by k * 90 degrees counter-clockwise; m_rk mirrors left-right first.
"""

import numpy as np

from data_prep.errors import InputError

NAMES = ("r0", "r1", "r2", "r3", "m_r0", "m_r1", "m_r2", "m_r3")


def symmetries(tile: np.ndarray) -> list[np.ndarray]:
    """Return the eight copies of a tile in the order of NAMES, the tile itself first.

    Args:
        tile: any dtype, [S, S, ...].

    Returns:
        Views of `tile`.

    Raises:
        InputError: the tile is not square.
    """
    check_square(tile.shape[0], tile.shape[1], name="a tile")
    return [np.rot90(side, turns) for side in (tile, tile[:, ::-1]) for turns in range(4)]


def inverse(copy: np.ndarray, name: str) -> np.ndarray:
    """Undo the symmetry `name`: return the tile of which `copy` was made, as a view.

    Args:
        copy: any dtype, [S, S, ...].
        name: one of NAMES.
    """
    position = NAMES.index(name)
    upright = np.rot90(copy, -(position % 4))
    return upright[:, ::-1] if position >= 4 else upright


def check_square(height_px: int, width_px: int, *, name: str) -> None:
    """Raise InputError unless the tile is square."""
    if height_px != width_px:
        raise InputError(
            f"{name} is {width_px} x {height_px} px; only squares have eight symmetries: cut squares, "
            "or pass --size to `pack`"
        )
