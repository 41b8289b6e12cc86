"""`comic` from the command line, and packing its panels."""

import numpy as np

from data_prep.__main__ import main
from data_prep.images import write_image
from data_prep.records.dataset import Dataset
from tests.data_prep.comic_videos import draw_pages


def test_panels_become_records(tmp_path, capsys):
    pages = draw_pages(np.random.default_rng(0), 2)
    for number, page in enumerate(pages):
        write_image(tmp_path / "pages" / f"{number}.png", page.image)
    out = str(tmp_path / "out")
    assert main(["comic", str(tmp_path / "pages"), "--out", out, "--panels", "--mode", "rgb"]) == 0
    count = sum(len(page.boxes_px) for page in pages)
    assert capsys.readouterr().out == f"{out}  {count} panels of 2 pages\n"
    assert main(["pack", out, "--out", str(tmp_path / "records"), "--size", "16"]) == 0
    assert "left out" not in capsys.readouterr().err
    assert len(Dataset(tmp_path / "records")) == count
    assert main(["comic", str(tmp_path / "pages"), "--out", str(tmp_path / "b"), "--min-panel", "0.2"]) == 2
    assert "--min-panel: requires --panels" in capsys.readouterr().err
    (tmp_path / "pages" / "1.png").write_bytes(b"broken")
    assert main(["comic", str(tmp_path / "pages"), "--out", str(tmp_path / "c")]) == 1
    assert "1.png" in capsys.readouterr().err
