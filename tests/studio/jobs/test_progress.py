"""Progress bars of commands."""

import io

import pytest

from data_prep.progress import progress
from studio.jobs.progress import Progress, parse_bar


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "cut:  50%|#####     | 2/4 [00:10<00:10,  5.00s/page]",
            Progress("cut", 0.5, "2", "4", "00:10", "5.00s/page"),
        ),
        (
            "train:  12%|█▏        | 4.80k/40.0k [03:20<26:05, 22.5img/s, loss=1]",
            Progress("train", 0.12, "4.80k", "40.0k", "26:05", "22.5img/s"),
        ),
        ("read: 17page [00:03,  5.1page/s]", Progress("read", None, "17")),
        ("demo/tiles  748 tiles of 256 px", None),
        ("warning: 100% of the pages are blank", None),
        ("", None),
    ],
)
def test_lines(line, expected):
    assert parse_bar(line) == expected


def test_bars_of_the_packages_are_understood(monkeypatch):
    printed = io.StringIO()
    monkeypatch.setattr("sys.stderr", printed)
    monkeypatch.setattr("data_prep.progress.LOG_SEC", 0.0)
    with progress(8, unit="page", label="find") as bar:
        for _ in range(8):
            bar.update(1)
    last = [found for part in printed.getvalue().split("\r") if (found := parse_bar(part))][-1]
    assert (last.label, last.fraction, last.done, last.total) == ("find", 1.0, "8", "8")
