"""Metrics measured once and written down, to be found again when asked again."""

import hashlib
import json
import time
from pathlib import Path

from data_prep.images import write_image
from gan.metrics import METRICS, standard_name
from gan.metrics.measure import Measurement
from gan.metrics.results import append, find, read_results, replacing_among, told


def record(metric: str, measurement: Measurement, out: Path) -> tuple[str, dict[str, float]]:
    """Measure, or find the line that was written before with all the same settings.

    Args:
        metric: of `METRICS`.
        measurement: what is measured.
        out: results file, to which a line is added; a metric's sheet is written beside it.

    Returns:
        (a line for the eye, with a warning where the number of images distorts the value and no earlier line
        of the file has the same; values by name).

    Raises: InputError: `out` holds something else.
    """
    settings = {"metric": metric, **measurement.identity(metric)}
    written = read_results(out)
    earlier = find(written, settings)
    if earlier is not None and out.with_name(earlier.get("sheet", out.name)).is_file():
        return f"{told(earlier)} (measured before)", earlier["values"]
    begun, nimg = time.monotonic(), measurement.generator.nimg
    result = METRICS[metric](measurement)
    line = {"metric": metric, "values": {k: float(f"{v:.7g}") for k, v in result.values.items()}} | settings
    if (standard := standard_name(metric, measurement)) is not None:
        line["name"] = standard
    seen = ""
    if result.sheet is not None:
        digest = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:6]
        sheet = out.with_name(f"{out.stem}-nearest-{nimg:09d}-{digest}.png")
        with replacing_among(sheet) as partial:
            write_image(partial, result.sheet)
        line["sheet"], seen = sheet.name, f"; {sheet}"
    append(out, line | {"nimg": nimg, "sec": round(time.monotonic() - begun, 2)})
    alike = {name: line[name] for name in ("metric", "extractor", "images", "reals")}
    warning = "" if find(written, alike) else _warning(metric, measurement)  # told once a file
    return told(line) + seen + warning, line["values"]


def _warning(metric: str, measurement: Measurement) -> str:
    """What the eye should know of a value that cannot be right."""
    if metric != "frechet":
        return ""
    few = min(measurement.options.images, measurement.real_count)
    if few > (dimensions := measurement.real_features.shape[1]):
        return ""
    return f"; {few} images for {dimensions} features: far too large a distance"
