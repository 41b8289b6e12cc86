"""`gan curves`: plot the log of a run."""

from pathlib import Path

import tyro

from data_prep.errors import InputError


def curves(run: tyro.conf.Positional[Path], *, out: Path | None = None, overwrite: bool = False) -> None:
    """Plot a run's log: losses, penalties, augmentation, metrics and images per second.

    Args:
        run: run folder; it may still be training.
        out: PNG file; default: RUN/curves.png, replaced each time.
        overwrite: replace the file named by --out.
    """
    from data_prep.outputs import check_file
    from gan.metrics.results import FILE as RESULTS
    from gan.metrics.results import read_results
    from gan.monitoring.plots import draw_curves, log_series, result_series
    from gan.runs.log import FILE, read_log

    if not (run / FILE).is_file():
        raise InputError(f"{run} holds no {FILE}; name a run folder of gan train")
    if out is not None:
        check_file(out, suffix=".png", overwrite=overwrite)
    series = log_series(read_log(run)) | result_series(read_results(run / RESULTS))
    plot = out or run / "curves.png"
    draw_curves(plot, series, title=run.resolve().name)
    print(f"{plot}  {len(series)} curves")
