"""`scans`: stable numbers, frames, sheets, levels, unreadable scans."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_prep.__main__ import main
from data_prep.images import read_header, read_image, write_image
from tests.data_prep.conftest import drawing, tree
from tests.data_prep.pages.test_sheet import HEIGHT, WIDTH, rotated_sheet


@pytest.fixture
def scans(tmp_path, rng) -> Path:
    folder = tmp_path / "scans"
    write_image(folder / "s10.tif", drawing(rng, 40, 30), dpi=600)
    write_image(folder / "s2.bmp", drawing(rng, 44, 30, channels=3))
    write_image(folder / "s1.webp", drawing(rng, 40, 36, channels=3))
    write_image(folder / "s3.jpg", drawing(rng, 20, 30, channels=3), dpi=300)
    return folder


def pages_of(out: Path) -> dict[str, dict]:
    return json.loads((out / "scans.json").read_text())["pages"]


def run(scans: Path, out: Path, *flags: str) -> int:
    return main(["scans", str(scans), "--out", str(out), "--workers", "1", *flags])


def test_pages_are_the_scans_in_natural_order(scans, tmp_path, capsys):
    before, out = tree(scans), tmp_path / "p"
    assert run(scans, out) == 0
    assert tree(scans) == before
    pages = pages_of(out)
    order = {"01.png": "s1.webp", "02.png": "s2.bmp", "03.png": "s3.jpg", "04.png": "s10.tif"}
    assert {name: page["scan"] for name, page in pages.items()} == order
    for name, scan in order.items():
        np.testing.assert_array_equal(read_image(out / name), read_image(scans / scan))
    assert [read_header(out / name).dpi for name in order] == [None, 96, 300, 600]  # BMP always names one
    assert pages["04.png"] | {"crc32": ""} == {
        "scan": "s10.tif",
        "crc32": "",
        "size_px": [30, 40],
        "dpi": 600.0,
    }
    lines = capsys.readouterr().out.splitlines()
    assert lines[3] == f"{out / '04.png'}  30 x 40 px, 600 dpi"
    assert lines[4] == f"{out}  4 pages; scans.json lists their scans"


@pytest.mark.parametrize(("mode", "channels"), [("gray", 1), ("rgb", 3)])
def test_mode_and_dpi(scans, tmp_path, mode, channels):
    out = tmp_path / "p"
    assert run(scans, out, "--mode", mode, "--dpi", "1200") == 0
    for name, page in pages_of(out).items():
        np.testing.assert_array_equal(read_image(out / name), read_image(scans / page["scan"], mode=mode))
        assert read_image(out / name).shape[2] == channels
        assert read_header(out / name).dpi == 1200


def test_numbers_are_stable_if_scans_are_added_or_replaced(scans, tmp_path, rng):
    out = tmp_path / "p"
    assert run(scans, out) == 0
    first = {name: (out / name).stat().st_mtime_ns for name in pages_of(out)}
    write_image(scans / "s0.png", drawing(rng, 10, 12))
    write_image(scans / "s2.bmp", drawing(rng, 44, 30, channels=3))
    (scans / "s1.webp").unlink()
    (out / "03.png").unlink()
    assert run(scans, out) == 0
    pages = pages_of(out)
    assert [page["scan"] for page in pages.values()] == ["s1.webp", "s2.bmp", "s3.jpg", "s10.tif", "s0.png"]
    for name in ("02.png", "03.png", "05.png"):
        np.testing.assert_array_equal(read_image(out / name), read_image(scans / pages[name]["scan"]))
    stored = {name: (out / name).stat().st_mtime_ns for name in ("01.png", "04.png")}
    assert stored == {name: first[name] for name in stored}


def test_renamed_scans_have_stable_pages(scans, tmp_path, capsys):
    out = tmp_path / "p"
    assert run(scans, out) == 0
    before = tree(out)
    (scans / "s2.bmp").rename(scans / "z.bmp")
    (scans / "s10.tif").rename(scans / "s2.bmp")  # under the name of another
    made = {name: (out / name).stat().st_mtime_ns for name in before if name.endswith(".png")}
    assert run(scans, out) == 0
    pages = pages_of(out)
    assert [page["scan"] for page in pages.values()] == ["s1.webp", "z.bmp", "s3.jpg", "s2.bmp"]
    assert {name: (out / name).stat().st_mtime_ns for name in made} == made
    assert "missing" not in capsys.readouterr().err
    copy = scans / "s0.bmp"
    copy.write_bytes((scans / "z.bmp").read_bytes())  # a second one of the same bytes is no new name
    assert run(scans, out) == 0
    assert [page["scan"] for page in pages_of(out).values()][1:] == ["z.bmp", "s3.jpg", "s2.bmp", "s0.bmp"]


def test_pages_without_their_scans_are_reported(scans, tmp_path, capsys):
    out = tmp_path / "p"
    assert run(scans, out) == 0
    (scans / "s2.bmp").unlink()
    assert run(scans, out) == 0
    assert "the scans of 02.png (s2.bmp) are missing" in capsys.readouterr().err
    (out / "02.png").unlink()
    assert run(scans / "s3.jpg", out) == 0  # the others exist, but were not passed
    assert "missing" not in capsys.readouterr().err
    assert len(pages_of(out)) == 4


def test_every_frame_of_a_tiff_is_a_page(tmp_path, rng, capsys):
    sheets = [drawing(rng, 30 + i, 24) for i in range(3)]
    frames = [Image.fromarray(sheet[..., 0]) for sheet in sheets]
    folder, out = tmp_path / "s", tmp_path / "p"
    write_image(folder / "1.png", drawing(rng, 9, 9))
    frames[0].save(folder / "2.tif", save_all=True, append_images=frames[1:], dpi=(300, 300))
    write_image(folder / "3.png", drawing(rng, 9, 8))
    assert run(folder, out) == 0
    pages = pages_of(out)
    named = [(page["scan"], page.get("frame")) for page in pages.values()]
    assert named == [("1.png", None), ("2.tif", 1), ("2.tif", 2), ("2.tif", 3), ("3.png", None)]
    for name, sheet in zip(("02.png", "03.png", "04.png"), sheets, strict=True):
        np.testing.assert_array_equal(read_image(out / name), sheet)
        assert read_header(out / name).dpi == 300
    before = tree(out)
    assert run(folder, out) == 0
    assert tree(out) == before
    frames[0].save(folder / "2.tif", save_all=True, append_images=frames[1:2])
    assert run(folder, out) == 0
    assert "the scans of 04.png (2.tif frame 3) are missing" in capsys.readouterr().err
    (folder / "2.tif").write_bytes((folder / "2.tif").read_bytes()[:-300])
    assert run(folder, out) == 1
    assert "1 scan was left out: 2.tif frame 2" in capsys.readouterr().err


def test_relative_paths_continue_the_same_work(scans, tmp_path, monkeypatch):
    assert run(scans, tmp_path / "p") == 0
    before = tree(tmp_path / "p")
    monkeypatch.chdir(scans)
    assert run(Path("../scans"), Path("../p")) == 0
    assert tree(tmp_path / "p") == before


def test_unreadable_scans_claim_no_output_folder(tmp_path, rng, capsys):
    write_image(tmp_path / "s" / "1.png", drawing(rng, 90, 120))
    (tmp_path / "s" / "1.png").write_bytes((tmp_path / "s" / "1.png").read_bytes()[:900])
    (tmp_path / "s" / "2.png").write_text("not a scan")
    assert run(tmp_path / "s", tmp_path / "p") == 2
    error = capsys.readouterr().err
    assert "1.png is truncated or damaged" in error
    assert "(and no other image can be read)" in error
    assert not (tmp_path / "p").exists()


def test_overwrite_preserves_adjustments(scans, tmp_path, capsys):
    out = tmp_path / "p"
    assert run(scans, out) == 0
    clicked = '{"schema": 1, "pages": {"01.png": {"centers_px": [[3, 4]]}}}'
    (out / "adjustments.json").write_text(clicked)
    assert run(scans, out, "--mode", "gray", "--overwrite") == 0
    assert (out / "adjustments.json").read_text() == clicked
    assert f"warning: {out / 'adjustments.json'} was not deleted" in capsys.readouterr().err
    assert read_image(out / "02.png").shape[2] == 1


@pytest.mark.slow
def test_a_rerun_and_workers_do_not_change_a_byte(scans, tmp_path, capsys):
    flags = ["--white", "auto", "--black", "20", "--despeckle-px", "3"]
    assert run(scans, tmp_path / "1", *flags) == 0
    before = tree(tmp_path / "1")
    assert run(scans, tmp_path / "1", *flags) == 0
    assert tree(tmp_path / "1") == before
    assert main(["scans", str(scans), "--out", str(tmp_path / "2"), "--workers", "2", *flags]) == 0
    assert tree(tmp_path / "2") == before
    assert run(scans, tmp_path / "1") == 2
    assert "white: auto there, None requested" in capsys.readouterr().err


def test_the_number_of_an_unreadable_scan_is_not_reused(scans, tmp_path, capsys):
    whole = (scans / "s2.bmp").read_bytes()
    (scans / "s2.bmp").write_bytes(whole[: len(whole) // 2])
    out = tmp_path / "p"
    assert run(scans, out) == 1
    assert "1 scan was left out: s2.bmp" in capsys.readouterr().err
    assert {"01.png", "03.png", "04.png"} == {p.name for p in out.glob("*.png")}
    (scans / "s2.bmp").write_bytes(whole)
    assert run(scans, out) == 0
    assert len(list(out.glob("*.png"))) == 4
    assert read_image(out / "02.png").shape == (44, 30, 3)


def test_sheets_are_straightened(tmp_path, rng, capsys):
    sheet = np.full((HEIGHT, WIDTH, 1), 240, np.uint8)
    sheet[100:300, 70:220] = np.minimum(drawing(rng, 200, 150), 200)
    for name, angle_deg in {"1.png": 4, "2.png": 0, "3.png": 13}.items():
        write_image(tmp_path / "s" / name, rotated_sheet(sheet, angle_deg)[0], dpi=300)
    write_image(tmp_path / "s" / "4.png", sheet)
    out = tmp_path / "p"
    assert run(tmp_path / "s", out, "--paper", "--trim-px", "6") == 1
    output, error = capsys.readouterr()
    assert "3.png: the sheet is rotated by 13" in error
    assert "--paper straightens up to 10 degrees" in error
    assert "04.png  300 x 400 px, no dpi, no bed" in output
    pages = pages_of(out)
    assert pages["01.png"]["angle_deg"] == pytest.approx(4, abs=0.25)
    assert pages["02.png"]["angle_deg"] == pytest.approx(0, abs=0.25)
    for name in ("01.png", "02.png"):
        page = read_image(out / name)
        assert np.abs(np.array(page.shape[:2]) - [HEIGHT - 12, WIDTH - 12]).max() <= 3
        assert (page[:60] > 200).all()
        assert (page[:, -40:] > 200).all()
        assert read_header(out / name).dpi == 300
        assert len(pages[name]["corners_px"]) == 4
    np.testing.assert_array_equal(read_image(out / "04.png"), sheet)


def test_pdf_is_reported_as_unsupported(tmp_path, scans, capsys):
    folder = tmp_path / "pdfs"
    folder.mkdir()
    (folder / "a.PDF").write_bytes(b"%PDF-1.4")
    for source in (folder, folder / "a.PDF"):
        assert run(source, tmp_path / "p") == 2
        assert "a.PDF is PDF, which is not supported" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()
    (scans / "b.pdf").write_bytes(b"%PDF-1.4")
    assert run(scans, tmp_path / "p") == 0
    assert "b.pdf is PDF, which is not supported" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--dpi", "0"], "--dpi 0: must be above 1 and below 100000"),
        (["--dpi", "200000"], "--dpi 200000: must be"),
        (["--paper", "--trim-px", "nan"], "--trim-px nan: must be at least 0"),
        (["--paper", "--trim-px", "inf"], "--trim-px inf: must be at least 0"),
        (["--max-megapixels", "nan"], "--max-megapixels nan: must be above 0"),
        (["--paper", "--trim-px", "-1"], "--trim-px -1: must be at least 0"),
        (["--trim-px", "3"], "--trim-px: requires --paper"),
        (["--despeckle-px", "-2"], "--despeckle-px -2: must be at least 0"),
        (
            ["--white", "40", "--black", "40"],
            "--black 40 --white 40: must be 0 <= black < white <= 255",
        ),
        (["--white", "256"], "--white 256"),
    ],
)
def test_invalid_settings_are_reported_in_one_line(scans, tmp_path, capsys, flags, message):
    assert run(scans, tmp_path / "p", *flags) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_a_damaged_mapping_is_named(scans, tmp_path, capsys):
    out = tmp_path / "p"
    assert run(scans, out) == 0
    (out / "scans.json").write_text('{"pages": {"x.png": {}}}')
    assert run(scans, out) == 2
    assert "scans.json is damaged" in capsys.readouterr().err
    assert run(scans, out, "--overwrite") == 0
    with Image.open(out / "04.png") as page:
        assert page.size == (30, 40)
