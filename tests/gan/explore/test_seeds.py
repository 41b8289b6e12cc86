"""Seeds in words."""

import pytest

from data_prep.errors import InputError
from gan.explore.seeds import distinct_seeds, read_seeds


def test_numbers_and_ranges_in_their_order():
    assert (
        distinct_seeds("3,17,40-42", flag="--seeds")
        == read_seeds("3,17,40-42", flag="--keys")
        == [3, 17, 40, 41, 42]
    )
    assert read_seeds("7,7", flag="--keys") == [7, 7]
    assert read_seeds("0-4", flag="--keys", most=5) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("text", ["", "a", "1,1", "5-4", "3,9-8", "-3", "1-2-3", "4294967296", "1_0", " 3"])
def test_other_words_are_refused_by_flag(text):
    with pytest.raises(InputError, match=f"--rows {text}: "):
        distinct_seeds(text, flag="--rows")


@pytest.mark.parametrize(
    ("text", "said"), [("3,9-8", "9-8 runs backwards; give 8-9"), ("0-5", "more than 5")]
)
def test_what_is_wrong_with_seeds_is_said(text, said):
    with pytest.raises(InputError, match=said):
        read_seeds(text, flag="--keys", most=5)
    assert read_seeds("walk.npz", flag="--keys") == []
