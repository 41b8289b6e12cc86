"""Colour: palettes, a preview of filled drawings and videos, and pins of regions."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from starlette.responses import Response

from configs.fill import BLOB, DEFAULT_PALETTE, PALETTES, SPEC, VIDEO
from data_prep.errors import InputError
from data_prep.images import is_named_image, read_image
from fill.config import MAX_GAP_PX, PREVIEW_FRAMES, FillConfig, VideoConfig
from fill.palette_file import check_colors, read_palette_file, write_palette_file
from fill.pins import FramePin, Pin, Pins, read_pins, write_pins
from studio.handlers import Call, get, post, put, send_bytes
from studio.project import VIDEOS, Kind
from studio.pyramid import encode_png

SOURCES: tuple[Kind, ...] = ("images", "scans", "pages", "video")
PALETTE_FOLDER = "palettes"
PINS = "pins.json"  # next to the drawings or the video
METHODS: dict[str, FillConfig] = {"blob": BLOB, "spec": SPEC, "film": VIDEO}
MAX_SEED = 2**32 - 1


def sources(call: Call) -> Any:
    """Folders of drawings and videos that can be coloured."""
    return {"entries": call.studio.project.entries(*SOURCES)}


def palettes(call: Call) -> Any:
    """Named palettes, and those that are files."""
    found = [{"name": name, "colors": colors, "id": None} for name, colors in PALETTES.items()]
    for entry in call.studio.project.entries("palette"):
        path = call.studio.project.path_of(entry.id)
        try:
            colors = read_palette_file(path)
        except InputError:
            continue
        version = call.studio.versions.current(path)
        found.append({"name": entry.name, "colors": colors, "id": entry.id, "version": version})
    return {"palettes": found, "default": DEFAULT_PALETTE}


def save_palette(call: Call) -> Any:
    """Write a palette file to ROOT/palettes."""
    name = call.text("name", most=60)
    path = call.studio.project.new_path(PALETTE_FOLDER) / call.studio.project.new_path(f"{name}.json").name
    colors = check_colors(call.body.get("colors"), where="the palette")
    version = call.studio.versions.write(
        path, lambda: write_palette_file(path, colors), if_match=call.if_match
    )
    return {
        "id": call.studio.project.id_of(path),
        "name": call.studio.project.name_of(path),
        "version": version,
    }


def reduced(call: Call) -> Any:
    """The main colours of an image, by k-means."""
    from fill.palette import reduce_colors
    from studio.thumbnails import reduce

    count = call.integer("count", low=2, high=32, default=8)
    image = reduce(read_image(_image_file(call, "image"), mode="rgb"), 320)
    found, areas = np.unique(reduce_colors(image, count).reshape(-1, 3), axis=0, return_counts=True)
    order = np.argsort(-areas)
    return {"colors": ["#" + bytes(color).hex() for color in found[order].astype(np.uint8)]}


def source(call: Call) -> Any:
    """What is coloured: the drawings of a folder, or the frames of a video; and its pins."""
    path = call.entry("folder")
    project = call.studio.project
    described: dict[str, Any] = {"name": project.name_of(path), "pins": _pins(call, path)}
    described |= {"version": call.studio.versions.current(_pins_file(path))}
    if path.is_dir():
        found = project.images(path)
        if not found:
            raise InputError(f"{path.name}: no drawings")
        return described | {"images": [{"id": project.id_of(image), "name": image.name} for image in found]}
    if path.suffix.lower() not in VIDEOS:
        raise InputError(f"{path.name}: neither a folder of drawings nor a video")
    from data_prep.video.frame_index import read_index

    index = read_index(path)
    return described | {"frames": len(index), "fps": index.fps, "tracked": min(len(index), PREVIEW_FRAMES)}


def preview(call: Call) -> Response:
    """A coloured drawing, or frame of a video, as PNG: the pixels that the command makes."""
    path = call.entry("folder")
    seed = call.integer("seed", low=0, high=MAX_SEED, default=0)
    lines, blend = _flag(call, "keep_lines"), _flag(call, "blend")
    colors = check_colors(call.text("colors", most=4_000).split(","), where="the palette")
    name = ("colour", call.text("tab", default=""))
    is_plain = _flag(call, "drawing")
    if path.is_dir():
        image = _image_file(call, "image")
        config = _config(call, keep_lines=lines, blend=blend)

        def draw() -> np.ndarray:
            from fill.palette import from_hex
            from fill.preview import fill_file, read_prepared

            if is_plain:
                return read_prepared(image, config).image
            return fill_file(image, from_hex(colors), config, seed=seed, pins=_pins(call, path))
    else:
        frame = call.integer("frame", low=0, high=PREVIEW_FRAMES - 1)
        config = _config(call)

        def draw() -> np.ndarray:
            from fill.palette import from_hex

            video = _video(path, path.stat().st_mtime_ns, config)
            if frame >= video.count:
                raise InputError(f"frame {frame}: the preview ends at frame {video.count - 1}")
            if is_plain:
                return video.frame(frame)
            pins = _pins(call, path).videos.get(path.name, ())
            options = {"seed": seed, "pins": pins, "keep_lines": lines, "blend": blend}
            return video.draw(frame, from_hex(colors), **options)

    return send_bytes(encode_png(call.studio.device.run(name, draw)), "image/png")


def pin(call: Call) -> Any:
    """Give the region at a place a colour; in place of pins in the same region."""
    path, config = call.entry("folder"), _config(call)
    x, y = (call.integer(name, low=0, high=1 << 16) for name in ("x_px", "y_px"))
    (color,) = check_colors([call.body.get("color")], where="color")
    before = _pins(call, path)
    if path.is_dir():
        image = _image_file(call, "image")
        new = Pin(x, y, color)
        old = before.images.get(image.name, ())

        def place() -> tuple[Pin, ...]:
            from fill.preview import add_pin, read_prepared, regions_at

            places = [(own.x_px, own.y_px) for own in (*old, new)]
            return add_pin(old, new, regions=regions_at(read_prepared(image, config), config, places))

        images = {**before.images, image.name: call.studio.device.run(object(), place)}
        return _write_pins(call, path, Pins(images, before.videos))
    return _pin_frame(call, path, config, before, (x, y, color))


def unpin(call: Call) -> Any:
    """Remove a pin by its number in the list of its drawing or video."""
    path, before = call.entry("folder"), _pins(call, call.entry("folder"))
    number = call.integer("number", low=0, high=10_000)
    name = _image_file(call, "image").name if path.is_dir() else path.name
    listed: dict[str, Any] = dict(before.images if path.is_dir() else before.videos)
    own = listed.get(name, ())
    if number >= len(own):
        raise InputError(f"pin {number}: {name} has {len(own)}")
    listed[name] = (*own[:number], *own[number + 1 :])
    after = Pins(listed, before.videos) if path.is_dir() else Pins(before.images, listed)
    return _write_pins(call, path, after)


def restore(call: Call) -> Any:
    """Give the pins the bytes of an earlier version."""
    path = call.entry("folder")
    version = call.studio.versions.restore(
        _pins_file(path), call.text("version"), if_match=call.text("if_match")
    )
    return {"version": version, "pins": _pins(call, path)}


def command(call: Call) -> Any:
    """The command that colours everything as the preview shows."""
    import shlex

    return {"command": shlex.join(["inkloop", *_words(call)])}


def start(call: Call) -> Any:
    """Colour everything as a job."""
    words = _words(call)
    return call.studio.jobs.start(words, title=f"Colour {words[2]}").as_json()


def strokes(call: Call) -> Any:
    """Trace the lines of everything to SVG as a job."""
    path, project = call.entry("folder"), call.studio.project
    stem = path.name if path.is_dir() else path.stem
    words = call.studio.jobs.words_with_out(
        lambda out: ["vector", project.name_of(path), "--out", out], f"{stem.lstrip('-.')}-strokes"
    )
    return call.studio.jobs.start(words, title=f"Trace {project.name_of(path)}").as_json()


def _words(call: Call) -> list[str]:
    path, project = call.entry("folder"), call.studio.project
    config = _config(call, keep_lines=_flag(call, "keep_lines"), blend=_flag(call, "blend"))
    method = next(name for name, base in METHODS.items() if type(base) is type(config))
    words = ["--palette", _palette_name(call)]
    plain = METHODS[method]
    for name in ("close_gaps_px", "min_region_px", "threshold"):
        if (value := getattr(config, name)) != getattr(plain, name):
            words += [f"--{name.replace('_', '-')}", str(value)]
    words += [f"--{name.replace('_', '-')}" for name in ("keep_lines", "blend") if getattr(config, name)]
    if seed := call.integer("seed", low=0, high=MAX_SEED, default=0):
        words += ["--seed", str(seed)]
    pins = _pins(call, path)
    if pins.images if path.is_dir() else pins.videos.get(path.name):
        words += ["--pins", project.name_of(_pins_file(path))]
    stem, suffix = (path.name, "") if path.is_dir() else (path.stem, ".mp4")
    return call.studio.jobs.words_with_out(
        lambda out: ["fill", method, project.name_of(path), "--out", out, *words],
        f"{stem.lstrip('-.')}-coloured",
        suffix=suffix,
    )


def _palette_name(call: Call) -> str:
    """The shortest way to name the colours on the command line."""
    colors = check_colors(call.text("colors", most=4_000).split(","), where="the palette")
    for palette in palettes(call)["palettes"]:
        if tuple(palette["colors"]) == colors:
            return palette["name"]
    return ",".join(colors)


def _config(call: Call, **changes: bool) -> Any:
    """Settings of the fill, checked."""
    import dataclasses

    is_video = not call.entry("folder").is_dir()
    method = "film" if is_video else call.text("method", default="blob")
    if method not in METHODS or (method == "film" and not is_video):
        raise InputError(f"method {method!r}: must be blob or spec")
    threshold = call.text("threshold", default="auto")
    config = dataclasses.replace(
        METHODS[method],
        close_gaps_px=call.integer("close_gaps_px", low=0, high=MAX_GAP_PX, default=0),
        min_region_px=call.integer("min_region_px", low=0, high=100_000, default=0),
        threshold="auto" if threshold == "auto" else call.integer("threshold", low=0, high=254),
        **changes,
    )
    config.check()
    return config


def _flag(call: Call, name: str) -> bool:
    return str(call.query.get(name, call.body.get(name, False))).lower() in ("1", "true")


def _image_file(call: Call, name: str) -> Path:
    path = call.studio.project.path_of(call.params.get(name) or call.text(name))
    if not path.is_file() or not is_named_image(path):
        raise InputError(f"{path.name}: not an image")
    return path


def _pins_file(path: Path) -> Path:
    return (path if path.is_dir() else path.parent) / PINS


def _pins(call: Call, path: Path) -> Pins:
    file = call.studio.project.inside(_pins_file(path))
    return read_pins(file) if file.exists() else Pins()


def _write_pins(call: Call, path: Path, pins: Pins) -> Any:
    file = _pins_file(path)
    version = call.studio.versions.write(file, lambda: write_pins(file, pins), if_match=call.if_match)
    return {"version": version, "pins": pins}


def _pin_frame(call: Call, path: Path, config: VideoConfig, before: Pins, place: tuple[int, int, str]) -> Any:
    frame = call.integer("frame", low=0, high=PREVIEW_FRAMES - 1)
    old: Sequence[FramePin] = before.videos.get(path.name, ())

    def add() -> tuple[FramePin, ...]:
        from fill.preview import add_pin

        video = _video(path, path.stat().st_mtime_ns, config)
        if frame >= video.count:
            raise InputError(f"frame {frame}: the preview ends at frame {video.count - 1}")
        new = FramePin(frame, int(video.clip.index.pts[frame]), *place)
        return add_pin(old, new, regions=video.groups([*old, new]))

    videos = {**before.videos, path.name: call.studio.device.run(object(), add)}
    return _write_pins(call, path, Pins(before.images, videos))


@functools.lru_cache(maxsize=1)
def _video(path: Path, modified_ns: int, config: VideoConfig) -> Any:
    """A tracked video; used in the device thread only."""
    from fill.video.preview import VideoPreview

    return VideoPreview(path, config)


routes = [
    get("/api/colour", sources),
    get("/api/colour/palettes", palettes),
    put("/api/colour/palettes", save_palette),
    get("/api/colour/reduced/{image}", reduced),
    get("/api/colour/{folder}", source),
    get("/api/colour/{folder}/preview", preview),
    get("/api/colour/{folder}/command", command),
    put("/api/colour/{folder}/pin", pin),
    put("/api/colour/{folder}/unpin", unpin),
    post("/api/colour/{folder}/restore", restore),
    post("/api/colour/{folder}/start", start),
    post("/api/colour/{folder}/strokes", strokes),
]
