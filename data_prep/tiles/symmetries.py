"""The eight symmetries of the square: quarter turns of a tile, and of its mirror image. Pure.

rk is k quarter turns counter-clockwise; m_rk mirrors left-right first.
"""

import numpy as np

from data_prep.errors import InputError

NAMES = ("r0", "r1", "r2", "r3", "m_r0", "m_r1", "m_r2", "m_r3")


def symmetries(tile: np.ndarray) -> list[np.ndarray]:
    """The eight copies of a tile in the order of NAMES, the tile itself first.

    Args:
        tile: any dtype, [S, S, ...].

    Returns:
        Views of `tile`: pixels move and keep their values.

    Raises:
        InputError: the tile is not square.
    """
    check_square(tile.shape[0], tile.shape[1], name="a tile")
    return [np.rot90(side, turns) for side in (tile, tile[:, ::-1]) for turns in range(4)]


def inverse(copy: np.ndarray, name: str) -> np.ndarray:
    """The tile of which `copy` is the symmetry `name`: a view, equal to the tile in every value.

    Args:
        copy: any dtype, [S, S, ...].
        name: one of NAMES.
    """
    position = NAMES.index(name)
    upright = np.rot90(copy, -(position % 4))
    return upright[:, ::-1] if position >= 4 else upright


def check_square(height_px: int, width_px: int, *, name: str) -> None:
    """Raise InputError unless a tile can be turned by 90 degrees and stay of its size."""
    if height_px != width_px:
        raise InputError(
            f"{name} is {width_px} x {height_px} px; only squares have eight symmetries: cut squares, "
            "or give `pack` a --size"
        )
