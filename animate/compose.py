"""Films from films: coloured ink, negatives, backgrounds that stand or play, other sizes; frame by frame."""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from data_prep.video.sources import Frames
from fill import compose
from fill.bitmap import as_rgb
from fill.compose import BLACK, WHITE, Color
from fill.parallel import explain_out_of_memory

CPU_PX = 1 << 20  # composed at once by default: more is not faster, and fills memory
GPU_PX = 1 << 24  # enough to keep one busy
MOST_FRAMES = 64


@dataclasses.dataclass(frozen=True)
class ComposeConfig:
    """What is done to each frame, in this order."""

    invert: bool = False
    """Make a negative first."""
    min_value: int = 0
    """What white becomes in the negative, 0 to 255."""
    one_bit: bool = False
    """Leave two values in the negative."""
    ink: Color | None = None
    """Draw in this colour on nothing: white turns clear, black opaque."""
    tint: Color | None = None
    """Draw in this colour on `paper`."""
    paper: Color = WHITE
    """Colour of the paper, with `tint`."""
    background: bool = False
    """Lay the drawing over a background."""

    def check(self) -> None:
        """Raise InputError, naming the flag, for what cannot be meant."""
        if not 0 <= self.min_value <= 255:
            raise InputError(f"--min-value {self.min_value}: it should be 0 to 255")
        if not self.invert and (self.min_value or self.one_bit):
            raise InputError("--min-value and --one-bit are about negatives; give --invert too")
        if self.tint is not None and (self.ink is not None or self.background):
            raise InputError("--tint has a paper of its own; use --ink to draw over nothing or a background")
        if self.paper != WHITE and self.tint is None:
            raise InputError("--paper goes with --tint")

    @property
    def has_alpha(self) -> bool:
        """Whether frames come out clear in places."""
        return self.ink is not None and not self.background


PLAIN = ComposeConfig()


def compose_film(
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
    """Compose a film, in memory constant in its length.

    Args:
        frames: uint8 [H, W, C], C = 1, 3 or 4, all of one shape; read once.
        config: checked.
        background: laid under the drawings where `config.background`, in their size: its frames one after
            the other, and again from the first; a single one stands still.
        background_ends: a background that is shorter begins anew, or ends the film.
        background_fit: of a background of other proportions the middle is seen, as large as covers the
            drawings ("cover"), or it is stretched.
        size_px: height and width of the result; by default the frames' own.
        batch: frames at once; changes none of them. None: what suits their size and the platform.
        todo: frames to be made, by ascending number; others are read and left out. None: all.

    Yields: uint8 [H, W, 3], or [H, W, 4] where config.has_alpha.
    Raises: InputError: frames have different sizes, or the background has none. WorkError: memory is full.
    """
    under = _under(background, background_ends) if config.background and background is not None else None
    pairs: Iterator[tuple[np.ndarray, np.ndarray | None]]
    pairs = zip(frames, itertools.repeat(None) if under is None else under, strict=False)
    if todo is not None:
        wanted, last = frozenset(todo), max(todo, default=-1)
        numbered = enumerate(itertools.islice(pairs, last + 1))
        pairs = (pair for index, pair in numbered if index in wanted)
    if (begun := next(pairs, None)) is None:
        return
    pairs, shape = itertools.chain([begun], pairs), begun[0].shape
    height_px, width_px = size_px or shape[:2]
    batch, rows = batch or default_batch(max(height_px * width_px, shape[0] * shape[1])), 0
    newest: np.ndarray | None = None  # picture of the background, and what it is stretched to
    stretched = jnp.zeros(())
    while chunk := list(itertools.islice(pairs, batch)):
        for frame, _ in chunk:
            if frame.shape != shape:
                raise InputError(
                    f"a frame is {list(frame.shape)}, the first {list(shape)}; a film has one size"
                )
        count = len(chunk)
        rows = rows or count  # where there are few, no more are composed
        repeated = chunk + [chunk[-1]] * (rows - count)
        with explain_out_of_memory(rows):
            top = jnp.asarray(np.stack([frame for frame, _ in repeated]))
            bottom: list[jax.Array] = []
            for _, picture in repeated:
                if picture is not None:
                    if picture is not newest:  # one that stands still is stretched once
                        cover = background_fit == "cover"
                        seen = covering(picture, height_px, width_px) if cover else picture
                        newest, stretched = picture, _resized(jnp.asarray(seen), height_px, width_px)
                    bottom.append(stretched)
            below = jnp.stack(bottom) if bottom else None
            made = np.asarray(_compose(top, below, config, height_px, width_px))
        yield from made[:count]


def default_batch(pixels: int) -> int:
    """Frames of so many pixels that are composed at once, where nobody says how many."""
    return min(max((CPU_PX if jax.default_backend() == "cpu" else GPU_PX) // pixels, 1), MOST_FRAMES)


def covering(picture: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    """The largest part about the middle of a picture [h, w, C] in the proportions height_px : width_px."""
    height, width = picture.shape[:2]
    part_height = min(height, max(1, round(width * height_px / width_px)))
    part_width = min(width, max(1, round(height * width_px / height_px)))
    top, left = (height - part_height) // 2, (width - part_width) // 2
    return picture[top : top + part_height, left : left + part_width]


def _under(background: Frames, ends: str) -> Iterator[np.ndarray]:
    shown = 0
    while True:
        before = shown
        for picture in background():
            shown += 1
            yield picture
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
        images = compose.invert(images, min_value=config.min_value, one_bit=config.one_bit)
    if config.tint is not None:
        images = compose.tint(images, color=config.tint, paper_color=config.paper)
    elif config.ink is not None or config.background:
        images = compose.rgba(images, color=config.ink or BLACK)
    images = jax.vmap(lambda image: _resized(image, height_px, width_px))(images)
    if below is not None:
        images = compose.over(images, below)
    return images if config.has_alpha else as_rgb(images)


@partial(jax.jit, static_argnames=("height_px", "width_px"))
def _resized(image: jax.Array, height_px: int, width_px: int) -> jax.Array:
    """uint8 [H, W, C] stretched to [height_px, width_px, C]: Lanczos, means when it shrinks."""
    if image.shape[:2] == (height_px, width_px):
        return image
    shape = (height_px, width_px, image.shape[-1])
    stretched = jax.image.resize(image.astype(jnp.float32), shape, "lanczos3", antialias=True)
    return jnp.clip(jnp.round(stretched), 0, 255).astype(jnp.uint8)
