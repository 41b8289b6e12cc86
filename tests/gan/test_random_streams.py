"""Every kind of random draw has a key of its own."""

from itertools import combinations

import jax
import numpy as np
import pytest

from gan.random_streams import AugmentStream, Stream

# Numbers decide every random draw of a run: changing one changes what resumed and repeated runs compute.
NUMBERS = [0, 1, 2, 3, 4, 100, 101, 200, 201, 300, 301, 400, 401, 500, 600]


def test_numbers_are_fixed():
    assert sorted(Stream) == NUMBERS
    assert sorted(AugmentStream) == [0, 1, 2]


@pytest.mark.parametrize("imported", [False, True])
def test_all_streams_differ(imported):
    """Also where the run's key is that of its seed, as in imported runs."""
    seed_key = jax.random.key(0)
    run_key = seed_key if imported else jax.random.split(seed_key, 3)[0]
    keys = [jax.random.fold_in(run_key if s < 100 else seed_key, s) for s in Stream]
    keys += [jax.random.fold_in(keys[Stream.AUGMENT], s) for s in AugmentStream]
    draws = [np.asarray(jax.random.normal(key, (2,))) for key in keys]
    assert not any((a == b).any() for a, b in combinations(draws, 2))
