"""A trained generator without its training state: load, map, synthesize, export.

<run>/generator/config.json          family, network, image shape, compute dtype, nimg
<run>/generator/weights.safetensors  the averaged weights, float32, named by their path in the tree
"""

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from data_prep.errors import InputError, WorkError
from data_prep.images import to_uint8
from data_prep.outputs import replacing, write_json
from gan.batching import iter_batches, map_in_batches
from gan.config import TrainConfig, from_json, to_json
from gan.families import GeneratorFamily, build
from gan.precision import resolve_dtype

FOLDER, CONFIG, WEIGHTS = "generator", "config.json", "weights.safetensors"
_LATER = {  # fields that an identity leaves out at these values: generators from before have them so
    "minibatch_order": "neighbours",
    "w_mean_decay": 0.995,
    "generator_clamp": 256.0,
    "discriminator_clamp": None,
    "class_layers": 8,
    "residual": True,
    "generator_widths": (),
    "discriminator_widths": (),
}


@dataclasses.dataclass(frozen=True)
class Generator:
    """A generator and its weights.

    Attributes:
        family: the networks' pure functions.
        params: float32 pytree.
        identity: hash of configuration and weights; path files and clips carry it.
        nimg: images seen in training.
        class_names: of label i at position i; empty without classes.
    """

    family: GeneratorFamily
    params: Any
    identity: str
    nimg: int
    class_names: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of an image."""
        return self.family.shape

    @property
    def resolution(self) -> tuple[int, int]:
        """(H, W) of an image in px."""
        return self.family.shape[:2]

    @property
    def channels(self) -> int:
        return self.family.shape[2]

    @property
    def z_dim(self) -> int:
        """Length of a latent."""
        return self.family.z_dim

    def map(self, z: jax.Array, *, labels: jax.Array | None = None, truncation: float = 1.0) -> jax.Array:
        """z [N, Z] -> w [N, L, W] float32. Truncation below 1 draws w towards its mean.

        Labels are int32 [N]; without them a generator of classes makes its first.
        """
        return _map(self.family, self.params, z, self._labels(z, labels), truncation)

    def synthesize(self, w: jax.Array, *, noise: Any = "const") -> jax.Array:
        """w [N, L, W] -> images [N, H, W, C] float32, about [-1, 1], unclipped.

        Args:
            noise: "const" (fixed maps), "none", or a key for fresh ones; families without noise ignore it.
        """
        name, key = (noise, None) if isinstance(noise, str) else ("key", noise)
        return _synthesize(self.family, self.params, w, key, name=name)

    def map_with(
        self, params: Any, z: jax.Array, *, labels: jax.Array | None = None, truncation: Any = 1.0
    ) -> Any:
        """`map` with the parameters as an argument: pure, for use inside another jit."""
        return self.family.map(params, z, labels=self._labels(z, labels), truncation=truncation)

    def synthesize_with(self, params: Any, w: jax.Array, *, noise: Any = "const") -> jax.Array:
        """`synthesize` with the parameters as an argument: pure, for use inside another jit."""
        return self.family.synthesize(params, w, noise=noise)

    def _labels(self, z: jax.Array, labels: jax.Array | None) -> jax.Array | None:
        if not self.class_names:
            return None
        return jnp.zeros(z.shape[0], jnp.int32) if labels is None else labels


@partial(jax.jit, static_argnums=0)
def _map(
    family: GeneratorFamily, params: Any, z: jax.Array, labels: jax.Array | None, truncation: Any
) -> jax.Array:
    return family.map(params, z, labels=labels, truncation=truncation)


@partial(jax.jit, static_argnames=("family", "name"))
def _synthesize(
    family: GeneratorFamily, params: Any, w: jax.Array, key: jax.Array | None, *, name: str
) -> jax.Array:
    return family.synthesize(params, w, noise=name if key is None else key)


def enlarge(images: jax.Array, scale: int) -> jax.Array:
    """Images [N, H, W, C] float32 -> [N, scale H, scale W, C], Lanczos; scale 1 leaves them as they are."""
    n, h, w, c = images.shape
    return images if scale == 1 else jax.image.resize(images, (n, h * scale, w * scale, c), "lanczos3")


def default_batch(resolution: tuple[int, ...]) -> int:
    """Images per call for a resolution (H, W) in px: 64 up to 256 px, fewer above.

    Sampling often shares the device with a training.
    """
    return max(1, min(64, 64 * 256**2 // math.prod(resolution)))


@partial(jax.jit, static_argnames=("family", "scale"))
def _images(
    family: GeneratorFamily,
    params: Any,
    z: jax.Array,
    labels: jax.Array | None,
    truncation: Any,
    *,
    scale: int,
) -> jax.Array:
    w = family.map(params, z, labels=labels, truncation=truncation)
    return to_uint8(enlarge(family.synthesize(params, w, noise="const"), scale))


def sample_images(
    family: GeneratorFamily,
    params: Any,
    z: jax.Array,
    *,
    labels: jax.Array | None = None,
    truncation: float = 1.0,
    scale: int = 1,
    batch: int | None = None,
) -> Iterator[np.ndarray]:
    """Images of latents z [N, Z], in batches of uint8 [<= batch, scale H, scale W, C].

    Every call to the device has the same shape, so that an image does not depend on its neighbours. Labels
    are int32 [N]; without them the classes, if there are any, take turns. Batches are of 64 images unless
    said otherwise, fewer above 256 px: sampling often has to fit beside a training.
    """
    batch = batch or default_batch(family.shape[:2])
    if family.num_classes and labels is None:
        labels = jnp.arange(len(z), dtype=jnp.int32) % family.num_classes
    return iter_batches(
        lambda part: _images(family, params, part[0], part[1], truncation, scale=scale),
        (z, labels),
        batch=batch,
    )


def save_generator(
    run: Path,
    params: Any,
    *,
    config: TrainConfig,
    shape: tuple[int, int, int],
    nimg: int,
    class_names: Sequence[str] = (),
) -> Path:
    """Write the averaged weights to <run>/generator; weights last, so that a reader finds old or new.

    Args:
        run: the folder in which generator/ lies.
        params: the weights.
        config: of the training.
        shape: (H, W, C) of an image.
        nimg: images seen.
        class_names: of label i at position i.

    Raises: WorkError: it could not be written.
    """
    folder = run / FOLDER
    flat = {name: np.asarray(a) for name, a in flatten_dict(params, sep="/").items()}
    resolved = dataclasses.replace(config, compute_dtype=resolve_dtype(config.compute_dtype))
    described = {"schema": 1, "shape": list(shape), "classes": list(class_names), "train": to_json(resolved)}
    write_json(folder / CONFIG, described)
    with replacing(folder / WEIGHTS) as partial_path:
        try:
            save_file(flat, partial_path, metadata={"nimg": str(nimg)})
        except SafetensorError as error:
            raise WorkError(f"{folder / WEIGHTS} could not be written: {error}") from error
    return folder


def class_number(names: Sequence[str], label: str) -> int:
    """Position of a class that is given by name or number; raises InputError if there is no such class."""
    if label in names:
        return list(names).index(label)
    if label.isdecimal() and int(label) < len(names):
        return int(label)
    known = f"has {', '.join(names[:8])}{' ...' * (len(names) > 8)}" if names else "knows no classes"
    raise InputError(f"--label {label}: the generator {known}")


def load_generator(folder: Path | str) -> Generator:
    """The generator in a run folder, or in a run's generator/ folder.

    Raises:
        InputError: there is none, or its weights do not fit its config.
    """
    given, folder = Path(folder), Path(folder)
    if (folder / FOLDER).is_dir():
        folder = folder / FOLDER
    if not (folder / WEIGHTS).is_file():
        why = "it has not reached its first snapshot" if (given / CONFIG).is_file() else "no generator in it"
        raise InputError(f"{given} holds no {FOLDER}/{WEIGHTS} ({why}); train one: inkloop gan train")
    try:
        described = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        config, shape = from_json(described["train"]), tuple(described["shape"])
        flat = load_file(folder / WEIGHTS)
        nimg = int(_metadata(folder / WEIGHTS).get("nimg", 0))
        class_names = tuple(described["classes"])
        family = build(config, shape, num_classes=len(class_names))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise InputError(
            f"{folder} is damaged ({' '.join(str(error).split())}); export the generator again"
        ) from None
    expected = jax.eval_shape(family.init_generator, jax.random.key(0))
    wanted = {name: a.shape for name, a in flatten_dict(expected, sep="/").items()}
    if wanted != {name: a.shape for name, a in flat.items()}:
        raise InputError(f"{folder / WEIGHTS} does not fit {CONFIG} beside it; export the generator again")
    params = jax.device_put(unflatten_dict(flat, sep="/"))
    return Generator(family, params, identity(config, shape, params), nimg, class_names)


def identity(config: TrainConfig, shape: tuple[int, ...], params: Any) -> str:
    """Hash of all that decides a generator's images."""
    network = {k: v for k, v in to_json(config)["network"].items() if (k, v) not in _LATER.items()}
    decides = [config.family, network, resolve_dtype(config.compute_dtype), shape]
    digest = hashlib.sha256(json.dumps(decides).encode())
    flat = flatten_dict(params, sep="/")
    for name in sorted(flat):
        digest.update(np.asarray(flat[name]).tobytes())
    return digest.hexdigest()[:16]


def _metadata(path: Path) -> dict[str, str]:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return file.metadata() or {}


def pictures_of(generator: Generator, w: jax.Array) -> np.ndarray:
    """Pictures uint8 [N, H, W, C] of styles w [N, L, W], noise fixed; none depends on its neighbours."""
    return map_in_batches(
        lambda part: _images_of_w(generator.family, generator.params, part),
        w,
        batch=default_batch(generator.resolution),
    )


@partial(jax.jit, static_argnums=0)
def _images_of_w(family: GeneratorFamily, params: Any, w: jax.Array) -> jax.Array:
    return to_uint8(family.synthesize(params, w, noise="const"))
