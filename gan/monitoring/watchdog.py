"""Rules that find a collapse of a training in its log: variety, ink, and the discriminator's margin. Pure.

Measured values of a snapshot are judged against the reals (`gan.metrics.variety`). Snapshots depend on the
training alone, so findings from them are the same after an interruption: they may end or rewind a run. The
means of ticks depend on where a run was interrupted: findings from them are warnings.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Line = Mapping[str, Any]  # of the log: a tick or a snapshot

MOST_LAYOUT = 4.0
LEAST_NEAREST = 0.5
LEAST_PIXEL_STD = 0.5
LEAST_INK, MOST_INK = 0.25, 4.0  # of the reals' ink fraction
LEAST_INK_OF_REALS = 0.002  # below it, ink is not judged
FIRST_SNAPSHOTS = 3  # judged together: a training starts without variety
TICKS = 5  # means over so many of the newest
LEAST_LOSS_D, MOST_MARGIN = 0.1, 2.0
MOST_REWINDS = 3  # of a run, until it stops


class Finding(NamedTuple):
    """Something wrong with a training.

    Attributes:
        kind: of the finding, a short name.
        nimg: the snapshot or tick at which it was found.
        words: what was found, with numbers.
        is_decisive: whether it may end or rewind a run.
    """

    kind: str
    nimg: int
    words: str
    is_decisive: bool = True


class Collapse(NamedTuple):
    """A decision at a snapshot: why the run must not go on as it is, and from where it could.

    Attributes:
        reason: words of the findings.
        good_nimg: the newest snapshot without findings; 0: none.
    """

    reason: str
    good_nimg: int

    def to_json(self) -> str:
        """A text that `from_json` reads."""
        return json.dumps(self._asdict())

    @classmethod
    def from_json(cls, text: str) -> "Collapse":
        """Inverse of `to_json`."""
        return cls(**json.loads(text))


class Rule(NamedTuple):
    """A property that a measured snapshot must not have."""

    kind: str
    fails: Callable[[Line], bool]
    words: Callable[[Line], str]


RULES = (
    Rule(
        "layout",
        lambda line: line["layout"] > MOST_LAYOUT,
        lambda line: f"samples share one layout: layout {line['layout']:.2f} (1 is right)",
    ),
    Rule(
        "nearest",
        lambda line: line["nearest"] < LEAST_NEAREST,
        lambda line: f"samples are near copies of each other: nearest {line['nearest']:.2f} (1 is right)",
    ),
    Rule(
        "pixel_std",
        lambda line: line["pixel_std"] < LEAST_PIXEL_STD,
        lambda line: f"samples differ little: pixel_std {line['pixel_std']:.2f} (1 is right)",
    ),
    Rule(
        "ink",
        lambda line: (
            line["ink_fraction_reals"] >= LEAST_INK_OF_REALS
            and not LEAST_INK <= line["ink_fraction"] / line["ink_fraction_reals"] <= MOST_INK
        ),
        lambda line: (
            f"samples have {'little' if line['ink_fraction'] < line['ink_fraction_reals'] else 'much'} ink: "
            f"{line['ink_fraction']:.3f} of pixels are dark, of the reals {line['ink_fraction_reals']:.3f}"
        ),
    ),
)


def assess(history: Sequence[Line]) -> list[Finding]:
    """Findings of the newest measured snapshot and the newest ticks of a log.

    A rule that no snapshot has passed yet is a finding when three have failed it, since training starts
    without variety; one that was passed before is a finding at once. The untrained snapshot does not count.

    Args:
        history: lines of a log in their order; lines of other kinds are ignored.
    """
    snapshots = measured(history)
    findings = []
    for rule in RULES if snapshots else ():
        failed = [rule.fails(line) for line in snapshots]
        if failed[-1] and (not all(failed) or len(failed) >= FIRST_SNAPSHOTS):
            newest = snapshots[-1]
            findings.append(Finding(rule.kind, newest["nimg"], rule.words(newest)))
    return findings + margin_findings(history)


def last_good(history: Sequence[Line]) -> int:
    """nimg of the newest measured snapshot that passes all rules; 0 if there is none."""
    good = [line["nimg"] for line in measured(history) if not any(rule.fails(line) for rule in RULES)]
    return good[-1] if good else 0


def measured(history: Sequence[Line]) -> list[Line]:
    """Snapshots of a log whose variety was measured, by nimg, without the untrained one."""
    found = [line for line in history if line["kind"] == "snapshot" and line["nimg"] and "layout" in line]
    return sorted(found, key=lambda line: line["nimg"])


def margin_findings(history: Sequence[Line]) -> list[Finding]:
    """Whether the discriminator separates reals from fakes: its loss and margin, means over five ticks."""
    ticks = [line for line in history if line["kind"] == "tick" and "loss_d" in line][-TICKS:]
    if len(ticks) < TICKS or not all("logit_real" in line and "logit_fake" in line for line in ticks):
        return []
    loss = sum(line["loss_d"] for line in ticks) / TICKS
    margin = sum(line["logit_real"] - line["logit_fake"] for line in ticks) / TICKS
    if loss >= LEAST_LOSS_D or margin <= MOST_MARGIN:
        return []
    signs = [line["sign_real"] for line in ticks if "sign_real" in line]
    of_signs = f", sign_real {sum(signs) / len(signs):.2f}" if signs else ""
    words = f"the discriminator wins: loss_d {loss:.3f}, logits {margin:.1f} apart{of_signs}"
    return [Finding("margin", ticks[-1]["nimg"], words, is_decisive=False)]
