"""`gan curves`: how a run went, as a picture."""

from pathlib import Path

import tyro

from data_prep.errors import InputError


def curves(run: tyro.conf.Positional[Path], *, out: Path | None = None, overwrite: bool = False) -> None:
    """Draw a run's log: losses, penalties, augmentation, metrics and images per second.

    Args:
        run: run folder; it may still be training.
        out: PNG file; RUN/curves.png, drawn anew each time, if not given.
        overwrite: replace the file that --out names.
    """
    from gan.metrics.results import FILE as RESULTS
    from gan.metrics.results import read_results
    from gan.monitoring.plots import draw_curves, log_series, result_series
    from gan.runs.log import FILE, read_log

    if not (run / FILE).is_file():
        raise InputError(f"{run} holds no {FILE}; name the folder given to gan train --run")
    if out is not None and out.suffix.lower() != ".png":
        raise InputError(f"--out {out}: the picture is a PNG; name it .png")
    if out is not None and out.exists() and not overwrite:
        raise InputError(f"{out} exists; choose another --out, or replace it with --overwrite")
    series = log_series(read_log(run)) | result_series(read_results(run / RESULTS))
    picture = out or run / "curves.png"
    draw_curves(picture, series, title=run.resolve().name)
    print(f"{picture}  {len(series)} curves")
