"""Quality of the records of a dataset: damaged, duplicate, blank and blurred ones, each record read once.

The ink fraction counts pixels darker than a threshold midway between paper and ink (`ink_threshold`): 0 is
bare paper, 1 all ink. Sharpness is the energy of the Laplacian, a common measure of focus (Subbarao, Choi,
Nikzad 1993, "Focusing techniques"), divided by that of the gradient, so that faint lines are as sharp as
strong ones and few as sharp as many.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from data_prep import images
from data_prep.checksums import hash_of_pixels
from data_prep.errors import InputError, WorkError
from data_prep.records.dataset import Dataset
from data_prep.workers import map_in_order

MIN_CONTRAST = 32  # between the means of paper and ink; less is grain
USUAL_THRESHOLD = 160  # where there is too little contrast: above is paper, as filling takes it


def ink_threshold(histogram: np.ndarray) -> int:
    """The lightness above which pixels are paper: Otsu 1979, the split midway between the means it parts.

    Args:
        histogram: int [256], how many pixels have each lightness.
    """
    counts = histogram.astype(np.float64)
    levels = np.arange(256)
    below = np.cumsum(counts)
    above = below[-1] - below
    sum_below = np.cumsum(counts * levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        contrast = (sum_below[-1] - sum_below) / above - sum_below / below
    variance = np.nan_to_num(below * above * contrast**2)
    best = np.flatnonzero(variance >= variance.max() * (1 - 1e-12))
    threshold = int(best.mean())  # the middle, where no pixel lies between
    return threshold if np.nan_to_num(contrast[best[0]]) >= MIN_CONTRAST else USUAL_THRESHOLD


def ink_share(gray: np.ndarray, threshold: int) -> float:
    """Share of the pixels of uint8 [H, W] that are ink: at most `threshold`."""
    return np.count_nonzero(gray <= threshold) / gray.size


def bareness(shares: np.ndarray) -> np.ndarray:
    """The smaller of ink and paper, 0 to 1/2: next to nothing where a tile is blank, be it white or black."""
    return np.minimum(shares, 1 - shares)


def laplacian_sharpness(gray: np.ndarray) -> float:
    """Energy of the Laplacian over the energy of the gradient of uint8 [H, W], 0 to 8; 0 for an even area.

    A clean step between paper and ink has about 2; blurred by a Gaussian, it falls with 1 / sigma**2.
    """
    values = gray.astype(np.int16)
    right, down = np.diff(values, axis=1), np.diff(values, axis=0)
    gradient = _energy(right) + _energy(down)
    if not gradient:
        return 0.0
    # The Laplacian is the divergence of the differences, none of which leads over the border.
    laplacian = np.zeros_like(values)
    laplacian[:, :-1] += right
    laplacian[:, 1:] -= right
    laplacian[:-1] += down
    laplacian[1:] -= down
    return _energy(laplacian) / gradient


def _energy(values: np.ndarray) -> int:
    """Sum of squares, exact."""
    return int(np.square(values.ravel(), dtype=np.int32).sum(dtype=np.int64))


SAMPLE = 512  # records from which the threshold between paper and ink is taken
CHUNK_BYTES = 1 << 25  # of pixels that a worker reads at a time
CHUNK_RECORDS = 4096


@dataclasses.dataclass(frozen=True)
class SurveyConfig:
    """What counts as blank and as blurred."""

    ink_threshold: int | None = None
    """Pixels up to this lightness, 0 to 255, are ink; None: midway between paper and ink of the dataset."""
    blank_share: float = 0.002
    """Records with a smaller share of ink, or of paper, are blank."""
    blurred_share: float = 0.4
    """Records that are less sharp than this part of the dataset's median are blurred; a Gaussian blur of
    1.5 px takes line drawings below it."""


@dataclasses.dataclass(frozen=True)
class Survey:
    """What was found, by position among all records that are stored."""

    damages: list[str]
    sound: np.ndarray  # bool [N]
    first: np.ndarray  # int64 [N], the first record with the same pixels; its own position if there is none
    ink_threshold: int
    ink_share: np.ndarray  # float32 [N]; 0 where not measured
    sharpness: np.ndarray  # float32 [N]
    blank: np.ndarray  # int64, positions
    blurred: np.ndarray
    blurred_below: float  # sharpness

    @property
    def duplicates(self) -> np.ndarray:
        """int64, positions of records that repeat an earlier one."""
        return self.duplicates_among(np.ones(len(self.first), bool))

    def duplicates_among(self, shown: np.ndarray) -> np.ndarray:
        """Like `duplicates`, of those records alone where bool [N] is set: one copy of each stays."""
        positions = np.flatnonzero(shown)
        _, earliest = np.unique(self.first[positions], return_index=True)
        return np.delete(positions, earliest)


def survey(
    folder: Path,
    config: SurveyConfig,
    *,
    measure: bool,
    workers: int,
    on_record: Callable[[int], None] = lambda count: None,
) -> Survey:
    """Read all records of a dataset, those it excludes too, and then its shards' bytes.

    Records are the same if 64 bits of a hash of their pixels are; among a million, that errs once in forty
    million datasets.

    Args:
        folder: the dataset.
        config: thresholds.
        measure: whether to measure ink and sharpness.
        workers: processes that read.
        on_record: told how many records have been passed, for progress.

    Raises: InputError: the folder is no dataset, or a threshold is not allowed. Damage is in the result.
    """
    check(config)
    _dataset.cache_clear()  # the folder may hold another one by now
    dataset = Dataset(folder, everything=True)
    threshold = _threshold(dataset, config) if measure else None
    hashes, sound = np.zeros(len(dataset), np.uint64), np.zeros(len(dataset), bool)
    shares, sharpness = np.zeros(len(dataset), np.float32), np.zeros(len(dataset), np.float32)
    damages: list[str] = []
    jobs = list(_jobs(dataset, threshold))
    for job, part in zip(jobs, map_in_order(_read, jobs, workers=min(workers, len(jobs))), strict=True):
        span = slice(job.start, job.stop)
        hashes[span], sound[span], shares[span], sharpness[span] = part.columns
        damages += part.damages
        on_record(job.stop - job.start)
    for shard, (start, stop) in enumerate(dataset.spans()):
        # The checksum finds bytes that no record holds; damaged records have told of themselves.
        if sound[start:stop].all() and (damage := dataset.shard_damage(shard)):
            damages.append(damage)
    nothing = np.arange(0)
    blank, blurred, below = _judge(shares, sharpness, sound, config) if measure else (nothing, nothing, 0.0)
    found = _first_alike(hashes, sound)
    return Survey(damages, sound, found, threshold or 0, shares, sharpness, blank, blurred, below)


def check(config: SurveyConfig) -> None:
    """Raise InputError naming a threshold that is not allowed."""
    if config.ink_threshold is not None and not 0 <= config.ink_threshold <= 255:
        raise InputError(f"--ink-threshold is {config.ink_threshold}; it should be 0 to 255")
    for name in ("blank_share", "blurred_share"):
        if not 0 <= (share := getattr(config, name)) < 1:
            raise InputError(f"--{name.replace('_', '-')} is {share:g}; it should be 0 to 1")


@dataclasses.dataclass(frozen=True)
class _Job:
    folder: Path
    start: int
    stop: int
    threshold: int | None  # None: do not measure


@dataclasses.dataclass(frozen=True)
class _Part:
    columns: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # hashes, sound, ink shares, sharpness
    damages: list[str]


def _jobs(dataset: Dataset, threshold: int | None) -> Iterator[_Job]:
    chunk = max(1, min(CHUNK_RECORDS, CHUNK_BYTES // int(np.prod(dataset.image_shape))))
    for start in range(0, len(dataset), chunk):
        yield _Job(dataset.folder, start, min(start + chunk, len(dataset)), threshold)


def _read(job: _Job) -> _Part:
    count = job.stop - job.start
    hashes, sound = np.zeros(count, np.uint64), np.zeros(count, bool)
    shares, sharpness = np.zeros(count, np.float32), np.zeros(count, np.float32)
    damages: list[str] = []
    for i in range(count):
        try:
            image = _dataset(job.folder).read_stored(job.start + i).image
        except WorkError as error:
            damages.append(str(error))
            continue
        hashes[i], sound[i] = hash_of_pixels(image), True
        if job.threshold is not None:
            gray = images.with_mode(image, "gray")[..., 0]
            shares[i] = ink_share(gray, job.threshold)
            sharpness[i] = laplacian_sharpness(gray)
    return _Part((hashes, sound, shares, sharpness), damages)


def _threshold(dataset: Dataset, config: SurveyConfig) -> int:
    """Between paper and ink, from records spread evenly over the dataset."""
    if config.ink_threshold is not None:
        return config.ink_threshold
    histogram = np.zeros(256, np.int64)
    count = min(SAMPLE, len(dataset))
    for i in range(count):
        try:
            image = dataset.read_stored(i * len(dataset) // count).image
        except WorkError:
            continue  # the survey will tell
        histogram += np.bincount(images.with_mode(image, "gray").ravel(), minlength=256)
    return ink_threshold(histogram)


def _judge(
    shares: np.ndarray, sharpness: np.ndarray, sound: np.ndarray, config: SurveyConfig
) -> tuple[np.ndarray, np.ndarray, float]:
    """Positions of blank and of blurred records, and the sharpness that the latter lack."""
    bare = bareness(shares) < config.blank_share
    drawn = sound & ~bare
    below = float(np.median(sharpness[drawn])) * config.blurred_share if drawn.any() else 0.0
    return np.flatnonzero(sound & bare), np.flatnonzero(drawn & (sharpness < below)), below


def _first_alike(hashes: np.ndarray, sound: np.ndarray) -> np.ndarray:
    """For each record the position of the first with its hash; damaged ones are like none."""
    first = np.arange(len(hashes))
    positions = np.flatnonzero(sound)
    _, index, inverse = np.unique(hashes[positions], return_index=True, return_inverse=True)
    first[positions] = positions[index[inverse]]
    return first


@functools.lru_cache(maxsize=1)
def _dataset(folder: Path) -> Dataset:
    return Dataset(folder, everything=True)
