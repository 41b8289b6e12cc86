import jax
import jax.numpy as jnp
import numpy as np
import pytest

from animate.render import default_per_device, flatten, render
from data_prep.errors import InputError
from data_prep.images import to_uint8
from gan.config import ProganConfig, TrainConfig
from gan.families import build
from gan.sample import load_generator, save_generator


def path_of(frames, z_dim=6):
    return np.asarray(jax.random.normal(jax.random.key(0), (frames, z_dim)))


def frames_of(generator, path, **options):
    return np.concatenate(list(render(generator, path, **options)))


def plain(generator, path, *, truncation=1.0, noise="const"):
    """One frame at a time, without jit."""
    frames = []
    for z in path:
        w = generator.map_with(generator.params, jnp.asarray(z)[None], truncation=truncation)
        frames.append(np.asarray(to_uint8(generator.synthesize_with(generator.params, w, noise=noise)))[0])
    return np.stack(frames)


@pytest.mark.parametrize("devices", [1, 8])
@pytest.mark.parametrize("batch", [None, 1, 5, 16, 100])
def test_frames_are_those_of_a_plain_loop_whatever_batch_and_devices(new_generator, batch, devices):
    generator = new_generator(channels=3)
    path = path_of(21)
    frames = frames_of(generator, path, batch=batch, devices=jax.devices()[:devices])
    assert frames.dtype == np.uint8
    assert frames.shape == (21, 16, 24, 3)
    np.testing.assert_array_equal(frames, plain(generator, path))


def test_frames_are_chosen_without_copying_the_path(generator):
    path, chosen = path_of(21), [20, 3, 3, 7, 0]
    frames = frames_of(generator, path, batch=2, frames=chosen)
    np.testing.assert_array_equal(frames, frames_of(generator, path)[chosen])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A generator of the real family, saved and loaded, with the weights it was born with."""
    config = TrainConfig(network=ProganConfig(z_dim=16, channel_base=512, channel_max=16))
    family = build(config, (32, 32, 1))
    run = tmp_path_factory.mktemp("run")
    save_generator(run, family.init_generator(jax.random.key(0)), config=config, shape=(32, 32, 1), nimg=0)
    return load_generator(run)


@pytest.mark.slow
def test_frames_of_a_real_network_do_not_depend_on_batch_or_devices(trained):
    path = path_of(21, z_dim=16)
    alone = frames_of(trained, path, batch=1, devices=jax.devices()[:1])
    assert alone.std() > 5
    for batch, devices in [(21, 1), (7, 1), (16, 8), (24, 8)]:
        frames = frames_of(trained, path, batch=batch, devices=jax.devices()[:devices])
        np.testing.assert_array_equal(frames, alone)
    mapped = np.asarray(trained.map(path))
    np.testing.assert_array_equal(frames_of(trained, mapped, batch=7), alone)
    assert not np.array_equal(frames_of(trained, path, truncation=0.5), alone)


def test_truncation_and_noise_reach_the_generator(generator):
    path = path_of(3)
    frames = frames_of(generator, path, batch=8, truncation=0.5, noise="none")
    np.testing.assert_array_equal(frames, plain(generator, path, truncation=0.5, noise="none"))
    assert not np.array_equal(frames, frames_of(generator, path, batch=8))


def test_a_path_in_w_skips_the_mapping(generator):
    path = path_of(5)
    np.testing.assert_array_equal(
        frames_of(generator, path[:, None], batch=8), frames_of(generator, path, batch=8)
    )


def test_batches_have_the_size_asked_for_rounded_up_to_the_devices(generator):
    sizes = [len(batch) for batch in render(generator, path_of(21), batch=5, devices=jax.devices()[:4])]
    assert sizes == [8, 8, 5]
    assert len(next(render(generator, path_of(21), batch=1, devices=jax.devices()[:4]))) == 8


def test_at_most_one_batch_is_drawn_ahead(generator):
    class Watched(np.ndarray):
        slices = 0

        def __getitem__(self, rows):
            Watched.slices += isinstance(rows, slice) and rows.start is not None
            return np.asarray(super().__getitem__(rows))

    batches = render(generator, path_of(160).view(Watched), batch=16)
    assert Watched.slices == 0
    for taken in range(1, 11):
        next(batches)
        assert Watched.slices == min(taken + 1, 10)


def test_rgba_is_laid_over_white_if_asked(new_generator):
    generator = new_generator(channels=4)
    path = path_of(4)
    rgba = frames_of(generator, path, batch=8)
    assert rgba.shape[-1] == 4
    color, alpha = rgba[..., :3].astype(float), rgba[..., 3:].astype(float) / 255
    expected = np.floor(color * alpha + 255 * (1 - alpha) + 0.5)
    over = frames_of(generator, path, batch=8, over_white=True)
    assert np.abs(over - expected).max() <= 1
    assert (over == expected).mean() > 0.99


def test_flatten_copies_opaque_pixels_and_whitens_clear_ones():
    image = jnp.arange(256, dtype=jnp.uint8).reshape(64, 4)
    np.testing.assert_array_equal(flatten(image.at[:, 3].set(255)), image[:, :3])
    np.testing.assert_array_equal(flatten(image.at[:, 3].set(0)), np.full((64, 3), 255))


@pytest.mark.parametrize(
    ("path", "options", "printed"),
    [
        (np.zeros((4, 7), np.float32), {}, "size 7, the generator takes 6"),
        (np.zeros((4, 2, 6), np.float32), {}, r"\[2, 6\], the generator takes \[1, 6\]"),
        (np.zeros((4, 1, 6), np.float32), {"truncation": 0.5}, "--truncation 0.5"),
        (np.zeros((4, 6), np.float32), {"truncation": float("nan")}, "--truncation nan"),
        (np.zeros((4, 6), np.float32), {"batch": 0}, "--batch 0"),
    ],
)
def test_mismatched_paths_are_refused_before_the_first_frame(generator, path, options, printed):
    with pytest.raises(InputError, match=printed):
        render(generator, path, **options)


@pytest.mark.parametrize(
    ("size_px", "platform", "expected"),
    [(1024, "gpu", 4), (4096, "gpu", 2), (64, "gpu", 32), (64, "cpu", 16), (128, "cpu", 4), (1024, "cpu", 2)],
)
def test_default_batch_follows_size_and_platform(size_px, platform, expected, new_generator):
    assert default_per_device(new_generator(height=size_px, width=size_px), platform) == expected
