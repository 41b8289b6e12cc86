"""Find duplicate images of a folder, report them, and move them aside on request."""

import dataclasses
import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_prep import images, outputs
from data_prep.checksums import crc_of_file, fingerprint
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, Mode, natural_key
from data_prep.images.contact_sheet import contact_sheet
from data_prep.images.perceptual_hash import BITS, Hashes, Pair, find_duplicates, hash_image
from data_prep.progress import Failures, Progress, Report, Warn, counted, ignore, no_progress
from data_prep.workers import check_workers, map_in_order

REPORT, SHEET = "report.json", "pairs.png"
SHEET_PAIRS = 80
CHUNK_IMAGES = 16


@dataclasses.dataclass(frozen=True)
class DedupeConfig:
    """Criteria for duplicates."""

    distance: int = 50
    """Maximum Hamming distance between perceptual hashes of duplicates, of 256 bits."""
    exact: bool = False
    """Only images that are equal in every pixel and alpha value; 16-bit samples are compared at 8 bits."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Maximum image size in megapixels; larger images are left out."""


def check(config: DedupeConfig) -> None:
    """Validate; raise InputError naming the flag."""
    images.check_max_megapixels(config.max_megapixels)
    if not 0 <= config.distance < BITS // 2:
        raise InputError(f"--distance {config.distance}: must be 0 to {BITS // 2 - 1}")


@dataclasses.dataclass(frozen=True)
class DedupeResult:
    """Duplicates of a folder."""

    source: Path
    report: Path
    sheet: Path | None  # None: no duplicates
    images: int  # inspected
    pairs: tuple[Pair, ...]
    aside: Path  # folder to which duplicates are moved
    moved: int | None  # duplicates that are aside now; None: they were not to be moved
    failures: Mapping[str, str]  # images that were left out, or could not be moved -> reason

    def __str__(self) -> str:
        exact = sum(pair.exact for pair in self.pairs)
        found = f"{counted(len(self.pairs), 'duplicate')} among {counted(self.images, 'image')}"
        lines = [f"{self.report}  {found}, {exact} exact"]
        if self.sheet is not None:
            lines.append(f"{self.sheet}  pairs, most different first: the image that stays, its duplicate")
        if self.moved is not None:
            lines.append(f"{self.aside}  {counted(self.moved, 'duplicate')}, moved out of {self.source}")
        return "\n".join(lines)


def dedupe_folder(
    source: Path,
    out: Path,
    config: DedupeConfig,
    *,
    aside: Path | None = None,
    apply: bool = False,
    workers: int = 1,
    overwrite: bool = False,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> DedupeResult:
    """Find the duplicates of a folder and report them; with `apply` move them aside.

    An existing report of the same images is read, not computed again.

    Args:
        source: folder of images, with its sub-folders.
        out: folder of the report.
        config: criteria for duplicates.
        aside: folder to which duplicates are moved; None: SOURCE-duplicates.
        apply: move the duplicates.
        workers: number of processes; does not affect the result.
        overwrite: replace an earlier result in `out`.
        progress: opens a progress bar.
        report: called with each image that is left out or cannot be moved, and the reason.
        warn: called with one line about files that are left out for their suffix, and what was changed about
            images on reading.

    Raises: InputError: an invalid setting, no readable image, one folder inside another, or `out` holds
        something else.
    """
    check_workers(workers)
    check(config)
    failures, whole = Failures(report), source.resolve()
    aside = whole.with_name(f"{whole.name}-duplicates") if aside is None else aside
    paths = list_names(source, aside, out, resume=not overwrite, warn=warn)
    crcs = []
    with progress(len(paths), unit="img", label="inspect") as bar:
        for name, path in list(paths.items()):
            try:
                crcs.append((name, crc_of_file(path)))
            except InputError as error:
                failures(name, str(error))
                del paths[name]
            bar.update()
    if not paths:
        raise InputError(f"none of the images in {source} can be read, e.g. {next(iter(failures.values()))}")
    images.check_some_readable(paths.values(), max_megapixels=config.max_megapixels)
    settings = dataclasses.asdict(config) | {"inputs": fingerprint(crcs)}
    with outputs.work(
        out,
        command="data-prep dedupe",
        settings=settings,
        source=source,
        overwrite=overwrite,
        failures=failures,
    ):
        if (out / REPORT).is_file() and not overwrite:
            pairs, left_out = read_report(out)
            for name, reason in left_out.items():
                if name not in failures:
                    failures(name, reason)
        else:
            with progress(len(paths), unit="img", label="dedupe") as bar:
                hashed = hash_all(
                    paths, config, workers=workers, report=failures, warn=warn, on_image=bar.update
                )
            facts = {"source": str(source)} | settings | {"left_out": dict(failures)}
            pairs = write_report(out, paths, hashed, config=config, facts=facts)
        moved = None
        if pairs and apply:
            with progress(len(pairs), unit="img", label="move") as bar:
                moved = move_aside(pairs, source, aside, report=failures, on_image=bar.update)
    sheet = out / SHEET if pairs else None
    return DedupeResult(source, out / REPORT, sheet, len(paths), tuple(pairs), aside, moved, failures)


def list_names(source: Path, aside: Path, out: Path, *, resume: bool, warn: Warn = ignore) -> dict[str, Path]:
    """List the images in `source`: path by name, without links to files.

    With `resume`, images that the report in `out` lists and that were moved to `aside` are included: a
    command that was interrupted while moving finds the same images again.

    Raises: InputError: no images, or one folder inside another.
    """
    if not source.is_dir():
        raise InputError(f"no folder {source}; use a folder of images")
    for folder, flag, other in (
        (aside, "--aside", source),
        (out, "--out", source),
        (aside, "--aside", out),  # --overwrite would delete it
        (out, "--out", aside),
    ):
        outputs.check_outside(folder, other, flag=flag)
    pairs = read_report(out)[0] if resume and (out / REPORT).is_file() else []
    moved = [pair.duplicate for pair in pairs]
    paths = {name: aside / name for name in moved if (aside / name).is_file()}
    try:
        found = images.list_images(source, recursive=True, warn=warn)
    except InputError:
        if not paths:
            raise
        found = []
    paths |= {path.relative_to(source).as_posix(): path for path in found if not _is_link(path)}
    if not paths:
        raise InputError(f"{source} contains only links to images; use the folder of the images themselves")
    return {name: paths[name] for name in sorted(paths, key=natural_key)}


def hash_all(
    paths: dict[str, Path],
    config: DedupeConfig,
    *,
    workers: int,
    report: Report,
    warn: Warn = ignore,
    on_image: Callable[[int], None] = lambda count: None,
) -> list[Hashes]:
    """Hash every image in worker processes; unreadable images are reported and left out."""
    changed = images.Notes()
    items = list(paths.items())
    chunks = (tuple(items[i : i + CHUNK_IMAGES]) for i in range(0, len(items), CHUNK_IMAGES))
    hashed = []
    for results in map_in_order(_hash, (_Job(chunk, config) for chunk in chunks), workers=workers):
        for name, hashes, reason, notes in results:
            changed.add(name, notes)
            if hashes is None:
                report(name, reason)
            else:
                hashed.append(hashes)
        on_image(len(results))
    for line in changed.lines():
        warn(line)
    return hashed


def write_report(
    out: Path,
    paths: dict[str, Path],
    hashed: Sequence[Hashes],
    *,
    config: DedupeConfig,
    facts: dict[str, Any],
) -> list[Pair]:
    """Write `pairs.png`, most different pairs first, and `report.json`.

    Args:
        out: folder of both.
        paths: path of each image, by name.
        hashed: hashes of all readable images.
        config: criteria for duplicates.
        facts: additional entries of the report.

    Returns:
        The pairs.
    """
    pairs = find_duplicates(hashed, distance=config.distance, exact=config.exact)
    if pairs:
        doubtful = sorted(pairs, key=lambda pair: -pair.distance)[:SHEET_PAIRS]
        labels = [name for pair in doubtful for name in (pair.retained, f"{pair.distance}: {pair.duplicate}")]
        drawn = (_drawn(paths[name]) for name in _names(doubtful))
        images.write_image(out / SHEET, contact_sheet(drawn, columns=8, labels=labels, tile_px=(160, 160)))
    value = facts | {"images": len(hashed), "bits": BITS, "pairs": [dataclasses.asdict(p) for p in pairs]}
    outputs.write_json(out / REPORT, {"schema": 1} | value)
    return pairs


def _drawn(path: Path) -> np.ndarray:
    """An image for the sheet; gray if it cannot be read any more."""
    try:
        return images.read_image(path, mode="rgb")
    except InputError:
        return np.full((160, 160, 3), 128, np.uint8)


def read_report(out: Path) -> tuple[list[Pair], dict[str, str]]:
    """Read the pairs of a report, and the images that were left out with reasons.

    Raises: InputError: the report is damaged.
    """
    path = out / REPORT
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return [Pair(**pair) for pair in value["pairs"]], dict(value["left_out"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is damaged ({error!r}); choose another --out, or use --overwrite") from None


def move_aside(
    pairs: Sequence[Pair],
    source: Path,
    aside: Path,
    *,
    report: Report,
    on_image: Callable[[int], None] = lambda count: None,
) -> int:
    """Move duplicates from `source` to the same sub-folders of `aside`; nothing is replaced or deleted.

    Targets of links in `source` are reported and not moved.

    Returns:
        Number of duplicates that are aside now.
    """
    count = 0
    links = {link.resolve(): link for link in source.rglob("*") if link.is_symlink()}
    for pair in pairs:
        path, target = source / pair.duplicate, aside / pair.duplicate
        if path.exists() and target.exists():
            report(pair.duplicate, f"{target} exists already; choose another --aside")
        elif path.resolve() in links:
            report(pair.duplicate, f"{links[path.resolve()]} is a link to {path}; replace the link by a copy")
        elif path.exists():
            _move(path, target)
        count += target.exists() and not path.exists()
        on_image(1)
    return count


def _is_link(path: Path) -> bool:
    """Whether a path is a link to an existing file; others are reported when they are read."""
    return path.is_symlink() and os.path.exists(path)


def _names(pairs: Sequence[Pair]) -> Iterator[str]:
    for pair in pairs:
        yield pair.retained
        yield pair.duplicate


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.rename(path, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with outputs.replacing(target) as partial:  # another file system
            shutil.copy2(path, partial)
        path.unlink()


@dataclasses.dataclass(frozen=True)
class _Job:
    items: tuple[tuple[str, Path], ...]  # (name, path)
    config: DedupeConfig


def _hash(job: _Job) -> list[tuple[str, Hashes | None, str, list[images.Note]]]:
    """(name, hashes, "", notes) or (name, None, reason, []) for each item."""
    results: list[tuple[str, Hashes | None, str, list[images.Note]]] = []
    limit = job.config.max_megapixels
    for name, path in job.items:
        try:
            mode: Mode = "rgba" if images.read_header(path, max_megapixels=limit).has_alpha else "rgb"
            notes: list[images.Note] = []
            image = images.read_image(path, mode=mode, max_megapixels=limit, note=notes.append)
            results.append((name, hash_image(name, image), "", notes))
        except InputError as error:
            results.append((name, None, str(error), []))
    return results
