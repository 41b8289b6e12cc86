"""How far generated images are from real ones, as pure functions of features; no downloaded weights."""

import dataclasses
from collections.abc import Callable

import numpy as np

from gan.metrics import kid, precision_recall
from gan.metrics.frechet import moments, moments_distance
from gan.metrics.measure import Measurement
from gan.metrics.nearest import closeness, nearest_pixels, picked, sheet
from gan.metrics.neighbours import nearest
from gan.metrics.ppl import perceptual_path_length

SHEET_ROWS = 16


@dataclasses.dataclass(frozen=True)
class Result:
    """What a metric found: numbers by name, perhaps a picture."""

    values: dict[str, float]
    sheet: np.ndarray | None = None


def _frechet(m: Measurement) -> Result:
    distance = moments_distance(m.real_moments, moments(m.fake_features))
    return Result({"frechet": distance, "relative": distance / m.spread})


def _kid(m: Measurement) -> Result:
    mean, std = kid.kernel_distance(m.real_features, m.fake_features, seed=m.options.seed)
    return Result({"kid": mean, "kid_std": std})


def _precision_recall(m: Measurement) -> Result:
    reals = m.real_features[: len(m.fake_features)]  # sets of equal size, where there are enough
    precision, recall = precision_recall.precision_recall(reals, m.fake_features)
    return Result({"precision": precision, "recall": recall, "reals_compared": len(reals)})


def _ppl(m: Measurement) -> Result:
    length = perceptual_path_length(m.path_lengths())
    return Result({"ppl": length, "relative": length / m.spread})


def _nearest(m: Measurement) -> Result:
    """Half the rows of the sheet come closest to a real image, the others are the first ones generated."""
    ratio, _ = closeness(m.real_features, m.fake_features)
    rows = min(SHEET_ROWS, len(ratio))
    first = np.arange(rows // 2)
    others = np.argsort(ratio, kind="stable")
    shown = np.concatenate([others[~np.isin(others, first)][: rows - rows // 2], first])
    fakes = np.concatenate(list(m.fakes(shown)))
    k = min(3, m.real_count)
    by_features = nearest(m.fake_features[shown], m.real_features, k=k)[1]
    rms, by_pixels = nearest_pixels(fakes, m.real_batches(), k=k)
    columns = picked(m.real_batches(), np.stack([by_features, by_pixels]))
    values = {"median_ratio": float(np.median(ratio)), "least_ratio": float(ratio.min())}
    values["least_rms"] = float(rms.min())
    return Result(values, sheet(fakes[:, None], *columns))


METRICS: dict[str, Callable[[Measurement], Result]] = {
    "frechet": _frechet,
    "kid": _kid,
    "precision-recall": _precision_recall,
    "ppl": _ppl,
    "nearest": _nearest,
}
"""Name -> metric."""

_STANDARD = {"frechet": "fid", "kid": "kid"}


def standard_name(metric: str, m: Measurement) -> str | None:
    """fid50k_full, kid50k_full, ...: only where the numbers are comparable with published ones.

    That takes FID's network by the reference's protocol, whole thousands of generated images, not
    truncated, against every real one.
    """
    options = m.options
    standard = m.extractor.identity.startswith("inception-tensorflow") and m.every_real
    if metric not in _STANDARD or not standard or options.truncation != 1 or options.images % 1000:
        return None
    return f"{_STANDARD[metric]}{options.images // 1000}k_full"
