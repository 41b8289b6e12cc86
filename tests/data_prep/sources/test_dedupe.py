"""Duplicates of a folder: results, images beyond the limit."""

from pathlib import Path

import pytest

from configs.data_prep import TINY
from data_prep.images import write_image
from data_prep.sources import dedupe as deduping
from tests.data_prep.conftest import bars, drawing


@pytest.fixture
def photos(tmp_path, rng) -> Path:
    """Five images, of which 10.png equals 2.png, sub/1.jpg nearly 1.png."""
    folder = tmp_path / "photos"
    one, two, three = (drawing(rng, 90, 120, channels=3) for _ in range(3))
    for name, image in {"1.png": one, "2.png": two, "3.png": three, "10.png": two, "sub/1.jpg": one}.items():
        write_image(folder / name, image)
    return folder


def test_images_beyond_the_limit_are_reported(photos, rng):
    write_image(photos / "large.png", drawing(rng, 1200, 900))
    paths = {path.name: path for path in sorted(photos.glob("*.png"))}
    reports = {}
    hashed = deduping.hash_all(paths, TINY["dedupe"], workers=1, report=reports.__setitem__)
    assert [one.name for one in hashed] == [name for name in paths if name != "large.png"]
    assert "1.1 megapixels; the limit is 1" in reports["large.png"]


def test_a_result_holds_the_pairs_and_what_was_moved(photos, tmp_path, capsys):
    steps, out = [], tmp_path / "r"
    found = deduping.dedupe_folder(photos, out, TINY["dedupe"], progress=bars(steps))
    assert (found.images, found.moved, found.sheet) == (5, None, out / "pairs.png")
    assert {(pair.retained, pair.duplicate) for pair in found.pairs} == {
        ("2.png", "10.png"),
        ("1.png", "sub/1.jpg"),
    }
    moved = deduping.dedupe_folder(photos, out, TINY["dedupe"], apply=True, progress=bars(steps))
    assert (moved.moved, moved.aside) == (2, photos.with_name("photos-duplicates"))
    assert len(str(moved).splitlines()) == 3
    assert {label for label, _ in steps} == {"inspect", "dedupe", "move"}
    assert capsys.readouterr() == ("", "")
