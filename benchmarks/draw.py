"""How much lower is the bound of DRAW with T = 10 than with T = 1, and than that of a plain VAE?

One class of doodles (--data, or hexagons drawn by program), binarised at 0.5; equal updates on equal
batches, Adam and clipping of preset `draw`. The VAE has two hidden layers on each side, as many numbers of z
as DRAW in all, and as many parameters. The bound is that of held-out doodles, one sample of noise each. With
--folder an interrupted benchmark continues from its last line.
"""

import argparse
import dataclasses
import math
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from configs.gan.draw import CONFIG
from data_prep.progress import ignore
from data_prep.sources.doodle_files import open_doodles
from data_prep.sources.strokes import render_strokes
from gan.config import replace
from gan.draw.loss import Nats, bernoulli_nats, gaussian_kl
from gan.draw.network import encode_images, init_params
from gan.recipes.draw import optimizer
from gan.recipes.optimizer import descend

HELD_OUT = 256

Bound = Callable[[Any, jax.Array, jax.Array], Nats]
"""(parameters, ink [N, H, W], key) -> the bound of each image."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="bitmaps of one class, .npy or .npz")
    parser.add_argument("--folder", type=Path, help="of the state of an interrupted benchmark")
    parser.add_argument("--updates", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--every", type=int, default=200, help="updates between lines")
    parser.add_argument("--learning-rate", type=float, default=CONFIG.optim.learning_rate)
    options = parser.parse_args()
    bitmaps = hexagons(2000) if options.data is None else read(options.data)
    ink = (bitmaps > 127).astype(np.float32)[np.random.default_rng(0).permutation(len(bitmaps))]
    held_out, trained = ink[:HELD_OUT], ink[HELD_OUT:]
    models = {"DRAW, T 10": draw(10), "DRAW, T 1": draw(1)}
    count = sum(leaf.size for leaf in jax.tree.leaves(models["DRAW, T 10"][0]))
    models["VAE"] = plain_vae(count, z_dim=CONFIG.draw.glimpses * CONFIG.draw.glimpse_z)
    print(f"{len(trained)} doodles to train on, {HELD_OUT} held out, {options.updates} updates")
    print("| model | parameters | updates | sec | nats, held out | reconstruction | KL |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    last = {}
    for name, (params, bound) in models.items():
        size = sum(leaf.size for leaf in jax.tree.leaves(params))
        for updates, sec, nats in train(name, params, bound, trained, held_out, options):
            parts = (nats.total, nats.reconstruction, nats.kl)
            values = " | ".join(f"{float(part.mean()):.1f}" for part in parts)
            print(f"| {name} | {size} | {updates} | {sec:.0f} | {values} |", flush=True)
            last[name] = np.asarray(nats.total)
    for name in ("DRAW, T 1", "VAE"):
        difference = last[name] - last["DRAW, T 10"]
        error = difference.std() / math.sqrt(len(difference))
        print(f"DRAW, T 10 is {difference.mean():.1f} nats lower than {name} (standard error {error:.1f})")


def read(path: Path) -> np.ndarray:
    """All bitmaps of a file, uint8 [N, 28, 28]."""
    file = open_doodles(path, report=ignore)
    return np.stack(list(file.read(range(len(file.classes)))))


def hexagons(count: int) -> np.ndarray:
    """Outlines of hexagons with moved corners, light on dark, uint8 [N, 28, 28]."""
    random, found = np.random.default_rng(0), []
    turns = 2 * np.pi * np.arange(7) / 6
    for _ in range(count):
        radius = random.uniform(0.7, 1.0, (6, 1))[np.arange(7) % 6]
        corners = radius * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        found.append(255 - render_strokes([corners], size_px=28, pen_px=2.0, margin_px=2.0)[..., 0])
    return np.stack(found)


def draw(glimpses: int) -> tuple[Any, Bound]:
    """Parameters and bound of DRAW as in preset `draw`, with so many glimpses."""
    config = dataclasses.replace(CONFIG.draw, glimpses=glimpses)

    def bound(params: Any, ink: jax.Array, key: jax.Array) -> Nats:
        noise = jax.random.normal(key, (len(ink), glimpses, config.glimpse_z))
        return encode_images(params, ink, noise, config=config).nats(ink)

    return init_params(jax.random.key(0), config, shape=(28, 28)), bound


def plain_vae(count: int, *, z_dim: int) -> tuple[Any, Bound]:
    """Parameters, about `count` of them, and bound of a multilayer perceptron VAE with ReLU.

    Source: Kingma and Welling 2014, "Auto-encoding variational Bayes".
    """
    pixels = 28 * 28
    linear = 2 * pixels + 3 * z_dim  # 2 h^2 + linear h = count
    hidden = round((math.sqrt(linear**2 + 8 * count) - linear) / 4)
    sizes = [(pixels, hidden), (hidden, hidden), (hidden, 2 * z_dim)]
    sizes += [(z_dim, hidden), (hidden, hidden), (hidden, pixels)]
    key, params = jax.random.key(0), []
    for i, (inputs, outputs) in enumerate(sizes):
        kernel = jax.random.normal(jax.random.fold_in(key, i), (inputs, outputs)) * math.sqrt(2 / inputs)
        last = i in (2, 5)
        params.append({"kernel": kernel * (0.1 if last else 1.0), "bias": jnp.zeros(outputs)})

    def layers(params: Any, x: jax.Array) -> jax.Array:
        for i, layer in enumerate(params):
            x = x @ layer["kernel"] + layer["bias"][None]
            x = jax.nn.relu(x) if i < len(params) - 1 else x
        return x

    def bound(params: Any, ink: jax.Array, key: jax.Array) -> Nats:
        mean, log_std = jnp.split(layers(params[:3], ink.reshape(len(ink), -1)), 2, axis=1)
        z = mean + jnp.exp(log_std) * jax.random.normal(key, mean.shape)
        logits = layers(params[3:], z).reshape(ink.shape)
        return Nats(bernoulli_nats(logits, ink), gaussian_kl(mean, log_std))

    return params, bound


def train(
    name: str,
    params: Any,
    bound: Bound,
    trained: np.ndarray,
    held_out: np.ndarray,
    options: argparse.Namespace,
) -> Any:
    """Yield (updates, seconds of training, bound of the held-out doodles) at intervals."""
    adam = optimizer(replace(CONFIG, learning_rate=options.learning_rate))
    state, key, done, sec = adam.init(params), jax.random.key(1), 0, 0.0
    saved = options.folder and options.folder / f"{name}.pickle"
    if saved and saved.exists():
        params, state, done, sec, lines = pickle.loads(saved.read_bytes())
        yield from lines
    else:
        lines = []

    @jax.jit
    def step(params: Any, state: Any, ink: jax.Array, key: jax.Array) -> tuple[Any, Any]:
        gradient = jax.grad(lambda params: bound(params, ink, key).total.mean())(params)
        return descend(adam, gradient, state, params)

    measure = jax.jit(bound)
    for update in range(done + 1, options.updates + 1):
        chosen = np.random.default_rng([1, update]).choice(len(trained), options.batch, replace=False)
        begun = time.monotonic()
        params, state = jax.block_until_ready(
            step(params, state, jnp.asarray(trained[chosen]), jax.random.fold_in(key, update))
        )
        sec += time.monotonic() - begun if update > done + 1 else 0.0
        if update % options.every == 0 or update == options.updates:
            nats = measure(params, jnp.asarray(held_out), jax.random.key(2))
            lines.append((update, sec, jax.tree.map(np.asarray, nats)))
            if saved:
                found = (*jax.tree.map(np.asarray, (params, state)), update, sec, lines)
                saved.parent.mkdir(parents=True, exist_ok=True)
                saved.with_suffix(".new").write_bytes(pickle.dumps(found))
                saved.with_suffix(".new").replace(saved)
            yield lines[-1]


if __name__ == "__main__":
    main()
