"""Frames per second, and which side waits."""

import pytest

from data_prep.video import throughput as module
from data_prep.video.throughput import Throughput


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by hand."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def run(clock, *, producer=0.0, consumer=0.0):
    """Eleven frames in five seconds, of which the sides waited so much."""
    throughput = Throughput(producer="drawing", consumer="encoding")
    throughput.waited("consumer", 50.0)  # before the first frame: nobody's fault
    for _ in range(11):
        throughput.count()
        clock[0] += 0.5
        throughput.waited("producer", producer / 11)
        throughput.waited("consumer", consumer / 11)
    clock[0] += 9.0  # after the last frame: not counted
    return throughput


@pytest.mark.parametrize(
    ("waits", "printed"),
    [
        ({}, "2 frames/s"),
        ({"producer": 0.1, "consumer": 0.1}, "2 frames/s"),
        ({"producer": 2.5}, "2 frames/s, encoding is the bottleneck, drawing waits 50 % of the time"),
        ({"consumer": 4.0}, "2 frames/s, drawing is the bottleneck, encoding waits 80 % of the time"),
        (
            {"producer": 1.0, "consumer": 2.0},
            "2 frames/s, drawing is the bottleneck, encoding waits 40 % of the time",
        ),
    ],
)
def test_the_slower_side_is_the_one_that_is_waited_for(clock, waits, printed):
    throughput = run(clock, **waits)
    assert str(throughput) == printed
    assert throughput.wait_fraction("producer") == pytest.approx(waits.get("producer", 0) / 5)
    assert throughput.wait_fraction("consumer") == pytest.approx(waits.get("consumer", 0) / 5)


def test_one_frame_has_no_throughput(clock):
    throughput = Throughput()
    assert str(throughput) == ""
    throughput.count()
    assert str(throughput) == ""
    assert throughput.wait_fraction("producer") == 0


def test_a_bar_shows_the_slower_side(clock):
    class Bar:
        shown, count = "", 0

        def set_postfix_str(self, text, *, refresh):
            self.shown = text

        def update(self):
            self.count += 1

    bar = Bar()
    throughput = Throughput(bar=bar)
    for _ in range(4):
        throughput.count()
        clock[0] += 1
        throughput.waited("consumer", 0.9)
    assert bar.count == 4
    assert bar.shown.startswith("drawing is the bottleneck, encoding waits 9")
