"""A trained generator without its training state: load, map, synthesize, save.

<run>/generator/config.json          family, network, image shape, compute dtype, nimg
<run>/generator/weights.safetensors  EMA weights, float32, named by their path in the parameter tree
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
from gan import latents
from gan.config import TrainConfig, from_json, to_json
from gan.config.draw import DrawConfig
from gan.devices.batching import iter_batches, map_in_batches
from gan.devices.precision import resolve_dtype
from gan.draw.family import DrawFamily
from gan.families import GeneratorFamily, build

FOLDER, CONFIG, WEIGHTS = "generator", "config.json", "weights.safetensors"
CONFIGS: dict[str, type[TrainConfig | DrawConfig]] = {
    "adversarial": TrainConfig,
    "draw": DrawConfig,
}  # by recipe
_LATER: dict[str, dict[str, Any]] = {
    # Family -> fields added later, left out of identities at these values so that old identities stay valid.
    "progan": {"minibatch_order": "neighbours"},
    "stylegan2": {
        "minibatch_order": "neighbours",
        "w_mean_decay": 0.995,
        "generator_clamp": 256.0,
        "discriminator_clamp": None,
        "class_layers": 8,
        "residual": True,
        "generator_widths": (),
        "discriminator_widths": (),
        "base": "const",
        "rgb_init_std": 1.0,
        "noise": "all",
    },
}


@dataclasses.dataclass(frozen=True)
class Generator:
    """A generator network with its weights.

    Attributes:
        family: pure functions of the networks.
        params: float32 pytree.
        identity: hash of configuration and weights; stored in path files.
        nimg: number of training images seen.
        class_names: name of each label; empty without classes.
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
        """Length Z of a latent vector."""
        return self.family.z_dim

    def map(self, z: jax.Array, *, labels: jax.Array | None = None, truncation: float = 1.0) -> jax.Array:
        """z [N, Z] -> w [N, L, W] float32.

        Args:
            z: latents.
            labels: int32 [N]; None: the first class, if there are classes.
            truncation: psi: 1 = off, 0 = mean w.
        """
        return _map(self.family, self.params, z, self._labels(z, labels), truncation)

    def synthesize(self, w: jax.Array, *, noise: Any = "const") -> jax.Array:
        """w [N, L, W] -> images [N, H, W, C] float32, about [-1, 1], unclipped.

        Args:
            w: one row per layer.
            noise: "const" (fixed maps), "none", or a key for random maps; ignored by families without noise.
        """
        name, key = (noise, None) if isinstance(noise, str) else ("key", noise)
        return _synthesize(self.family, self.params, w, key, name=name)

    def map_with(
        self, params: Any, z: jax.Array, *, labels: jax.Array | None = None, truncation: Any = 1.0
    ) -> Any:
        """`map` with explicit parameters: pure, for use inside jit."""
        return self.family.map(params, z, labels=self._labels(z, labels), truncation=truncation)

    def synthesize_with(self, params: Any, w: jax.Array, *, noise: Any = "const") -> jax.Array:
        """`synthesize` with explicit parameters: pure, for use inside jit."""
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
    """Upscale images [N, H, W, C] float32 to [N, scale H, scale W, C] with a Lanczos filter."""
    n, h, w, c = images.shape
    return images if scale == 1 else jax.image.resize(images, (n, h * scale, w * scale, c), "lanczos3")


def default_batch(resolution: tuple[int, ...]) -> int:
    """Images per call for a resolution (H, W) in px: 64 up to 256 px, fewer above.

    Small, because sampling often runs on a device that is training.
    """
    return max(1, min(64, 64 * 256**2 // math.prod(resolution)))


@partial(jax.jit, static_argnames=("family", "scale"))
def _images(
    family: GeneratorFamily,
    params: Any,
    z: jax.Array,
    labels: jax.Array | None,
    keys: jax.Array | None,
    truncation: Any,
    *,
    scale: int,
) -> jax.Array:
    w = family.map(params, z, labels=labels, truncation=truncation)
    return to_uint8(enlarge(family.synthesize(params, w, noise="const" if keys is None else keys), scale))


def sample_images(
    family: GeneratorFamily,
    params: Any,
    z: jax.Array,
    *,
    labels: jax.Array | None = None,
    keys: jax.Array | None = None,
    truncation: float = 1.0,
    scale: int = 1,
    batch: int | None = None,
) -> Iterator[np.ndarray]:
    """Generate images of latents in batches; images do not depend on the batch size.

    Args:
        family: the networks.
        params: of the generator.
        z: [N, Z].
        labels: int32 [N]; None: classes in turn, if there are any.
        keys: of each image's own noise, [N], as in training; None: fixed noise.
        truncation: psi: 1 = off, 0 = mean image.
        scale: integer upscaling factor.
        batch: images per device call; None: `default_batch`.

    Yields: uint8 [<= batch, scale H, scale W, C].
    """
    batch = batch or default_batch(family.shape[:2])
    if family.num_classes and labels is None:
        labels = jnp.arange(len(z), dtype=jnp.int32) % family.num_classes
    return iter_batches(
        lambda part: _images(family, params, *part, truncation, scale=scale),
        (z, labels, keys),
        batch=batch,
    )


def sample_seeds(
    generator: Generator, seeds: Sequence[int], *, label: int | None, truncation: float, scale: int = 1
) -> Iterator[np.ndarray]:
    """`sample_images` of seeds, of class `label`; None: classes in turn, if there are any."""
    z = latents.from_seeds(seeds, z_dim=generator.z_dim)
    labels = None if label is None else jnp.full(len(z), label, jnp.int32)
    return sample_images(
        generator.family, generator.params, z, labels=labels, truncation=truncation, scale=scale
    )


def save_generator(
    run: Path,
    params: Any,
    *,
    config: TrainConfig | DrawConfig,
    shape: tuple[int, int, int],
    nimg: int,
    class_names: Sequence[str] = (),
) -> Path:
    """Write a generator to <run>/generator; weights are written last, so that readers find a complete state.

    Args:
        run: parent folder of generator/.
        params: EMA weights.
        config: training config.
        shape: (H, W, C) of an image.
        nimg: number of training images seen.
        class_names: name of each label.

    Raises: WorkError: writing failed.
    """
    folder = run / FOLDER
    flat = {name: np.asarray(a) for name, a in flatten_dict(params, sep="/").items()}
    resolved = dataclasses.replace(config, compute_dtype=resolve_dtype(config.compute_dtype))
    described = {"schema": 1, "shape": list(shape), "classes": list(class_names), "train": to_json(resolved)}
    if isinstance(config, DrawConfig):
        described["recipe"] = "draw"
    write_json(folder / CONFIG, described)
    with replacing(folder / WEIGHTS) as partial_path:
        try:
            save_file(flat, partial_path, metadata={"nimg": str(nimg)})
        except SafetensorError as error:
            raise WorkError(f"{folder / WEIGHTS} could not be written: {error}") from error
    return folder


def class_number(names: Sequence[str], label: str) -> int:
    """Label of a class by name or number; raises InputError if there is no such class."""
    if label in names:
        return list(names).index(label)
    if label.isdecimal() and int(label) < len(names):
        return int(label)
    known = f"has {', '.join(names[:8])}{' ...' * (len(names) > 8)}" if names else "has no classes"
    raise InputError(f"--label {label}: the generator {known}")


def load_generator(folder: Path | str) -> Generator:
    """Load the generator of a run folder, or of its generator/ folder.

    Raises: InputError: there is no generator, it is damaged, or its weights do not match its config.
    """
    requested, folder = Path(folder), Path(folder)
    if (folder / FOLDER).is_dir():
        folder = folder / FOLDER
    if folder.is_file():
        raise InputError(
            f"{requested} is a file; pass a run folder (inkloop gan import makes one of a snapshot, .pkl)"
        )
    if not (folder / WEIGHTS).is_file():
        why = (
            "it has not reached its first snapshot"
            if (requested / CONFIG).is_file()
            else "no generator in it"
        )
        raise InputError(f"{requested} holds no {FOLDER}/{WEIGHTS} ({why}); train one: inkloop gan train")
    try:
        described = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        kind = CONFIGS[described.get("recipe", "adversarial")]
        config, shape = from_json(described["train"], kind=kind), tuple(described["shape"])
        flat = load_file(folder / WEIGHTS)
        nimg = int(_metadata(folder / WEIGHTS).get("nimg", 0))
        class_names = tuple(described["classes"])
        family = _family(config, shape, num_classes=len(class_names))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise InputError(
            f"{folder} is damaged ({' '.join(str(error).split())}); export the generator again"
        ) from None
    expected = jax.eval_shape(family.init_generator, jax.random.key(0))
    shapes = {name: a.shape for name, a in flatten_dict(expected, sep="/").items()}
    if shapes != {name: a.shape for name, a in flat.items()}:
        raise InputError(f"{folder / WEIGHTS} does not match {CONFIG}; export the generator again")
    params = jax.device_put(unflatten_dict(flat, sep="/"))
    return Generator(family, params, identity(config, shape, params), nimg, class_names)


def identity(config: TrainConfig | DrawConfig, shape: tuple[int, ...], params: Any) -> str:
    """Hash of everything that determines a generator's images."""
    if isinstance(config, DrawConfig):
        inputs: list[Any] = ["draw", dataclasses.asdict(config.draw), shape]
    else:
        later = _LATER.get(config.family, {}).items()
        network = {k: v for k, v in to_json(config)["network"].items() if (k, v) not in later}
        inputs = [config.family, network, resolve_dtype(config.compute_dtype), shape]
    digest = hashlib.sha256(json.dumps(inputs).encode())
    flat = flatten_dict(params, sep="/")
    for name in sorted(flat):
        digest.update(np.asarray(flat[name]).tobytes())
    return digest.hexdigest()[:16]


def _family(
    config: TrainConfig | DrawConfig, shape: tuple[int, int, int], *, num_classes: int
) -> GeneratorFamily:
    if isinstance(config, DrawConfig):
        return DrawFamily(config.draw, shape, num_classes)
    return build(config, shape, num_classes=num_classes)


def _metadata(path: Path) -> dict[str, str]:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return file.metadata() or {}


def images_of_w(generator: Generator, w: jax.Array) -> np.ndarray:
    """Images uint8 [N, H, W, C] of w [N, L, W] with fixed noise maps."""
    return map_in_batches(
        lambda part: _synthesize_uint8(generator.family, generator.params, part),
        w,
        batch=default_batch(generator.resolution),
    )


@partial(jax.jit, static_argnums=0)
def _synthesize_uint8(family: GeneratorFamily, params: Any, w: jax.Array) -> jax.Array:
    return to_uint8(family.synthesize(params, w, noise="const"))
