"""Project clips: each frame starts from the one before it, and a window of frames is optimised together."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import WorkError
from data_prep.images import to_float
from gan import latents
from gan.projection.images import project_images
from gan.projection.optimizer import Descent, Links, Projector, start, to_w
from gan.random_streams import Stream

Read = Callable[[int], Iterator[np.ndarray]]
"""(first) -> frames of a clip from number `first` on, uint8 [H, W, C] each."""


class Window(NamedTuple):
    """K consecutive frames being optimised, oldest first; arrays only, so that it can be saved.

    Attributes:
        descent: state of the K frames; older frames have taken more steps.
        before: standardised w of the frame before them, [1 or L, W].
        newest: number of the frame that enters next, int32 []; numbers below 0 do not exist.
    """

    descent: Descent
    before: jax.Array
    newest: jax.Array


def stage_steps(projector: Projector) -> int:
    """Steps per stage, between the entries of two frames; each frame takes K stages."""
    return -(-projector.config.clip_steps // projector.config.window)


def begin(projector: Projector, w: jax.Array) -> Window:
    """The initial window, after the first frame with w [L, W]; the second frame enters next."""
    size = projector.config.window
    descent = start(jnp.broadcast_to(w, (size, *w.shape)), projector.space, {}, projector.config)
    return Window(descent, jnp.array(descent.u[0]), jnp.ones((), jnp.int32))


def project_clip(
    projector: Projector,
    read: Read,
    count: int,
    *,
    window: Window | None = None,
    report: Callable[[int], Any] = lambda count: None,
) -> Iterator[tuple[np.ndarray, Window]]:
    """Project a clip, each frame starting from the one before it.

    The first frame is projected as an image. Each later frame enters the window with the current latent of
    the frame before it and leaves after config.clip_steps, rounded up to a multiple of the window size. All
    frames of the window are optimised as one batch, each tied to the frame before it.

    Args:
        projector: generator and distance; the network's own noise maps are used.
        read: opens the clip.
        count: number of frames, at least 2.
        window: state to resume from; latents before it are not yielded again.
        report: called with the number of steps of each device call.

    Yields: (w [0 or 1, L, W] float32 of the finished frame, if any; the window after it).
    Raises: WorkError: the clip ends before `count` frames.
    """
    config, size = projector.config, projector.config.window
    layers, steps = projector.family.num_ws, stage_steps(projector)
    if window is None:
        found = project_images(projector, next(read(0))[None], size=1, report=report)[0].w
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
            report=lambda _, n: report(n),
        )
        window = Window(_slid(descent), descent.u[0], jnp.int32(entering + 1))
        oldest_w = np.asarray(to_w(descent.u[:1], projector.space, layers=layers))
        yield oldest_w[: int(numbers[0] > 0)], window


def _frame(frames: Iterator[np.ndarray], number: int, count: int, other: np.ndarray) -> np.ndarray:
    """The next frame; `other` if the clip of `count` frames has no frame of this number."""
    if number >= count:
        return other
    frame = next(frames, None)
    if frame is None:
        raise WorkError(f"the clip has {number} readable frames instead of {count}; encode it again")
    return frame


def _slid(descent: Descent) -> Descent:
    """Drop the oldest frame and append one that starts from the newest."""
    descent = jax.tree.map(lambda leaf: jnp.concatenate([leaf[1:], jnp.zeros_like(leaf[:1])]), descent)
    return descent._replace(u=descent.u.at[-1].set(descent.u[-2]))
