"""`dedupe`: pairs are reported, moved on request, and nothing is lost."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from data_prep.__main__ import main
from data_prep.images import read_image, write_image
from data_prep.sources import dedupe as deduping
from tests.data_prep.conftest import drawing, tree


@pytest.fixture
def photos(tmp_path, rng) -> Path:
    """Five images, of which 10.png equals 2.png, sub/1.jpg nearly 1.png."""
    folder = tmp_path / "photos"
    one, two, three = (drawing(rng, 90, 120, channels=3) for _ in range(3))
    for name, image in {"1.png": one, "2.png": two, "3.png": three, "10.png": two, "sub/1.jpg": one}.items():
        write_image(folder / name, image)
    return folder


def report_of(out: Path) -> dict:
    return json.loads((out / "report.json").read_text())


def test_reports_pairs_and_touches_nothing(photos, tmp_path, capsys):
    before = tree(photos)
    out = tmp_path / "r"
    assert main(["dedupe", str(photos), "--out", str(out), "--workers", "1"]) == 0
    assert tree(photos) == before
    report = report_of(out)
    pairs = [(p["retained"], p["duplicate"], p["exact"]) for p in report["pairs"]]
    assert pairs == [("2.png", "10.png", True), ("1.png", "sub/1.jpg", False)]
    assert report["images"] == 5
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{out / 'report.json'}  2 duplicates among 5 images, 1 exact"
    assert read_image(out / "pairs.png").shape[1] == 4 * 164 + 4
    assert not Path(f"{photos}-duplicates").exists()


def test_apply_moves_duplicates_and_a_rerun_changes_nothing(photos, tmp_path, capsys):
    before = tree(photos)
    out, aside = tmp_path / "r", tmp_path / "aside"
    command = ["dedupe", str(photos), "--out", str(out), "--aside", str(aside), "--workers", "1"]
    assert main(command) == 0
    reported = tree(out)
    for _ in range(2):
        assert main([*command, "--apply"]) == 0
        assert f"{aside}  2 duplicates, moved out of {photos}" in capsys.readouterr().out
        assert set(tree(aside)) == {"10.png", "sub/1.jpg"}
        assert tree(photos) | tree(aside) == before
        assert not tree(photos).keys() & tree(aside).keys()
    assert tree(out) == reported
    assert main(["dedupe", str(photos), "--out", str(tmp_path / "r2"), "--workers", "1"]) == 0
    assert report_of(tmp_path / "r2")["pairs"] == []
    assert not (tmp_path / "r2" / "pairs.png").exists()


def test_interrupted_moves_resume(photos, tmp_path, monkeypatch):
    before = tree(photos)
    out, aside = tmp_path / "r", tmp_path / "aside"
    command = ["dedupe", str(photos), "--out", str(out), "--aside", str(aside), "--apply", "--workers", "1"]
    moves = []

    def interrupted(path, target):
        moves.append(path)
        if len(moves) == 2:
            raise KeyboardInterrupt
        os.renames(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(deduping, "_move", interrupted)
        assert main(command) == 130
    assert set(tree(aside)) == {"10.png"}
    assert main(command) == 0
    assert set(tree(aside)) == {"10.png", "sub/1.jpg"}
    assert tree(photos) | tree(aside) == before


def test_another_disk_is_copied_before_it_is_removed(photos, tmp_path, monkeypatch):
    import errno

    def refuse(path, target):
        raise OSError(errno.EXDEV, "another disk")

    before = tree(photos)
    monkeypatch.setattr(deduping.os, "rename", refuse)
    aside = tmp_path / "aside"
    command = ["dedupe", str(photos), "--out", str(tmp_path / "r"), "--aside", str(aside), "--workers", "1"]
    assert main([*command, "--apply"]) == 0
    assert set(tree(aside)) == {"10.png", "sub/1.jpg"}
    assert tree(photos) | tree(aside) == before


def test_existing_files_aside_are_not_replaced(photos, tmp_path, capsys):
    aside = tmp_path / "aside"
    aside.mkdir()
    (aside / "10.png").write_text("mine")
    before = tree(photos)
    command = ["dedupe", str(photos), "--out", str(tmp_path / "r"), "--aside", str(aside), "--workers", "1"]
    assert main([*command, "--apply"]) == 1
    assert f"{aside / '10.png'} exists already; choose another --aside" in capsys.readouterr().err
    assert (aside / "10.png").read_text() == "mine"
    assert tree(photos)["10.png"] == before["10.png"]


def test_workers_do_not_change_the_report(photos, tmp_path):
    for workers in ("1", "2"):
        command = ["dedupe", str(photos), "--out", str(tmp_path / workers), "--workers", workers]
        assert main(command) == 0
    assert tree(tmp_path / "1") == tree(tmp_path / "2")


def test_bad_images_are_named_and_the_others_processed(photos, tmp_path, capsys):
    (photos / "3.png").write_text("not an image")
    out = tmp_path / "r"
    for _ in range(2):
        assert main(["dedupe", str(photos), "--out", str(out), "--workers", "1"]) == 1
        assert "1 image was left out: 3.png" in capsys.readouterr().err
    assert len(report_of(out)["pairs"]) == 2
    assert "3.png is not an image" in report_of(out)["left_out"]["3.png"]


def test_other_images_require_overwrite(photos, tmp_path, capsys):
    command = ["dedupe", str(photos), "--out", str(tmp_path / "r"), "--workers", "1"]
    assert main(command) == 0
    write_image(photos / "4.png", np.zeros((9, 9, 3), np.uint8))
    assert main(command) == 2
    assert "5 files" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0
    assert report_of(tmp_path / "r")["images"] == 6


def test_aside_must_be_outside_of_the_output(photos, tmp_path):
    """By default it is next to the source; it must not be in --out, nor --out in it."""
    before = tree(photos)
    out = tmp_path / "r"
    command = ["dedupe", str(photos), "--out", str(out), "--apply", "--workers", "1"]
    assert main([*command, "--aside", str(out / "aside")]) == 2
    assert main(command) == 0
    assert main([*command, "--overwrite"]) == 0
    assert tree(photos) | tree(Path(f"{photos}-duplicates")) == before


def test_links_and_their_targets_are_not_moved(photos, tmp_path, capsys):
    (photos / "0.png").symlink_to("10.png")  # the first of three by name
    (photos / "5.png").symlink_to("1.png")
    out, aside = tmp_path / "r", tmp_path / "aside"
    command = ["dedupe", str(photos), "--out", str(out), "--aside", str(aside), "--workers", "1"]
    assert main(command) == 0
    assert [(p["retained"], p["duplicate"]) for p in report_of(out)["pairs"]] == [
        ("2.png", "10.png"),
        ("1.png", "sub/1.jpg"),
    ]
    assert main([*command, "--apply"]) == 1
    error = capsys.readouterr().err
    assert f"{photos / '0.png'} is a link to {photos / '10.png'}; replace the link by a copy" in error
    assert set(tree(aside)) == {"sub/1.jpg"}
    assert all(path.exists() for path in photos.iterdir())
    (photos / "0.png").unlink()
    assert main([*command, "--apply"]) == 0
    assert set(tree(aside)) == {"10.png", "sub/1.jpg"}


def test_a_folder_of_links_only_is_refused(photos, tmp_path, capsys):
    links = tmp_path / "links"
    links.mkdir()
    (links / "1.png").symlink_to(photos / "1.png")
    assert main(["dedupe", str(links), "--out", str(tmp_path / "r"), "--workers", "1"]) == 2
    assert f"{links} contains only links" in capsys.readouterr().err


def test_another_spelling_or_another_aside_is_the_same_work(photos, tmp_path, monkeypatch):
    out = tmp_path / "r"
    assert main(["dedupe", str(photos), "--out", str(out), "--workers", "1"]) == 0
    before = tree(out)
    monkeypatch.chdir(tmp_path)
    again = ["dedupe", "./photos/../photos", "--out", "r", "--aside", "a", "--workers", "1"]
    assert main(again) == 0
    assert tree(out) == before
    assert main([*again, "--apply"]) == 0
    assert set(tree(tmp_path / "a")) == {"10.png", "sub/1.jpg"}


def test_unreadable_images_claim_no_output_folder(tmp_path, rng, capsys):
    source = tmp_path / "photos"
    write_image(source / "1.png", drawing(rng, 90, 120))
    (source / "1.png").write_bytes((source / "1.png").read_bytes()[:900])
    (source / "2.png").write_text("not an image")
    assert main(["dedupe", str(source), "--out", str(tmp_path / "r"), "--workers", "1"]) == 2
    error = capsys.readouterr().err
    assert "1.png is truncated or damaged" in error
    assert "(and no other image can be read)" in error
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--distance", "128"], "--distance"),
        (["--distance", "-1"], "--distance"),
        (["--max-megapixels", "nan"], "--max-megapixels"),
        (
            ["--aside", "{photos}/x"],
            "--aside {photos}/x lies in {photos}; choose a folder outside of it",
        ),
        (["--out", "{photos}/x"], "--out {photos}/x lies in {photos}"),
        (
            ["--out", "{photos}-r", "--aside", "{photos}-r/a"],
            "--aside {photos}-r/a lies in {photos}-r",
        ),
        (["--out", "{photos}-a/r", "--aside", "{photos}-a"], "--out {photos}-a/r lies in {photos}-a"),
    ],
)
def test_wrong_settings_are_one_line(photos, tmp_path, capsys, flags, message):
    before = tree(photos)
    flags = [flag.format(photos=photos) for flag in flags]
    assert main(["dedupe", str(photos), "--out", str(tmp_path / "r"), *flags, "--workers", "1"]) == 2
    assert message.format(photos=photos) in capsys.readouterr().err
    assert tree(photos) == before
    assert not (tmp_path / "r").exists()
