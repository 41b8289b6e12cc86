"""`pack --pages`: whole pages, their grids and centres."""

import numpy as np
import pytest

from data_prep.__main__ import main
from data_prep.images import read_image, write_image
from data_prep.pages.adjustments import Adjustment, write_adjustments
from data_prep.pages.grid import Grid
from data_prep.records.dataset import Dataset
from data_prep.records.pages import grid_of
from tests.data_prep.conftest import drawing


def pack(folder, out, *flags: str) -> int:
    return main(["pack", str(folder), "--pages", "--dpi", "75", "--out", str(out), "--workers", "1", *flags])


def test_records_hold_the_pixels_and_grids_of_the_pages(pages, tmp_path):
    write_adjustments(pages / "adjustments.json", {"2.png": Adjustment((0.25, 0.5))})
    assert pack(pages, tmp_path / "out") == 0
    dataset = Dataset(tmp_path / "out")
    assert (dataset.kind, len(dataset), dataset.image_shape) == ("pages", 3, (300, 220, 1))
    for i, name in enumerate(["1.png", "2.png", "10.png"]):
        assert dataset[i].source["page"] == name
        np.testing.assert_array_equal(dataset[i].image, read_image(pages / name))
    assert grid_of(dataset[0].source) == Grid(75, 4, 3, (0.0, 0.0))
    assert grid_of(dataset[1].source) == Grid(75, 4, 3, (0.25, 0.5))
    assert main(["verify", str(tmp_path / "out")]) == 0


def test_pages_of_several_sizes_and_specimens(pages, tmp_path, rng):
    write_image(pages / "3.png", drawing(rng, 200, 400))
    centers = {name: Adjustment((0, 0), ((50, 60.5),)) for name in ("1.png", "2.png", "3.png", "10.png")}
    write_adjustments(pages / "adjustments.json", centers)
    assert pack(pages, tmp_path / "out") == 0
    dataset = Dataset(tmp_path / "out")
    assert dataset.image_shape == (300, 400, 1)
    assert [dataset[i].image.shape for i in (0, 2)] == [(300, 220, 1), (200, 400, 1)]
    assert dataset[2].source["centers_px"] == [[50, 60.5]]
    dataset.verify()


def test_pages_are_chosen(pages, tmp_path):
    assert pack(pages, tmp_path / "out", "--page", "10", "--page", "2.png") == 0
    dataset = Dataset(tmp_path / "out")
    assert [dataset[i].source["page"] for i in range(len(dataset))] == ["2.png", "10.png"]


def test_the_path_of_the_adjustments_does_not_matter(pages, tmp_path, capsys, monkeypatch):
    write_adjustments(tmp_path / "mine.json", {"2.png": Adjustment((0.25, 0.5))})
    monkeypatch.chdir(tmp_path)
    assert pack(pages, tmp_path / "out", "--adjustments", "mine.json") == 0
    assert pack("pages", "out", "--adjustments", str(tmp_path / "mine.json")) == 0
    assert "already done" in capsys.readouterr().out


@pytest.mark.slow
def test_workers_and_reruns_change_nothing(pages, tmp_path, capsys):
    assert pack(pages, tmp_path / "one") == 0
    assert pack(pages, tmp_path / "two", "--workers", "2") == 0
    first, second = ((tmp_path / name / "dataset.json").read_bytes() for name in ("one", "two"))
    assert first == second
    assert pack(pages, tmp_path / "one") == 0
    assert "already done: 3 pages of up to 300 x 220 x 1" in capsys.readouterr().out


def test_a_page_that_cannot_be_read_is_left_out(pages, tmp_path, capsys):
    whole = (pages / "2.png").read_bytes()
    (pages / "2.png").write_bytes(whole[: len(whole) // 2])
    assert pack(pages, tmp_path / "out") == 1
    assert "2.png" in capsys.readouterr().err
    assert len(Dataset(tmp_path / "out")) == 2


@pytest.mark.parametrize(
    ("centers", "flags", "printed"),
    [
        ({"1.png": ((5, 5),)}, (), "1 pages have specimen centres, 2 have none"),
        (dict.fromkeys(("1.png", "2.png", "10.png"), ()), (), "has no specimens"),
        ({}, ("--size", "64"), "--size:"),
        ({}, ("--labels", "subfolders"), "--labels:"),
        ({}, ("--max-megapixels", "nan"), "--max-megapixels"),
        ({}, ("--dpi", "0"), "--dpi"),
        ({}, ("--page", "7.png"), "--page 7.png"),
    ],
)
def test_refusals(pages, tmp_path, capsys, centers, flags, printed):
    entries = {name: Adjustment((0, 0), points) for name, points in centers.items()}
    write_adjustments(pages / "adjustments.json", entries)
    assert pack(pages, tmp_path / "out", *flags) == 2
    assert printed in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags",
    [("--page", "1.png"), ("--adjustments", "x.json"), ("--dpi", "75"), ("--rows", "2"), ("--cols", "2")],
)
def test_flags_for_pages_require_pages(pages, tmp_path, capsys, flags):
    assert main(["pack", str(pages), "--out", str(tmp_path / "out"), "--workers", "1", *flags]) == 2
    assert f"{flags[0]}: requires --pages" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
