"""Live tiles: the same pixels as tiles cut on the host, at places that depend on the item alone."""

import jax
import numpy as np
import pytest

from data_prep.images.resize import resize
from data_prep.tiles.blob import cut_tile
from gan.data.live_tiles import Poses, Sites, cut_tiles, draw_poses
from tests.data_prep.conftest import drawing

COUNT = 24


def webs(rng: np.random.Generator, side: int, channels: int = 1) -> np.ndarray:
    """Sharp dark lines on light, uint8 [side, side, C]: the hardest input for a filter."""
    return np.where(drawing(rng, side, side, channels) > 110, 250, 20).astype(np.uint8)


def poses_on(side: int, reach: int, seed: int = 0) -> Poses:
    """Random poses whose centres are whole pixels; the first eight are upright."""
    rng = np.random.default_rng(seed)
    angles = np.concatenate([np.tile([0, 90, 180, 270], 2), rng.uniform(0, 360, COUNT - 8)])
    mirrored = np.concatenate([np.arange(8) >= 4, rng.random(COUNT - 8) < 0.5])
    centers = rng.integers(reach, side - reach, (COUNT, 2))
    return Poses(np.zeros(COUNT, np.int32), centers.astype(np.float32), angles.astype(np.float32), mirrored)


def on_host(page: np.ndarray, poses: Poses, tile_px: int) -> list[np.ndarray]:
    rows = zip(poses.center_px.astype(int), poses.angle_deg, poses.mirrored, strict=True)
    return [cut_tile(page, tuple(map(int, c)), float(a), bool(m), tile_px) for c, a, m in rows]


def on_device(page: np.ndarray, poses: Poses, tile_px: int, *, size: int, supersample: int) -> np.ndarray:
    fine_px = size * supersample
    side = page.shape[0] * fine_px // tile_px
    small = resize(page, side, side)
    step = np.ones((COUNT, 2), np.float32)
    placed = poses._replace(center_px=poses.center_px * np.float32(side / page.shape[0]))
    return np.asarray(cut_tiles(small[None], placed, step, size=size, supersample=supersample))


@pytest.mark.parametrize("channels", [1, 3])
def test_at_the_pages_own_scale_pixels_are_those_of_cut_tile(channels):
    page = webs(np.random.default_rng(1), 256, channels)
    poses = poses_on(256, 50)
    device = on_device(page, poses, 64, size=64, supersample=1).astype(int)
    host = np.stack(on_host(page, poses, 64)).astype(int)
    assert np.abs(device - host).max() <= 1  # rounding
    np.testing.assert_array_equal(device[:8], host[:8])


def test_sampled_at_every_pixel_reduced_tiles_are_those_of_cut_tile():
    page = webs(np.random.default_rng(2), 512)
    poses = poses_on(512, 100)
    device = on_device(page, poses, 128, size=32, supersample=4).astype(int)
    host = np.stack([resize(tile, 32, 32) for tile in on_host(page, poses, 128)]).astype(int)
    assert np.abs(device - host).max() <= 1


def test_sampled_at_every_second_pixel_they_differ_at_the_edges_of_lines_only():
    page = webs(np.random.default_rng(2), 512)
    poses = poses_on(512, 100)
    device = on_device(page, poses, 128, size=32, supersample=2).astype(float)
    host = np.stack([resize(tile, 32, 32) for tile in on_host(page, poses, 128)]).astype(float)
    assert np.abs(device - host).max() < 46  # a fifth of ink to paper
    assert np.sqrt(np.square(device - host).mean()) < 0.05 * host.std()


def test_no_place_reads_a_wrong_pixel():
    """On or next to whole pixels index and weight must agree, whatever is compiled around them."""
    page = webs(np.random.default_rng(3), 128)
    poses = poses_on(128, 60, seed=4)
    for shift in (0.0, 1e-5, -1e-5, 0.5):
        moved = poses._replace(center_px=poses.center_px + np.float32(shift))
        single = on_device(page, moved, 32, size=32, supersample=1).astype(float)
        means = on_device(page, moved, 32, size=16, supersample=2).astype(float)
        blocks = single.reshape(COUNT, 16, 2, 16, 2, 1).mean((2, 4))
        assert np.abs(means - blocks).max() <= 1


def sites() -> Sites:
    low = np.array([[10, 20], [50, 5]], np.float32)
    high = np.array([[30, 40], [60, 15]], np.float32)
    return Sites(np.array([0, 1], np.int32), low, high, np.array([0.8, 1.0], np.float32))


def test_poses_lie_in_their_boxes_in_proportion():
    poses = draw_poses(jax.random.key(0), 0, 4000, sites=sites(), quarter_turns=False)
    page, center, angle, mirrored = map(np.asarray, poses)
    for i in range(2):
        on = center[page == i]
        assert (on >= sites().low_px[i]).all()
        assert (on <= sites().high_px[i]).all()
        spread = (on - sites().low_px[i]) / (sites().high_px[i] - sites().low_px[i])
        np.testing.assert_allclose(spread.mean(0), 0.5, atol=0.05)
        np.testing.assert_allclose(spread.var(0), 1 / 12, atol=0.02)
    assert abs((page == 0).mean() - 0.8) < 0.03
    assert abs(mirrored.mean() - 0.5) < 0.03
    np.testing.assert_allclose(np.histogram(angle, 8, (0, 360))[0] / 4000, 1 / 8, atol=0.02)


def test_quarter_turns_are_the_eight_symmetries():
    poses = draw_poses(jax.random.key(1), 0, 800, sites=sites(), quarter_turns=True)
    kinds = set(zip(np.asarray(poses.angle_deg).tolist(), np.asarray(poses.mirrored).tolist(), strict=True))
    assert kinds == {(a, m) for a in (0.0, 90.0, 180.0, 270.0) for m in (False, True)}


def test_a_pose_belongs_to_its_item():
    whole = draw_poses(jax.random.key(2), 100, 32, sites=sites(), quarter_turns=False)
    parts = [
        draw_poses(jax.random.key(2), 100 + i, 8, sites=sites(), quarter_turns=False) for i in (0, 8, 16, 24)
    ]
    for all_of_it, *pieces in zip(whole, *parts, strict=True):
        np.testing.assert_array_equal(all_of_it, np.concatenate(pieces))
