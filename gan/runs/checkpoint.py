"""Checkpoints: saved concurrently with training, restored only with a matching CRC manifest.

    <run>/checkpoints/<nimg>/           what Orbax wrote
    <run>/checkpoints/<nimg>.crc.json   {"schema": 1, "files": {path: [bytes, crc32]}}, written last

A folder without a manifest, or whose bytes differ from it, is not a checkpoint (Orbax does not detect flipped
bits). Only this file calls Orbax.
"""

import json
import shutil
import threading
import zlib
from collections.abc import Set
from pathlib import Path
from typing import Any

import jax
from orbax.checkpoint import v1 as ocp

from data_prep.errors import WorkError
from data_prep.outputs import write_json
from gan.devices.distributed import agreed

FOLDER = "checkpoints"
NONE, ALL_DAMAGED = -1, -2


class Checkpoints:
    """The checkpoints of one run folder. Use as a context manager: leaving waits for the last save.

    Args:
        run: the run folder.
        keep_latest: number of the newest checkpoints that are retained.
        keep_every_nimg: multiples of this are always retained; 0: none.
    """

    def __init__(self, run: Path, *, keep_latest: int, keep_every_nimg: int) -> None:
        self.folder = (run / FOLDER).absolute()
        self.keep_latest, self.keep_every_nimg = keep_latest, keep_every_nimg
        self._damaged: list[int] = []
        self._committing: threading.Thread | None = None
        self._failure: BaseException | None = None

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, *exc: object) -> None:
        self.wait()

    def save(self, state: Any, nimg: int, *, keep: Set[int] = frozenset()) -> None:
        """Start saving; returns once the state's buffers may be donated. Waits for the save before.

        Args:
            state: a pytree of arrays.
            nimg: names the checkpoint.
            keep: checkpoints that are not removed after this save.

        Raises: WorkError: the save before this one failed.
        """
        self.wait()
        self._manifest(nimg).unlink(missing_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            response = ocp.save_async(self.folder / str(nimg), state, overwrite=True)
        except (OSError, ValueError) as error:
            raise self._cannot_save(nimg, error) from error
        self._committing = threading.Thread(
            target=self._commit, args=(response, nimg, keep), name=f"checkpoint-{nimg}"
        )
        self._committing.start()

    def wait(self) -> None:
        """Return when the last save is whole, manifest and all; raises WorkError if it failed."""
        if self._committing is not None:
            self._committing.join()
            self._committing = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def restore(self, abstract: Any) -> tuple[Any, int, list[str]] | None:
        """The newest checkpoint whose bytes match its manifest, in the shardings of `abstract`.

        A folder without a manifest is an interrupted save and is ignored silently. All processes take
        what process 0 found.

        Returns:
            (state, nimg, names of newer checkpoints that are damaged), or None where there never was one.

        Raises: WorkError: there are checkpoints, but none is whole, or the newest does not fit `abstract`.
        """
        chosen = agreed(self._newest_whole())
        if chosen < 0:
            if chosen == ALL_DAMAGED:
                raise WorkError(
                    f"every checkpoint in {self.folder} is damaged; restore a copy of one, or choose a "
                    "new --run"
                )
            return None
        try:
            state = ocp.load(self.folder / str(chosen), abstract)
        except (ValueError, OSError, KeyError) as error:
            reason = " ".join(str(error.__cause__ or error).split())[:300]
            raise WorkError(
                f"{self.folder / str(chosen)} does not fit this run's networks: {reason}"
            ) from error
        return state, chosen, [f"{FOLDER}/{nimg}" for nimg in self._damaged]

    def _newest_whole(self) -> int:
        """nimg of the newest undamaged checkpoint, or NONE or ALL_DAMAGED; records damaged ones."""
        self._damaged = []
        for nimg in sorted(self.finished(), reverse=True):
            if self._is_whole(nimg):
                return nimg
            self._damaged.append(nimg)
        return ALL_DAMAGED if self._damaged else NONE

    def clean(self) -> None:
        """Remove interrupted saves, and the checkpoints that `restore` found damaged."""
        for nimg in self._damaged:
            self._manifest(nimg).unlink()
        if self.folder.is_dir():
            for entry in self.folder.iterdir():
                if entry.is_dir() and not (entry.name.isdigit() and self._manifest(int(entry.name)).exists()):
                    shutil.rmtree(entry)

    def discard_after(self, nimg: int) -> None:
        """Remove all checkpoints of later work than `nimg`, after the save in progress."""
        self.wait()
        if jax.process_index() == 0:
            for later in sorted(n for n in self._numbered() if n > nimg):
                self._manifest(later).unlink(missing_ok=True)  # first, as in `prune`
                shutil.rmtree(self.folder / str(later))

    def _commit(self, response: Any, nimg: int, keep: Set[int]) -> None:
        try:
            response.result()
            if jax.process_index() == 0:
                write_json(self._manifest(nimg), {"schema": 1, "files": _checksums(self.folder / str(nimg))})
                self.prune(keep=keep)
        except Exception as error:
            self._failure = self._cannot_save(nimg, error)

    def prune(self, *, keep: Set[int] = frozenset()) -> None:
        """Remove finished checkpoints that neither `keep` nor the numbers of the class retain."""
        if jax.process_index() > 0:
            return
        old = removable(self.finished(), keep_latest=self.keep_latest, keep_every_nimg=self.keep_every_nimg)
        for nimg in set(old) - keep:
            self._manifest(nimg).unlink()  # first: without it the folder is no checkpoint, if we are killed
            shutil.rmtree(self.folder / str(nimg))

    def _numbered(self) -> list[int]:
        if not self.folder.is_dir():
            return []
        return [int(e.name) for e in self.folder.iterdir() if e.is_dir() and e.name.isdigit()]

    def finished(self) -> set[int]:
        """nimg of the checkpoints that have a manifest."""
        return {nimg for nimg in self._numbered() if self._manifest(nimg).exists()}

    def _is_whole(self, nimg: int) -> bool:
        try:
            files = json.loads(self._manifest(nimg).read_text(encoding="utf-8"))["files"]
            return files == _checksums(self.folder / str(nimg))
        except (OSError, ValueError, KeyError):
            return False

    def _manifest(self, nimg: int) -> Path:
        return self.folder / f"{nimg}.crc.json"

    def _cannot_save(self, nimg: int, error: BaseException) -> WorkError:
        newest = max(self.finished(), default=None)
        last = f"the last good one is {FOLDER}/{newest}" if newest is not None else "there is none before it"
        reason = " ".join(str(error).split())[:300]
        return WorkError(f"checkpoint {nimg} could not be written to {self.folder} ({reason}); {last}")


def removable(nimgs: Set[int], *, keep_latest: int, keep_every_nimg: int) -> list[int]:
    """Those of `nimgs` that are neither among the newest nor multiples of keep_every_nimg, in order."""
    old = sorted(nimgs)[:-keep_latest]
    return [n for n in old if not (keep_every_nimg and n % keep_every_nimg == 0)]


def _checksums(folder: Path) -> dict[str, list[int]]:
    """Path -> [bytes, crc32] of every file under `folder`."""
    sums = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        crc = size = 0
        with path.open("rb") as file:
            while block := file.read(1 << 22):
                crc, size = zlib.crc32(block, crc), size + len(block)
        sums[str(path.relative_to(folder))] = [size, crc]
    return sums
