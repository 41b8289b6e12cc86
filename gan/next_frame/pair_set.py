"""Frames, pages and latents in memory, and the training items made of them."""

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import grain
import jax
import numpy as np
from jax.sharding import Mesh

from gan.data.reals import Draw
from gan.devices.sharding import global_array, split
from gan.next_frame.pairs import PairIndex
from gan.recipes.next_frame import Pair

LOOK_BATCH = 64


@dataclasses.dataclass(frozen=True, eq=False)
class PairSet:
    """Pairs of consecutive frames. T frames lie one after another, segment by segment; P pages, N pairs.

    Attributes:
        frames: uint8 [T, H, W, C].
        pages: int64 [T], number of the page of each frame.
        page_codes: float32 [P, n, n], see `gan.next_frame.codes`.
        index: places of the frames of each pair.
        codes: codes of frames, float32 [T, n, n]; None: not used by the recipe.
        w: standardised w of frames, float32 [T, W]; None: not used, or not yet projected.
    """

    frames: np.ndarray
    pages: np.ndarray
    page_codes: np.ndarray
    index: PairIndex
    codes: np.ndarray | None = None
    w: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.index.now)

    def take(self, rows: np.ndarray) -> Pair:
        """The pairs at `rows` [K]."""
        before, now, after = (places[rows] for places in self.index)
        pair = Pair(self.frames[now], self.frames[after], self.page_codes[self.pages[now]])
        if self.codes is not None:
            pair = pair._replace(code=self.codes[now])
        if self.w is not None:
            pair = pair._replace(before=self.w[before], now=self.w[now], after=self.w[after])
        return pair

    def step(self) -> float:
        """Root mean square of the components of all steps in standardised w from a frame to the next."""
        assert self.w is not None
        steps = self.w[self.index.after] - self.w[self.index.now]
        return float(np.sqrt(np.square(steps.astype(np.float64)).mean()))

    def content_hash(self) -> str:
        """Hash of all pairs."""
        hashed = hashlib.sha256()
        for array in (self.frames, self.pages, self.page_codes, *self.index):
            hashed.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        return hashed.hexdigest()[:16]


class PairReals:
    """Pairs for a training, each once per epoch, in a shuffled order; see `gan.data.reals.Reals`.

    Args:
        pairs: to train on.
        folder: where the videos lie, for messages.
    """

    class_names: tuple[str, ...] = ()

    def __init__(self, pairs: PairSet, *, folder: Path) -> None:
        self.pairs, self.folder = pairs, folder
        self.image_shape: tuple[int, int, int] = pairs.frames.shape[1:]
        self.count = float(len(pairs))
        self.identity = self.content_hash = pairs.content_hash()

    def describe(self) -> str:
        """How many pairs there are."""
        return f"{len(self.pairs)} pairs of frames to train on"

    def open(self, mesh: Mesh, *, batch_size: int, seed: int, nimg: int) -> Draw:
        """A function that returns batches of pairs; item i of the order depends on `seed` and i only."""
        order = grain.MapDataset.range(len(self.pairs)).seed(seed).shuffle().repeat()
        sharding = split(mesh, axis=1)

        def draw(nimg: int, count: int) -> tuple[Pair, None]:
            rows = np.array([int(order[i]) for i in range(nimg, nimg + count * batch_size)])
            pairs = self.pairs.take(rows)
            batched = jax.tree.map(lambda leaf: leaf.reshape(count, batch_size, *leaf.shape[1:]), pairs)
            return jax.tree.map(lambda leaf: global_array(leaf, sharding), batched), None

        return draw

    def look(self, count: int, *, seed: int) -> Iterator[np.ndarray]:
        """Frames at random, without repetition."""
        rows = np.random.default_rng(seed).permutation(len(self.pairs))[:count]
        for i in range(0, len(rows), LOOK_BATCH):
            yield self.pairs.frames[self.pairs.index.now[rows[i : i + LOOK_BATCH]]]

    def labels(self, items: np.ndarray, *, seed: int) -> np.ndarray | None:
        """None: there are no classes."""
        return None
