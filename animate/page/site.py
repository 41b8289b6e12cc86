"""Export a generator as a web page that plays it: static files that need no server program and no network.

<SITE>/index.html, style.css, *.js   the page
<SITE>/page.json                     the network's sizes, what to start with
<SITE>/canvas.onnx or synthesize.onnx, map.onnx     the networks
<SITE>/path.bin                      latents of a path file
<SITE>/runtime/                      onnxruntime
<SITE>/LICENSES.txt                  of all of these
"""

import dataclasses
import html
import os
import re
import shutil
from pathlib import Path
from typing import Any

from animate.config import BezierConfig, PathConfig, PeriodConfig
from animate.page.config import PageConfig
from animate.page.path_rows import PathRows, path_rows
from animate.page.runtime import FOLDER, LICENSE, find_runtime
from animate.paths.path import LatentPath
from data_prep import outputs
from data_prep.errors import InputError, WorkError
from data_prep.json_files import read_json
from gan.export.onnx_files import write_page_networks
from gan.export.onnx_networks import check_family
from gan.families.field import Field
from gan.sample import Generator

STATIC = Path(__file__).parent / "static"
COMMAND = "export page"
INDEX, PAGE, PATH, LICENSES = "index.html", "page.json", "path.bin", "LICENSES.txt"
NETWORKS = "canvas.onnx", "synthesize.onnx", "map.onnx"
SCHEMA = 1
KEYFRAMES = 8  # seeds that style `seeds` goes through
OWN_LICENSE = """The page (index.html, style.css, *.js): inkloop, licensed under Apache-2.0.
The networks (*.onnx) and path.bin were made by the user of inkloop.

"""


@dataclasses.dataclass(frozen=True)
class Site:
    """A page that was exported."""

    folder: Path
    is_new: bool  # False: it was there already
    size_bytes: int
    network_bytes: int
    is_half: bool = False
    error_levels: float = 0.0  # largest change of a pixel by half precision, of 255

    def __str__(self) -> str:
        if not self.is_new:
            return f"{self.folder}  already done"
        precision = f"half precision, error {self.error_levels:.2f}/255" if self.is_half else "float32"
        megabytes = f"{self.size_bytes / 1e6:.1f} MB, network {self.network_bytes / 1e6:.2f} MB ({precision})"
        return f"{self.folder}  {megabytes}; serve it with: python -m http.server -d {self.folder}"


def export_page(
    generator: Generator,
    folder: Path,
    *,
    config: PageConfig,
    name: str,
    path: LatentPath | None = None,
    path_name: str = "",
    source: Path | tuple[Path, ...] = (),
    overwrite: bool = False,
    runtime: Path | None = None,
) -> Site:
    """Write the page into `folder`, whole or not at all.

    Args:
        generator: of family progan, stylegan2 or field.
        folder: new or empty, or a page that is replaced.
        config: what it starts with.
        name: of the run: title of the page, and names of files that visitors save.
        path: that it starts with.
        path_name: its file, for messages.
        source: files that are read; none may lie in a folder that is replaced.
        overwrite: replace a page with other settings.
        runtime: folder of onnxruntime; default: where `get_runtime` puts it.

    Raises:
        InputError: another family, a path of another generator, no onnxruntime, or a folder that is not ours.
        WorkError: writing failed.
    """
    config.check()
    outputs.check_place(folder)
    check_family(generator.family)
    files = find_runtime() if runtime is None else find_runtime(folder=runtime)
    rows = None if path is None else path_rows(generator, path, name=path_name)
    settings = dataclasses.asdict(config) | {"name": name, "generator": generator.identity, "schema": SCHEMA}
    settings |= {"path": None if path is None else path.digest()}
    state = outputs.check_claim(
        folder, command=COMMAND, settings=settings, source=source, overwrite=overwrite
    )
    if state == "done":
        return Site(folder, False, *_sizes(folder))
    built = folder.with_name(outputs.partial_name(folder.absolute().name))
    if built.exists():
        shutil.rmtree(built)  # of a run that was killed
    try:
        outputs.claim(built, command=COMMAND, settings=settings)
        is_half, error = _write(generator, built, config=config, name=name, rows=rows, runtime=files)
        outputs.mark_done(built)
        _move(built, folder)
    except OSError as error_of_file:
        raise WorkError(f"{folder} could not be written: {error_of_file.strerror}") from error_of_file
    finally:
        shutil.rmtree(built, ignore_errors=True)
    return Site(folder, True, *_sizes(folder), is_half, error)


def _write(
    generator: Generator,
    folder: Path,
    *,
    config: PageConfig,
    name: str,
    rows: PathRows | None,
    runtime: list[Path],
) -> tuple[bool, float]:
    """Write all files; returns whether weights are in half precision, and what that changes."""
    title = config.title or name
    for file in sorted(STATIC.iterdir()):
        (folder / file.name).write_bytes(_titled(file, title))
    (folder / "runtime").mkdir()
    for file in runtime:
        shutil.copyfile(file, folder / "runtime" / file.name)
    (folder / LICENSES).write_text(OWN_LICENSE + LICENSE, encoding="utf-8")
    if rows is not None:
        (folder / PATH).write_bytes(rows.rows.tobytes())
    networks, is_half, error = write_page_networks(generator, folder)
    start = {
        "style": config.style if rows is None else "file",
        "seed": config.seed,
        "truncation": config.truncation if rows is None else rows.path.truncation,
        "ink": config.ink.lower(),
        "paper": config.paper.lower(),
    }
    described = {
        "schema": SCHEMA,
        "title": title,
        "name": re.sub(r"[^\w.-]+", "-", name).strip("-.") or "inkloop",
        "generator": generator.identity,
        "network": _network(generator, [file.name for file in networks]),
        "seconds": config.seconds,
        "options": {
            "seeds": KEYFRAMES,
            "segments": BezierConfig().segments,
            "cycles": PeriodConfig(seconds=config.seconds, fps=PathConfig().fps).cycles,
        },
        "start": start,
        "path": None if rows is None else rows.described(PATH),
    }
    outputs.write_json(folder / PAGE, described)
    return is_half, error


def read_site_file(folder: Path, name: str, *, runtime: Path = FOLDER) -> bytes:
    """A file of an exported page: networks and settings of the folder, but programs of this inkloop only.

    So a page in a folder that came from elsewhere runs no program of theirs.

    Args:
        folder: of the page.
        name: of the file, such as index.html or runtime/ort.wasm.
        runtime: folder of onnxruntime.

    Raises: InputError: pages have no such file, it is missing, or onnxruntime is.
    """
    if name in (PAGE, PATH, *NETWORKS):
        file = folder / name
    elif name in {path.name for path in STATIC.iterdir()}:
        page = read_json(folder / PAGE) if name == INDEX else {}
        return _titled(STATIC / name, str(page.get("title", "")) if isinstance(page, dict) else "")
    else:
        found = {f"runtime/{path.name}": path for path in find_runtime(folder=runtime)}
        file = found.get(name, folder / LICENSES)
        if name not in (*found, LICENSES):
            raise InputError(f"{name}: pages have no such file")
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{folder.name}/{name}: {error.strerror}; export the page again") from None


def _titled(file: Path, title: str) -> bytes:
    return file.read_bytes().replace(b"{{title}}", html.escape(title).encode())


def _network(generator: Generator, files: list[str]) -> dict[str, Any]:
    """The network's entry of page.json."""
    family = generator.family
    is_mapped = "map.onnx" in files
    found: dict[str, Any] = {
        "family": "field" if isinstance(family, Field) else "stylegan2" if is_mapped else "progan",
        "shape": list(family.shape),
        "z": family.z_dim,
        "styles": family.num_ws,
        "w": family.w_dim,
        "globalDim": 0,
        "statistics": 0,
        "localDim": 0,
        "cellPx": 0,
        "cells": {"rows": 1, "columns": 1},
        "classes": list(generator.class_names),
        "isMapped": is_mapped,
        "network": files[0],
        "map": "map.onnx" if is_mapped else None,
    }
    if isinstance(family, Field):
        rows, columns = family.cells
        found |= {
            "globalDim": family.config.global_dim,
            "statistics": family.config.statistics,
            "localDim": family.config.local_dim,
            "cellPx": family.config.cell_px,
            "cells": {"rows": rows, "columns": columns},
        }
    return found


def _move(built: Path, folder: Path) -> None:
    """Put the finished folder in its place; the one before is removed last."""
    if not folder.exists():
        os.replace(built, folder)
        return
    old = folder.with_name(outputs.partial_name(folder.absolute().name, ending=".old"))
    shutil.rmtree(old, ignore_errors=True)
    os.replace(folder, old)
    os.replace(built, folder)
    shutil.rmtree(old)


def _sizes(folder: Path) -> tuple[int, int]:
    """Bytes of all files, and of the networks."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return sum(f.stat().st_size for f in files), sum(f.stat().st_size for f in files if f.suffix == ".onnx")
