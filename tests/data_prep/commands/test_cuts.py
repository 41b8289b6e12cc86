"""`cuts` from the command line."""

import json

import numpy as np

from data_prep.__main__ import main
from data_prep.video.codec import write_video
from tests.data_prep.comic_videos import blobs


def test_cuts_are_printed_and_written(tmp_path, capsys):
    rng = np.random.default_rng(0)
    frames = [image for image in (blobs(rng, 36, 64) for _ in range(3)) for _ in range(10)]
    write_video(iter(frames), tmp_path / "a.mp4", fps=10)
    out = tmp_path / "cuts.json"
    assert main(["cuts", str(tmp_path / "a.mp4"), "--out", str(out)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("frame 10  0:01  cut")
    assert printed[-1] == f"{out}  2 cuts; 2 by the older cosine rule"
    value = json.loads(out.read_text())
    assert [(cut["frame"], cut["pts"]) for cut in value["cuts"]] == [(10, 10240), (20, 20480)]
    assert main(["cuts", str(tmp_path / "a.mp4"), "--out", str(out)]) == 2
    assert "--overwrite" in capsys.readouterr().err
