"""Measure metrics once: results are written to a file and read from it for the same settings."""

import hashlib
import json
import time
from pathlib import Path
from typing import NamedTuple

from data_prep.images import write_image
from gan.metrics import METRICS, standard_name
from gan.metrics.measure import Measurement
from gan.metrics.results import append, find, read_results, replacing_among, summary


class Recorded(NamedTuple):
    """Result of `record`.

    Attributes:
        line: summary for the terminal, with a warning if the number of images biases the value and no earlier
            line of the file has the same numbers.
        values: by name.
    """

    line: str
    values: dict[str, float]


def record(metric: str, measurement: Measurement, out: Path) -> Recorded:
    """Measure a metric, or read the result written before with the same settings.

    Args:
        metric: name in `METRICS`.
        measurement: its inputs.
        out: results file to append to; the sheet of a metric is written to its folder.

    Raises: InputError: `out` is not a results file.
    """
    settings = {"metric": metric, **measurement.identity(metric)}
    written = read_results(out)
    earlier = find(written, settings)
    if earlier is not None and out.with_name(earlier.get("sheet", out.name)).is_file():
        return Recorded(f"{summary(earlier)} (measured before)", earlier["values"])
    start, nimg = time.monotonic(), measurement.generator.nimg
    result = METRICS[metric](measurement)
    line = {"metric": metric, "values": {k: float(f"{v:.7g}") for k, v in result.values.items()}} | settings
    if (standard := standard_name(metric, measurement)) is not None:
        line["name"] = standard
    shown = ""
    if result.sheet is not None:
        digest = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:6]
        sheet = out.with_name(f"{out.stem}-nearest-{nimg:09d}-{digest}.png")
        with replacing_among(sheet) as partial:
            write_image(partial, result.sheet)
        line["sheet"], shown = sheet.name, f"; {sheet}"
    append(out, line | {"nimg": nimg, "sec": round(time.monotonic() - start, 2)})
    numbers = {name: line[name] for name in ("metric", "extractor", "images", "reals")}
    warning = "" if find(written, numbers) else _warning(metric, measurement)  # once per file
    return Recorded(summary(line) + shown + warning, line["values"])


def _warning(metric: str, measurement: Measurement) -> str:
    """Warning for a strongly biased value, or an empty string."""
    if metric != "frechet":
        return ""
    few = min(measurement.options.images, measurement.real_count)
    if few > (dimensions := measurement.real_features.shape[1]):
        return ""
    return f"; {few} images for {dimensions} features: the distance is biased upwards"
