"""How many images per second does StyleGAN2 train on, and what fraction of the device's peak is that?

Whole training steps as a run makes them, on random images on the device: one iteration per call (two
programs, one per network) or several (one program), lazy penalties where they are due, one warm-up cycle of
16 iterations, then N timed cycles. The same without penalties shows their cost. MFU is the work of the
model (4.75 g + 8.375 d FLOP per image; g and d: one forward pass through generator and discriminator)
divided by the peak, which is measured with a large matrix product of the same dtype unless --peak-tflops is
passed. Then the generator alone, to uint8.

    throughput.py --resolution 256 --channel-base 16384 --batch-size 32 64 --profile DIR
"""

import argparse
import contextlib
import dataclasses
import time
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
from work_model import forward_flops

from configs.gan.auto import CONFIG
from data_prep.cli import cache_compiled_programs
from data_prep.images import to_uint8
from gan.config import Stylegan2Config, TrainConfig, check, replace
from gan.config.auto import resolve
from gan.devices.precision import resolve_dtype
from gan.devices.sharding import make_mesh, split
from gan.families import Family, build
from gan.plan import PROBE, measured_flops
from gan.recipes.adversarial import Adversarial
from gan.recipes.recipe import Update
from gan.steps.compiled_steps import Dispatcher
from gan.steps.state import make_state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--channel-base", type=int, default=1024)
    parser.add_argument("--batch-size", type=int, nargs="+", default=[8])
    parser.add_argument("--per-call", type=int, default=1, help="iterations per call")
    parser.add_argument("--cycles", type=int, default=2, help="of 16 iterations")
    parser.add_argument("--augment", default="off")
    parser.add_argument("--dtype", default="auto", choices=("auto", "float32", "bfloat16"))
    parser.add_argument("--peak-tflops", type=float, help="measured if not passed")
    parser.add_argument("--profile", type=Path, help="folder for a trace of one cycle")
    options = parser.parse_args()
    cache_compiled_programs()
    shape = (options.resolution, options.resolution, options.channels)
    dtype = resolve_dtype(options.dtype)
    platform = "cpu" if jax.default_backend() == "cpu" else "gpu"
    peak = options.peak_tflops * 1e12 if options.peak_tflops else 0.0
    peak = peak or measured_flops(jnp.dtype(dtype), side=PROBE[platform])
    network = Stylegan2Config(channel_base=options.channel_base, minibatch_group=4)
    g, d = forward_flops(network, shape)
    work = 4.75 * g + 8.375 * d
    print(f"{jax.devices()[0].device_kind}, {dtype}, peak {peak / 1e12:.1f} TFLOP/s; ", end="")
    print(f"{options.resolution} px, channel base {options.channel_base}, {work / 1e9:.0f} GFLOP an image\n")
    print("| batch | compile, s | images/s | MFU | without penalties | penalties cost | generator images/s |")
    print("| --- " * 7 + "|")
    for batch in options.batch_size:
        config = replace(
            CONFIG,
            network=network,
            batch_size=batch,
            compute_dtype=dtype,
            accumulate=1,
            iterations_per_dispatch=options.per_call,
            augment=dataclasses.replace(CONFIG.augment, augment=options.augment),
        )
        config, _ = resolve(config, shape, devices=1)
        check(config)
        family = build(config, shape)
        compile_sec, lazy, bare, state = training_rates(family, config, options.cycles, options.profile)
        rate = generator_rate(family, state.average, batch)
        cells = [batch, f"{compile_sec:.0f}", f"{lazy:.1f}", f"{lazy * work / peak:.1%}", f"{bare:.1f}"]
        print(f"| {' | '.join(map(str, cells))} | {bare / lazy - 1:.1%} | {rate:.0f} |", flush=True)


def training_rates(
    family: Family, config: TrainConfig, cycles: int, profile: Path | None
) -> tuple[float, float, float, Any]:
    """(seconds to compile, images/s with lazy penalties, images/s without, final state)."""
    mesh, per_call = make_mesh(devices=jax.devices()[:1]), config.optim.iterations_per_dispatch
    batch = int(config.batch_size)
    reals = jax.random.bits(jax.random.key(1), (per_call, batch, *family.shape), jnp.uint8)
    reals = jax.device_put(reals, split(mesh, axis=1))
    begun = time.perf_counter()
    recipe = Adversarial(config, family)
    dispatch = Dispatcher(recipe, mesh, per_call=per_call).ready()
    bare = (Update("discriminator"), Update("generator"))
    dispatch.programs_of(bare, per_call)  # a call without penalties, if no call of the run is one
    compile_sec = time.perf_counter() - begun
    state = make_state(recipe, mesh)

    def draw(nimg: int, count: int) -> tuple[Any, None]:
        assert count == per_call
        return reals, None

    def cycle(state: Any) -> Any:
        nimg = 0
        while nimg < config.loss.r1_interval * batch:
            state, metrics, nimg = dispatch(state, draw, nimg)
        return state, metrics

    rates = []
    for penalties in (contextlib.nullcontext(), mock.patch.object(Adversarial, "due", return_value=bare)):
        with penalties:
            state, metrics = cycle(state)
            jax.block_until_ready((state, metrics))
            begun = time.perf_counter()
            for _ in range(cycles):
                state, metrics = cycle(state)
            jax.block_until_ready((state, metrics))
            rates.append(cycles * config.loss.r1_interval * batch / (time.perf_counter() - begun))
    if profile is not None:
        with jax.profiler.trace(str(profile)):
            state, metrics = cycle(state)
            jax.block_until_ready((state, metrics))
    return compile_sec, rates[0], rates[1], state


def generator_rate(family: Family, params: Any, batch: int, *, calls: int = 8) -> float:
    """Images per second from latents to uint8, on the device."""

    @jax.jit
    def run(params: Any, z: jax.Array) -> jax.Array:
        w = family.map(params, z, labels=None, truncation=1.0)
        return to_uint8(family.synthesize(params, w, noise="const"))

    z = jax.random.normal(jax.random.key(2), (batch, family.z_dim))
    jax.block_until_ready(run(params, z))
    begun = time.perf_counter()
    images = [run(params, z) for _ in range(calls)]
    jax.block_until_ready(images)
    return calls * batch / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
