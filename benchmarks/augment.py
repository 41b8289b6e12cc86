"""How much does augmentation cost compared with the discriminator pass over the same images?

Batches of 8 RGB images at p = 0.6, each group alone and the usual combinations; a discriminator of channel
base 16384 in float32. "Backward" includes the forward pass and takes the gradient with respect to the
images (augmentation), or to images and parameters (discriminator). Best of N, measured in turns.
"""

import argparse
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp

from gan.augment.config import AugmentConfig
from gan.augment.pipeline import augment
from gan.config import ProganConfig, TrainConfig
from gan.families import build
from gan.latents import numbered

BATCH = 8
GROUPS = ("b", "g", "c", "f", "n", "o", "bg", "bgc", "bgcfno")
DISCRIMINATOR = "discriminator"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 256])
    options = parser.parse_args()
    print("| px | what | forward, ms per image | of the discriminator's | backward, ms per image | of its |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size in options.sizes:
        measure(size, options.rounds)


def measure(size: int, rounds: int) -> None:
    key = jax.random.key(0)
    images = jax.random.uniform(key, (BATCH, size, size, 3), minval=-1.0, maxval=1.0)
    p = jnp.float32(0.6)
    calls: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {}
    config = TrainConfig(network=ProganConfig(channel_base=16384), compute_dtype="float32")
    family = build(config, (size, size, 3))
    params = jax.jit(family.init_discriminator)(key)

    def logits(images: jax.Array, params: object) -> jax.Array:
        return family.discriminate(params, images, labels=None).sum()

    forward, back = jax.jit(logits), jax.jit(jax.grad(logits, argnums=(0, 1)))
    calls[DISCRIMINATOR] = (lambda: forward(images, params), lambda: back(images, params))
    for groups in GROUPS:
        calls[groups] = augmentation(key, images, p, AugmentConfig(augment=groups))
    best = {name: [float("inf"), float("inf")] for name in calls}
    for _ in range(rounds + 1):  # the first round compiles; the minimum ignores it
        for name, passes in calls.items():
            for i, call in enumerate(passes):
                start = time.perf_counter()
                jax.block_until_ready(call())
                best[name][i] = min(best[name][i], time.perf_counter() - start)
    whole = best[DISCRIMINATOR]
    for name, (there, back_s) in best.items():
        ms, back_ms = there / BATCH * 1e3, back_s / BATCH * 1e3
        cells = f"{ms:.2f} | {there / whole[0]:.1%} | {back_ms:.2f} | {back_s / whole[1]:.1%}"
        print(f"| {size} | {name} | {cells} |", flush=True)


def augmentation(
    key: jax.Array, images: jax.Array, p: jax.Array, config: AugmentConfig
) -> tuple[Callable[[], object], Callable[[], object]]:
    """Calls of the forward pass, and of the pass with its gradient."""

    def transform(images: jax.Array, p: jax.Array) -> jax.Array:
        return augment(key, images, p, items=numbered(0, images.shape[0]), config=config)

    def back(images: jax.Array, p: jax.Array) -> tuple[jax.Array, jax.Array]:
        out, pullback = jax.vjp(lambda x: transform(x, p), images)
        return out, pullback(out)[0]

    forward, jitted_back = jax.jit(transform), jax.jit(back)
    return lambda: forward(images, p), lambda: jitted_back(images, p)


if __name__ == "__main__":
    main()
