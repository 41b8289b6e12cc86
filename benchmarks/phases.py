"""How fast is each phase of StyleGAN2 training compared with plain formulations, and is any work done twice?

Generator inference, the discriminator pass, the gradients of the two losses (Gmain, Dmain) and of the two
penalties (Greg on half the batch, Dreg), each a jitted function of `gan.losses`: channel base 16384, at
most 512 channels, float32. Plain: see plain_stylegan2.py. Both give the same values (checked). They run in
turns; the best of N is reported, in wall-clock time and in CPU time of all threads. Phases longer than a
minute are timed once; the plain Greg takes over ten minutes and runs only with `--plain all`.

XLA's counts of FLOP per image and of bytes are compared with a model (work_model.py), in forward passes
through the generator (g) and the discriminator (d): Gmain 3 g + 2 d, Dmain g + 6 d, Greg 6 g, Dreg 6 d. A
gradient costs two passes, one for the inputs and one for the weights; Gmain needs none for the
discriminator's weights.

Then the cost of additions to the objective, per iteration, relative to the logistic loss with R1 every 16
iterations and the path length penalty every 4: the relativistic loss, whose generator update also passes the
reals through the discriminator (3 g + 3 d), R2 (Dreg of both kinds of image, 12 d), and penalties every 4.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from plain_stylegan2 import plain_formulations
from work_model import forward_bytes, forward_flops

from data_prep.cli import cache_compiled_programs
from gan import latents, losses
from gan.config import Loss, Stylegan2Config, TrainConfig
from gan.families import Family, build
from gan.losses import draw_styles, squared_gradient, synthesize_noisy

NETWORK = Stylegan2Config(channel_base=16384, minibatch_group=4)
STYLE_MIXING = 0.9
TIMED_ONCE_SEC = 60.0


class Phase(NamedTuple):
    """A function to compile, its arguments, its number of images, and its cost in passes."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    images: int
    passes: tuple[int, int]  # through the generator and the discriminator


class Times(NamedTuple):
    """The best of some calls, in seconds."""

    clock: float
    processor: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--phases", nargs="+", default=None)
    parser.add_argument("--plain", choices=("all", "quick", "none"), default="quick")
    options = parser.parse_args()
    cache_compiled_programs()
    made = phases(options.resolution, options.batch_size)
    print("| phase | ours, ms | plain, ms | plain / ours | in processor time | ", end="")
    print("GFLOP per image | model | ratio | GB accessed | model | ratio | plain GFLOP | plain GB |")
    print("| --- " * 13 + "|")
    shape = (options.resolution, options.resolution, 3)
    costs = {}
    for name in options.phases or made:
        plain = options.plain == "all" or (options.plain == "quick" and name != "Greg")
        line, costs[name] = row(name, made[name], shape, options.rounds, plain=plain)
        print(line, flush=True)
    if costs.keys() == made.keys():
        print("\n" + "\n".join(additions(costs)))


def row(
    name: str, phase: Phase, shape: tuple[int, int, int], rounds: int, *, plain: bool
) -> tuple[str, np.ndarray]:
    """Compile a phase in both forms, compare their values, time them.

    Returns: (line of the table, [seconds, FLOP] of a call of our form).
    """
    forms = {"ours": compiled(phase)}
    if plain:
        with plain_formulations():
            forms["plain"] = compiled(phase)
    times = interleaved({form: partial(program, *phase.arguments) for form, program in forms.items()}, rounds)
    flops, gigabytes = counted(forms["ours"], phase.images)
    ours = times["ours"]
    model = float(np.dot(phase.passes, forward_flops(NETWORK, shape))) / 1e9
    model_gigabytes = float(np.dot(phase.passes, forward_bytes(NETWORK, shape, phase.images))) / 1e9
    cells = [f"{ours.clock * 1e3:.0f}", "", "", "", f"{flops / 1e9:.2f}", f"{model:.2f}"]
    cells += [f"{flops / 1e9 / model:.3f}", f"{gigabytes:.2f}", f"{model_gigabytes:.2f}"]
    cells += [f"{gigabytes / model_gigabytes:.1f}", "", ""]
    if plain:
        other, (plain_flops, plain_gigabytes) = times["plain"], counted(forms["plain"], phase.images)
        ratios = f"{other.clock / ours.clock:.1f}", f"{other.processor / ours.processor:.1f}"
        cells[1:4] = [f"{other.clock * 1e3:.0f}", *ratios]
        cells[10:] = [f"{plain_flops / 1e9:.2f}", f"{plain_gigabytes:.2f}"]
    return f"| {name} | {' | '.join(cells)} |", np.array([ours.clock, flops * phase.images])


def additions(costs: dict[str, np.ndarray]) -> list[str]:
    """Lines of a table: what additions cost in time and FLOP, in per cent of an iteration without them."""

    def iteration(*, relativistic: bool = False, r2: bool = False, interval: int = 16) -> np.ndarray:
        kind = " relativistic" if relativistic else ""
        penalties = costs["Dreg R1 + R2" if r2 else "Dreg"] / interval + costs["Greg"] / 4
        return costs[f"Gmain{kind}"] + costs[f"Dmain{kind}"] + penalties

    rows: dict[str, dict[str, Any]] = {
        "relativistic": {"relativistic": True},
        "R2, penalties every 16": {"r2": True},
        "R1 every 4": {"interval": 4},
        "R1 + R2 every 4": {"r2": True, "interval": 4},
        "relativistic, R1 + R2 every 16": {"relativistic": True, "r2": True},
        "relativistic, R1 + R2 every 4": {"relativistic": True, "r2": True, "interval": 4},
    }
    more = {name: iteration(**options) / iteration() - 1 for name, options in rows.items()}
    lines = (f"| {name} | {time:+.1%} | {flops:+.1%} |" for name, (time, flops) in more.items())
    return ["| addition | time | FLOP |", "| --- | --- | --- |", *lines]


def phases(resolution: int, batch: int) -> dict[str, Phase]:
    """All phases at one resolution, on random images and initial networks."""
    shape = (resolution, resolution, 3)
    config = TrainConfig(family="stylegan2", network=NETWORK, compute_dtype="float32")
    family = build(config, shape)
    key = jax.random.key(0)
    generator, discriminator = jax.jit(family.init_generator)(key), jax.jit(family.init_discriminator)(key)
    reals = jax.random.uniform(key, (batch, *shape), minval=-1.0, maxval=1.0)
    z = latents.draw(key, latents.numbered(0, batch), z_dim=family.z_dim)
    items, half = latents.numbered(0, batch), latents.numbered(0, batch // 2)
    d_arguments = (discriminator, key, generator, reals, items)
    return {
        "inference": Phase(lambda p, z: infer(family, p, z), (generator, z), batch, (1, 0)),
        "D forward": Phase(
            lambda p, x: family.discriminate(p, x, labels=None), (discriminator, reals), batch, (0, 1)
        ),
        "Gmain": Phase(gmain(family), (generator, key, discriminator, items, None), batch, (3, 2)),
        "Gmain relativistic": Phase(
            gmain(family), (generator, key, discriminator, items, reals), batch, (3, 3)
        ),
        "Dmain": Phase(dmain(family, "logistic"), d_arguments, batch, (1, 6)),
        "Dmain relativistic": Phase(dmain(family, "relativistic"), d_arguments, batch, (1, 6)),
        "Greg": Phase(greg(family), (generator, key, half), batch // 2, (6, 0)),
        "Dreg": Phase(dreg(family), (discriminator, reals), batch, (0, 6)),
        "Dreg R1 + R2": Phase(
            dreg(family), (discriminator, jnp.concatenate([reals, -reals])), batch, (0, 12)
        ),
    }


def infer(family: Family, params: Any, z: jax.Array) -> jax.Array:
    return family.synthesize(params, family.map(params, z, labels=None, truncation=1.0), noise="const")


def gmain(family: Family) -> Callable[..., Any]:
    """(generator, key, discriminator, items, reals) -> the generator loss and its gradient; relativistic
    where reals are not None."""

    def loss(params: Any, key: jax.Array, discriminator: Any, items: jax.Array, reals: Any) -> jax.Array:
        loss, _ = losses.generator_loss(
            key, params, discriminator, items, family=family, reals=reals, style_mixing=STYLE_MIXING
        )
        return loss

    return jax.value_and_grad(loss)


def dmain(family: Family, kind: Loss) -> Callable[..., Any]:
    """(discriminator, key, generator, reals, items) -> discriminator loss and gradient, fakes included."""

    def loss(params: Any, key: jax.Array, generator: Any, reals: jax.Array, items: jax.Array) -> jax.Array:
        w = draw_styles(key, generator, items, None, family=family, style_mixing=STYLE_MIXING).w
        fakes = lax.stop_gradient(synthesize_noisy(key, generator, w, items, family=family))
        joined = items.size % int(NETWORK.minibatch_group) == 0  # as `gan.recipes.adversarial` decides
        loss, _ = losses.discriminator_loss(params, reals, fakes, family=family, loss=kind, joined=joined)
        return loss

    return jax.value_and_grad(loss)


def greg(family: Family) -> Callable[..., Any]:
    """(generator, key, items) -> the path length penalty and its gradient."""

    def loss(params: Any, key: jax.Array, items: jax.Array) -> jax.Array:
        penalty, _ = losses.path_penalty(
            key, params, items, None, jnp.zeros(()), family=family, decay=0.01, style_mixing=STYLE_MIXING
        )
        return penalty

    return jax.value_and_grad(loss)


def dreg(family: Family) -> Callable[..., Any]:
    """(discriminator, reals) -> the R1 penalty and its gradient."""

    def loss(params: Any, reals: jax.Array) -> jax.Array:
        return squared_gradient(lambda x: family.discriminate(params, x, labels=None), reals)[0].mean()

    return jax.value_and_grad(loss)


def compiled(phase: Phase) -> Any:
    """A program of its own: a function that is already traced would be reused in the other formulation."""
    return jax.jit(lambda *arguments: phase.function(*arguments)).lower(*phase.arguments).compile()


def counted(program: Any, images: int) -> tuple[float, float]:
    """XLA's FLOP per image, and the GB that the program's operations read and write."""
    cost = program.cost_analysis()
    return cost["flops"] / images, cost["bytes accessed"] / 1e9


def interleaved(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, Times]:
    """Time calls in turns; the first calls are the warm-up, and their results must agree."""
    results, best = {}, {}
    for name, call in calls.items():
        results[name], best[name] = timed(call)
    check_equal(list(results.values()))
    results.clear()
    slow = {name for name, taken in best.items() if taken.clock > TIMED_ONCE_SEC}
    best = {name: taken if name in slow else Times(np.inf, np.inf) for name, taken in best.items()}
    for _ in range(rounds):
        for name in calls.keys() - slow:
            _, taken = timed(calls[name])
            best[name] = Times(*map(min, best[name], taken))
    return best


def timed(call: Callable[[], Any]) -> tuple[Any, Times]:
    clock, processor = time.perf_counter(), time.process_time()
    result = jax.block_until_ready(call())
    return result, Times(time.perf_counter() - clock, time.process_time() - processor)


def check_equal(results: list[Any]) -> None:
    """Raise AssertionError unless results differ by at most a thousandth of their length, as one vector."""
    first, *others = (np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(r)]) for r in results)
    for other in others:
        error, length = np.linalg.norm(other - first), np.linalg.norm(first)
        assert error <= 1e-3 * length, (error, length)


if __name__ == "__main__":
    main()
