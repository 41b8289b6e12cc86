"""Latent specifications: seeds, ranges, files, and what is refused."""

from pathlib import Path

import pytest

from animate.paths.latent_spec import MAX_SEEDS, FileLatents, parse_spec, parse_specs, seeds_only
from data_prep.errors import InputError


@pytest.mark.parametrize(
    ("spec", "parsed"),
    [
        ("17", [17]),
        ("3,17,40-43", [3, 17, 40, 41, 42, 43]),
        ("path.npz", FileLatents(Path("path.npz"), None)),
        ("a/b c.NPZ[120]", FileLatents(Path("a/b c.NPZ"), 120)),
        ("path.npz[-1]", FileLatents(Path("path.npz"), -1)),
        ("odd[1].npz[0]", FileLatents(Path("odd[1].npz"), 0)),
        ("3.npz", FileLatents(Path("3.npz"), None)),
    ],
)
def test_seeds_and_files(spec, parsed):
    assert parse_spec(spec, flag="--keys") == parsed


@pytest.mark.parametrize("spec", ["", "x", "a.npy", "a.npz]", "a.npz[1.5]", "-1", "1.5", "4294967296"])
def test_other_words_are_refused_by_flag(spec):
    with pytest.raises(InputError, match="--keys"):
        parse_spec(spec, flag="--keys")


def test_seeds_only_keeps_order_and_repetitions_and_excludes_files():
    assert seeds_only(["7,0", "3-4", "7"], flag="--keys") == [7, 0, 3, 4, 7]
    assert seeds_only(["7", "path.npz[0]"], flag="--keys") is None
    assert len(seeds_only([f"0-{MAX_SEEDS - 1}"], flag="--keys")) == MAX_SEEDS


@pytest.mark.parametrize("word", ["3,49-40", "49-40", "0-9999,7", "3-9,0-9999"])
def test_ranges_that_run_backwards_or_are_too_many_are_refused(word):
    with pytest.raises(InputError, match=r"runs backwards; give 40-49|more than 10000 seeds"):
        parse_spec(word, flag="--keys")


def test_seeds_of_all_specifications_are_counted():
    with pytest.raises(InputError, match="more than 10000 seeds"):
        parse_specs(["0-9999", "7"], flag="--keys")
