"""Who waits for whom."""

import pytest

from data_prep.video import throughput as pace_module
from data_prep.video.throughput import Pace


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by hand."""
    now = [100.0]
    monkeypatch.setattr(pace_module.time, "monotonic", lambda: now[0])
    return now


def run(clock, *, maker=0.0, taker=0.0):
    """Eleven frames in five seconds, of which the sides waited so much."""
    pace = Pace(maker="drawing", taker="encoding")
    pace.waited("taker", 50.0)  # before the first frame: nobody's fault
    for _ in range(11):
        pace.count()
        clock[0] += 0.5
        pace.waited("maker", maker / 11)
        pace.waited("taker", taker / 11)
    clock[0] += 9.0  # after the last frame: not counted
    return pace


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        ({}, "2 frames/s"),
        ({"maker": 0.1, "taker": 0.1}, "2 frames/s"),
        ({"maker": 2.5}, "2 frames/s, encoding is the bottleneck, drawing waits 50 % of the time"),
        ({"taker": 4.0}, "2 frames/s, drawing is the bottleneck, encoding waits 80 % of the time"),
        (
            {"maker": 1.0, "taker": 2.0},
            "2 frames/s, drawing is the bottleneck, encoding waits 40 % of the time",
        ),
    ],
)
def test_the_slower_side_is_the_one_that_is_waited_for(clock, waits, said):
    pace = run(clock, **waits)
    assert str(pace) == said
    assert pace.share("maker") == pytest.approx(waits.get("maker", 0) / 5)
    assert pace.share("taker") == pytest.approx(waits.get("taker", 0) / 5)


def test_one_frame_has_no_pace(clock):
    pace = Pace()
    assert str(pace) == ""
    pace.count()
    assert str(pace) == ""
    assert pace.share("maker") == 0


def test_a_bar_shows_the_slower_side(clock):
    class Bar:
        shown, count = "", 0

        def set_postfix_str(self, text, *, refresh):
            self.shown = text

        def update(self):
            self.count += 1

    bar = Bar()
    pace = Pace(bar)
    for _ in range(4):
        pace.count()
        clock[0] += 1
        pace.waited("taker", 0.9)
    assert bar.count == 4
    assert bar.shown.startswith("drawing is the bottleneck, encoding waits 9")
