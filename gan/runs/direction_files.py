"""Files of directions in w, as `inkloop gan directions` finds them: .npz, read without executing anything.

Arrays: `directions` float32 [K, L, W] of length 1, `sigma` float [K], how far drawn styles spread along each
(standard deviation), `header`, the UTF-8 JSON bytes of an object whose kind is "directions".
"""

import zipfile
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from gan.runs.latent_files import read_header


def read_direction(file: Path, index: int) -> np.ndarray:
    """Direction `index`, one standard deviation long: float32 [L, W].

    Raises: InputError: there is no such file or direction, or it holds something else.
    """
    if not file.is_file():
        raise InputError(f"--direction: no file {file}; `inkloop gan directions` writes one")
    try:
        arrays = np.load(file, allow_pickle=False)
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise InputError(
                f"--direction {file}: a single array; `inkloop gan directions` writes directions"
            )
        with arrays:
            if not {"directions", "sigma", "header"} <= set(arrays):
                raise InputError(
                    f"--direction {file}: it should hold `directions`, `sigma` and `header`; "
                    "`inkloop gan directions` writes such a file"
                )
            directions, sigma, encoded = (arrays[name] for name in ("directions", "sigma", "header"))
    except InputError:
        raise
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"--direction {file} is damaged ({error}); make it again") from error
    if read_header(file, encoded).get("kind") != "directions":
        raise InputError(f"--direction {file}: its header names no directions; make it again")
    if directions.ndim != 3 or sigma.shape != directions.shape[:1] or 0 in directions.shape:
        raise InputError(
            f"--direction {file}: directions are {list(directions.shape)} and sigma {list(sigma.shape)}; "
            "they should be [K, L, W] and [K]"
        )
    if not -len(directions) <= index < len(directions):
        raise InputError(f"--direction {file}[{index}]: it holds directions 0 to {len(directions) - 1}")
    step = (sigma[index] * directions[index]).astype(np.float32)
    if not np.isfinite(step).all():
        raise InputError(f"--direction {file}[{index}]: it holds values that are no numbers; make it again")
    return step
