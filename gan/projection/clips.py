"""Clips, frame after frame: each starts from its neighbour, and a window of them descends together."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import WorkError
from data_prep.images import to_float
from gan import latents
from gan.projection.images import project_pictures
from gan.projection.optimizer import Descent, Links, Projector, start, to_w
from gan.random_streams import Stream

Read = Callable[[int], Iterator[np.ndarray]]
"""A clip's frames from a number on, uint8 [H, W, C] each."""


class Window(NamedTuple):
    """K neighbouring frames on their way, the oldest first; arrays alone, so that a file can hold it.

    Attributes:
        descent: of the K frames; the older one is, the more steps it has taken.
        before: standardised latent of the frame before them, [1 or L, W].
        newest: number of the frame that enters next, int32 []; earlier ones may not exist.
    """

    descent: Descent
    before: jax.Array
    newest: jax.Array


def stage_steps(projector: Projector) -> int:
    """Steps between one frame's entering the window and the next one's; K of these are a frame's."""
    return -(-projector.config.clip_steps // projector.config.window)


def begin(projector: Projector, w: jax.Array) -> Window:
    """The window after the first frame, whose latent w [L, W] is found: the second enters."""
    size = projector.config.window
    descent = start(jnp.broadcast_to(w, (size, *w.shape)), projector.space, {}, projector.config)
    return Window(descent, jnp.array(descent.u[0]), jnp.ones((), jnp.int32))


def project_clip(
    projector: Projector,
    read: Read,
    count: int,
    *,
    window: Window | None = None,
    seen: Callable[[int], Any] = lambda count: None,
) -> Iterator[tuple[np.ndarray, Window]]:
    """Project a clip, each frame from its neighbour.

    The first frame is projected as a picture is. Each frame after it enters the window with the latent that
    the one before it has by then, and leaves after config.clip_steps, rounded up to a multiple of the
    window's frames; meanwhile all of them descend as one batch, each tied to the frame before it.

    Args:
        projector: the generator and the distance; of noise maps the network's own are used.
        read: the clip.
        count: its frames, at least 2.
        window: where another call was broken off; its latents are not told again.
        seen: is told the steps of each call to the device.

    Yields: (w [0 or 1, L, W] float32 of the frame that is done, if one is; the window as it is then).
    Raises: WorkError: the clip ends before `count` frames.
    """
    config, size = projector.config, projector.config.window
    layers, steps = projector.family.num_ws, stage_steps(projector)
    if window is None:
        found = project_pictures(projector, next(read(0))[None], size=1, seen=seen)[0].w
        window = begin(projector, jnp.asarray(found))
        yield found[None], window
    newest = int(window.newest)
    oldest = max(0, newest - size)
    frames = read(oldest)
    images: deque[np.ndarray] = deque([next(frames)] * size, maxlen=size)  # of the newest - 1 and before it
    for number in range(oldest + 1, newest):
        images.append(_frame(frames, number, count, images[-1]))
    key = jax.random.fold_in(jax.random.key(config.seed), Stream.PROJECTION_NOISE)
    for entering in range(newest, count + size - 1):
        images.append(_frame(frames, entering, count, images[-1]))
        numbers = np.arange(entering - size + 1, entering + 1)
        target = projector.see(jnp.asarray(to_float(np.stack(images))))
        links = Links(window.before, jnp.asarray((numbers > 0) & (numbers < count)))
        keys = latents.item_keys(key, jnp.asarray(numbers.clip(0), jnp.uint32))
        descent = projector.descend(
            window.descent,
            target,
            keys,
            links=links,
            steps=steps,
            whole=steps * size,
            seen=lambda _, n: seen(n),
        )
        window = Window(_slid(descent), descent.u[0], jnp.int32(entering + 1))
        oldest_w = np.asarray(to_w(descent.u[:1], projector.space, layers=layers))
        yield oldest_w[: int(numbers[0] > 0)], window


def _frame(frames: Iterator[np.ndarray], number: int, count: int, other: np.ndarray) -> np.ndarray:
    """The next frame, or where a clip of `count` has none of this number, another."""
    if number >= count:
        return other
    frame = next(frames, None)
    if frame is None:
        raise WorkError(f"the clip has {number} frames that can be read, not {count}; make it again")
    return frame


def _slid(descent: Descent) -> Descent:
    """Without the oldest frame, and with one more that starts where the newest is."""
    descent = jax.tree.map(lambda leaf: jnp.concatenate([leaf[1:], jnp.zeros_like(leaf[:1])]), descent)
    return descent._replace(u=descent.u.at[-1].set(descent.u[-2]))
