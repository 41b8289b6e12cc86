"""One bad file never stops a command: it is named, the others are done, and the exit code is 1."""

import os
import shutil
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_prep import checksums
from data_prep.__main__ import main
from data_prep.images import decoder, write_image
from tests.data_prep.conftest import drawing
from tests.data_prep.images.damaged_files import damaged_copies, small_files

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

COMMANDS = {  # those that read folders of images
    "scans": [],
    "pack": ["--size", "16"],
    "zip": ["--size", "16"],
    "pages": ["--pages", "--dpi", "75"],
    "photos": ["--size", "32"],
    "dedupe": [],
    "blob": ["--dpi", "75", "--tile-px", "40", "--max-tiles", "2"],
    "grid": ["--dpi", "75", "--tile-px", "40"],
    "spec": ["--dpi", "75", "--tile-px", "32"],
    "symmetries": [],
}
NAMES = {"zip": "pack", "pages": "pack"}
SIDE_PX = 200


@pytest.fixture
def folder(tmp_path, rng):
    """Two pages of 200 x 200 px with two strokes each."""
    for name in ("a.png", "z.png"):
        page = np.full((SIDE_PX, SIDE_PX, 1), 250, np.uint8)
        page[40:90, 50:60] = page[120:170, 130:140] = 10
        page[100:104, 10 + 90 * (name == "z.png") :][:, :40] = 10
        page[:5, :5] = drawing(rng, 5, 5) // 10 + 200
        write_image(tmp_path / "in" / name, page)
    return tmp_path / "in"


def run(command: str, folder: Path, out: Path) -> int:
    source = folder
    if command == "zip":
        source = folder.with_name(f"{folder.name}.zip")
        with zipfile.ZipFile(source, "w") as archive:
            for path in sorted(folder.iterdir()):
                if path.is_file():
                    archive.write(path, path.name)
    words = [NAMES.get(command, command), str(source), "--out", str(out), *COMMANDS[command]]
    return main([*words, "--workers", "1"])


def make_bad(path: Path, kind: str) -> Path:
    """A bad file beside `path`; its name."""
    bad = path.with_name("bad.png")
    if kind == "palette":
        Image.open(path).convert("P").save(bad)
        bad.write_bytes(bad.read_bytes()[: bad.stat().st_size // 2])
    elif kind in ("gif", "bmp", "tif", "jpg"):
        bad = path.with_name(f"bad.{kind}")
        Image.open(path).convert("P" if kind in ("gif", "bmp") else "L").save(bad)
        bad.write_bytes(bad.read_bytes()[: bad.stat().st_size // 2])
    elif kind == "empty":
        bad.touch()
    elif kind == "text":
        bad.write_text("no image")
    elif kind == "folder":
        bad.mkdir()
    elif kind == "link":
        bad.symlink_to("nowhere.png")
    else:
        shutil.copy(path, bad)  # for errors of the system
    return bad


KINDS = ("palette", "gif", "bmp", "tif", "jpg", "empty", "text", "folder", "link")
CASES = [
    (command, kind)
    for command in COMMANDS
    for kind in (KINDS if command in ("scans", "pack") else ("palette", "bmp", "folder", "link"))
]


@pytest.mark.parametrize(("command", "kind"), CASES)
def test_a_bad_file_is_named_and_the_others_are_done(folder, tmp_path, capsys, command, kind):
    bad = make_bad(folder / "a.png", kind)
    if command == "zip" and not bad.is_file():
        return  # an archive holds neither
    assert run(command, folder, tmp_path / "out") == 1
    printed = capsys.readouterr().err
    assert bad.name in printed
    assert "Traceback" not in printed
    assert "remove it" not in printed
    check_done(tmp_path / "out", command, 2)


def check_done(out: Path, command: str, count: int) -> None:
    files = {
        "scans": "[0-9]*.png",
        "grid": "*_grid.jpg",
        "symmetries": "*_r0.png",
        "dedupe": "report.json",
    }.get(command)
    if files is not None:
        expected = {"dedupe": 1, "symmetries": 2 * count}.get(command, count)  # _r0 and _m_r0
        assert len(list(out.glob(files))) == expected
    else:
        assert (out / "dataset.json").is_file()


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "zip"])
@pytest.mark.parametrize("when", ["always", "later"])
def test_a_file_that_the_system_refuses_is_named(folder, tmp_path, capsys, monkeypatch, command, when):
    """Without permission, or gone between the inspection and the reading."""
    bad = make_bad(folder / "a.png", "system")
    opened, seen = Path.open, []

    def refuse(self, *args, **options):
        if self.name == bad.name:
            seen.append(self)
            if when == "always" or len(seen) > 1:
                raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert run(command, folder, tmp_path / "out") == 1
    printed = capsys.readouterr().err
    assert bad.name in printed
    assert "Traceback" not in printed
    check_done(tmp_path / "out", command, 2)


def test_folders_that_cannot_be_listed_are_named(folder, tmp_path, capsys, monkeypatch):
    (folder / "locked").mkdir()
    listed = Path.iterdir

    def refuse(self):
        if self.name == "locked":
            raise PermissionError(13, "Permission denied", str(self))
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert run("pack", folder, tmp_path / "out") == 1
    assert "locked" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["long", "bytes", "NFD", "characters"])
def test_names_of_any_form(folder, tmp_path, capsys, command, name):
    stem = {
        "long": "n" * 251,
        "bytes": os.fsdecode(b"Zeichnung_\xfc\xff"),
        "NFD": unicodedata.normalize("NFD", "Ärger ñ"),
        "characters": "紙" * 83,
    }[name]
    if command == "zip" and name == "bytes":
        return  # names in archives are text
    (folder / "a.png").rename(folder / f"{stem}.png")
    for again in range(2):
        assert run(command, folder, tmp_path / "out") == 0, again
    assert "Traceback" not in capsys.readouterr().err
    check_done(tmp_path / "out", command, 2)


@pytest.mark.parametrize("command", ["blob", "spec", "photos"])
@pytest.mark.parametrize("length", [241, 245, 246, 250, 251])
def test_long_names_of_tiles_as_files(folder, tmp_path, command, length):
    (folder / "a.png").rename(folder / f"{'n' * length}.png")
    words = [command, str(folder), "--out", str(tmp_path / "out"), *COMMANDS[command], "--workers", "1"]
    assert main([*words, "--format", "png"]) == 0
    written = [path for path in (tmp_path / "out").rglob("*.png") if "n" * 200 in path.name]
    assert written
    assert not list((tmp_path / "out").rglob(".partial*.png"))


def test_packed_names_are_unpacked(folder, tmp_path):
    for stem in ("n" * 251, os.fsdecode(b"\xfc"), "紙" * 83):
        shutil.copy(folder / "a.png", folder / f"{stem}.png")
    assert run("pack", folder, tmp_path / "d") == 0
    assert main(["unpack", str(tmp_path / "d"), "--out", str(tmp_path / "u"), "--workers", "1"]) == 0
    assert len(list((tmp_path / "u").glob("*.png"))) == 5


@pytest.mark.parametrize(
    "suffix", ["pnm", "PGM", "Ppm", "jfif", "JPE", "j2k", "J2C", "jp2", "TIFF", "Tif", "DIB"]
)
def test_suffixes_in_any_case(folder, tmp_path, suffix):
    with Image.open(folder / "z.png") as image:
        image.save(folder / f"z.{suffix.lower()}")
    (folder / f"z.{suffix.lower()}").rename(folder / f"y.{suffix}")
    assert run("scans", folder, tmp_path / "out") == 0
    check_done(tmp_path / "out", "scans", 3)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "symmetries"])
def test_what_is_left_out_for_its_suffix_is_counted(folder, tmp_path, capsys, command):
    for name in ("notes.txt", "scan.heic", "adjustments.json"):
        (folder / name).write_text('{"schema": 1, "pages": {}}')
    assert run(command, folder, tmp_path / "out") == 0
    printed = capsys.readouterr().err
    assert "2 files left out for their suffix" in printed
    assert "notes.txt" in printed
    assert "scan.heic" in printed


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_many_damaged_files_at_once(folder, tmp_path, capsys, monkeypatch, command):
    """2,000 damaged copies per command of every kind: each is read or named."""
    monkeypatch.setattr(decoder, "MAX_MEGAPIXELS", 1.0)
    copies = list(damaged_copies(tmp_path, 2000, seed=len(command)))
    assert small_files(tmp_path)
    for number, (suffix, data) in enumerate(copies):
        (folder / f"bad{number:04d}{suffix}").write_bytes(data)
    arguments = {"scans", "pack", "zip", "pages", "photos", "dedupe", "blob", "grid", "spec"}
    if command in arguments:
        monkeypatch.setitem(COMMANDS, command, [*COMMANDS[command], "--max-megapixels", "1"])
    assert run(command, folder, tmp_path / "out") == 1
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    assert printed.count("left out: ") > 500


def test_checksums_name_the_file(tmp_path):
    (tmp_path / "x.png").symlink_to("nowhere")
    assert checksums.crc_if_readable(tmp_path / "x.png") == -1
    with pytest.raises(ValueError, match=r"x\.png is a link"):
        checksums.crc_of_file(tmp_path / "x.png")


@pytest.mark.parametrize("name", ["truncated-palette-png", "truncated-bmp"])
@pytest.mark.parametrize("command", ["scans", "pack", "photos", "dedupe"])
def test_real_cases(cases, tmp_path, capsys, name, command):
    shutil.copytree(cases / name, tmp_path / "in")
    assert run(command, tmp_path / "in", tmp_path / "out") == 1
    assert "scan2." in capsys.readouterr().err
    check_done(tmp_path / "out", command, 1)
