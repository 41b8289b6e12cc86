"""Clips: every frame from its neighbour, whatever else is on its way; steadier for being tied."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs.gan.tiny import CONFIG as PROGAN
from data_prep.images import to_float, to_uint8
from gan import latents
from gan.families import build
from gan.metrics.perceptual import distance_of, of_discriminator
from gan.projection.clips import project_clip, stage_steps
from gan.projection.config import ProjectionConfig
from gan.projection.images import project_images
from gan.projection.optimizer import Links, Projector, start, to_w
from gan.projection.quality import ClipQuality
from gan.random_streams import Stream
from gan.sample import load_generator
from tests.slow_cases import slow

CONFIG = ProjectionConfig(steps=4, clip_steps=5, window=3, candidates=8, batch=3, smoothness=0)


def reader(clip):
    """The clip's frames from a number on."""
    return lambda first: iter(clip[first:])


@pytest.fixture(scope="module")
def projector():
    family = build(dataclasses.replace(PROGAN, compute_dtype="float32"), (8, 8, 1))
    params = jax.jit(family.init_generator)(jax.random.key(0))
    distance = of_discriminator(family, jax.jit(family.init_discriminator)(jax.random.key(1)))
    return Projector(family, params, distance, CONFIG, per_call=1)


@pytest.fixture(scope="module")
def clip(projector):
    """Six frames between two latents."""
    ends = projector.w[:2]
    w = jnp.stack([ends[0] + t / 6 * (ends[1] - ends[0]) for t in range(6)])
    return np.asarray(to_uint8(projector.images(w)))


def one_by_one(projector, clip):
    """The same without a window: without ties, nothing of a frame but its start depends on the others."""
    size, steps = CONFIG.window, stage_steps(projector)
    key = jax.random.fold_in(jax.random.key(CONFIG.seed), Stream.PROJECTION_NOISE)
    path = [project_images(projector, clip[:1], size=1)[0].w]
    neighbour = jnp.asarray(path[0])  # as it is when the next frame starts
    for number in range(1, len(clip)):
        images = np.repeat(clip[number : number + 1], size, axis=0)
        keys = latents.item_keys(key, jnp.full(size, number, jnp.uint32))
        descent = start(jnp.broadcast_to(neighbour, (size, *neighbour.shape)), projector.space, {}, CONFIG)
        for stage in range(size):
            links = Links(jnp.array(descent.u[0]), jnp.ones(size, bool))
            target = projector.see(jnp.asarray(to_float(images)))
            descent = projector.descend(descent, target, keys, links=links, steps=steps, whole=steps * size)
            w = to_w(descent.u, projector.space, layers=projector.family.num_ws)
            neighbour = w[0] if stage == 0 else neighbour
        path.append(np.asarray(w[0]))
    return np.stack(path)


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, *slow(6)])
def test_each_frame_starts_from_its_neighbour(projector, clip, count):
    told = list(project_clip(projector, reader(clip[:count]), count))
    found = np.concatenate([w for w, _ in told])
    np.testing.assert_allclose(found, one_by_one(projector, clip[:count]), atol=1e-5)
    assert (np.abs(np.diff(found, axis=0)).max((1, 2)) > 1e-3).all()  # and goes on from there


def test_a_clip_goes_on_from_any_window(projector, clip):
    whole = np.concatenate([w for w, _ in project_clip(projector, reader(clip), len(clip))])
    for stop in range(1, 8):
        found, window = [], None
        for (w, now), _ in zip(project_clip(projector, reader(clip), len(clip)), range(stop), strict=False):
            found.append(w)
            window = jax.tree.map(np.array, now)  # as a file would keep it
        found += [w for w, _ in project_clip(projector, reader(clip), len(clip), window=window)]
        np.testing.assert_array_equal(np.concatenate(found), whole)


@pytest.mark.slow
def test_tied_frames_move_more_steadily(untrained_run):
    """A clip between two latents, with a different noise in every frame that tempts each its own way."""
    generator = load_generator(untrained_run)
    distance = distance_of(untrained_run, None, shape=generator.shape)
    family, params = generator.family, generator.params
    ends = jax.jit(family.map)(params, jax.random.normal(jax.random.key(8), (2, family.z_dim)))
    w = jnp.stack([ends[0] + t / 12 * (ends[1] - ends[0]) for t in range(6)])
    noisy = jax.jit(lambda params, w, key: family.synthesize(params, w, noise=key))
    clip = np.asarray(to_uint8(noisy(params, w, jax.random.key(5))))
    jitter = []
    for smoothness in (0.0, 1.0):
        config = dataclasses.replace(CONFIG, steps=40, clip_steps=20, smoothness=smoothness)
        tied = Projector(family, params, distance, config, per_call=1)
        path = np.concatenate([w for w, _ in project_clip(tied, reader(clip), len(clip))])
        assert path.shape == w.shape
        quality = ClipQuality(tied)
        drawn = np.concatenate([quality.add(path[:3], clip[:3]), quality.add(path[3:], clip[3:])])
        np.testing.assert_array_equal(drawn, np.asarray(to_uint8(tied.images(jnp.asarray(path)))))
        assert len(quality.results()["frames"]["psnr_db"]) == 6
        jitter.append(quality.results()["jitter"])
    assert jitter[1] < jitter[0] / 2
