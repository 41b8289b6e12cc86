"""`frames` from the command line."""

from data_prep.__main__ import main
from data_prep.records.dataset import Dataset
from tests.data_prep import generated_videos as generated


def test_frames_of_two_videos(tmp_path, capsys):
    videos = [str(generated.constant(tmp_path)), str(generated.pattern(tmp_path / "b.mp4", frames=25))]
    assert main(["frames", *videos, "--out", str(tmp_path / "out"), "--size", "16", "--end", "1s"]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'out'}  24 records of 16 x 16 x 3")
    assert len(Dataset(tmp_path / "out")) == 24
    assert main(["frames", *videos, "--out", str(tmp_path / "out"), "--size", "32"]) == 2
    assert "--overwrite" in capsys.readouterr().err
