"""Training items: the frame, its page, and the next frame as the target; the same order for one seed."""

import numpy as np
import pytest

from gan.devices.sharding import make_mesh
from gan.next_frame.pair_set import PairReals, PairSet
from gan.next_frame.pairs import index_pairs, segments_of


@pytest.fixture
def pairs():
    """Ten frames of value 10 t, in two shots of 5, on two pages of codes 0 and 1."""
    none = np.zeros(10, bool)
    pages = np.repeat([0, 1], 5)
    segments = segments_of(np.arange(10), pages, excluded=none, cuts=[5], held_out_from=10)
    values = np.arange(10, dtype=np.uint8)
    return PairSet(
        frames=np.broadcast_to(10 * values[:, None, None, None], (10, 4, 4, 1)),
        pages=pages,
        page_codes=np.stack([np.zeros((2, 2), np.float32), np.ones((2, 2), np.float32)]),
        index=index_pairs(segments),
        codes=np.broadcast_to(values[:, None, None] / np.float32(10), (10, 2, 2)),
        w=np.stack([values, values**2], axis=1).astype(np.float32),
    )


def test_the_target_is_the_next_frame(pairs):
    taken = pairs.take(np.arange(len(pairs)))
    frames = [0, 1, 2, 3, 5, 6, 7, 8]
    assert taken.frame[:, 0, 0, 0].tolist() == [10 * t for t in frames]
    assert taken.target[:, 0, 0, 0].tolist() == [10 * (t + 1) for t in frames]
    assert taken.page[:, 0, 0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert np.allclose(taken.code[:, 0, 0], np.array(frames) / 10)
    assert taken.now[:, 0].tolist() == frames
    assert taken.after[:, 0].tolist() == [t + 1 for t in frames]
    assert taken.before[:, 0].tolist() == [0, 0, 1, 2, 5, 5, 6, 7]


def test_the_step_is_the_root_mean_square_of_steps_in_w(pairs):
    steps = [1.0] * 8 + [2 * t + 1 for t in (0, 1, 2, 3, 5, 6, 7, 8)]
    assert pairs.step() == pytest.approx(np.sqrt(np.mean(np.square(steps))))


def test_an_epoch_has_every_pair_once_and_resumes_anywhere(pairs, tmp_path):
    reals, mesh = PairReals(pairs, folder=tmp_path), make_mesh()
    options = {"batch_size": 8, "seed": 3}
    draw = reals.open(mesh, nimg=0, **options)
    (first, labels), (second, _) = draw(0, 1), draw(8, 1)
    assert labels is None
    assert sorted(np.asarray(first.now)[0, :, 0]) == [0, 1, 2, 3, 5, 6, 7, 8]
    both, _ = reals.open(mesh, nimg=0, **options)(0, 2)
    resumed, _ = reals.open(mesh, nimg=8, **options)(8, 1)
    np.testing.assert_array_equal(np.asarray(both.frame)[1], np.asarray(second.frame)[0])
    np.testing.assert_array_equal(np.asarray(resumed.target), np.asarray(second.target))


def test_the_hash_is_of_all_that_is_trained_on(pairs, tmp_path):
    import dataclasses

    reals = PairReals(pairs, folder=tmp_path)
    other = dataclasses.replace(pairs, page_codes=pairs.page_codes[::-1])
    assert PairReals(other, folder=tmp_path).content_hash != reals.content_hash
    assert next(reals.look(3, seed=0)).shape == (3, 4, 4, 1)
