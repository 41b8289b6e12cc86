"""`pack --pages`: pack whole pages, from which training cuts tiles."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from data_prep import outputs
from data_prep.commands.dataset_output import write_or_find
from data_prep.commands.page_selection import find_pages, fingerprint
from data_prep.errors import InputError
from data_prep.images import Mode
from data_prep.progress import Failures
from data_prep.records.pages import PagesConfig, plan_page_records
from data_prep.sources.pack import PackConfig


def check_flags(
    config: PackConfig, grid: PagesConfig, *, pages: bool, page: Sequence[str], adjustments: Path | None
) -> None:
    """Raise InputError naming a flag of `pack` that has no effect with, or without, --pages."""
    if pages:
        changed = {"size": config.size is not None, "labels": config.labels != "auto"}
        reason = "must not be combined with --pages: whole pages are stored, and training cuts them"
    else:
        changed = {"page": bool(page), "adjustments": adjustments is not None}
        default = PagesConfig()
        changed |= {name: getattr(grid, name) != getattr(default, name) for name in ("dpi", "rows", "cols")}
        reason = "requires --pages"
    for name, is_changed in changed.items():
        if is_changed:
            raise InputError(f"--{name}: {reason}")


def pack_pages(
    source: Path,
    out: Path,
    config: PagesConfig,
    *,
    page: Sequence[str],
    adjustments: Path | None,
    mode: Mode | None,
    max_megapixels: float,
    encoding: Literal["raw", "png"],
    shard_mb: float,
    workers: int,
    overwrite: bool,
) -> None:
    """Write one record per page of `source`, with its grid and the specimens of adjustments.json."""
    found = find_pages(source, chosen=page, adjustments=adjustments)
    failures = Failures("page")
    plan = plan_page_records(
        found.paths,
        config,
        found.adjustments,
        mode=mode,
        max_megapixels=max_megapixels,
        workers=workers,
        report=failures,
    )
    settings = dataclasses.asdict(config) | {"pages": [page.source for page in plan.pages], "mode": plan.mode}
    settings |= {
        "encoding": encoding,
        "shard_mb": shard_mb,
        "inputs": fingerprint([page.path for page in plan.pages]),
    }
    with outputs.work(
        out, command="data-prep pack --pages", settings=settings, source=source, overwrite=overwrite
    ) as state:
        shape = plan.image_shape
        write_or_find(
            "pack --pages", plan.records, out, state, shape, encoding, shard_mb, settings, kind="pages"
        )
        failures.leave()
