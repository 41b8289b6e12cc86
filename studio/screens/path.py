"""Path: keyframes, styles and files as latent paths; previews, timeline files, and videos as jobs."""

import dataclasses
import hashlib
import json
import math
import shlex
from pathlib import Path
from typing import Any

from starlette.responses import Response

from animate.config import PathConfig
from animate.layout_config import LayoutConfig
from animate.paths.keyframes_config import KeyframesConfig
from configs.animate import CONFIGS, FLIGHT
from data_prep import outputs
from data_prep.errors import InputError
from studio.config_fields import SECONDS, changed_fields, fields_of, flags, parsed
from studio.flights import Flights
from studio.generators import cached, generator_of
from studio.handlers import Call, get, post, send_bytes
from studio.latents import kept_file, read_kept
from studio.project import VIDEOS
from studio.pyramid import encode_png

FLIGHTS = Flights(FLIGHT)
ONE_IMAGE = LayoutConfig()
PAGE_STYLES = "bezier", "phase", "period", "circle"  # that a web page draws by itself
SHOWN_PX = 192  # longer side of the part of a canvas that is previewed
MOST_KEYS = 200
MOST_FRAMES = 240  # of a preview


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A path as a page describes it: a style with its config, or a file."""

    style: str
    config: PathConfig | None  # file names in it are absolute
    seed: int
    truncation: float
    constant_speed: bool
    file: Path | None
    keys: tuple[str, ...] = ()  # as a user in ROOT would type them
    layout: LayoutConfig = ONE_IMAGE


def state(call: Call) -> Any:
    """Styles with their fields, stored latents, and files of paths."""
    run = call.entry("run")
    entries, _ = read_kept(kept_file(call, run))
    return {
        "name": call.studio.project.name_of(run),
        "styles": [
            {"name": name, "about": (type(config).__doc__ or "").split("\n")[0], "fields": fields_of(config)}
            for name, config in CONFIGS.items()
            if name != "keyframes"
        ],
        "flight": FLIGHTS.fields(call, run),
        "kept": entries,
        "files": call.studio.project.entries("path", "timeline"),
        "videos": call.studio.project.entries("video"),
    }


def preview(call: Call) -> Any:
    """Length, speed and command of a path; its frames can be loaded by `id` from then on."""
    run, wanted = call.entry("run"), _wanted(call)
    count = call.integer("count", low=2, high=MOST_FRAMES, default=96)
    number = hashlib.blake2b(repr((run, wanted, count, _stamp(wanted))).encode(), digest_size=8).hexdigest()

    def compute() -> Any:
        from animate.preview import preview_path

        generator, path = _laid_out(generator_of(run), wanted)
        return generator, preview_path(generator, path, count=count, constant_speed=wanted.constant_speed)

    name = ("path", call.text("tab", default=""))
    _, found = call.studio.device.run(name, lambda: cached(("preview", number), compute))
    return {
        "id": number,
        "count": len(found.w),
        "frames": found.frame_count,
        "fps": found.fps,
        "seconds": found.frame_count / found.fps,
        "closed": found.closed,
        "speed": found.speed,
        "command": shlex.join(["inkloop", *_words(call, run, wanted, out="video.mp4")]),
    }


def frames(call: Call) -> Response:
    """Frames `first` to `first + count - 1` of a preview, side by side in rows of ceil(sqrt(count))."""
    number = call.params["id"]
    first = call.integer("first", low=0, high=MOST_FRAMES)
    count = call.integer("count", low=1, high=64)
    side_px = call.integer("side_px", low=16, high=512, default=128)

    def draw() -> bytes:
        from gan.explore.preview import preview_images
        from gan.runs.log import image_grid

        generator, found = cached(("preview", number), _gone)
        w = found.w[first : first + count]
        if not len(w):
            raise InputError(f"the preview has frames 0 to {len(found.w) - 1}")
        images = preview_images(generator, w, side_px=side_px)
        return encode_png(image_grid(images, columns=math.isqrt(len(images) - 1) + 1))

    data = call.studio.device.run(("frames", number, first, side_px), draw)
    return send_bytes(data, "image/png", cache=True)


def save(call: Call) -> Any:
    """Write the path as ROOT/NAME.json, which `inkloop animate timeline` reads."""
    run, wanted = call.entry("run"), _wanted(call)
    if wanted.config is None:
        raise InputError("this path is a file already")
    if wanted.layout != ONE_IMAGE:
        raise InputError("timelines have one image per frame; render this path as a video")
    name = call.text("name")
    file = call.studio.project.new_path(name if name.endswith(".json") else f"{name}.json")
    content = _timeline(wanted)

    def write() -> None:
        from animate.paths.timeline_file import read_timeline

        with outputs.replacing(file) as partial:
            partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            generator = call.studio.device.run(object(), lambda: generator_of(run))
            read_timeline(partial, latent_size=generator.z_dim)

    versions = call.studio.versions
    version = versions.write(file, write, if_match=call.if_match or versions.current(file))
    project = call.studio.project
    words = ["animate", "timeline", file.name, project.name_of(run), "--out", f"{file.stem}.mp4"]
    return {"name": file.name, "version": version, "command": shlex.join(["inkloop", *words])}


def render(call: Call) -> Any:
    """Start the command that renders the path, or a flight, as a job."""
    run = call.entry("run")
    name = call.text("name")
    if Path(name).suffix.lower() not in VIDEOS:
        name += ".mp4"
    out = call.studio.project.new_path(name)
    if call.body.get("style") == "flight":
        words = FLIGHTS.words(call, run, *FLIGHTS.wanted(call), out=out.name)
    else:
        words = _words(call, run, _wanted(call), out=out.name)
    return call.studio.jobs.start(words, title=f"Video {out.name}").as_json() | {"video": out.name}


def publish(call: Call) -> Any:
    """Start `export page` as a job: a page that plays the path, which is written to a file where it must."""
    project, run, wanted = call.studio.project, call.entry("run"), _wanted(call)
    if wanted.layout != ONE_IMAGE:
        raise InputError("web pages draw one path; a canvas fills the window by itself, so choose one image")
    if wanted.file is not None and wanted.file.suffix != ".json" and not wanted.constant_speed:
        words = [project.name_of(wanted.file)]
    elif (own := _page_words(wanted)) is not None:
        words = own
    else:
        words = [_write_path(call, run, wanted).name]
    made = call.studio.jobs.words_with_out(
        lambda out: ["export", "page", project.name_of(run), *words, "--out", out],
        f"{project.stem_of(run)}-page",
    )
    return call.studio.jobs.start(made, title=f"Web page of {project.name_of(run)}").as_json()


def _page_words(wanted: Wanted) -> list[str] | None:
    """Words after `export page RUN` of a path that the page draws by itself; None: it needs a file."""
    changed = _changed(wanted) if wanted.config is not None else {}
    if wanted.style not in PAGE_STYLES or set(changed) > {"seconds"} or wanted.constant_speed:
        return None
    assert wanted.config is not None
    words = ["--style", wanted.style, "--seed", str(wanted.seed)]
    words += ["--seconds", f"{wanted.config.frame_count / wanted.config.fps:g}"]
    return words + (["--truncation", f"{wanted.truncation:g}"] if wanted.truncation != 1 else [])


def _write_path(call: Call, run: Path, wanted: Wanted) -> Path:
    """Write the path to a new file of a free name in ROOT."""
    stem = f"{call.studio.project.stem_of(run)}-{wanted.style or 'timeline'}"

    def write() -> Path:
        from animate.paths.path_file import write_path
        from animate.pipeline import prepare_path

        generator = generator_of(run)
        path = prepare_path(generator, _path(generator, wanted), constant_speed=wanted.constant_speed)
        name = f"{stem}-{path.digest()[:8]}.npz"  # the same path has the same name
        file = call.studio.project.inside(call.studio.project.new_path(name))
        write_path(file, path)
        return file

    written: Path = call.studio.device.run(object(), write)
    return written


def _wanted(call: Call) -> Wanted:
    project, run = call.studio.project, call.entry("run")
    seed = call.integer("seed", low=0, high=2**32 - 1, default=0)
    truncation = call.number("truncation", low=0, high=2, default=1)
    constant = call.body.get("constant_speed") is True
    if isinstance(call.body.get("file"), str):
        return Wanted("", None, 0, 1.0, constant, project.path_of(call.text("file")))
    style, fields = call.text("style"), call.body.get("fields", {})
    if style not in CONFIGS or not isinstance(fields, dict):
        raise InputError(f"no style {style!r}; choose from {', '.join(CONFIGS)}")
    config = CONFIGS[style]
    changed = parsed(style, fields, config)
    if style != "keyframes":
        config = dataclasses.replace(config, **{"seconds": SECONDS} | changed)
        return Wanted(style, config, seed, truncation, constant, None, layout=_layout(call))
    config, keys = _keyframes(call, run, changed, constant=constant)
    return Wanted(style, config, 0, 1.0, constant, None, keys)


def _layout(call: Call) -> LayoutConfig:
    """What a frame shows. Raises: InputError: invalid."""
    given = call.body.get("layout", {})
    kinds = {"canvas": str, "mosaic": str, "still": bool, "global_still": bool}
    if not (isinstance(given, dict) and all(type(value) is kinds.get(name) for name, value in given.items())):
        raise InputError(f"layout: must be an object of {', '.join(kinds)}")
    layout = LayoutConfig(**given)
    layout.check()
    return layout


def _laid_out(generator: Any, wanted: Wanted) -> tuple[Any, Any]:
    """The generator of frames, and the path; of a canvas the top left part, SHOWN_PX at most."""
    if wanted.layout == ONE_IMAGE:
        return generator, _path(generator, wanted)
    from animate.canvas import canvas_path
    from animate.mosaic import mosaic_path
    from data_prep.progress import ignore
    from gan.canvas.size import parse_size

    assert wanted.config is not None
    if wanted.layout.canvas is not None:
        height, width = parse_size(wanted.layout.canvas)
        part = min(1.0, SHOWN_PX / max(height, width))
        size = f"{max(1, round(width * part))}x{max(1, round(height * part))}"
        layout = dataclasses.replace(wanted.layout, canvas=size)
        controls = _controls(wanted)
        return canvas_path(
            generator, wanted.style, wanted.config, layout, seed=wanted.seed, controls=controls, note=ignore
        )
    rows, columns = wanted.layout.mosaic_grid
    seeds = [(wanted.seed + i) % 2**32 for i in range(rows * columns)]
    paths = [_path(generator, dataclasses.replace(wanted, seed=seed)) for seed in seeds]
    return mosaic_path(generator, paths, grid=(rows, columns))


def _keyframes(
    call: Call, run: Path, fields: dict[str, Any], *, constant: bool
) -> tuple[KeyframesConfig, tuple[str, ...]]:
    """The config of keyframes {"id", "hold", "move"}, and its keys as a user in ROOT would type them."""
    given = call.body.get("keys")
    if not isinstance(given, list) or not 2 <= len(given) <= MOST_KEYS:
        raise InputError(f"keys: must be 2 to {MOST_KEYS} kept images")
    file = kept_file(call, run)
    index = {entry["id"]: i for i, entry in enumerate(read_kept(file)[0])}
    if missing := [key for key in given if not isinstance(key, dict) or key.get("id") not in index]:
        raise InputError(f"{len(missing)} of the keyframes are no longer kept; remove them")
    try:
        holds = tuple(float(key.get("hold", 0)) for key in given)
        moves = tuple(float(key.get("move", 1)) for key in given)
    except (TypeError, ValueError, OverflowError):
        raise InputError("hold and move must be seconds") from None
    moves = moves[: len(given) - bool(fields.get("open"))]
    length: dict[str, Any] = {"hold_sec": holds if any(holds) else (0.0,), "move_sec": moves}
    if constant:  # without pauses, in the same time
        length, fields = {"seconds": sum(moves) + sum(holds)}, fields | {"easing": "linear"}
    numbers = [index[key["id"]] for key in given]
    config = KeyframesConfig(keys=tuple(f"{file}[{i}]" for i in numbers), **length, **fields)
    return config, tuple(f"{file.name}[{i}]" for i in numbers)


def _path(generator: Any, wanted: Wanted) -> Any:
    """The latent path, before it is retimed."""
    from animate.paths.path_file import read_path
    from animate.pipeline import style_path, timeline_path

    if wanted.file is not None:
        if wanted.file.suffix == ".json":
            return timeline_path(generator, wanted.file)
        return read_path(wanted.file)
    assert wanted.config is not None
    return style_path(generator, wanted.style, wanted.config, seed=wanted.seed, controls=_controls(wanted))


def _controls(wanted: Wanted) -> Any:
    from animate.controls.config import ControlConfig

    return ControlConfig() if wanted.truncation == 1 else ControlConfig(truncation=(wanted.truncation,))


def _words(call: Call, run: Path, wanted: Wanted, *, out: str) -> list[str]:
    """Words of the command that renders the path."""
    project = call.studio.project
    speed = ["--constant-speed"] * wanted.constant_speed
    if wanted.file is not None:
        command = "timeline" if wanted.file.suffix == ".json" else "render"
        return ["animate", command, project.name_of(wanted.file), project.name_of(run), "--out", out, *speed]
    assert wanted.config is not None
    words = ["animate", wanted.style, project.name_of(run), "--out", out]
    if wanted.seed:
        words += ["--seed", str(wanted.seed)]
    if wanted.truncation != 1:
        words += ["--truncation", f"{wanted.truncation:g}"]
    return words + flags(changed_fields(wanted.layout, ONE_IMAGE)) + flags(_changed(wanted)) + speed


def _timeline(wanted: Wanted) -> dict[str, Any]:
    """The timeline file of a path of one part."""
    assert wanted.config is not None
    fields = {name: value for name, value in _changed(wanted).items() if name != "seconds"}
    part: dict[str, Any] = {"style": wanted.style}
    if wanted.seed:
        part["seed"] = wanted.seed
    if not fields.get("move_sec"):
        part["seconds"] = wanted.config.seconds
    part["config"] = {k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}
    return {"fps": wanted.config.fps, "parts": [part]}


def _changed(wanted: Wanted) -> dict[str, Any]:
    """Fields of the config that differ from the preset's, with keys as a user would type them."""
    values = changed_fields(wanted.config, CONFIGS[wanted.style])
    return values | ({"keys": wanted.keys} if wanted.keys else {})


def _stamp(wanted: Wanted) -> int:
    """Changes when the file does."""
    return 0 if wanted.file is None else wanted.file.stat().st_mtime_ns


def _gone() -> Any:
    raise InputError("this preview is gone; change the path or reload the page")


routes = [
    get("/api/path/{run}", state),
    post("/api/path/{run}/preview", preview),
    get("/api/path/{run}/frames/{id}", frames),
    post("/api/path/{run}/timeline", save),
    post("/api/path/{run}/render", render),
    post("/api/path/{run}/publish", publish),
    post("/api/path/{run}/flight", FLIGHTS.about),
    post("/api/path/{run}/flight/frame", FLIGHTS.frame),
]
