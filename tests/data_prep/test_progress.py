"""What is left out is named at once, and again at the end. Counts and lists in words."""

import pytest

from data_prep.errors import WorkError
from data_prep.progress import Failures, counted, some


def test_every_line_names_its_item(capsys):
    failures = Failures("page")
    failures("1.png", "pages/1.png is not an image")
    failures("2.png", "a page of 1 x 1 px has no cells")
    assert capsys.readouterr().err.splitlines() == [
        "left out: pages/1.png is not an image",
        "left out: 2.png: a page of 1 x 1 px has no cells",
    ]
    with pytest.raises(WorkError, match=r"^2 pages were left out: 1\.png, 2\.png$"):
        failures.leave()


def test_one_and_none():
    failures = Failures("page")
    failures.leave()
    failures("7.png", "no")
    with pytest.raises(WorkError, match=r"^1 page was left out: 7\.png$"):
        failures.leave()


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
