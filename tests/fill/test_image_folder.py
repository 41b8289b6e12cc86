"""Filled folders: targets, results with failures, files that exist."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError
from data_prep.images import read_image, write_image
from data_prep.outputs import STAMP
from fill.config import BlobConfig, FolderConfig, SpecConfig
from fill.image_folder import fill_folder
from fill.masked_palette import MaskedPalette
from fill.palette import from_hex
from tests.data_prep.conftest import bars

COLORS = from_hex(["#c02030", "#2060a0"])


@pytest.fixture
def folder(tmp_path, drawing):
    for i in range(3):
        write_image(tmp_path / "in" / f"web{i}.png", np.roll(drawing, 4 * i, axis=1))
    return tmp_path / "in"


def test_a_result_counts_drawings_and_keeps_failures(folder, tmp_path, capsys):
    (folder / "bad.png").write_text("no image")
    files, steps, warnings = FolderConfig(tmp_path / "out", batch=2), [], []
    options = {"palette_name": "two", "command": "fill blob"}
    made = fill_folder(
        folder, COLORS, BlobConfig(), files, **options, progress=bars(steps), warn=warnings.append
    )
    assert (made.drawings, made.filled.images, set(made.failures)) == (4, 3, {"bad.png"})
    assert str(made) == f"{tmp_path / 'out'}  4 images" + made.filled.tones()
    assert sum(count for _, count in steps) == 4
    assert not warnings
    assert not json.loads((tmp_path / "out" / STAMP).read_text())["done"]
    colors = {tuple(color) for color in read_image(tmp_path / "out" / "web0.png").reshape(-1, 3).tolist()}
    assert colors <= {(192, 32, 48), (32, 96, 160)}
    (folder / "bad.png").unlink()
    again = fill_folder(folder, COLORS, BlobConfig(), files, **options)
    assert again.filled is None
    assert str(again) == f"{tmp_path / 'out'}  3 images, already done"
    assert json.loads((tmp_path / "out" / STAMP).read_text())["done"]
    assert capsys.readouterr() == ("", "")


def test_a_second_palette_belongs_to_the_settings(folder, tmp_path):
    second = MaskedPalette(from_hex(["#10a030"]), np.full((1, 1, 3), 255, np.uint8))
    options = {"palette_name": "two", "command": "fill blob"}
    files = FolderConfig(tmp_path / "out", batch=3)
    fill_folder(folder, COLORS, BlobConfig(), files, **options, masked=second)
    assert (read_image(tmp_path / "out" / "web2.png") == (16, 160, 48)).all()
    with pytest.raises(InputError, match="other settings"):
        fill_folder(folder, COLORS, BlobConfig(), files, **options)


@pytest.mark.slow
def test_orbits_of_specimens_are_counted(folder, tmp_path):
    files = FolderConfig(tmp_path / "out")
    made = fill_folder(folder, COLORS, SpecConfig(), files, palette_name="two", command="fill spec")
    assert "orbits found" in str(made)


def test_bad_files_of_every_kind_are_named_and_the_others_filled(folder, tmp_path, monkeypatch):
    with Image.open(folder / "web0.png") as image:
        for name in ("cut.png", "cut.gif", "cut.bmp"):
            image.convert("P").save(folder / name)
    for path in folder.glob("cut.*"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        path.rename(path.with_name(f"{path.suffix[1:]}{path.suffix}"))
    (folder / "link.png").symlink_to("nowhere.png")
    (folder / "folder.png").mkdir()
    (folder / "gone.png").write_bytes((folder / "web0.png").read_bytes())
    (folder / "locked.png").write_bytes((folder / "web0.png").read_bytes())
    opened, seen = Path.open, []

    def refuse(self, *args, **options):
        if self.name == "locked.png":
            raise PermissionError(13, "Permission denied", str(self))
        if self.name == "gone.png":
            seen.append(self)
            if len(seen) > 1:  # between the header and the pixels
                raise FileNotFoundError(2, "No such file or directory", str(self))
        return opened(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    files = FolderConfig(tmp_path / "out", batch=2)
    made = fill_folder(folder, COLORS, BlobConfig(), files, palette_name="two", command="fill blob")
    bad = {"png.png", "gif.gif", "bmp.bmp", "link.png", "folder.png", "gone.png", "locked.png"}
    assert set(made.failures) == bad
    assert all(name in reason for name, reason in made.failures.items())
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == {"web0.png", "web1.png", "web2.png"}


@pytest.mark.slow
def test_names_of_any_form_are_filled(folder, tmp_path):
    names = ["n" * 251, os.fsdecode(b"\xfc\xff"), "\u7d19" * 83]
    for i, name in enumerate(names):
        (folder / f"web{i}.png").rename(folder / f"{name}.png")
    (folder / "notes.txt").touch()
    files, warnings = FolderConfig(tmp_path / "out", format="webp"), []
    options = {"palette_name": "two", "command": "fill blob", "warn": warnings.append}
    made = fill_folder(folder, COLORS, BlobConfig(), files, **options)
    assert (made.filled.images, dict(made.failures)) == (3, {})
    assert len(list((tmp_path / "out").glob("*.webp"))) == 3
    assert "1 file left out for its suffix: notes.txt" in warnings[0]
    assert fill_folder(folder, COLORS, BlobConfig(), files, **options).filled is None


@pytest.mark.slow
def test_one_colour_all_over_is_reported_unless_the_palette_has_one(tmp_path):
    blank = np.full((64, 80, 3), 255, np.uint8)
    blank[10:30, 18:22] = 0  # encloses nothing
    write_image(tmp_path / "in" / "line.png", blank)
    warnings: list[str] = []
    for name, colors in (("many", COLORS), ("one", COLORS[:, :1])):
        files = FolderConfig(tmp_path / name)
        fill_folder(
            tmp_path / "in", colors, BlobConfig(), files, palette_name=name, command="f", warn=warnings.append
        )
    assert len(warnings) == 1
    assert "one colour all over" in warnings[0]
