"""Controls against plain arithmetic, layer by layer."""

import dataclasses

import numpy as np
import pytest

from animate import curves
from animate.controls.config import ControlConfig
from animate.controls.controls import controlled_path, join_layers, read_controls, seam_warning
from animate.controls.w_space import to_w
from animate.lazy_latents import BLOCK_FRAMES, CACHED_BLOCKS
from animate.paths.path import make_path
from animate.paths.path_file import write_path
from configs.animate import TINY
from data_prep.errors import InputError
from gan import latents
from gan.runs.latent_files import read_direction

RNG = np.random.default_rng(0)
LAYERS = 9
U = curves.positions(24, closed=True)


@pytest.fixture(scope="module")
def layered(new_generator):
    """Nine layers: coarse 0-2, middle 3-6, fine 7-8."""
    return new_generator(layers=LAYERS)


def controlled(generator, path, *, closed=True, by=1.0, u=U, **config):
    made = ControlConfig(**config)
    made.check()
    return read_controls(made, generator)(path, u, closed=closed, truncation=by)


def write_directions(file, directions, sigma, header=b'{"kind": "directions"}'):
    np.savez(file, directions=directions, sigma=sigma, header=np.frombuffer(header, np.uint8))


def test_joined_layers_are_those_of_their_paths():
    w, first, second = (RNG.normal(size=(5, n, 4)).astype(np.float32) for n in (6, 2, 1))
    joined = w.copy()
    join_layers(joined, [((0, 3), first), ([5], second)])
    np.testing.assert_array_equal(joined[:, [0, 3]], first)
    np.testing.assert_array_equal(joined[:, [5]], second)
    np.testing.assert_array_equal(joined[:, [1, 2, 4]], w[:, [1, 2, 4]])


def test_layers_follow_a_seed_a_path_and_a_frame_of_a_path(layered, curve, tmp_path):
    write_path(tmp_path / "curve.npz", curve)
    path = RNG.normal(size=(24, 6)).astype(np.float32)
    w = controlled(
        layered, path, coarse="17", middle=str(tmp_path / "curve.npz"), fine=f"{tmp_path}/curve.npz[5]"
    )
    seed = np.asarray(latents.from_seeds([17], z_dim=6))
    for layer in range(LAYERS):
        expected = seed if layer < 3 else curve.latents if layer < 7 else curve.latents[5:6]
        np.testing.assert_allclose(w[:, layer], np.broadcast_to(expected, (24, 6)), atol=2e-6)
    w = controlled(layered, path, fine="17")
    np.testing.assert_array_equal(w[:, :7], to_w(layered, path)[:, :7])


def test_layers_that_follow_files_use_their_truncation(layered, curve, tmp_path):
    """Files truncated by 0.7 are not truncated again; the path and seeds are."""
    write_path(tmp_path / "curve.npz", dataclasses.replace(curve, truncation=0.7))
    in_w = to_w(layered, curve.latents, truncation=0.7)
    write_path(tmp_path / "w.npz", dataclasses.replace(curve, latents=in_w))
    path = RNG.normal(size=(24, 6)).astype(np.float32)
    seed = np.asarray(latents.from_seeds([17], z_dim=6))
    for word, expected in (
        ("curve.npz", 0.7 * curve.latents),
        ("w.npz", 0.7 * curve.latents),
        ("curve.npz[5]", 0.7 * curve.latents[5:6]),
        ("w.npz[-1]", 0.7 * curve.latents[-1:]),
    ):
        given = {"coarse": f"{tmp_path}/{word}", "middle": "17", "truncation": (0.5,)}
        w = controlled(layered, path, **given)
        np.testing.assert_allclose(w[:, 0], np.broadcast_to(expected, (24, 6)), atol=2e-6, err_msg=word)
        np.testing.assert_allclose(w[:, 3], np.broadcast_to(0.5 * seed, (24, 6)), atol=2e-6)
        np.testing.assert_allclose(w[:, 8], 0.5 * path, atol=2e-6)


def test_a_path_in_w_is_not_written_on(layered, curve):
    """It is controlled in place, but in a copy."""
    path = to_w(layered, curve.latents)
    before = path.copy()
    assert not np.array_equal(controlled(layered, path, fine="3", truncation=(0.5,)), before)
    np.testing.assert_array_equal(path, before)


def test_a_class_is_refused_for_mapped_latents(layered, new_generator, curve, tmp_path):
    classes = new_generator(layers=LAYERS, classes=("a", "b"))
    made = dataclasses.replace(curve, latents=to_w(layered, curve.latents))
    with pytest.raises(InputError, match="--label b: a path in w has a class already"):
        controlled_path(made, read_controls(ControlConfig(label="b"), classes))
    write_path(tmp_path / "w.npz", made)
    words = {group: str(tmp_path / "w.npz") for group in ("coarse", "middle", "fine")}
    for groups in ({"fine": words["fine"]}, words):
        with pytest.raises(InputError, match="--label b: latents in w have a class"):
            controlled_path(made, read_controls(ControlConfig(label="b", **groups), classes))
    with pytest.raises(InputError, match="--label b: latents in w have a class"):
        controlled_path(curve, read_controls(ControlConfig(label="b", **words), classes))
    controlled_path(curve, read_controls(ControlConfig(label="b", fine=words["fine"]), classes))
    mixed = controlled_path(made, read_controls(ControlConfig(label="b", fine="3"), classes))
    seed = np.asarray(latents.from_seeds([3], z_dim=6))[0]
    np.testing.assert_allclose(mixed.latents[:1][0, 8], seed + 1, atol=1e-6)


def test_a_path_of_another_length_is_stretched(layered, curve, tmp_path):
    write_path(tmp_path / "curve.npz", curve)
    path = RNG.normal(size=(48, 6)).astype(np.float32)
    u = curves.positions(48, closed=True)
    w = controlled(layered, path, u=u, fine=str(tmp_path / "curve.npz"))
    np.testing.assert_allclose(w[::2, 8], curve.latents, atol=2e-6)
    middle = (curve.latents + np.roll(curve.latents, -1, axis=0)) / 2
    np.testing.assert_allclose(w[1::2, 8], middle, atol=2e-6)


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("values", [(0.4,), (0.5, 1.0), (0.5, 1.0, 0.5), (0.2, 0.9, 0.1, 1.3)])
def test_moving_truncation_passes_its_values_and_closes(layered, values, closed):
    """The fake's mean is 0, so that truncation scales w."""
    path = np.ones((120, 6), np.float32)
    u = curves.positions(120, closed=closed)
    w = controlled(layered, path, u=u, closed=closed, by=0.3, truncation=values)
    pull = w[:, 0, 0]
    np.testing.assert_allclose(w, np.broadcast_to(pull[:, None, None], w.shape), atol=1e-6)
    keys = list(values)
    if closed:
        keys = keys[:-1] if len(keys) > 1 and keys[0] == keys[-1] else keys
        assert abs(pull[0] - pull[-1]) <= np.abs(np.diff(pull)).max() + 1e-6
        np.testing.assert_allclose(pull[:: 120 // len(keys)], keys, atol=1e-5)
    else:
        np.testing.assert_allclose(pull[[0, -1]], [keys[0], keys[-1]], atol=1e-6)
    assert min(values) - 1e-6 <= pull.min() <= pull.max() <= max(values) + 1e-6


def test_a_direction_is_added_by_standard_deviations(layered, tmp_path):
    directions = RNG.normal(size=(3, LAYERS, 6)).astype(np.float32)
    write_directions(tmp_path / "d.npz", directions, np.array([1, 2, 3], np.float32))
    path = RNG.normal(size=(24, 6)).astype(np.float32)
    plain = controlled(layered, path, by=0.7)
    w = controlled(layered, path, by=0.7, direction=f"{tmp_path}/d.npz[2]", direction_strength=(-1.0, 1.0))
    added = w - plain
    np.testing.assert_allclose(added[0], -3 * directions[2], atol=1e-5)
    np.testing.assert_allclose(added[12], 3 * directions[2], atol=1e-5)
    np.testing.assert_allclose(added[6], 0, atol=1e-5)
    np.testing.assert_allclose(read_direction(tmp_path / "d.npz", -3), directions[0], rtol=1e-6)


def test_a_controlled_path_uses_its_own_truncation(layered, curve, tmp_path):
    half = dataclasses.replace(curve, truncation=0.5)
    made = controlled_path(half, read_controls(ControlConfig(fine="3"), layered))
    assert (made.space, made.truncation, made.closed) == ("w", 1.0, True)
    np.testing.assert_allclose(made.latents[:][:, 0], 0.5 * curve.latents, atol=1e-6)
    again = controlled_path(made, read_controls(ControlConfig(coarse="4"), layered))
    np.testing.assert_array_equal(again.latents[:][:, 3:], made.latents[:][:, 3:])
    with pytest.raises(InputError, match=r"--truncation 0\.5 1: a path in w is truncated"):
        controlled_path(made, read_controls(ControlConfig(truncation=(0.5, 1.0)), layered))


def test_rows_of_a_controlled_path_are_computed_on_demand(layered, tmp_path):
    """Rows have the same bits in any order of access; few blocks are cached."""
    other = make_path("bezier", dataclasses.replace(TINY["bezier"], frames=301), seed=2)
    write_path(tmp_path / "curve.npz", dataclasses.replace(other, truncation=0.7))
    write_directions(tmp_path / "d.npz", RNG.normal(size=(1, LAYERS, 6)), np.ones(1))
    config = ControlConfig(
        truncation=(0.5, 1.0),
        coarse="17",
        fine=f"{tmp_path}/curve.npz",
        direction=f"{tmp_path}/d.npz[0]",
        direction_strength=(-1.0, 2.0),
    )
    controls = read_controls(config, layered)
    long = make_path("phase", dataclasses.replace(TINY["phase"], frames=7 * BLOCK_FRAMES - 30), seed=0)
    u = curves.positions(len(long.latents), closed=True)
    whole = controls(long.latents, u, closed=True, truncation=1.0)
    made = controlled_path(long, controls).latents
    assert made.shape == whole.shape
    backwards = np.arange(len(whole))[::-37]
    for rows in (
        backwards,
        slice(5, 9),
        slice(BLOCK_FRAMES - 1, BLOCK_FRAMES + 2),
        slice(None, None, 400),
        slice(None),
    ):
        np.testing.assert_array_equal(made[rows], whole[rows])
    assert len(made._cache) == CACHED_BLOCKS
    saved = dataclasses.replace(long, latents=whole)
    assert controlled_path(long, controls).digest() == saved.digest()


def test_layers_that_jump_at_the_seam_give_a_warning(layered, tmp_path):
    write_path(tmp_path / "open.npz", make_path("random", TINY["random"], seed=0))
    closed = make_path("phase", TINY["phase"], seed=0)
    controls = read_controls(ControlConfig(fine=str(tmp_path / "open.npz")), layered)
    assert "jump at the seam" in seam_warning(controls, closed=closed.closed)
    assert seam_warning(controls, closed=False) is None


@pytest.mark.parametrize(
    ("write", "printed"),
    [
        (lambda file: None, "no such direction file"),
        (lambda file: file.write_text("no zip"), "damaged"),
        (lambda file: np.savez(file, directions=np.zeros((1, LAYERS, 6))), "`sigma`"),
        (lambda file: write_directions(file, np.zeros((1, LAYERS, 6)), np.ones(2)), r"sigma \[2\]"),
        (
            lambda file: write_directions(file, np.zeros((1, LAYERS, 6)), np.ones(1), b"{}"),
            "not a direction file",
        ),
        (lambda file: write_directions(file, np.zeros((1, LAYERS, 6)), np.ones(1)), "directions 0 to 0"),
        (lambda file: write_directions(file, np.full((2, LAYERS, 6), np.nan), np.ones(2)), "NaN or infinity"),
        (lambda file: write_directions(file, np.zeros((2, 3, 6)), np.ones(2)), r"styles \[9, 6\]"),
    ],
)
def test_invalid_directions_are_named(layered, tmp_path, write, printed):
    file = tmp_path / "d.npz"
    write(file)
    with pytest.raises(InputError, match=printed) as refused:
        read_controls(ControlConfig(direction=f"{file}[1]"), layered)
    assert "\n" not in str(refused.value)


def test_files_of_other_generators_are_refused(layered, tmp_path, curve):
    write_path(tmp_path / "curve.npz", dataclasses.replace(curve, latents=curve.latents[:, :5]))
    with pytest.raises(
        InputError, match=r"--fine .*curve\.npz: its latents are \[5\], the generator takes \[6\]"
    ):
        read_controls(ControlConfig(fine=str(tmp_path / "curve.npz")), layered)
