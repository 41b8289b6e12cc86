"""Compose frames: coloured ink, inversion, backgrounds, other sizes."""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from animate.compose_config import InkConfig
from data_prep.errors import InputError
from data_prep.pages.levels import find_levels
from data_prep.pages.polarity import invert
from data_prep.pages.sheet import luma
from data_prep.video.sources import Frames
from fill import compose
from fill.bitmap import as_rgb
from fill.compose import BLACK, WHITE, Color
from fill.parallel import explain_out_of_memory

CPU_PX = 1 << 20  # pixels per batch by default: more is not faster
GPU_PX = 1 << 24  # enough to saturate a GPU
MAX_FRAMES = 64


@dataclasses.dataclass(frozen=True)
class ComposeConfig:
    """Operations on each frame, in this order."""

    invert: bool = False
    """Invert the frame."""
    white: int | Literal["auto"] | None = None
    """White point: values from here on become white; "auto" is replaced by `with_white_point`."""
    min_value: int = 0
    """Darkest value, 0 to 255."""
    one_bit: bool = False
    """Reduce frames to two values, `min_value` and 255."""
    ink: Color | None = None
    """Draw in this colour on a transparent ground: white becomes clear, black opaque."""
    tint: Color | None = None
    """Draw in this colour on `paper`."""
    paper: Color = WHITE
    """Colour of the paper, with `tint`."""
    background: bool = False
    """Lay the drawing over a background."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if not 0 <= self.min_value <= 255:
            raise InputError(f"--min-value {self.min_value}: must be 0 to 255")
        if isinstance(self.white, int) and not 1 <= self.white <= 255:
            raise InputError(f"--white {self.white}: must be auto, or 1 to 255")
        if self.tint is not None and (self.ink is not None or self.background):
            raise InputError("--tint and --ink or --background: --tint draws on --paper; pass one of them")
        if self.paper != WHITE and self.tint is None:
            raise InputError("--paper requires --tint")

    @property
    def has_alpha(self) -> bool:
        """Whether the result has an alpha channel."""
        return self.ink is not None and not self.background


PLAIN = ComposeConfig()


def compose_frames(
    frames: Iterable[np.ndarray],
    config: ComposeConfig,
    *,
    background: Frames | None = None,
    background_ends: Literal["loop", "end"] = "loop",
    background_fit: Literal["cover", "stretch"] = "cover",
    size_px: tuple[int, int] | None = None,
    batch: int | None = None,
    todo: Sequence[int] | None = None,
) -> Iterator[np.ndarray]:
    """Compose frames; memory is constant in their number.

    Args:
        frames: uint8 [H, W, C], C = 1, 3 or 4, all of one shape; read once.
        config: validated.
        background: frames under the drawings if `config.background`, in order; a single one is a still image.
        background_ends: a shorter background repeats ("loop"), or ends the result ("end").
        background_fit: crop a background of other proportions to cover the frames, or stretch it.
        size_px: (height, width) of the result; default: the frames'.
        batch: frames per call; does not change the frames. None: chosen by size and platform.
        todo: ascending numbers of the frames to compose; others are read and skipped. None: all.

    Yields: uint8 [H, W, 3], or [H, W, 4] where config.has_alpha.
    Raises: InputError: frames of different sizes, or an empty background. WorkError: out of memory.
    """
    under = _under(background, background_ends) if config.background and background is not None else None
    pairs: Iterator[tuple[np.ndarray, np.ndarray | None]]
    pairs = zip(frames, itertools.repeat(None) if under is None else under, strict=False)
    if todo is not None:
        chosen, last = frozenset(todo), max(todo, default=-1)
        numbered = enumerate(itertools.islice(pairs, last + 1))
        pairs = (pair for index, pair in numbered if index in chosen)
    if (first := next(pairs, None)) is None:
        return
    pairs, shape = itertools.chain([first], pairs), first[0].shape
    height_px, width_px = size_px or shape[:2]
    batch, rows = batch or default_batch(max(height_px * width_px, shape[0] * shape[1])), 0
    newest: np.ndarray | None = None  # background image, and its resized version
    stretched = jnp.zeros(())
    while chunk := list(itertools.islice(pairs, batch)):
        for frame, _ in chunk:
            if frame.shape != shape:
                raise InputError(
                    f"a frame is {list(frame.shape)}, the first {list(shape)}; all frames must have one size"
                )
        count = len(chunk)
        rows = rows or count  # a short input is not padded to a full batch
        repeated = chunk + [chunk[-1]] * (rows - count)
        with explain_out_of_memory(rows):
            top = jnp.asarray(np.stack([frame for frame, _ in repeated]))
            bottom: list[jax.Array] = []
            for _, image in repeated:
                if image is not None:
                    if image is not newest:  # a still image is resized once
                        cover = background_fit == "cover"
                        shown = covering(image, height_px, width_px) if cover else image
                        newest, stretched = image, _resized(jnp.asarray(shown), height_px, width_px)
                    bottom.append(stretched)
            below = jnp.stack(bottom) if bottom else None
            made = np.asarray(_compose(top, below, config, height_px, width_px))
        yield from made[:count]


def parse_config(drawing: InkConfig, *, background: bool) -> ComposeConfig:
    """Parse the colours of a drawing, with or without a background. Raises InputError naming the flag."""
    config = ComposeConfig(
        invert=drawing.invert,
        min_value=drawing.min_value,
        one_bit=drawing.one_bit,
        white=drawing.white,
        ink=None if drawing.ink is None else parse_color(drawing.ink, flag="--ink"),
        tint=None if drawing.tint is None else parse_color(drawing.tint, flag="--tint"),
        paper=parse_color(drawing.paper, flag="--paper"),
        background=background,
    )
    config.check()
    return config


def with_white_point(config: ComposeConfig, frames: Iterable[np.ndarray]) -> ComposeConfig:
    """Replace white="auto" by the white point of the first frame: its paper level minus its grain."""
    if config.white != "auto":
        return config
    first = next(iter(frames), None)
    if first is None:
        return dataclasses.replace(config, white=None)
    shown = invert(first) if config.invert else first
    _, white = find_levels(luma(np.ascontiguousarray(shown))[..., None])
    return dataclasses.replace(config, white=max(1, round(float(white[0]))))


def parse_color(text: str, *, flag: str) -> Color:
    """Parse "#rrggbb". Raises InputError naming the flag."""
    try:
        red, green, blue = bytes.fromhex(text.removeprefix("#"))
    except ValueError:
        raise InputError(f"{flag} {text}: must be # and six hexadecimal digits, e.g. #1b4d5c") from None
    return red, green, blue


def default_batch(pixels: int) -> int:
    """Default number of frames of `pixels` pixels per batch."""
    return min(max((CPU_PX if jax.default_backend() == "cpu" else GPU_PX) // pixels, 1), MAX_FRAMES)


def covering(image: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    """The largest centred crop of an image [h, w, C] with the proportions height_px : width_px."""
    height, width = image.shape[:2]
    part_height = min(height, max(1, round(width * height_px / width_px)))
    part_width = min(width, max(1, round(height * width_px / height_px)))
    top, left = (height - part_height) // 2, (width - part_width) // 2
    return image[top : top + part_height, left : left + part_width]


def _under(background: Frames, ends: str) -> Iterator[np.ndarray]:
    shown = 0
    while True:
        before = shown
        for image in background():
            shown += 1
            yield image
        if shown == before:
            raise InputError("the background has no frames")
        if ends == "end" and shown - before > 1:
            return


@partial(jax.jit, static_argnames=("config", "height_px", "width_px"))
def _compose(
    images: jax.Array, below: jax.Array | None, config: ComposeConfig, height_px: int, width_px: int
) -> jax.Array:
    """uint8 [B, H, W, C] -> [B, height_px, width_px, 3 or 4]; `below` [B, height_px, width_px, 3]."""
    if config.invert:
        images = compose.invert(images)
    if isinstance(config.white, int):
        images = compose.whiten(images, white=config.white)
    if config.min_value or config.one_bit:
        images = compose.scale(images, min_value=config.min_value, one_bit=config.one_bit)
    if config.tint is not None:
        images = compose.tint(images, color=config.tint, paper_color=config.paper)
    elif config.ink is not None or config.background:
        images = compose.rgba(images, color=config.ink or BLACK)
    own_size = images.shape[1:3]
    images = jax.vmap(lambda image: _resized(image, height_px, width_px))(images)
    is_bare = config.ink is None and config.tint is None and not config.background
    if config.one_bit and is_bare and own_size != (height_px, width_px):  # resizing makes grays
        is_light = images[..., :3] > (config.min_value + 255) // 2
        images = images.at[..., :3].set(jnp.where(is_light, 255, config.min_value).astype(jnp.uint8))
    if below is not None:
        images = compose.over(images, below)
    return images if config.has_alpha else as_rgb(images)


@partial(jax.jit, static_argnames=("height_px", "width_px"))
def _resized(image: jax.Array, height_px: int, width_px: int) -> jax.Array:
    """uint8 [H, W, C] resized to [height_px, width_px, C]: Lanczos, antialiased when it shrinks."""
    if image.shape[:2] == (height_px, width_px):
        return image
    shape = (height_px, width_px, image.shape[-1])
    stretched = jax.image.resize(image.astype(jnp.float32), shape, "lanczos3", antialias=True)
    return jnp.clip(jnp.round(stretched), 0, 255).astype(jnp.uint8)
