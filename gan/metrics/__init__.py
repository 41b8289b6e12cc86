"""Metrics of generated images against real ones; no downloaded weights.

To add a metric, write a function (Measurement) -> Result in a file of its own and add it to METRICS.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from gan.data.doodles import DoodleReals
from gan.draw.family import DrawFamily
from gan.draw.variations import held_out_nats
from gan.metrics import kid, precision_recall
from gan.metrics.frechet import frechet_distance, moments, moments_distance
from gan.metrics.measure import Measurement, Result
from gan.metrics.nearest import closeness, nearest_pixels, picked, sheet
from gan.metrics.neighbours import nearest
from gan.metrics.ppl import perceptual_path_length
from gan.metrics.variety import relative

SHEET_ROWS = 16


def _frechet(m: Measurement) -> Result:
    distance = moments_distance(m.real_moments, moments(m.fake_features))
    return Result({"frechet": distance, "relative": distance / m.mean_variance})


def _kid(m: Measurement) -> Result:
    mean, std = kid.kernel_distance(m.real_features, m.fake_features, seed=m.options.seed)
    return Result({"kid": mean, "kid_std": std})


def _precision_recall(m: Measurement) -> Result:
    reals = m.real_features[: len(m.fake_features)]  # sets of equal size if possible
    precision, recall = precision_recall.precision_recall(reals, m.fake_features)
    return Result({"precision": precision, "recall": recall, "reals_compared": len(reals)})


def _ppl(m: Measurement) -> Result:
    length = perceptual_path_length(m.path_lengths())
    return Result({"ppl": length, "relative": length / m.mean_variance})


def _nearest(m: Measurement) -> Result:
    """First half of the sheet: images closest to a real one. Second half: the first generated images."""
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


def _variety(m: Measurement) -> Result:
    found = relative(m.fake_set.figures, m.real_set.figures)
    return Result({**found._asdict(), "compared": m.compared})


def _bound(m: Measurement) -> Result:
    """Of the held-out doodles of a run of DRAW: mean nats, and their standard error."""
    if not isinstance(m.generator.family, DrawFamily) or not isinstance(m.reals, DoodleReals):
        raise InputError("--metrics bound: is measured on runs of DRAW (inkloop gan train draw)")
    family, (images, labels) = m.generator.family, m.reals.held_out_images()
    inks, key = np.asarray(family.ink(jnp.asarray(images))), jax.random.key(m.options.seed)
    reconstruction, kl = held_out_nats(key, family, m.generator.params, inks, labels=labels)
    total = (reconstruction + kl).astype(np.float64)
    values = {"nats": float(total.mean()), "nats_reconstruction": float(reconstruction.mean())}
    values |= {"nats_kl": float(kl.mean()), "nats_error": float(total.std() / len(total) ** 0.5)}
    return Result({**values, "held_out": len(m.reals.held_out)})


def _frechet_by_position(m: Measurement) -> Result:
    """Of `gan.metrics.features.position_features`, whatever the extractor; of sets of equal size."""
    reals, fakes = m.real_set.positions, m.fake_set.positions
    distance = frechet_distance(reals, fakes)
    values = {"frechet_by_position": distance, "relative": distance / (float(reals.var(0).mean()) or 1.0)}
    return Result({**values, "compared": m.compared})


METRICS: dict[str, Callable[[Measurement], Result]] = {
    "frechet": _frechet,
    "kid": _kid,
    "precision-recall": _precision_recall,
    "ppl": _ppl,
    "nearest": _nearest,
    "variety": _variety,
    "frechet-by-position": _frechet_by_position,
    "bound": _bound,
}
"""Name -> metric; `gan metrics` computes all of them, in this order, unless --metrics selects some."""


def defaults(m: Measurement) -> list[str]:
    """Metrics that are computed unless some are selected: all that the generator has."""
    return [name for name in METRICS if name != "bound" or isinstance(m.generator.family, DrawFamily)]


_STANDARD = {"frechet": "fid", "kid": "kid"}


def standard_name(metric: str, m: Measurement) -> str | None:
    """fid50k_full, kid50k_full, ...; None if the values are not comparable with published ones.

    Comparable: FID's network with the reference protocol, a multiple of 1000 generated images without
    truncation, all real images.
    """
    options = m.options
    standard = m.extractor.identity.startswith("inception-tensorflow") and m.every_real
    if metric not in _STANDARD or not standard or options.truncation != 1 or options.images % 1000:
        return None
    return f"{_STANDARD[metric]}{options.images // 1000}k_full"
