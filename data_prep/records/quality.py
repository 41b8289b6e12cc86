"""Survey the records of a dataset: damaged, duplicate, blank and blurred ones; each is read once.

The ink fraction counts pixels darker than a threshold midway between paper and ink (`ink_threshold`): 0 is
bare paper, 1 all ink. Sharpness is the energy of the Laplacian, a common measure of focus (Subbarao, Choi,
Nikzad 1993, "Focusing techniques"), divided by that of the gradient, so that it depends neither
on the contrast nor on the number of lines.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from data_prep import images
from data_prep.checksums import hash_of_pixels
from data_prep.errors import InputError, WorkError
from data_prep.records.dataset import Dataset, shown
from data_prep.workers import map_in_order

MIN_CONTRAST = 32  # between the means of paper and ink; less is noise
DEFAULT_THRESHOLD = 160  # at too little contrast; the threshold of fill


def ink_threshold(histogram: np.ndarray) -> int:
    """Lightness threshold between ink and paper (Otsu 1979).

    Args:
        histogram: int [256], pixel counts by lightness.
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
    threshold = int(best.mean())  # the centre of a range without pixels
    return threshold if np.nan_to_num(contrast[best[0]]) >= MIN_CONTRAST else DEFAULT_THRESHOLD


def ink_fraction(gray: np.ndarray, threshold: int) -> float:
    """Fraction of the pixels of uint8 [H, W] that are ink: at most `threshold`."""
    return np.count_nonzero(gray <= threshold) / gray.size


def bareness(fractions: np.ndarray) -> np.ndarray:
    """Smaller of the fractions of ink and paper, 0 to 1/2; near 0 for blank tiles, white or black."""
    return np.minimum(fractions, 1 - fractions)


def laplacian_sharpness(gray: np.ndarray) -> float:
    """Energy of the Laplacian divided by that of the gradient of uint8 [H, W], 0 to 8; 0 if constant.

    A sharp step edge has about 2; a Gaussian blur reduces it as 1 / sigma**2.
    """
    values = gray.astype(np.int16)
    right, down = np.diff(values, axis=1), np.diff(values, axis=0)
    gradient = _energy(right) + _energy(down)
    if not gradient:
        return 0.0
    # The Laplacian is the divergence of the differences; there are none across the border.
    laplacian = np.zeros_like(values)
    laplacian[:, :-1] += right
    laplacian[:, 1:] -= right
    laplacian[:-1] += down
    laplacian[1:] -= down
    return _energy(laplacian) / gradient


def _energy(values: np.ndarray) -> int:
    """Sum of squares, exact."""
    return int(np.square(values.ravel(), dtype=np.int32).sum(dtype=np.int64))


SAMPLE = 512  # records from which the ink threshold is computed
CHUNK_BYTES = 1 << 25  # of pixels per job
CHUNK_RECORDS = 4096


@dataclasses.dataclass(frozen=True)
class SurveyConfig:
    """Thresholds of blank and blurred records."""

    ink_threshold: int | None = None
    """Maximum lightness of ink, 0 to 255; None: computed from the dataset (Otsu)."""
    blank_fraction: float = 0.002
    """Records with a smaller fraction of ink, or of paper, are blank."""
    blurred_fraction: float = 0.4
    """Records below this fraction of the median sharpness are blurred; a Gaussian blur of 1.5 px brings
    line drawings below the default."""


@dataclasses.dataclass(frozen=True)
class Survey:
    """Result of a survey, by position among all stored records."""

    damages: list[str]
    sound: np.ndarray  # bool [N]
    first: np.ndarray  # int64 [N], position of the first record with the same pixels, or its own
    ink_threshold: int
    ink_fraction: np.ndarray  # float32 [N]; 0 if not measured
    sharpness: np.ndarray  # float32 [N]
    blank: np.ndarray  # int64, positions
    blurred: np.ndarray
    blurred_below: float  # sharpness

    @property
    def duplicates(self) -> np.ndarray:
        """Positions of records that repeat an earlier one, int64."""
        return self.duplicates_among(np.ones(len(self.first), bool))

    def duplicates_among(self, included: np.ndarray) -> np.ndarray:
        """Like `duplicates`, among the records where bool [N] is set; one copy of each is not listed."""
        positions = np.flatnonzero(included)
        _, earliest = np.unique(self.first[positions], return_index=True)
        return np.delete(positions, earliest)

    def add_reasons(
        self, reasons: dict[str, list[int]], *, blank: bool, blurred: bool, duplicates: bool
    ) -> None:
        """Replace the positions of the chosen reasons in `reasons`, as `dataset.exclude` takes them."""
        if blank:
            reasons["blank"] = self.blank.tolist()
        if blurred:
            reasons["blurred"] = self.blurred.tolist()
        if duplicates:
            others = shown(len(self.first), reasons, but="duplicate")
            reasons["duplicate"] = self.duplicates_among(others).tolist()


def survey(
    folder: Path,
    config: SurveyConfig,
    *,
    measure: bool,
    workers: int,
    on_record: Callable[[int], None] = lambda count: None,
) -> Survey:
    """Read all records of a dataset, including excluded ones, and verify the checksums of its shards.

    Duplicates have the same 64-bit hash of pixels; among a million records, the probability of a collision
    is one in forty million.

    Args:
        folder: dataset folder.
        config: thresholds.
        measure: whether to measure ink and sharpness.
        workers: number of processes; does not affect the result.
        on_record: called with the number of records read since the last call.

    Raises: InputError: not a dataset, or an invalid threshold. Damage is part of the result.
    """
    check(config)
    _dataset.cache_clear()  # the folder may have changed since
    dataset = Dataset(folder, everything=True)
    threshold = _threshold(dataset, config) if measure else None
    hashes, sound = np.zeros(len(dataset), np.uint64), np.zeros(len(dataset), bool)
    fractions, sharpness = np.zeros(len(dataset), np.float32), np.zeros(len(dataset), np.float32)
    damages: list[str] = []
    jobs = list(_jobs(dataset, threshold))
    for job, part in zip(jobs, map_in_order(_read, jobs, workers=min(workers, len(jobs))), strict=True):
        span = slice(job.start, job.stop)
        hashes[span], sound[span], fractions[span], sharpness[span] = part.columns
        damages += part.damages
        on_record(job.stop - job.start)
    for shard, (start, stop) in enumerate(dataset.spans()):
        # The checksum also covers bytes between records; damaged records are listed already.
        if sound[start:stop].all() and (damage := dataset.shard_damage(shard)):
            damages.append(damage)
    nothing = np.arange(0)
    blank, blurred, below = (
        _judge(fractions, sharpness, sound, config) if measure else (nothing, nothing, 0.0)
    )
    found = _first_alike(hashes, sound)
    return Survey(damages, sound, found, threshold or 0, fractions, sharpness, blank, blurred, below)


def check(config: SurveyConfig) -> None:
    """Validate; raise InputError naming the flag."""
    if config.ink_threshold is not None and not 0 <= config.ink_threshold <= 255:
        raise InputError(f"--ink-threshold {config.ink_threshold}: must be 0 to 255")
    for name in ("blank_fraction", "blurred_fraction"):
        if not 0 <= (fraction := getattr(config, name)) < 1:
            raise InputError(f"--{name.replace('_', '-')} {fraction:g}: must be at least 0 and below 1")


@dataclasses.dataclass(frozen=True)
class _Job:
    folder: Path
    start: int
    stop: int
    threshold: int | None  # None: do not measure


@dataclasses.dataclass(frozen=True)
class _Part:
    columns: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # hashes, sound, ink fractions, sharpness
    damages: list[str]


def _jobs(dataset: Dataset, threshold: int | None) -> Iterator[_Job]:
    chunk = max(1, min(CHUNK_RECORDS, CHUNK_BYTES // int(np.prod(dataset.image_shape))))
    for start in range(0, len(dataset), chunk):
        yield _Job(dataset.folder, start, min(start + chunk, len(dataset)), threshold)


def _read(job: _Job) -> _Part:
    count = job.stop - job.start
    hashes, sound = np.zeros(count, np.uint64), np.zeros(count, bool)
    fractions, sharpness = np.zeros(count, np.float32), np.zeros(count, np.float32)
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
            fractions[i] = ink_fraction(gray, job.threshold)
            sharpness[i] = laplacian_sharpness(gray)
    return _Part((hashes, sound, fractions, sharpness), damages)


def _threshold(dataset: Dataset, config: SurveyConfig) -> int:
    """Ink threshold, from records at even intervals of the dataset."""
    if config.ink_threshold is not None:
        return config.ink_threshold
    histogram = np.zeros(256, np.int64)
    count = min(SAMPLE, len(dataset))
    for i in range(count):
        try:
            image = dataset.read_stored(i * len(dataset) // count).image
        except WorkError:
            continue  # the survey reports it
        histogram += np.bincount(images.with_mode(image, "gray").ravel(), minlength=256)
    return ink_threshold(histogram)


def _judge(
    fractions: np.ndarray, sharpness: np.ndarray, sound: np.ndarray, config: SurveyConfig
) -> tuple[np.ndarray, np.ndarray, float]:
    """Positions of blank and of blurred records, and the sharpness threshold."""
    bare = bareness(fractions) < config.blank_fraction
    drawn = sound & ~bare
    below = float(np.median(sharpness[drawn])) * config.blurred_fraction if drawn.any() else 0.0
    return np.flatnonzero(sound & bare), np.flatnonzero(drawn & (sharpness < below)), below


def _first_alike(hashes: np.ndarray, sound: np.ndarray) -> np.ndarray:
    """For each record the position of the first with the same hash; damaged ones match none."""
    first = np.arange(len(hashes))
    positions = np.flatnonzero(sound)
    _, index, inverse = np.unique(hashes[positions], return_index=True, return_inverse=True)
    first[positions] = positions[index[inverse]]
    return first


@functools.lru_cache(maxsize=1)
def _dataset(folder: Path) -> Dataset:
    return Dataset(folder, everything=True)
