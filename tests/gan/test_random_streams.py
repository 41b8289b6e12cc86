"""Every kind of random draw has a key of its own."""

import ast
from itertools import combinations
from pathlib import Path

import jax
import numpy as np
import pytest

import gan
from gan.random_streams import AugmentStream, Stream

# Numbers decide every random draw of a run: changing one changes what resumed and repeated runs compute.
NUMBERS = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    100,
    101,
    102,
    200,
    201,
    300,
    301,
    302,
    303,
    400,
    401,
    500,
    600,
    700,
    701,
    800,
]


def test_numbers_are_fixed():
    assert sorted(Stream) == NUMBERS
    assert sorted(AugmentStream) == [0, 1, 2]


@pytest.mark.parametrize("imported", [False, True])
def test_all_streams_give_different_keys_and_draws(imported):
    """A run's key is one of three split off the key of its seed; an imported run's is that key itself."""
    seed_key = jax.random.key(0)
    run_key, *initial_keys = [seed_key] if imported else jax.random.split(seed_key, 3)
    keys = {s: jax.random.fold_in(run_key if s < 100 else seed_key, s) for s in Stream}
    augmentation = [jax.random.fold_in(keys[Stream.AUGMENT], s) for s in AugmentStream]
    all_keys = [run_key, *initial_keys, *keys.values(), *augmentation]
    for rows in (map(jax.random.key_data, all_keys), (jax.random.normal(key, (2,)) for key in all_keys)):
        assert not any(np.array_equal(a, b) for a, b in combinations(list(rows), 2))


def test_every_stream_is_used_and_no_other_number_is_folded_in():
    """The second argument of fold_in is a stream, or an index in lower case (an item, a step, a layer)."""
    used = set()
    for path in Path(gan.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("fold_in"):
                used.add(ast.unparse(node.args[1]))
    streams = {name for name in used if "." in name}
    assert streams == {f"Stream.{name}" for name in Stream.__members__}
    assert not {name for name in used - streams if name.isupper()}
