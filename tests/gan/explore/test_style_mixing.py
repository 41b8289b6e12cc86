"""Mixed styles: which layers come from where, and the command that draws them."""

import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.errors import InputError
from gan.explore.style_mixing import mix_styles, parse_layers, with_sources


def test_layers_come_from_where_they_should():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2, 4, 3)).astype(np.float32)
    columns = rng.normal(size=(3, 4, 3)).astype(np.float32)
    mixed = np.asarray(mix_styles(jnp.asarray(rows), jnp.asarray(columns), layers=[1, 3]))
    assert mixed.shape == (2, 3, 4, 3)
    for r in range(2):
        for c in range(3):
            np.testing.assert_array_equal(mixed[r, c, [1, 3]], columns[c, [1, 3]])
            np.testing.assert_array_equal(mixed[r, c, [0, 2]], rows[r, [0, 2]])


def test_sources_stand_along_the_edges():
    tiles = np.arange(11, dtype=np.uint8).reshape(11, 1, 1, 1)
    grid = with_sources(tiles[:6].reshape(2, 3, 1, 1, 1), tiles[6:8], tiles[8:])
    assert grid[..., 0, 0, 0].tolist() == [[255, 8, 9, 10], [6, 0, 1, 2], [7, 3, 4, 5]]


def test_layers_are_read():
    assert parse_layers("0-3", count=6) == [0, 1, 2, 3]
    assert parse_layers("5,0-1,1", count=6) == [0, 1, 5]
    assert parse_layers(None, count=3) == [0, 1, 2]
    for words in ("", "a", "3-1", "1-", "-1", "1,,2"):
        with pytest.raises(InputError, match=r"--layers .*as in 0-3"):
            parse_layers(words, count=6)
    with pytest.raises(InputError, match="has layers 0 to 5"):
        parse_layers("4-6", count=6)
    with pytest.raises(InputError, match="one w for the whole image"):
        parse_layers("1", count=1)
