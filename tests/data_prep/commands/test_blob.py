"""`blob`: pages to records or files, the same for any number of workers; bad pages are left out."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep.__main__ import main
from data_prep.images import list_images, read_image, write_image
from data_prep.outputs import claim
from data_prep.records.dataset import Dataset
from data_prep.tiles.blob import blob_tiles
from data_prep.tiles.blob_plan import plan_pages
from tests.data_prep.conftest import drawing, tree
from tests.slow_cases import slow

FLAGS = ["--dpi", "75", "--tile-px", "32", "--size", "16"]


def plan(pages: Path, **changes):
    reports: dict[str, str] = {}
    config = dataclasses.replace(TINY["blob"], **changes)
    plans, mode = plan_pages(list_images(pages), config, {}, report=reports.__setitem__)
    return plans, mode, config, reports


def test_records_are_the_tiles_of_the_pages(pages, tmp_path, capsys):
    assert main(["blob", str(pages), "--out", str(tmp_path / "d"), *FLAGS, "--workers", "1"]) == 0
    dataset = Dataset(tmp_path / "d")
    plans, _, config, _ = plan(pages)
    expected = [
        tile
        for page in plans
        for tile in blob_tiles(
            read_image(page.path), page.grid, name=page.name, tile_px=32, steps=2, size=16, seed=config.seed
        )
    ]
    assert [page.name for page in plans] == ["1.png", "2.png", "10.png"]
    assert len(dataset) == len(expected) == 3 * 35
    for i, tile in enumerate(expected):
        np.testing.assert_array_equal(dataset[i].image, tile.image)
        assert dataset[i].source == tile.source
    out, _ = capsys.readouterr()
    assert out == f"{tmp_path / 'd'}  105 records of 16 x 16 x 1 in 1 shard\n"


@pytest.mark.parametrize("format", ["records", "png"])
def test_workers_do_not_change_a_byte(pages, tmp_path, format):
    for workers in ("1", "2"):
        out = str(tmp_path / workers)
        flags = [*FLAGS, "--format", format, "--shard-mb", "0.01", "--workers", workers]
        assert main(["blob", str(pages), "--out", out, *flags]) == 0
    assert tree(tmp_path / "1") == tree(tmp_path / "2")
    assert len(tree(tmp_path / "1")) > 4


def test_files_are_named_by_page_and_index(pages, tmp_path):
    flags = [*FLAGS, "--format", "png", "--max-tiles", "5", "--workers", "1"]
    assert main(["blob", str(pages), "--out", str(tmp_path / "t"), *flags]) == 0
    plans, *_ = plan(pages, max_tiles=5)
    expected = {f"{p.path.stem}/{p.path.stem}_t{i:05d}.png" for p in plans for i in p.indices}
    assert len(expected) == 15
    assert set(tree(tmp_path / "t")) == expected | {".inkloop.json"}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_bad_pages_are_named_and_the_others_cut(pages, tmp_path, capsys, workers):
    data = (pages / "2.png").read_bytes()
    (pages / "2.png").write_bytes(data[: len(data) // 2])
    (pages / "3.png").write_text("not a page")
    out = tmp_path / "d"
    assert main(["blob", str(pages), "--out", str(out), *FLAGS, "--workers", workers]) == 1
    error = capsys.readouterr().err
    assert "2.png is truncated" in error
    assert "2 pages were left out: 3.png, 2.png" in error
    dataset = Dataset(out)
    assert {dataset[i].source["page"] for i in range(len(dataset))} == {"1.png", "10.png"}
    dataset.verify()
    assert not json.loads((out / ".inkloop.json").read_text())["done"]


def test_a_rerun_is_already_done_and_other_settings_are_refused(pages, tmp_path, capsys):
    command = ["blob", str(pages), "--out", str(tmp_path / "d"), "--workers", "1"]
    assert main([*command, *FLAGS]) == 0
    before = tree(tmp_path / "d")
    assert main([*command, *FLAGS]) == 0
    assert "already done: 105 records" in capsys.readouterr().out
    assert main([*command, *FLAGS, "--seed", "1"]) == 2
    assert "seed: 0 there, 1 requested" in capsys.readouterr().err
    assert tree(tmp_path / "d") == before
    assert main([*command, *FLAGS, "--seed", "1", "--overwrite"]) == 0
    assert tree(tmp_path / "d") != before
    write_image(pages / "3.png", drawing(np.random.default_rng(0), 300, 220))
    assert main([*command, *FLAGS, "--seed", "1"]) == 2
    assert "4 files" in capsys.readouterr().err


def test_dry_run_counts_and_writes_nothing(pages, tmp_path, capsys):
    flags = [*FLAGS, "--rows", "5", "--cols", "4", "--dry-run"]
    assert main(["blob", str(pages), "--out", str(tmp_path / "d"), *flags]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "5 x 4 cells from 0, 0: 54 tiles, 9 of 63 leave the page" in lines[0]
    assert "would hold 162 tiles of 16 x 16 px, gray" in lines[3]
    assert not (tmp_path / "d").exists()


def test_one_page_and_many_steps(pages, tmp_path, capsys):
    flags = [*FLAGS, "--steps", "9", "--page", "2", "--dry-run"]
    assert main(["blob", str(pages), "--out", str(tmp_path / "d"), *flags]) == 0
    out, error = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert "--steps 9: above 8, animations spin" in error
    assert main(["blob", str(pages / "2.png"), "--out", str(tmp_path / "d"), *flags[:-3], "--dry-run"]) == 0
    assert capsys.readouterr().out == out
    assert main(["blob", str(pages), "--out", "x", "--page", "7"]) == 2
    assert "--page 7" in capsys.readouterr().err
    for command in ("blob", "grid"):
        assert main([command, str(pages / "2.png"), "--out", "x", "--page", "2"]) == 2
        assert "--page 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (["1.png"], ["1.png"]),
        (["10", "1"], ["1.png", "10.png"]),
        (["1*"], ["1.png", "10.png"]),
        (["[12].png", "2"], ["1.png", "2.png"]),
    ],
)
def test_pages_are_chosen_by_name_stem_or_pattern(pages, tmp_path, capsys, chosen, names):
    flags = [word for name in chosen for word in ("--page", name)]
    assert main(["blob", str(pages), "--out", str(tmp_path / "d"), *FLAGS, *flags, "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()[:-1]
    assert [Path(line.split()[0]).name for line in lines] == names
    assert main(["blob", str(pages), "--out", "x", *flags, "--page", "7*"]) == 2
    assert "--page 7*" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (["--steps", "0"], "--steps"),
        (["--tile-px", "300"], "--tile-px"),
        (["--size", "0"], "--size"),
        (["--max-tiles", "0"], "--max-tiles"),
        (["--seed", "-1"], "--seed"),
        (["--dpi", "1200"], "--dpi"),
        (["--max-megapixels", "0.01"], "--max-megapixels"),
        (["--max-megapixels", "nan"], "--max-megapixels"),
        (["--max-megapixels", "-1"], "--max-megapixels"),
        (["--workers", "0"], "--workers"),
        (["--shard-mb", "0"], "--shard-mb"),
        (["--adjustments", "none.json"], "none.json"),
    ],
)
def test_settings_that_fit_no_page_exit_with_2_and_write_nothing(pages, tmp_path, capsys, flags, error):
    out = tmp_path / "d"
    assert main(["blob", str(pages), "--out", str(out), *FLAGS, *flags]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("inkloop")]
    assert len(lines) == 1
    assert error in lines[0]
    assert not out.exists()


def test_a_page_edited_to_the_same_size_requires_overwrite(pages, tmp_path, rng, capsys):
    bmp = pages / "4.bmp"
    write_image(bmp, drawing(rng, 300, 220))
    command = ["blob", str(pages), "--out", str(tmp_path / "d"), *FLAGS, "--workers", "1"]
    assert main(command) == 0
    size = bmp.stat().st_size
    write_image(bmp, drawing(rng, 300, 220))
    assert bmp.stat().st_size == size
    assert main(command) == 2
    assert "inputs: 4 files, crc32" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0
    assert main(command) == 0
    assert "already done" in capsys.readouterr().out


def test_overwrite_does_not_delete_the_pages(pages, tmp_path, capsys):
    out = tmp_path / "filled"
    claim(out, command="fill blob", settings={})
    pages = pages.rename(out / "pages")
    before = tree(out)
    assert main(["blob", str(pages), "--out", str(out), *FLAGS, "--overwrite"]) == 2
    assert "--overwrite would delete" in capsys.readouterr().err
    assert tree(out) == before


def test_empty_and_foreign_folders_are_refused(pages, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["blob", str(tmp_path / "empty"), "--out", str(tmp_path / "d")]) == 2
    assert ": no images" in capsys.readouterr().err
    before = tree(pages)
    assert main(["blob", str(pages), "--out", str(pages), *FLAGS, "--overwrite"]) == 2
    assert "did not write" in capsys.readouterr().err
    assert tree(pages) == before


def test_two_pages_of_one_stem_need_records(pages, tmp_path, rng, capsys):
    write_image(pages / "2.tif", drawing(rng, 300, 220))
    command = ["blob", str(pages), "--out", str(tmp_path / "d"), *FLAGS, "--workers", "1"]
    assert main([*command, "--format", "png"]) == 2
    assert "named 2" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()
    assert main(command) == 0  # into the same folder


@pytest.mark.parametrize("signum", [signal.SIGKILL, *slow(signal.SIGTERM)])
def test_interrupted_work_resumes_to_the_same_bytes(tmp_path, rng, signum):
    pages = tmp_path / "pages"
    for name in "abcdef":
        write_image(pages / f"{name}.png", drawing(rng, 400, 400))
    flags = ["--dpi", "75", "--tile-px", "64", "--steps", "5", "--shard-mb", "0.4"]
    command = ["blob", str(pages), "--workers", "1", *flags]
    root = Path(__file__).resolve().parents[3]
    out = tmp_path / "out"
    words = [sys.executable, "-m", "data_prep", *command, "--out", str(out)]
    process = subprocess.Popen(words, cwd=root, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list(out.glob("shard-*"))) < 2:
        time.sleep(0.01)
    process.send_signal(signum)
    assert process.wait() == (130 if signum == signal.SIGTERM else -signal.SIGKILL)
    stored = {path.name: path.stat().st_mtime_ns for path in out.glob("shard-*")}
    assert not (out / "dataset.json").exists()
    assert len(stored) >= 2
    for folder in (out, tmp_path / "whole"):
        assert main([*command, "--out", str(folder)]) == 0
    assert {name: os.stat(out / name).st_mtime_ns for name in stored} == stored
    assert tree(out) == tree(tmp_path / "whole")
