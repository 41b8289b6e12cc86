"""`animate drawing`: doodles that draw themselves."""

from animate.__main__ import main
from tests.gan.draw.doodle_runs import trained


def test_a_folder_of_frames(tmp_path, tmp_path_factory, capsys):
    _, run = trained(tmp_path_factory)
    words = ["drawing", str(run), "--out", str(tmp_path / "clip"), "--count", "4", "--window"]
    words += ["--seconds", "0.5", "--hold-sec", "0.5", "--fps", "4", "--scale", "2"]
    assert main(words) == 0
    assert "4 doodles, 4 frames, 1 s" in capsys.readouterr().out
    assert len(list((tmp_path / "clip").glob("*.png"))) == 4
