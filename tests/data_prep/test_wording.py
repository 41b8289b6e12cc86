"""Counts and lists in words."""

import pytest

from data_prep.wording import counted, some


@pytest.mark.parametrize(
    ("count", "noun", "told"),
    [
        (0, "page", "0 pages"),
        (1, "page", "1 page"),
        (2, "page", "2 pages"),
        (1, "class", "1 class"),
        (3, "class", "3 classes"),
    ],
)
def test_counted(count, noun, told):
    assert counted(count, noun) == told


def test_some():
    assert some(["a"]) == "a"
    assert some(list("abcde")) == "a, b, c, d, e"
    assert some(list("abcdefg")) == "a, b, c, d, e and 2 more"
    assert some(list("abc"), most=2) == "a, b and 1 more"
