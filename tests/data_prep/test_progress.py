"""Failures are reported at once and named at the end; hidden bars; counts and lists in words."""

import pytest

from data_prep.errors import WorkError
from data_prep.progress import (
    Failures,
    counted,
    no_progress,
    print_failure,
    print_warning,
    refuse_failures,
    some,
)


def test_failures_are_reported_at_once_and_collected():
    reported = []
    failures = Failures(lambda name, reason: reported.append((name, reason)))
    failures("1.png", "damaged")
    assert reported == [("1.png", "damaged")]
    failures("2.png", "too large")
    assert failures == {"1.png": "damaged", "2.png": "too large"}


def test_every_line_names_its_item(capsys):
    print_failure("1.png", "pages/1.png is not an image")
    print_failure("2.png", "a page of 1 x 1 px has no cells")
    print_warning("3.png is stored with 72 dpi")
    out, lines = capsys.readouterr()
    assert lines.splitlines() == [
        "left out: pages/1.png is not an image",
        "left out: 2.png: a page of 1 x 1 px has no cells",
        "warning: 3.png is stored with 72 dpi",
    ]
    assert not out


def test_failures_are_refused_by_name():
    refuse_failures({}, "page")
    with pytest.raises(WorkError, match=r"^1 page was left out: 7\.png$"):
        refuse_failures({"7.png": "no"}, "page")
    with pytest.raises(WorkError, match=r"^2 pages were left out: 1\.png, 2\.png$"):
        refuse_failures({"1.png": "no", "2.png": "no"}, "page")


def test_a_hidden_bar_prints_nothing(capsys):
    with no_progress(3, unit="page", label="x", initial=1) as bar:
        bar.update()
        bar.update(2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (0, "page", "0 pages"),
        (1, "page", "1 page"),
        (2, "page", "2 pages"),
        (1, "class", "1 class"),
        (3, "class", "3 classes"),
    ],
)
def test_counted(count, noun, words):
    assert counted(count, noun) == words


def test_some():
    assert some(["a"]) == "a"
    assert some(list("abcde")) == "a, b, c, d, e"
    assert some(list("abcdefg")) == "a, b, c, d, e and 2 more"
    assert some(list("abc"), most=2) == "a, b and 1 more"
