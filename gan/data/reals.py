"""Real images for training: records read on the host, or tiles cut from pages on the device."""

import concurrent.futures
import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from data_prep.errors import InputError, WorkError
from data_prep.records.dataset import Dataset
from gan.config import LiveConfig, RunConfig
from gan.config.draw import DrawConfig
from gan.data.batches import batches, read_images
from gan.data.doodles import DoodleReals
from gan.data.live_pages import CUBIC_PX, LivePages, load_pages
from gan.data.live_tiles import Array, Poses, cut_tiles, draw_poses
from gan.devices.distributed import any_process
from gan.devices.sharding import constrain, global_array, replicated, split
from gan.random_streams import Stream

LOOK_BATCH = 64
UNREAD = -1
LABELLING = ("pack", "symmetries")  # commands whose datasets may hold records without a class
DEVICE_SHARE = 0.25  # of a device's memory that pages may take

Draw = Callable[[int, int], tuple[Any, jax.Array | None]]
"""(nimg, K) -> the next K batches, split along B: items (images uint8 [K, B, H, W, C], or a pytree of arrays
[K, B, ...], as `item` of the recipe) and labels int32 [K, B]."""


class Reals(Protocol):
    """Source of the real images of a training."""

    image_shape: tuple[int, int, int]
    count: float  # different images; infinite for live tiles
    class_names: tuple[str, ...]  # none: labels are None
    identity: str  # hash of their content, and of how they are cut

    def describe(self) -> str:
        """A line for the user, or an empty string."""
        ...

    def open(self, mesh: Mesh, *, batch_size: int, seed: int, nimg: int) -> Draw:
        """A function that returns batches from `nimg` on, in order, as arrays split over the mesh."""
        ...

    def look(self, count: int, *, seed: int) -> Iterator[np.ndarray]:
        """`count` images at random, in batches uint8 [N, H, W, C]; records come without repetition."""
        ...

    def labels(self, items: np.ndarray, *, seed: int) -> np.ndarray | None:
        """Classes int32 [N] of the images that `look` gives at places `items` [N], from its first again
        after its last: generated images in these classes come in the proportions of the real ones."""
        ...


def open_reals(dataset: Dataset, config: RunConfig) -> Reals:
    """Reals of a dataset of either kind.

    Raises: InputError: there are no classes to train on, or all pages are too small for a tile.
    """
    if isinstance(config, DrawConfig):
        return DoodleReals(
            dataset,
            class_name=config.class_name,
            conditional=config.conditional,
            hold_out=config.hold_out,
            hold_out_interval=config.hold_out_interval,
        )
    if dataset.kind == "pages":
        if config.conditional:
            raise InputError(
                f"{dataset.folder} holds whole pages, which have no classes; remove --conditional"
            )
        cut = json.dumps([dataset.content_hash, dataclasses.asdict(config.live), config.resolution])
        identity = hashlib.sha256(cut.encode()).hexdigest()[:16]
        pages = load_pages(dataset, config.live, resolution=config.resolution)
        return LiveReals(pages, config.live, identity=identity)
    return RecordReals(dataset, conditional=config.conditional)


class RecordReals:
    """Tiles of a dataset: each once per epoch, in a shuffled order."""

    def __init__(self, dataset: Dataset, *, conditional: bool = False) -> None:
        self.dataset, self.image_shape, self.count = dataset, dataset.image_shape, float(len(dataset))
        self.class_names = dataset.label_names if conditional else ()
        self.identity = dataset.content_hash
        self._labels = np.full(len(dataset), UNREAD, np.int32)  # of records; labels are stored with images
        if conditional and not self.class_names:
            raise InputError(
                f"{dataset.folder} has no classes; remove --conditional, or pack with --labels subfolders"
            )
        is_known = "unlabelled" in dataset.settings or dataset.settings.get("command") not in LABELLING
        if conditional and not is_known:
            raise InputError(
                f"{dataset.folder} does not say whether each record has a class; write it again with "
                f"`inkloop data-prep {dataset.settings['command']} --overwrite`"
            )
        if conditional and dataset.settings.get("unlabelled"):
            without = sum(dataset[i].label is None for i in range(len(dataset)))
            if without:
                raise InputError(
                    f"{dataset.folder}: {without} of {len(dataset)} records have no class; "
                    "remove --conditional, or pack again with a class for every image"
                )

    def describe(self) -> str:
        """Empty: the dataset is described elsewhere."""
        return ""

    def open(self, mesh: Mesh, *, batch_size: int, seed: int, nimg: int) -> Draw:
        """See `Reals`; this process reads its rows only."""
        stream = batches(
            self.dataset,
            batch_size=batch_size,
            seed=seed,
            first_nimg=nimg,
            process_index=jax.process_index(),
            process_count=jax.process_count(),
        )
        sharding = split(mesh, axis=1)

        def draw(nimg: int, count: int) -> tuple[jax.Array, jax.Array | None]:
            images, labels = zip(*[next(stream) for _ in range(count)], strict=True)
            if not self.class_names:
                return global_array(np.stack(images), sharding), None
            if min(part.min() for part in labels) < 0:
                raise self._unlabelled()
            return global_array(np.stack(images), sharding), global_array(np.stack(labels), sharding)

        return draw

    def look(self, count: int, *, seed: int) -> Iterator[np.ndarray]:
        """See `Reals`."""
        chosen = self._order(seed)[:count]
        for i in range(0, len(chosen), LOOK_BATCH):
            yield read_images(self.dataset, chosen[i : i + LOOK_BATCH])

    def labels(self, items: np.ndarray, *, seed: int) -> np.ndarray | None:
        """See `Reals`."""
        if not self.class_names:
            return None
        records = self._order(seed)[items % len(self.dataset)]
        for i in np.unique(records[self._labels[records] == UNREAD]):
            label = self.dataset[int(i)].label
            if label is None:
                raise self._unlabelled()
            self._labels[i] = label
        return self._labels[records]

    def _order(self, seed: int) -> np.ndarray:
        return np.random.default_rng(seed).permutation(len(self.dataset))

    def _unlabelled(self) -> WorkError:
        return WorkError(f"{self.dataset.folder} has records without a class; pack it again with all of them")


class LiveReals:
    """Tiles cut from pages as they are needed, each at a place, angle and mirroring of its own.

    Item nimg + i has its own key, so a resumed run sees the tiles that it would have seen, on any number
    of devices. Pages lie in the memory of every device if they take at most a quarter of it (on CPU they
    always do); otherwise in host memory, and a square around each tile travels.
    """

    def __init__(self, pages: LivePages, config: LiveConfig, *, identity: str = "") -> None:
        self.pages, self.image_shape, self.count = pages, pages.image_shape, math.inf
        self.identity = identity
        self.class_names: tuple[str, ...] = ()
        self._pages_in = config.pages_in

    @cached_property
    def on_device(self) -> bool:
        """Whether pages lie in the memory of devices: the same in all processes, which ask together."""
        if self._pages_in != "auto":
            return self._pages_in == "device"
        return not any_process(self.pages.pages.nbytes > DEVICE_SHARE * _device_bytes())

    def describe(self) -> str:
        """What is cut, and from where."""
        skipped = self.pages.skipped
        missing = f"; too small for a tile: {', '.join(skipped[:5])}" if skipped else ""
        return f"{self.pages.describe()} in {'device' if self.on_device else 'host'} memory{missing}"

    def open(self, mesh: Mesh, *, batch_size: int, seed: int, nimg: int) -> Draw:
        """See `Reals`."""
        key = jax.random.fold_in(jax.random.key(seed), Stream.LIVE_TILES)
        if self.on_device:
            return self._open_on_device(key, mesh, batch_size)
        return self._open_on_host(key, mesh, batch_size)

    def look(self, count: int, *, seed: int) -> Iterator[np.ndarray]:
        """See `Reals`; these tiles differ from those of the training."""
        key = jax.random.fold_in(jax.random.key(seed), Stream.LIVE_PREVIEW)
        cut = jax.jit(partial(self._cut_from_crops, self._step()))
        for first in range(0, count, LOOK_BATCH):
            crops, poses, page = self._crops(self._host_poses(key, first, LOOK_BATCH))
            yield np.asarray(cut(crops, poses, page))[: count - first]

    def labels(self, items: np.ndarray, *, seed: int) -> None:
        """See `Reals`; pages have no classes."""

    def _open_on_device(self, key: jax.Array, mesh: Mesh, batch_size: int) -> Draw:
        pages = jax.make_array_from_process_local_data(replicated(mesh), self.pages.pages)
        scale, step = jnp.asarray(self.pages.scale), jnp.asarray(self._step())
        live = self.pages

        @partial(jax.jit, static_argnums=2, out_shardings=split(mesh, axis=1))
        def draw(pages: jax.Array, nimg: jax.Array, count: int) -> jax.Array:
            def batch(first: jax.Array) -> jax.Array:
                poses = draw_poses(key, first, batch_size, sites=live.sites, quarter_turns=live.quarter_turns)
                poses = jax.tree.map(lambda leaf: constrain(leaf, mesh), poses)
                placed = poses._replace(center_px=poses.center_px * scale[poses.page] + live.margin_px)
                return cut_tiles(
                    pages, placed, step[poses.page], size=live.size, supersample=live.supersample
                )

            return jnp.stack([batch(nimg + k * batch_size) for k in range(count)])

        return lambda nimg, count: (draw(pages, jnp.uint32(nimg), count), None)

    def _open_on_host(self, key: jax.Array, mesh: Mesh, batch_size: int) -> Draw:
        rows = batch_size // jax.process_count()
        begin = jax.process_index() * rows
        sharding = split(mesh, axis=1)
        one = partial(self._cut_from_crops, self._step())
        cut = jax.jit(jax.vmap(one), out_shardings=sharding)

        def crops(nimg: int, count: int) -> list[tuple[Array, Poses, Array]]:
            return [
                self._crops(self._host_poses(key, nimg + k * batch_size + begin, rows)) for k in range(count)
            ]

        pool = concurrent.futures.ThreadPoolExecutor(1)
        ahead: dict[tuple[int, int], Any] = {}

        def draw(nimg: int, count: int) -> tuple[jax.Array, None]:
            ready = ahead.pop((nimg, count), None)
            local = crops(nimg, count) if ready is None else ready.result()
            ahead.clear()
            following = nimg + count * batch_size, count
            ahead[following] = pool.submit(crops, *following)
            stacked = jax.tree.map(lambda *parts: np.stack(parts), *local)
            return cut(*jax.tree.map(lambda leaf: global_array(leaf, sharding), stacked)), None

        return draw

    def _step(self) -> np.ndarray:
        """float32 [P, 2]: reduced px between samples."""
        return self.pages.scale * (self.pages.tile_px / (self.pages.size * self.pages.supersample))

    def _host_poses(self, key: jax.Array, first: int, count: int) -> Poses:
        """Poses as NumPy arrays, drawn on the host."""
        live = self.pages
        with jax.default_device(jax.local_devices(backend="cpu")[0]):
            poses = draw_poses(
                key, np.uint32(first), count, sites=live.sites, quarter_turns=live.quarter_turns
            )
        return jax.tree.map(np.asarray, poses)

    def _crops(self, poses: Poses) -> tuple[Array, Poses, Array]:
        """(squares of pages [N, K, K, C] around tiles, poses on these squares, page of each)."""
        live = self.pages
        side = math.ceil(live.tile_px * math.sqrt(2) * float(live.scale.max())) + 2 * CUBIC_PX + 2
        center = poses.center_px * live.scale[poses.page] + np.float32(live.margin_px)
        corner = np.floor(center).astype(np.int32) - side // 2
        height, width = live.pages.shape[1:3]
        span = np.arange(side)
        rows = np.clip(corner[:, 1, None] + span, 0, height - 1)
        columns = np.clip(corner[:, 0, None] + span, 0, width - 1)
        crops = live.pages[poses.page[:, None, None], rows[:, :, None], columns[:, None, :]]
        own = np.arange(len(crops), dtype=np.int32)
        placed = Poses(own, center - corner.astype(np.float32), poses.angle_deg, poses.mirrored)
        return crops, placed, poses.page

    def _cut_from_crops(self, step: np.ndarray, crops: jax.Array, poses: Poses, page: jax.Array) -> jax.Array:
        live = self.pages
        return cut_tiles(crops, poses, jnp.asarray(step)[page], size=live.size, supersample=live.supersample)


def _device_bytes() -> float:
    """Memory of the smallest device of this process; infinite where none is reported (CPU)."""
    limits = [(device.memory_stats() or {}).get("bytes_limit") for device in jax.local_devices()]
    return min((limit for limit in limits if limit), default=math.inf)
