"""`spec`: pages of specimens to tiles, with stored or corrected centres; bad pages are left out."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep.__main__ import main
from data_prep.images import read_image, write_image
from data_prep.pages.adjustments import Adjustment, read_adjustments, write_adjustments
from data_prep.records.dataset import Dataset
from data_prep.specimens.detect import find_specimens
from data_prep.specimens.tiles import specimen_tiles
from tests.data_prep.conftest import tree
from tests.data_prep.drawn_specimens import draw_specimens

FLAGS = ["--crop-px", str(TINY["spec"].crop_px), "--tile-px", str(TINY["spec"].tile_px)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pages of 3 x 3 cells of 150 px."""
    for seed, name in enumerate(("1.png", "2.png")):
        page = draw_specimens(np.random.default_rng(seed), rows=3, cols=3, pitch_px=150, empty=0)
        write_image(tmp_path / "pages" / name, page.image)
    return tmp_path / "pages"


def test_records_overlays_and_centres(folder, tmp_path, capsys):
    out = tmp_path / "d"
    assert main(["spec", str(folder), "--out", str(out), *FLAGS, "--workers", "1"]) == 0
    dataset = Dataset(out)
    expected = []
    for name in ("1.png", "2.png"):
        page = read_image(folder / name)
        found = find_specimens(page)
        assert len(found) == 9
        expected += specimen_tiles(
            page, found.boxes_px, found.centers_px, name=name, crop_px=160, tile_px=64, sheet=found.sheet
        )
    assert len(dataset) == len(expected) == 18
    for i, tile in enumerate(expected):
        np.testing.assert_array_equal(dataset[i].image, tile.image)
        assert dataset[i].source == tile.source
    noted = read_adjustments(folder / "adjustments.json", ["1.png", "2.png"])
    assert noted["2.png"].centers_px == tuple(tile.center_px for tile in expected[9:])
    assert sorted(p.name for p in (tmp_path / "d-overlays").glob("*.jpg")) == ["1_spec.jpg", "2_spec.jpg"]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        str(folder / "adjustments.json"),
        str(out),
        f"{out}-overlays",
    ]
    assert "18 records of 64 x 64 x 1" in lines[1]


@pytest.mark.slow
@pytest.mark.parametrize("format", ["records", "png"])
def test_workers_do_not_change_a_byte(folder, tmp_path, format):
    for workers in ("1", "2"):
        flags = [*FLAGS, "--format", format, "--workers", workers]
        flags += ["--adjustments", str(tmp_path / f"{workers}.json")]
        assert main(["spec", str(folder), "--out", str(tmp_path / workers), *flags]) == 0
    assert tree(tmp_path / "1") == tree(tmp_path / "2")
    assert len(tree(tmp_path / "1")) > 2
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    left, right = (tree(tmp_path / f"{workers}-overlays") for workers in ("1", "2"))
    assert left["1_spec.jpg"] == right["1_spec.jpg"]
    assert not (folder / "adjustments.json").exists()


def test_files_are_named_by_page_and_number_and_made_once(folder, tmp_path):
    command = ["spec", str(folder), "--out", str(tmp_path / "t"), *FLAGS, "--format", "png", "--workers", "1"]
    assert main(command) == 0
    before = tree(tmp_path / "t")
    names = {f"{stem}/{stem}_t{i:05d}.png" for stem in "12" for i in range(9)}
    assert set(before) == names | {".inkloop.json"}
    (tmp_path / "t" / "2" / "2_t00003.png").unlink()
    stored = (tmp_path / "t" / "1" / "1_t00000.png").stat().st_mtime_ns
    assert main(command) == 0
    assert tree(tmp_path / "t") == before
    assert (tmp_path / "t" / "1" / "1_t00000.png").stat().st_mtime_ns == stored


def test_corrected_centres_are_used_until_redetected(folder, tmp_path, capsys):
    command = ["spec", str(folder), "--out", str(tmp_path / "d"), *FLAGS, "--workers", "1"]
    assert main(command) == 0
    file = folder / "adjustments.json"
    first = file.read_text()
    assert main(command) == 0
    assert "already done: 18 records" in capsys.readouterr().out
    value = json.loads(first)
    value["pages"]["1.png"]["offset_cell"] = [0.25, 0]  # of another command
    value["pages"]["1.png"]["centers_px"] = [[100, 120], [251.5, 130]]
    file.write_text(json.dumps(value))
    assert main(command) == 2
    assert "centers: 18 specimens" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0
    dataset = Dataset(tmp_path / "d")
    assert len(dataset) == 2 + 9
    assert dataset[0].source["center_px"] == [100.0, 120.0]
    noted = read_adjustments(file, ["1.png", "2.png"])["1.png"]
    assert noted.centers_px == ((100, 120), (251.5, 130))
    assert main([*command, "--overwrite", "--redetect"]) == 0
    noted = read_adjustments(file, ["1.png", "2.png"])["1.png"]
    assert noted.offset_cell == (0.25, 0)
    assert [list(c) for c in noted.centers_px] == json.loads(first)["pages"]["1.png"]["centers_px"]
    assert len(Dataset(tmp_path / "d")) == 18


def test_stored_centres_are_reported(folder, tmp_path, capsys):
    command = ["spec", str(folder), "--out", str(tmp_path / "d"), *FLAGS, "--workers", "1"]
    assert main(command) == 0
    assert "taken from" not in capsys.readouterr().err
    printed = f"centres of 2 pages taken from {folder / 'adjustments.json'}; --redetect replaces them\n"
    for flags in (["--gap", "0.02", "--overwrite"], ["--dry-run", "--min-size", "0.9"]):
        assert main([*command, *flags]) == 0
        assert printed in capsys.readouterr().err
    assert main([*command, "--redetect"]) == 2  # --gap 0.02 stands in the stamp
    assert "taken from" not in capsys.readouterr().err


def test_entries_of_other_pages_are_preserved(folder, tmp_path, capsys):
    file = tmp_path / "both.json"
    file.write_text('{"schema": 1, "pages": {"9.png": {"centers_px": [[1, 2]]}}}')
    flags = [*FLAGS, "--adjustments", str(file), "--workers", "1"]
    assert main(["spec", str(folder), "--out", str(tmp_path / "d"), *flags]) == 0
    assert read_adjustments(file, ["9.png"])["9.png"].centers_px == ((1, 2),)
    other = tmp_path / "other"
    write_image(other / "3.png", read_image(folder / "1.png"))
    assert main(["spec", str(other), "--out", str(tmp_path / "o"), *flags]) == 0
    pages = json.loads(file.read_text())["pages"]
    assert list(pages) == ["1.png", "2.png", "3.png", "9.png"]
    assert [len(page["centers_px"]) for page in pages.values()] == [9, 9, 9, 1]


def test_adjustments_must_be_outside_of_the_output(folder, tmp_path, capsys):
    for inside in ("d", "d-overlays"):
        flags = ["--adjustments", str(tmp_path / inside / "a.json"), "--workers", "1"]
        assert main(["spec", str(folder), "--out", str(tmp_path / "d"), *FLAGS, *flags]) == 2
        assert f"--adjustments {tmp_path / inside / 'a.json'} lies in" in capsys.readouterr().err
        assert sorted(p.name for p in tmp_path.iterdir()) == ["pages"]


@pytest.mark.slow
@pytest.mark.parametrize("format", ["records", "png"])
def test_every_page_has_an_overlay_which_is_redrawn_if_missing(folder, tmp_path, capsys, format):
    write_image(folder / "3.png", np.full((300, 200, 1), 250, np.uint8))
    write_image(folder / "1.tif", read_image(folder / "2.png"))
    command = ["spec", str(folder), "--out", str(tmp_path / "d"), *FLAGS, "--format", format]
    if format == "png":
        (folder / "1.tif").rename(folder / "4.tif")  # tiles are named after stems
    assert main([*command, "--workers", "2"]) == 0
    assert "warning: 3.png: no specimens found" in capsys.readouterr().err
    overlays = tmp_path / "d-overlays"
    before = tree(overlays)
    stems = ["1", "2", "3", "4"] if format == "png" else ["1.png", "1.tif", "2", "3"]
    assert set(before) == {f"{stem}_spec.jpg" for stem in stems} | {".inkloop.json"}
    assert before[f"{stems[0]}_spec.jpg"] != before[f"{stems[1]}_spec.jpg"]
    (overlays / "2_spec.jpg").unlink()
    assert main([*command, "--workers", "1"]) == 0
    assert tree(overlays) == before
    shutil.rmtree(overlays)
    assert main([*command, "--workers", "1"]) == 0
    assert tree(overlays) == before


def test_missing_overlays_are_redrawn(folder, tmp_path):
    command = ["spec", str(folder), "--out", str(tmp_path / "d"), *FLAGS, "--workers", "1"]
    assert main(command) == 0
    overlays = tmp_path / "d-overlays"
    before = tree(overlays)
    (overlays / "2_spec.jpg").unlink()
    assert main(command) == 0
    assert tree(overlays) == before


def test_out_may_be_the_current_folder(folder, tmp_path, monkeypatch, capsys):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert main(["spec", "../pages", "--out", ".", *FLAGS, "--workers", "1"]) == 0
    assert (tmp_path / "here-overlays" / "1_spec.jpg").exists()
    assert main(["spec", str(folder), "--out", str(tmp_path / "here"), *FLAGS, "--workers", "1"]) == 0
    assert "already done" in capsys.readouterr().out


def test_both_folders_are_claimed_or_none(folder, tmp_path, capsys):
    overlays = tmp_path / "d-overlays"
    overlays.mkdir()
    (overlays / "mine.txt").write_text("mine")
    assert main(["spec", str(folder), "--out", str(tmp_path / "d"), *FLAGS, "--workers", "1"]) == 2
    assert f"{overlays} holds files that inkloop did not write" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d-overlays", "pages"]
    assert not (folder / "adjustments.json").exists()
    overlays.rename(tmp_path / "d")
    assert main(["spec", str(folder), "--out", str(tmp_path / "d"), *FLAGS, "--workers", "1"]) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d", "pages"]


def test_dry_run_prints_the_table_and_writes_nothing(folder, tmp_path, capsys):
    before = tree(folder)
    flags = [*FLAGS, "--page", "2", "--dry-run", "--workers", "1"]
    assert main(["spec", str(folder), "--out", str(tmp_path / "d"), *flags]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 9 + 1
    assert lines[0].startswith(f"{folder / '2.png'}  9 specimens, ")
    x, y = find_specimens(read_image(folder / "2.png")).centers_px[8]
    assert lines[9].split()[:4] == ["9", "centre", f"{x:.1f}", f"{y:.1f}"]
    assert lines[10] == f"{tmp_path / 'd'}  would hold 9 tiles of 64 x 64 px, gray"
    assert tree(folder) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pages"]


def test_boxes_beyond_the_crop_are_named(folder, tmp_path, capsys):
    flags = ["--crop-px", "70", "--dry-run", "--workers", "1"]
    assert main(["spec", str(folder), "--out", str(tmp_path / "d"), *flags]) == 0
    assert "warning: 1.png: ink exceeds the square of 70 px at " in capsys.readouterr().err
    assert main(["spec", str(folder), "--out", str(tmp_path / "d"), "--crop-px", "auto", *flags[2:]]) == 0
    assert "exceeds" not in capsys.readouterr().err


def test_bad_pages_are_named_and_the_others_cut(folder, tmp_path, capsys):
    (folder / "3.png").write_text("not a page")
    assert main(["spec", str(folder), "--out", str(tmp_path / "d"), *FLAGS, "--workers", "1"]) == 1
    assert "1 page was left out: 3.png" in capsys.readouterr().err
    assert len(Dataset(tmp_path / "d")) == 18


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (["--crop-px", "0"], "--crop-px"),
        (["--tile-px", "0"], "--tile-px"),
        (["--tile-px", "100000"], "--tile-px 100000"),
        (["--crop-px", "100000"], "--crop-px 100000: squares of 100000 px"),
        (["--dpi", "100000"], "--dpi 100000: squares of 128000 px"),
        (["--dpi", "inf"], "--dpi"),
        (["--dpi", "0"], "--dpi"),
        (["--gap", "1.5"], "--gap"),
        (["--min-size", "-1"], "--min-size"),
        (["--workers", "0"], "--workers"),
        (["--shard-mb", "0"], "--shard-mb"),
        (["--page", "7"], "--page 7"),
        (["--max-megapixels", "0.01"], "--max-megapixels"),
    ],
)
def test_invalid_settings_exit_with_2_and_write_nothing(folder, tmp_path, capsys, flags, error):
    assert main(["spec", str(folder), "--out", str(tmp_path / "d"), "--workers", "1", *flags]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("inkloop")]
    assert len(lines) == 1
    assert error in lines[0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pages"]
    assert not (folder / "adjustments.json").exists()


def test_pages_without_specimens_are_refused(tmp_path, capsys):
    write_image(tmp_path / "pages" / "1.png", np.full((300, 200, 1), 250, np.uint8))
    assert main(["spec", str(tmp_path / "pages"), "--out", str(tmp_path / "d"), "--workers", "1"]) == 2
    assert "no specimens on 1 page" in capsys.readouterr().err


def test_a_centre_outside_its_page_is_named(folder, tmp_path, capsys):
    """The page with it is left out, the other one is cut."""
    first, *_ = sorted(path.name for path in folder.glob("*.png"))
    write_adjustments(folder / "adjustments.json", {first: Adjustment((0, 0), ((40, 40), (9000, 20)))})
    assert main(["spec", str(folder), "--out", str(tmp_path / "o"), *FLAGS, "--workers", "1"]) == 1
    printed = capsys.readouterr().err
    assert f"{first}: centre 2 of adjustments.json, 9000, 20, is outside the page" in printed
    assert len(Dataset(tmp_path / "o"))
