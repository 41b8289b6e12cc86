"""Mixed styles: which layers come from where, and the command that draws them."""

import jax.numpy as jnp
import numpy as np
import pytest

from configs.gan.field_tiny import CONFIG as FIELD
from configs.gan.stylegan2_tiny import CONFIG as STYLEGAN2
from configs.gan.tiny import CONFIG as PROGAN
from data_prep.errors import InputError
from gan.explore.style_mixing import mix_styles, parse_layers, taken_from_column, with_sources
from gan.families import build


def test_layers_come_from_where_they_should():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2, 4, 3)).astype(np.float32)
    columns = rng.normal(size=(3, 4, 3)).astype(np.float32)
    taken = taken_from_column(build(STYLEGAN2, (8, 8, 1)), "1,3")
    mixed = np.asarray(mix_styles(jnp.asarray(rows), jnp.asarray(columns), taken))
    assert mixed.shape == (2, 3, 4, 3)
    for r in range(2):
        for c in range(3):
            np.testing.assert_array_equal(mixed[r, c, [1, 3]], columns[c, [1, 3]])
            np.testing.assert_array_equal(mixed[r, c, [0, 2]], rows[r, [0, 2]])


def test_parts_of_family_field_come_from_where_they_should():
    family = build(FIELD, (16, 32, 1))
    w = np.random.default_rng(0).normal(size=(3, 1, family.w_dim)).astype(np.float32)
    mixed = mix_styles(jnp.asarray(w[:1]), jnp.asarray(w[1:]), taken_from_column(family, "local"))
    styles, cells = family.split(w[:, 0])
    for column in range(2):
        style, own_cells = family.split(mixed[0, column])
        np.testing.assert_array_equal(style[0], styles[0])
        np.testing.assert_array_equal(own_cells[0], cells[1 + column])
    np.testing.assert_array_equal(taken_from_column(family, "global"), ~taken_from_column(family, "local"))
    with pytest.raises(InputError, match="--layers 0-3: must be global or local"):
        taken_from_column(family, "0-3")


def test_a_single_w_cannot_be_mixed():
    with pytest.raises(InputError, match="one w for the whole image"):
        taken_from_column(build(PROGAN, (8, 8, 1)), "0")


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
