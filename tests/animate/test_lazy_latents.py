"""Latents made in blocks equal those made at once, for any order of access; few are in memory."""

import numpy as np
import pytest

from animate.lazy_latents import BLOCK_FRAMES, CACHED_BLOCKS, LazyLatents, iter_blocks

COUNT = (CACHED_BLOCKS + 2) * BLOCK_FRAMES + 30
WHOLE = np.random.default_rng(0).normal(size=(COUNT, 2, 3)).astype(np.float32)


class Maker:
    """Rows of WHOLE, to which the place in their block is added; notes what is made."""

    def __init__(self):
        self.made = []

    def __call__(self, rows):
        self.made.append(rows)
        return WHOLE[rows] + np.arange(rows.stop - rows.start, dtype=np.float32)[:, None, None]


EXPECTED = WHOLE + (np.arange(COUNT) % BLOCK_FRAMES).astype(np.float32)[:, None, None]


@pytest.mark.parametrize(
    "rows",
    [
        slice(None),
        slice(BLOCK_FRAMES - 1, BLOCK_FRAMES + 2),
        slice(-5, None),
        slice(None, None, 100),
        slice(None, None, -BLOCK_FRAMES),
        slice(7, 7),
        np.array([COUNT - 1, 0, 5 * BLOCK_FRAMES, 0]),
        np.random.default_rng(1).permutation(COUNT)[:50],
    ],
)
def test_rows_are_the_same_however_they_are_asked_for(rows):
    blocks = LazyLatents(COUNT, Maker())
    assert (len(blocks), blocks.shape, blocks.ndim) == (COUNT, (COUNT, 2, 3), 3)
    for _ in range(2):
        found = blocks[rows]
        np.testing.assert_array_equal(found, EXPECTED[rows])
        assert found.dtype == np.float32
        found[:] = 0  # what is given away is nobody else's


def test_blocks_are_whole_and_only_the_last_used_are_held():
    maker = Maker()
    blocks = LazyLatents(COUNT, maker)
    np.testing.assert_array_equal(np.concatenate(list(iter_blocks(blocks))), EXPECTED)
    starts = [rows.start for rows in maker.made]
    assert starts == list(range(0, COUNT, BLOCK_FRAMES))  # each once
    assert [rows.stop for rows in maker.made] == [*starts[1:], COUNT]
    maker.made.clear()
    last = range(len(starts) - CACHED_BLOCKS, len(starts))
    for number in last:  # they are there still
        blocks[np.array([number * BLOCK_FRAMES])]
    assert maker.made == []
    blocks[:1]  # puts out the one that was not used for the longest time, and no other
    for number in last[1:]:
        blocks[np.array([number * BLOCK_FRAMES])]
    assert [rows.start for rows in maker.made] == [0]
    blocks[np.array([last[0] * BLOCK_FRAMES])]
    assert [rows.start for rows in maker.made] == [0, last[0] * BLOCK_FRAMES]
