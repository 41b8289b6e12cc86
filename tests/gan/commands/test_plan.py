"""`gan plan`: parameters, FLOPs, memory and speed are printed."""

import pytest

from gan.__main__ import main


@pytest.mark.slow
def test_all_quantities_are_printed(capsys):
    assert main(["plan", "stylegan2-tiny", "--resolution", "16"]) == 0
    told = capsys.readouterr().out
    for what in ("parameters", "FLOP", "memory", "images/s"):
        assert what in told
