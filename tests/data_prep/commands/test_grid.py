"""`grid`: copies of pages with their grid, and the file of adjustments."""

import json

from data_prep.__main__ import main
from data_prep.images import write_image
from data_prep.records.dataset import Dataset
from tests.data_prep.conftest import drawing, tree

FLAGS = ["--dpi", "75", "--tile-px", "32", "--size", "16"]


def test_grid_draws_each_of_two_pages_of_one_stem(pages, tmp_path, rng, capsys):
    write_image(pages / "2.tif", drawing(rng, 300, 220))
    command = ["grid", str(pages), "--out", str(tmp_path / "g"), *FLAGS]
    for workers in ("1", "2"):
        assert main([*command, "--workers", workers, "--overwrite"]) == 0
        drawn = {path.name: path.read_bytes() for path in (tmp_path / "g").glob("*.jpg")}
        assert sorted(drawn) == ["10_grid.jpg", "1_grid.jpg", "2.png_grid.jpg", "2.tif_grid.jpg"]
        assert len(set(drawn.values())) == 4
        assert f"{tmp_path / 'g'}  140 tiles" in capsys.readouterr().out
    (tmp_path / "g" / "1_grid.jpg").unlink()
    assert main([*command, "--page", "2.tif"]) == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "g").glob("2*.jpg")}.items() <= drawn.items()


def test_bad_pages_are_named_and_the_others_drawn(pages, tmp_path, capsys):
    data = (pages / "2.png").read_bytes()
    (pages / "2.png").write_bytes(data[: len(data) // 2])
    assert main(["grid", str(pages), "--out", str(tmp_path / "g"), *FLAGS, "--workers", "1"]) == 1
    assert "1 page was left out: 2.png" in capsys.readouterr().err
    assert len(list((tmp_path / "g").glob("*.jpg"))) == 2
    before = tree(tmp_path / "g")
    assert main(["grid", str(pages / "1.png"), "--out", str(tmp_path / "g"), *FLAGS]) == 2
    assert "holds the result of other settings" in capsys.readouterr().err
    assert tree(tmp_path / "g") == before


def test_grid_creates_adjustments_and_blob_reads_them(pages, tmp_path, capsys):
    command = ["grid", str(pages), "--out", str(tmp_path / "g"), *FLAGS]
    assert main(command) == 0
    assert len(list((tmp_path / "g").glob("*_grid.jpg"))) == 3
    assert "4 x 3 cells from 0, 0: 35 tiles" in capsys.readouterr().out
    path = pages / "adjustments.json"
    value = json.loads(path.read_text())
    value["pages"]["2.png"]["offset_cell"] = [0.5, 0.25]
    path.write_text(json.dumps(value))
    assert main(command) == 0  # again, as one edits
    assert "4 x 2 cells from 0.5, 0.25: 21 tiles" in capsys.readouterr().out
    assert main(["blob", str(pages), "--out", str(tmp_path / "d"), *FLAGS, "--workers", "1"]) == 0
    dataset = Dataset(tmp_path / "d")
    moved = [
        dataset[i].source["center_px"] for i in range(len(dataset)) if dataset[i].source["page"] == "2.png"
    ]
    assert len(dataset) == 35 + 21 + 35
    assert moved[0] == [32 + 22, 16 + 22]


def test_copies_of_another_grid_are_not_mixed(pages, tmp_path, capsys, monkeypatch):
    command = ["grid", str(pages), "--out", str(tmp_path / "g"), "--workers", "1", "--tile-px", "32"]
    assert main([*command, "--dpi", "75", "--max-megapixels", "nan"]) == 2
    assert not (pages / "adjustments.json").exists()
    assert main([*command, "--dpi", "75"]) == 0
    before = tree(tmp_path / "g")
    assert main([*command, "--dpi", "60", "--page", "1"]) == 2
    assert "dpi: 75.0 there, 60.0 requested" in capsys.readouterr().err
    assert tree(tmp_path / "g") == before
    monkeypatch.chdir(tmp_path)
    assert main(["grid", "pages", "--out", "g", *command[4:], "--dpi", "75"]) == 0
    assert main([*command, "--dpi", "60", "--page", "1", "--overwrite"]) == 0
    assert [path.name for path in (tmp_path / "g").glob("*.jpg")] == ["1_grid.jpg"]
