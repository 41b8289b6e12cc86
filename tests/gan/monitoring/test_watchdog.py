"""Rules on logs of healthy and of collapsing trainings."""

import pytest

from gan.monitoring.watchdog import Collapse, assess, last_good

GOOD = {"layout": 1.2, "nearest": 0.9, "pixel_std": 0.95, "ink_fraction": 0.14, "ink_fraction_reals": 0.15}


def log(*snapshots):
    """A log with snapshots every 1,000 images, given by what differs from a good one, and ticks between."""
    lines = [{"kind": "snapshot", "nimg": 0, **GOOD, "nearest": 0.0, "layout": 99.0}]
    for i, changed in enumerate(snapshots, 1):
        lines += [{"kind": "tick", "nimg": 1000 * i, "loss_d": 1.2, "logit_real": 0.3, "logit_fake": -0.3}]
        lines += [{"kind": "snapshot", "nimg": 1000 * i, **GOOD, **changed}]
    return lines


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("layout", {"layout": 16.6}),
        ("nearest", {"nearest": 0.39}),
        ("pixel_std", {"pixel_std": 0.3}),
        ("ink", {"ink_fraction": 0.01}),
        ("ink", {"ink_fraction": 0.9}),
    ],
)
def test_a_property_that_is_lost_is_found_at_once(kind, changed):
    assert assess(log({}, {}, {})) == []
    (finding,) = assess(log({}, {}, changed))
    assert (finding.kind, finding.nimg, finding.is_decisive) == (kind, 3000, True)
    assert last_good(log({}, {}, changed)) == 2000
    assert assess(log({}, changed, {})) == []  # it has recovered


def test_a_training_may_start_without_variety():
    bad = {"nearest": 0.2}
    assert assess(log(bad)) == assess(log(bad, bad)) == []
    assert [finding.kind for finding in assess(log(bad, bad, bad))] == ["nearest"]
    assert assess(log(bad, bad, {})) == []
    assert last_good(log(bad, bad, bad)) == 0
    assert last_good(log(bad, {}, bad)) == 2000


def test_several_findings_have_words_of_their_own():
    found = assess(log({}, {"layout": 9.0, "ink_fraction": 0.0}))
    assert [finding.words for finding in found] == [
        "samples share one layout: layout 9.00 (1 is right)",
        "samples have little ink: 0.000 of pixels are dark, of the reals 0.150",
    ]


def test_ink_of_reals_without_ink_is_not_judged():
    assert assess(log({}, {"ink_fraction": 0.1, "ink_fraction_reals": 0.0})) == []


def test_lines_without_variety_are_not_judged():
    assert assess([]) == []
    assert assess([{"kind": "snapshot", "nimg": 100, "distance": 3.0}, {"kind": "note", "nimg": 1}]) == []
    assert last_good([]) == 0


def ticks(*losses, **more):
    return [
        {"kind": "tick", "nimg": i, "loss_d": loss, "logit_real": 4.0, "logit_fake": -5.0, **more}
        for i, loss in enumerate(losses)
    ]


def test_a_discriminator_that_wins_is_a_warning():
    (finding,) = assess(ticks(1.0, 0.02, 0.02, 0.02, 0.02, 0.02, sign_real=0.99))
    assert (finding.kind, finding.nimg, finding.is_decisive) == ("margin", 5, False)
    assert finding.words == "the discriminator wins: loss_d 0.020, logits 9.0 apart, sign_real 0.99"
    assert assess(ticks(0.02, 0.02, 0.02, 0.02)) == []  # too few
    assert assess(ticks(0.02, 0.02, 0.02, 0.02, 0.9)) == []
    assert assess([{"kind": "tick", "nimg": i, "loss_d": 0.01} for i in range(9)]) == []


def test_a_decision_is_sent_as_text():
    collapse = Collapse('samples share "one" layout', 2000)
    assert Collapse.from_json(collapse.to_json()) == collapse
