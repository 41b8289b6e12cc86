"""Rewinds are recorded before anything changes, completed once, and described."""

import pytest

from data_prep.errors import InputError
from gan.runs.rewinds import FILE, Rewind, complete_rewind, describe_rewinds, record_rewind

FIRST, SECOND = Rewind(96, 64, "copies"), Rewind(160, 96, "little ink")


class Checkpoints:
    """Records what is discarded; fails once if `killed`."""

    def __init__(self, *, killed=False):
        self.killed, self.kept_until = killed, []

    def discard_after(self, nimg):
        if self.killed:
            raise KeyboardInterrupt
        self.kept_until.append(nimg)


def test_later_checkpoints_are_discarded_once(tmp_path):
    checkpoints = Checkpoints()
    assert complete_rewind(tmp_path, checkpoints) == ()
    assert not (tmp_path / FILE).exists()
    record_rewind(tmp_path, FIRST)
    assert complete_rewind(tmp_path, checkpoints) == (FIRST,)
    assert complete_rewind(tmp_path, checkpoints) == (FIRST,)
    assert checkpoints.kept_until == [64]
    record_rewind(tmp_path, SECOND)
    assert complete_rewind(tmp_path, checkpoints) == (FIRST, SECOND)
    assert checkpoints.kept_until == [64, 96]


def test_a_rewind_that_was_killed_is_completed_by_the_next_start(tmp_path):
    record_rewind(tmp_path, FIRST)
    with pytest.raises(KeyboardInterrupt):
        complete_rewind(tmp_path, Checkpoints(killed=True))
    checkpoints = Checkpoints()
    assert complete_rewind(tmp_path, checkpoints) == (FIRST,)
    assert checkpoints.kept_until == [64]


def test_the_last_one_is_described_with_what_differs():
    assert describe_rewinds((), changed={"r1_gamma": (1, 3)}) == []
    (line,) = describe_rewinds((FIRST, SECOND), changed={"r1_gamma": (1.0, 9.0)})
    assert line == "rewind 2 from nimg 160 to nimg 96: little ink; r1_gamma 1.0 -> 9.0"


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 2}', '{"schema": 1, "rewinds": [{}]}'])
def test_a_damaged_file_is_an_error(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError, match="is damaged"):
        complete_rewind(tmp_path, Checkpoints())
