"""Rewinds of a run: from where to where it went back, and why; resumed runs read them.

    <run>/rewinds.json   {"schema": 1, "pending": whether checkpoints may remain that the last rewind removes,
                          "rewinds": [{"from_nimg", "to_nimg", "reason"}]}

The number of rewinds determines how the recipe is changed (`Recipe.with_remedy`), so the file is part of what
determines the run's bits. Without it, a run continues as it was started.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax

from data_prep.errors import InputError
from data_prep.outputs import write_json
from gan.devices.distributed import first_process_first
from gan.runs.checkpoint import Checkpoints

FILE = "rewinds.json"


class Rewind(NamedTuple):
    """One step back; nimg 0 is the start."""

    from_nimg: int
    to_nimg: int
    reason: str


def record_rewind(run: Path, rewind: Rewind) -> None:
    """Add a rewind, pending: `complete_rewind` does the rest. All processes call it together."""
    with first_process_first("rewind"):
        if jax.process_index() == 0:
            _write(run, (*_read(run)[0], rewind), pending=True)


def complete_rewind(run: Path, checkpoints: Checkpoints) -> tuple[Rewind, ...]:
    """The rewinds of a run, after the checkpoints that a pending one gives up are removed.

    All processes call it together. Raises: InputError: the file is damaged.
    """
    with first_process_first("rewinds"):
        rewinds, pending = _read(run)
        if pending and jax.process_index() == 0:
            checkpoints.discard_after(rewinds[-1].to_nimg)
            _write(run, rewinds, pending=False)
    return rewinds


def describe_rewinds(rewinds: Sequence[Rewind], *, changed: dict[str, tuple[Any, Any]]) -> list[str]:
    """Lines for the user: why the run went back last, and which fields differ for it (before, now)."""
    if not rewinds:
        return []
    last = rewinds[-1]
    fields = "".join(f"; {name} {old} -> {new}" for name, (old, new) in changed.items())
    return [f"rewind {len(rewinds)} from nimg {last.from_nimg} to nimg {last.to_nimg}: {last.reason}{fields}"]


def _read(run: Path) -> tuple[tuple[Rewind, ...], bool]:
    """All rewinds of a run in their order, and whether the last is pending."""
    path = run / FILE
    if not path.is_file():
        return (), False
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        if saved["schema"] != 1:
            raise ValueError("of another schema")
        return tuple(Rewind(**each) for each in saved["rewinds"]), bool(saved["pending"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is damaged ({error}); choose a new --run") from None


def _write(run: Path, rewinds: Sequence[Rewind], *, pending: bool) -> None:
    listed = [each._asdict() for each in rewinds]
    write_json(run / FILE, {"schema": 1, "pending": pending, "rewinds": listed})
