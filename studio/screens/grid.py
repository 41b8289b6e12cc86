"""Grid: the lattice by which `data-prep blob` cuts pages, and its offset on each page."""

import shlex
from pathlib import Path
from typing import Any

import numpy as np

from configs.data_prep import CONFIGS
from data_prep.errors import InputError
from data_prep.images import read_header
from data_prep.pages.adjustments import Adjustment
from data_prep.pages.grid import cell_px, reach_px
from data_prep.progress import Failures, counted
from data_prep.tiles.blob_plan import BlobConfig, plan_blobs, plan_pages
from studio.config_fields import changed_fields, flags
from studio.handlers import Call, get, post
from studio.page_adjustments import page_of, pages_of

DEFAULT: BlobConfig = CONFIGS["blob"]


def listing(call: Call) -> Any:
    """Pages of a folder with their offsets, and the version of adjustments.json."""
    pages = pages_of(call)
    project = call.studio.project
    return {
        "name": project.name_of(call.entry("folder")),
        "dpi": stored_dpi(pages.paths),
        "version": call.studio.versions.current(pages.adjustments_file),
        "pages": [
            {
                "id": project.id_of(path),
                "name": path.name,
                "offset_cell": pages.adjustments[path.name].offset_cell,
            }
            for path in pages.paths
        ],
    }


def stored_dpi(paths: list[Path]) -> float | None:
    """The resolution that the first readable page stores."""
    for path in paths:
        try:
            return read_header(path).dpi
        except InputError:
            continue
    return None


def config_of(call: Call) -> BlobConfig:
    """Settings of the query: dpi, rows, cols, tile_px, steps, size, outside."""
    rows, cols = (
        "auto" if call.query.get(name, "auto") == "auto" else call.integer(name, low=1, high=10_000)
        for name in ("rows", "cols")
    )
    size = call.integer("size", low=0, high=4096, default=0)
    return BlobConfig(
        dpi=call.number("dpi", low=2, high=10_000, default=DEFAULT.dpi),
        rows=rows,  # type: ignore[arg-type]
        cols=cols,  # type: ignore[arg-type]
        tile_px=call.integer("tile_px", low=2, high=10_000, default=DEFAULT.tile_px),
        steps=call.integer("steps", low=1, high=64, default=DEFAULT.steps),
        size=size or None,
        outside="paper" if call.query.get("outside") == "paper" else "skip",
    )


def plan(call: Call) -> Any:
    """The lattice and tile centres of one page at an offset: its own, or `x`, `y` of the query."""
    pages, config = pages_of(call), config_of(call)
    path = page_of(call, pages)
    offset = pages.adjustments[path.name].offset_cell
    if "x" in call.query:
        offset = call.number("x", low=-1e4, high=1e4), call.number("y", low=-1e4, high=1e4)
    cell = {"cell_px": cell_px(config.dpi), "offset_cell": offset}
    try:
        (planned,), _ = plan_pages([path], config, {path.name: Adjustment(offset)}, report=Failures())
    except InputError as error:
        return cell | {"error": str(error)}
    centers = planned.centers  # the product of columns and rows
    kept = np.zeros(len(centers), bool)
    kept[planned.indices] = True
    xs, ys = np.unique(centers[:, 0]), np.unique(centers[:, 1])
    grid = kept.reshape(len(ys), len(xs))
    return cell | {
        "box_px": planned.grid.box_px,
        "rows": planned.grid.rows,
        "cols": planned.grid.cols,
        "xs": xs,
        "ys": ys,
        "x_kept": grid.any(axis=0),  # a tile is cut if its column and its row are
        "y_kept": grid.any(axis=1),
        "reach_px": reach_px(config.tile_px),
        "count": len(planned.indices),
        "leaving": planned.leaving,
    }


def total(call: Call) -> Any:
    """Tiles of all pages, their size on disk, warnings and the command that cuts them."""
    pages, config = pages_of(call), config_of(call)
    warnings: list[str] = []
    command = shlex.join(["inkloop", *words(call, config)])
    try:
        planned = plan_blobs(pages, config, warn=warnings.append)
    except InputError as error:
        return {"error": str(error), "command": command}
    height, width, channels = planned.image_shape
    warnings += [f"{name}: {reason}" for name, reason in planned.failures.items()]
    return {
        "count": planned.count,
        "bytes": planned.count * height * width * channels,
        "mode": planned.mode,
        "warnings": warnings,
        "command": command,
    }


def words(call: Call, config: BlobConfig) -> list[str]:
    """Words of the command that cuts the tiles; settings that are the defaults are left out."""
    project, folder = call.studio.project, call.entry("folder")
    fields = ("dpi", "rows", "cols", "tile_px", "steps", "size", "outside")
    found = flags(changed_fields(config, DEFAULT, only=fields))
    return call.studio.jobs.words_with_out(
        lambda out: ["data-prep", "blob", project.name_of(folder), "--out", out, *found],
        f"{project.stem_of(folder)}-tiles",
    )


def cut(call: Call) -> Any:
    """Start the job that cuts the tiles of all pages."""
    pages = pages_of(call)
    title = f"Tiles of {counted(len(pages.paths), 'page')} of {pages.source.name}"
    return call.studio.jobs.start(words(call, config_of(call)), title=title).as_json()


routes = [
    get("/api/grid/{folder}", listing),
    get("/api/grid/{folder}/total", total),
    get("/api/grid/{folder}/page/{page}", plan),
    post("/api/grid/{folder}/cut", cut),
]
