"""`symmetries`: a dataset or a folder of each copy once, whatever the workers."""

from pathlib import Path

import numpy as np
import pytest

from data_prep.__main__ import main
from data_prep.errors import WorkError
from data_prep.images import read_image, write_image
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record, write_dataset
from data_prep.tiles.symmetries import NAMES, inverse
from tests.data_prep.conftest import tree


@pytest.fixture
def tiles(tmp_path, rng) -> Path:
    """A dataset of 21 labelled tiles."""
    records = [
        Record(rng.integers(0, 256, (8, 8, 3), np.uint8), {"page": "a.png", "index": i}, i % 2)
        for i in range(21)
    ]
    write_dataset(records, tmp_path / "tiles", label_names=["x", "y"])
    return tmp_path / "tiles"


def test_copies_have_the_label_and_source_of_their_tile(tiles, tmp_path, capsys):
    assert main(["symmetries", str(tiles), "--out", str(tmp_path / "s")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 's'}  168 records of 8 x 8 x 3 in 1 shard\n"
    source, copies = Dataset(tiles), Dataset(tmp_path / "s")
    assert copies.label_names == ("x", "y")
    for i in range(21):
        for k, name in enumerate(NAMES):
            record = copies[8 * i + k]
            assert record.label == i % 2
            assert record.source == source[i].source | {"symmetry": name}
            np.testing.assert_array_equal(inverse(record.image, name), source[i].image)


def test_workers_and_reruns_do_not_change_a_byte(tiles, tmp_path, capsys):
    command = ["symmetries", str(tiles), "--shard-mb", "0.005"]
    for workers in ("1", "3"):
        assert main([*command, "--out", str(tmp_path / workers), "--workers", workers]) == 0
    before = tree(tmp_path / "1")
    assert len(before) > 4
    assert before == tree(tmp_path / "3")
    next((tmp_path / "1").glob("shard-00002*")).unlink()
    (tmp_path / "1" / "dataset.json").unlink()
    assert main([*command, "--out", str(tmp_path / "1")]) == 0
    assert before == tree(tmp_path / "1")
    assert main([*command, "--out", str(tmp_path / "1")]) == 0
    assert "already done: 168 records" in capsys.readouterr().out


def test_files_are_in_their_sub_folders_with_alpha(tmp_path, rng):
    clear = rng.integers(0, 256, (6, 6, 4), np.uint8)
    write_image(tmp_path / "t" / "a.png", rng.integers(0, 256, (6, 6, 1), np.uint8))
    write_image(tmp_path / "t" / "sub" / "a.png", clear)
    assert main(["symmetries", str(tmp_path / "t"), "--out", str(tmp_path / "s"), "--workers", "1"]) == 0
    files = tree(tmp_path / "s")
    names = {f"{stem}_{name}.png" for stem in ("a", "sub/a") for name in NAMES}
    assert set(files) == names | {".inkloop.json"}
    for name in NAMES:
        copy = read_image(tmp_path / "s" / "sub" / f"a_{name}.png", mode="rgba")
        np.testing.assert_array_equal(inverse(copy, name), clear)
    (tmp_path / "s" / "a_r3.png").unlink()
    assert main(["symmetries", str(tmp_path / "t"), "--out", str(tmp_path / "s"), "--workers", "1"]) == 0
    assert tree(tmp_path / "s") == files


def test_images_that_are_not_square_are_named(tmp_path, rng, capsys):
    write_image(tmp_path / "t" / "a.png", rng.integers(0, 256, (6, 6, 1), np.uint8))
    write_image(tmp_path / "t" / "wide.png", rng.integers(0, 256, (6, 9, 1), np.uint8))
    command = ["symmetries", str(tmp_path / "t"), "--out", str(tmp_path / "s"), "--workers", "1"]
    assert main(command) == 1
    out, error = capsys.readouterr()
    assert "1 tile was left out: wide.png" in error
    assert out == f"{tmp_path / 's'}  8 copies of 1 tile as PNG files\n"
    assert len(tree(tmp_path / "s")) == 9
    write_image(tmp_path / "t" / "a.bmp", rng.integers(0, 256, (6, 6, 1), np.uint8))
    assert main(command) == 2
    assert "2 tiles are named a" in capsys.readouterr().err


def test_no_copies_of_copies_nor_of_oblongs(tiles, tmp_path, capsys):
    assert main(["symmetries", str(tiles), "--out", str(tmp_path / "s")]) == 0
    assert main(["symmetries", str(tmp_path / "s"), "--out", str(tmp_path / "again")]) == 2
    assert "holds symmetric copies already" in capsys.readouterr().err
    assert main(["symmetries", str(tiles), "--out", str(tiles / "s")]) == 2
    assert f"--out {tiles / 's'} lies in {tiles}" in capsys.readouterr().err
    write_dataset([Record(np.zeros((4, 6, 1), np.uint8))], tmp_path / "wide")
    assert main(["symmetries", str(tmp_path / "wide"), "--out", str(tmp_path / "again")]) == 2
    assert f"a tile of {tmp_path / 'wide'} is 6 x 4 px; only squares" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()


def test_a_damaged_record_is_left_out(tiles, tmp_path, capsys, monkeypatch):
    read = Dataset.__getitem__

    def fail(self, index):
        if self.folder == tiles and index == 4:
            raise WorkError("record 4 is damaged")
        return read(self, index)

    monkeypatch.setattr(Dataset, "__getitem__", fail)
    assert main(["symmetries", str(tiles), "--out", str(tmp_path / "s")]) == 1
    assert "1 tile was left out: record 4" in capsys.readouterr().err
    indices = [Dataset(tmp_path / "s")[i].source["index"] for i in range(160)]
    assert indices == [i for i in range(21) if i != 4 for _ in range(8)]
