"""Times in flags."""

import pytest

from data_prep.errors import InputError
from data_prep.video.durations import format_seconds, parse_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("80", 80),
        ("80s", 80),
        ("1.5", 1.5),
        ("1m20s", 80),
        ("3m", 180),
        ("1h", 3600),
        ("1:20", 80),
        ("1:02:03.5", 3723.5),
    ],
)
def test_times(text, seconds):
    assert parse_seconds(text, flag="--end") == seconds


@pytest.mark.parametrize("text", ["", "x", "-3", "1:2:3:4", "20s1m", "1e3", "nan"])
def test_other_texts_are_refused(text):
    with pytest.raises(InputError, match=r"--end .*: must be a time, such as"):
        parse_seconds(text, flag="--end")


def test_printed_times():
    assert [format_seconds(s) for s in (0, 83.5, 3600, 59.9999)] == ["0:00", "1:23.5", "60:00", "1:00"]
