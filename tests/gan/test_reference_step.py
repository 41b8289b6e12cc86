"""Pinned numbers of the first two training iterations, and which random numbers an iteration draws.

They protect refactorings: a change of structure must leave every number here as it is.
"""

import dataclasses
from functools import cache
from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from configs.gan.stylegan2_tiny import CONFIG as STYLEGAN2_TINY
from configs.gan.tiny import CONFIG as TINY
from gan.augment.config import AugmentConfig
from gan.config import FieldConfig, replace
from gan.devices.sharding import make_mesh
from gan.families.whole_images import WholeImages
from gan.recipes import adversarial_updates, build_recipe
from gan.recipes.adversarial import Adversarial
from gan.recipes.adversarial_state import state_of_weights
from gan.recipes.recipe import Update
from gan.steps.state import make_state
from gan.steps.step import jit_update
from tests.slow_cases import slow

SHAPE = (8, 8, 1)
# The ramp is longer than that of the presets, so that the average soon differs from the generator.
PROGAN = replace(TINY, compute_dtype="float32", ema_rampup=2.0)
STYLEGAN2 = replace(STYLEGAN2_TINY, compute_dtype="float32", ema_rampup=2.0)
AUGMENT = AugmentConfig(augment="bcno", augment_p=0.7)
FIELD = replace(  # random parts of images and of reals, relativistic, both penalties
    PROGAN,
    family="field",
    network=FieldConfig(
        cell_px=4, global_dim=3, local_dim=2, trunk_layers=1, crop_px=4, channel_base=64, channel_max=4
    ),
    loss="relativistic",
    r2_gamma="same",
)
CONFIGS = {
    "progan": PROGAN,
    "progan augmented": dataclasses.replace(PROGAN, augment=AUGMENT, symmetries="eight"),
    "field": FIELD,
    "stylegan2": STYLEGAN2,  # the preset has style mixing and the path length penalty
}

# Values of iterations 1 and 2; both penalties are due in iteration 1, none in iteration 2. "initial_*" is the
# norm of a network's parameters before training, "gradient_*" that of the gradient of the whole objective,
# "change_*" that of parameters after an iteration minus before: Euclidean norms over all parameters at once.
REFERENCE: dict[str, dict[str, list[float]]] = {
    "progan": {
        "initial_d": [105.308],
        "initial_g": [103.922],
        "loss_d": [1.42102, 1.40625],
        "loss_g": [0.715154, 0.716577],
        "penalty_r1": [0.0149451, 0.0],
        "penalty_path": [0.0, 0.0],
        "path_mean": [0.0, 0.0],
        "gradient_d": [0.34859, 0.429123],
        "gradient_g": [0.148828, 0.19469],
        "change_d": [0.171619, 0.166726],
        "change_g": [0.212721, 0.211134],
        "change_average": [0.212721, 0.0618397],
    },
    "progan augmented": {
        "initial_d": [105.308],
        "initial_g": [103.922],
        "loss_d": [1.37821, 1.41378],
        "loss_g": [0.729528, 0.703928],
        "penalty_r1": [0.0140263, 0.0],
        "penalty_path": [0.0, 0.0],
        "path_mean": [0.0, 0.0],
        "gradient_d": [0.28235, 0.287832],
        "gradient_g": [0.103288, 0.0537933],
        "change_d": [0.17158, 0.185237],
        "change_g": [0.212668, 0.177065],
        "change_average": [0.212668, 0.0518612],
    },
    "field": {
        "initial_d": [4.94943],
        "initial_g": [21.3034],
        "loss_d": [0.675523, 0.698927],
        "loss_g": [0.715336, 0.689236],
        "penalty_r1": [0.0561516, 0.0],
        "penalty_path": [0.0, 0.0],
        "path_mean": [0.0, 0.0],
        "gradient_d": [2.05889, 0.0656158],
        "gradient_g": [0.0270844, 0.0570691],
        "change_d": [0.0100529, 0.00591764],
        "change_g": [0.043861, 0.0454103],
        "change_average": [0.043861, 0.0133003],
    },
    "stylegan2": {
        "initial_d": [105.308],
        "initial_g": [2278.05],
        "loss_d": [1.40566, 1.40656],
        "loss_g": [0.801505, 0.762695],
        "penalty_r1": [0.0149451, 0.0],
        "penalty_path": [0.16581, 0.0],
        "path_mean": [0.00399285, 0.00399285],
        "gradient_d": [0.303387, 0.376497],
        "gradient_g": [1.25583, 0.20126],
        "change_d": [0.171647, 0.175986],
        "change_g": [0.127938, 0.0741235],
        "change_average": [0.127938, 0.0217103],
    },
}

# Relative, for iterations 1 and 2. Other instruction sets and levels of optimisation change these numbers by
# at most 1e-5 and 4e-5; Adam's first step is the sign of the gradient, which is rounding where that is zero.
TOLERANCES = (2e-4, 1e-3)

MISMATCH = """\
{name}: the reference numbers have changed.
{changes}
Change them only when a change of the maths, the initialisation or the random streams is intended; a
refactoring must not change them. The new entry of REFERENCE:
    "{name}": {{
{lines}
    }},
"""


def in_float64(tree):
    """A copy in NumPy: the compiled updates reuse the memory of the state that they are given."""
    return jax.tree.map(lambda leaf: np.array(leaf, np.float64), tree)


def norm(tree):
    return np.sqrt(sum(np.square(leaf).sum() for leaf in jax.tree.leaves(tree)))


def change(after, before):
    return norm(jax.tree.map(np.subtract, after, before))


def gradient_norm(after, before, *, beta2, interval):
    """Norm of the gradient behind an update of Adam, from its second moments before and after:
    nu_after = decay * nu_before + (1 - decay) * gradient^2, the decay corrected for lazy penalties."""
    decay = beta2 if interval is None else beta2 ** (interval / (interval + 1))
    new, old = (jax.tree.leaves(optax.tree_utils.tree_get(state, "nu")) for state in (after, before))
    return np.sqrt(sum((a - decay * b).sum() / (1 - decay) for a, b in zip(new, old, strict=True)))


def first_iterations(name):
    """Quantity -> values, as in REFERENCE; updates are compiled as by `gan.steps.compiled_steps` on CPU."""
    config, mesh = CONFIGS[name], make_mesh(devices=jax.devices()[:1])
    recipe = build_recipe(config, SHAPE)
    images = np.random.default_rng(7).integers(0, 256, (2, 1, config.batch_size, *SHAPE), dtype=np.uint8)
    state = make_state(recipe, mesh)
    after = in_float64(state.replace(key=None))
    values = {"initial_d": [norm(after.discriminator)], "initial_g": [norm(after.generator)]}
    for batch in images:
        due, before = recipe.due(int(state.nimg)), after
        update_d, update_g = (jit_update(recipe, mesh, update=update) for update in due)
        state, metrics_d = update_d(state, batch, None)
        state, metrics_g = update_g(state, batch, None)
        after = in_float64(state.replace(key=None))
        optimizer_d = after.discriminator_opt, before.discriminator_opt
        optimizer_g = after.generator_opt, before.generator_opt
        beta2, r1_interval = config.optim.beta2, config.loss.r1_interval
        path_interval = config.loss.path_interval if config.loss.path_weight > 0 else None
        iteration = {
            "loss_d": metrics_d["loss_d"],
            "loss_g": metrics_g["loss_g"],
            "penalty_r1": metrics_d["penalty_r1"],
            "penalty_path": metrics_g.get("penalty_path", 0),
            "path_mean": after.path_mean,
            "gradient_d": gradient_norm(*optimizer_d, beta2=beta2, interval=r1_interval),
            "gradient_g": gradient_norm(*optimizer_g, beta2=beta2, interval=path_interval),
            "change_d": change(after.discriminator, before.discriminator),
            "change_g": change(after.generator, before.generator),
            "change_average": change(after.average, before.average),
        }
        for quantity, value in iteration.items():
            values.setdefault(quantity, []).append(value)
    return {quantity: [float(f"{float(value):.6g}") for value in row] for quantity, row in values.items()}


def matches(new, old):
    if len(new) != len(old):
        return False
    return all(abs(a - b) <= rtol * abs(b) for a, b, rtol in zip(new, old, TOLERANCES, strict=False))


@pytest.mark.parametrize("name", ["progan", "field", *slow("stylegan2", "progan augmented")])
def test_first_iterations_give_the_reference_numbers(name):
    values, reference = first_iterations(name), REFERENCE.get(name, {})
    changes = [
        f"  {quantity}: {new}, not {reference.get(quantity)}"
        for quantity, new in values.items()
        if not matches(new, reference.get(quantity, []))
    ]
    lines = [f'        "{quantity}": {new},' for quantity, new in values.items()]
    message = MISMATCH.format(name=name, changes="\n".join(changes), lines="\n".join(lines))
    if changes:
        pytest.fail(message, pytrace=False)


class RecordingFamily(WholeImages):
    """Two linear networks that keep the latents and the noise keys that they are given.

    The updates run without jit here, so that these are arrays of numbers.
    """

    shape, num_classes, z_dim, w_dim, num_ws = (2, 2, 1), 0, 4, 4, 3

    def __init__(self):
        self.z, self.noise = [], []

    def map(self, params, z, *, labels, truncation):
        self.z.append(np.asarray(z))
        return jnp.broadcast_to((z * params)[:, None], (len(z), self.num_ws, self.w_dim))

    def synthesize(self, params, w, *, noise):
        self.noise.append(np.asarray(jax.random.key_data(noise)))
        return (w.mean(1) * params).reshape(-1, *self.shape)

    def discriminate(self, params, images, *, labels):
        return (images * params["weight"]).sum((1, 2, 3))

    def track(self, params, w):
        return params


@cache
def draws(nimg):
    """What the iteration at `nimg` draws: (latents, noise keys) of each update, and the keys of `augment`."""
    family = RecordingFamily()
    config = replace(STYLEGAN2, augment=AUGMENT, path_batch_shrink=1)
    generator, discriminator = jnp.ones((1, 4)), {"weight": jnp.ones((1, *family.shape))}
    state = state_of_weights(jax.random.key(3), generator, discriminator, generator, config=config)
    state = state.replace(nimg=jnp.int32(nimg))
    images = jnp.zeros((config.batch_size, *family.shape), jnp.uint8)
    augment_keys = []

    def augment(key, images, p, **options):
        augment_keys.append(np.asarray(jax.random.key_data(key)))
        return images

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adversarial_updates, "augment", augment)
        recipe, options = (
            Adversarial(config, family),
            {"accumulation_steps": 1, "unroll": False, "mesh": None},
        )
        recipe.update(Update("discriminator", lazy=True), state, images, None, **options)
        of_discriminator, family.z, family.noise = (family.z, family.noise), [], []
        recipe.update(Update("generator", lazy=True), state, images, None, **options)
    return of_discriminator, (family.z, family.noise), augment_keys


def all_differ(rows):
    return not any(np.array_equal(a, b) for a, b in combinations(rows, 2))


@pytest.mark.parametrize("update", [0, 1], ids=["discriminator", "generator"])
@pytest.mark.parametrize("kind", [0, 1], ids=["latents", "noise keys"])
def test_draws_of_an_update_depend_on_the_number_of_the_image(update, kind):
    """Image i of a training has latents and noise of its own, in whichever batch it is."""
    calls = zip(*(draws(nimg)[update][kind] for nimg in (0, 4, 8)), strict=True)
    for first, overlapping, second in calls:
        np.testing.assert_array_equal(overlapping, [*first[4:], *second[:4]])
        assert all_differ([*first, *second])


def test_draws_of_an_iteration_differ_between_updates_and_uses():
    d, g, augment_keys = draws(0)
    assert [len(calls) for calls in d] == [2, 1]  # latents: one and the one mixed in
    assert [len(calls) for calls in g] == [4, 2]  # again for the path length penalty
    assert len(augment_keys) == 3
    for kind in (0, 1):
        assert all_differ(np.concatenate(d[kind] + g[kind]))
    assert all_differ(augment_keys)
