"""Explore: images of a trained network by seed, direction and mixture; stored latents; projections."""

import dataclasses
import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from starlette.responses import Response

from data_prep.errors import InputError
from data_prep.images import is_named_image, read_header
from studio.generators import cached, dataset_of, generator_of
from studio.handlers import Call, get, post, put, send_bytes, upload
from studio.latents import kept_file, read_kept, remember, resolve, write_kept
from studio.pyramid import encode_png

MOST_EDITS = 64  # images of one request
MOST_KEPT = 500
COMPARED = 500  # training tiles
NEAREST = 3
MOST_MOVE = 1e9  # strength of a direction
MOST_SIDE_PX = 2048  # of a canvas in the page
TARGETS = "targets"  # folder of images to project


def state(call: Call) -> Any:
    """The network, files that fit it, and stored latents."""
    run = call.entry("run")
    found = call.studio.device.run(object(), lambda: _network(run))
    file = kept_file(call, run)
    entries, _ = read_kept(file)
    files = [(entry, _described(call.studio.project.root / entry.name)) for entry in _npz(call)]
    shape = (found["layers"], found["w_dim"])
    fitting = [(entry, about) for entry, about in files if about is not None and about.shape == shape]
    return found | {
        "name": call.studio.project.name_of(run),
        "directions": [
            {"id": entry.id, "name": entry.name, "count": about.count}
            for entry, about in fitting
            if about.kind == "directions"
        ],
        "files": [
            {"id": entry.id, "name": entry.name, "count": about.count}
            for entry, about in fitting
            if about.kind == "latents" and about.header.get("style") == "projection"
        ],
        "kept": {"name": file.name, "version": call.studio.versions.current(file), "entries": entries},
    }


def images(call: Call) -> Response:
    """Images of edits, side by side in one PNG, at about the requested size. Latest wins per page and use."""
    side_px = call.integer("side_px", low=16, high=2048, default=256)
    work = _edited(call)
    name = ("explore", call.text("tab", default=""), call.text("use", default=""))

    def draw() -> bytes:
        from gan.explore.preview import preview_images

        generator, w = work()
        return encode_png(_side_by_side(preview_images(generator, w, side_px=side_px)))

    return send_bytes(call.studio.device.run(name, draw), "image/png")


def nearest(call: Call) -> Response:
    """The training tiles nearest to one edit, side by side in a PNG; their distances are in a header."""
    work, run = _edited(call), call.entry("run")
    data = call.studio.project.inside(dataset_of(call.studio.project, run))
    name = ("explore nearest", call.text("tab", default=""))
    images, distances = call.studio.device.run(name, lambda: _nearest(run, data, *work()))
    response = send_bytes(encode_png(_side_by_side(images)), "image/png")
    response.headers["x-distances"] = " ".join(f"{value:.4f}" for value in distances)
    return response


def keep(call: Call) -> Any:
    """Write the stored latents: entries are {"edit", "note"}; plain edits name latents that are there."""
    run = call.entry("run")
    entries = call.body.get("entries")
    if not isinstance(entries, list) or len(entries) > MOST_KEPT:
        raise InputError(f"entries: must be a list of at most {MOST_KEPT}")
    notes = [str(entry.get("note", ""))[:200] for entry in entries if isinstance(entry, dict)]
    file = kept_file(call, run)
    edits = [entry.get("edit") for entry in entries if isinstance(entry, dict)]
    work = _edited(call, edits=edits) if edits else None

    def compute() -> tuple[str, np.ndarray]:
        if work is not None:
            generator, w = work()
            return generator.identity, w
        return "", np.zeros((0, 1, 1), np.float32)

    identity, w = call.studio.device.run(object(), compute)  # every one runs
    version = call.studio.versions.write(
        file, lambda: write_kept(file, w, notes, generator=identity), if_match=call.if_match
    )
    return {
        "version": version,
        "entries": [{"id": remember(row), "note": note} for row, note in zip(w, notes, strict=True)],
    }


def restore(call: Call) -> Any:
    """Undo: the bytes of an earlier version."""
    file = kept_file(call, call.entry("run"))
    version = call.studio.versions.restore(file, call.text("version"), if_match=call.text("if_match"))
    return {"version": version, "entries": read_kept(file)[0]}


def find_directions(call: Call) -> Any:
    """Start `gan directions` as a job."""
    words = _directions_words(call, call.entry("run"))
    return call.studio.jobs.start(words, title=f"Directions of {words[2]}").as_json()


def project(call: Call) -> Any:
    """Store an uploaded image and start `gan project` as a job."""
    assert call.upload is not None
    name = call.text("name")
    if not is_named_image(Path(name)):
        raise InputError(f"{name}: not an image")
    read_header(Path(name), data=call.upload.read_bytes())
    run = call.studio.project.path_of(call.text("run"))
    steps = call.integer("steps", low=10, high=10_000, default=300)
    target = call.studio.project.add_file(call.upload, TARGETS, name, numbered=True)
    given = ["gan", "project", call.studio.project.name_of(run), call.studio.project.name_of(target)]
    words = call.studio.jobs.words_with_out(
        lambda out: [*given, "--out", out, "--steps", str(steps)], f"{target.stem}-projected"
    )
    return call.studio.jobs.start(words, title=f"Projection of {name}").as_json()


def canvas(call: Call) -> Response:
    """The canvas of a seed as PNG, or the top left part of one that is too large for a page."""
    run = call.entry("run")
    seed, tileable, truncation = _canvas_of(call)
    text = call.text("canvas")
    name = ("explore", call.text("tab", default=""), "canvas")

    def draw() -> tuple[bytes, Any]:
        from gan.canvas.pages import iter_strips
        from gan.canvas.samples import plan_samples

        generator = generator_of(run)
        size = plan_samples(generator, text, tileable=tileable)
        assert size is not None
        height, width = min(size.height_px, MOST_SIDE_PX), min(size.width_px, MOST_SIDE_PX)
        shown = dataclasses.replace(size, height_px=height, width_px=width)
        if tileable and shown != size:
            raise InputError(
                f"tiles of more than {MOST_SIDE_PX} px a side are not shown here; write the file"
            )
        strips = iter_strips(generator, seed, shown, tileable=tileable, truncation=truncation)
        return encode_png(np.concatenate(list(strips))), size

    data, size = call.studio.device.run(name, draw)
    response = send_bytes(data, "image/png")
    response.headers["x-size"] = str(size)
    return response


def write_canvas(call: Call) -> Any:
    """Start `gan sample --canvas` as a job."""
    from gan.canvas.size import parse_size

    seed, tileable, truncation = _canvas_of(call)
    text = call.text("canvas")
    parse_size(text)
    words = ["--seeds", str(seed), "--canvas", text, *["--tileable"] * tileable]
    words += ["--truncation", f"{truncation:g}"] if truncation != 1 else []
    return _start_from(call, "gan", "sample", words, ending="canvas", title="Canvas")


def publish(call: Call) -> Any:
    """Start `export page` as a job: drawings from a seed on."""
    seed = call.integer("seed", low=0, high=2**31 - 1, default=0)
    truncation = call.number("truncation", low=0, high=1.5, default=1)
    words = ["--seed", str(seed)] if seed else []
    words += ["--truncation", f"{truncation:g}"] if truncation != 1 else []
    return _start_from(call, "export", "page", words, ending="page", title="Web page")


def _start_from(call: Call, program: str, command: str, words: list[str], *, ending: str, title: str) -> Any:
    """Start a command of this run, whose result gets a new name."""
    project, run = call.studio.project, call.entry("run")
    made = call.studio.jobs.words_with_out(
        lambda out: [program, command, project.name_of(run), "--out", out, *words],
        f"{project.stem_of(run)}-{ending}",
    )
    return call.studio.jobs.start(made, title=f"{title} of {project.name_of(run)}").as_json()


def _canvas_of(call: Call) -> tuple[int, bool, float]:
    """Seed, whether opposite edges meet, truncation."""
    seed = call.integer("seed", low=0, high=2**32 - 1, default=0)
    return seed, call.body.get("tileable") is True, call.number("truncation", low=0, high=2, default=1)


def _network(run: Path) -> dict[str, Any]:
    """What the page must know of a generator."""
    generator = generator_of(run)
    family = generator.family
    return {
        "height": generator.shape[0],
        "width": generator.shape[1],
        "layers": family.num_ws,
        "w_dim": family.w_dim,
        "parts": list(getattr(family, "parts", {})),
        "endless": hasattr(family, "canvas"),
        "classes": list(generator.class_names),
        "nimg": generator.nimg,
    }


def _edited(call: Call, *, edits: list[Any] | None = None) -> Callable[[], tuple[Any, np.ndarray]]:
    """Work for the device thread: the generator, and w of the edits of the body."""
    from gan.explore.latent_edits import LatentEdit, edited_latents

    run = call.entry("run")
    edits = call.body.get("edits") if edits is None else edits
    if not isinstance(edits, list) or not 1 <= len(edits) <= max(MOST_EDITS, MOST_KEPT):
        raise InputError(f"edits: must be a list of 1 to {MOST_EDITS}")
    truncation = call.number("truncation", low=0, high=2, default=1)
    directions = call.body.get("directions")
    file = call.studio.project.path_of(directions) if isinstance(directions, str) else None
    parsed = []
    for edit in edits:
        if not isinstance(edit, dict):
            raise InputError("an edit must be an object")
        mixed = edit.get("mixed")
        moves = edit.get("moves", [])
        if not isinstance(moves, list) or not all(is_move(move) for move in moves):
            raise InputError("moves: must be pairs of a direction and a number")
        parsed.append(
            LatentEdit(
                resolve(call, run, edit.get("source")),
                None if mixed is None else resolve(call, run, mixed),
                str(edit.get("layers", "")),
                tuple((int(number), float(strength)) for number, strength in moves),
            )
        )
    label = call.integer("label", low=0, high=10_000, default=0)

    def work() -> tuple[Any, np.ndarray]:
        generator = generator_of(run)
        steps = None if file is None else _directions(file)
        chosen = label if generator.class_names else None
        return generator, edited_latents(generator, parsed, truncation=truncation, steps=steps, label=chosen)

    return work


def is_move(move: Any) -> bool:
    """A pair of a whole number and a finite one, both of which are small enough for numpy."""
    if not (isinstance(move, list) and len(move) == 2 and all(type(value) in (int, float) for value in move)):
        return False
    return all(abs(value) < MOST_MOVE for value in move) and move[0] == int(move[0])


def _directions(file: Path) -> np.ndarray:
    from gan.runs.latent_files import read_directions

    found: np.ndarray = cached((file, file.stat().st_mtime_ns), lambda: read_directions(file))
    return found


def _nearest(run: Path, data: Path, generator: Any, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import jax.numpy as jnp

    from data_prep.progress import ignore
    from gan.metrics.measure import open_pair
    from gan.metrics.nearest import picked
    from gan.metrics.perceptual import distance_of
    from gan.metrics.perceptual_neighbours import SEED, compared_count, most_similar
    from gan.sample import images_of_w

    perceptual = cached(
        (run, "perceptual"), lambda: distance_of(run, None, shape=generator.shape, warn=ignore)
    )
    reals = cached((data, "reals"), lambda: open_pair(run, data=data)[1])
    count = compared_count(reals, requested=0 if reals.count < COMPARED else COMPARED, k=NEAREST)
    open_reals = functools.partial(reals.look, count, seed=SEED)
    distances, index = most_similar(
        perceptual, images_of_w(generator, jnp.asarray(w[:1])), open_reals, k=NEAREST
    )
    return picked(open_reals(), index)[0], distances[0]


def _directions_words(call: Call, run: Path) -> list[str]:
    name = call.studio.project.name_of(run)
    found = call.studio.device.run(object(), lambda: _network(run))
    method = [] if found["layers"] > 1 else ["--method", "sefa"]
    return call.studio.jobs.words_with_out(
        lambda out: ["gan", "directions", name, "--out", out, *method],
        f"{call.studio.project.stem_of(run)}-directions",
    )


def _npz(call: Call) -> list[Any]:
    return [entry for entry in call.studio.project.entries("path") if entry.name.endswith(".npz")]


def _described(path: Path) -> Any:
    from gan.runs.latent_files import describe_latents

    try:
        return describe_latents(path)
    except InputError:
        return None


def _side_by_side(images: np.ndarray) -> np.ndarray:
    """uint8 [N, H, W, C] in rows of ceil(sqrt(N)) images: the page cuts them apart."""
    from gan.runs.log import image_grid

    return image_grid(images, columns=math.isqrt(len(images) - 1) + 1)


routes = [
    get("/api/explore/{run}", state),
    post("/api/explore/{run}/images", images),
    post("/api/explore/{run}/nearest", nearest),
    put("/api/explore/{run}/kept", keep),
    post("/api/explore/{run}/kept/restore", restore),
    post("/api/explore/{run}/directions", find_directions),
    post("/api/explore/{run}/canvas", canvas),
    post("/api/explore/{run}/canvas/write", write_canvas),
    post("/api/explore/{run}/publish", publish),
    upload("/api/upload/explore", project),
]
