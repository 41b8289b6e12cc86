"""Drawings to fill: targets, batches of one size, files that cannot be read."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import read_image, write_image
from fill.config import BlobConfig
from fill.drawings import decoded, find_drawings, in_batches
from fill.lines import MAX_SIDE_PX
from fill.threshold import prepare


@pytest.fixture
def folder(tmp_path, drawing):
    for i in range(3):
        write_image(tmp_path / "in" / f"web{i}.png", np.roll(drawing, 4 * i, axis=1))
    return tmp_path / "in"


def test_two_drawings_of_one_target_are_refused(folder, tmp_path, drawing):
    assert [d.target.name for d in find_drawings(folder, tmp_path / "out", suffix=".jpg")] == [
        "web0.jpg",
        "web1.jpg",
        "web2.jpg",
    ]
    write_image(folder / "web1.bmp", drawing)
    with pytest.raises(InputError, match=r"have the same output web1\.png"):
        find_drawings(folder, tmp_path / "out")


def test_drawings_of_one_size_are_decoded_together(folder, tmp_path, drawing):
    write_image(folder / "small.png", drawing[:20, :30])
    write_image(folder / "wide.png", np.full((1, MAX_SIDE_PX + 1, 1), 255, np.uint8))
    (folder / "bad.png").write_bytes((folder / "web0.png").read_bytes()[:99])
    refused: dict[str, str] = {}

    def refuse(item, error):
        refused[item.source.name] = str(error)

    def read(path):
        return prepare(read_image(path, mode="rgb"), BlobConfig())

    batches = list(in_batches(find_drawings(folder, tmp_path / "out"), 2, 10, refuse))
    assert [[item.source.name for item in batch.drawings] for batch in batches] == [
        ["bad.png", "web0.png"],
        ["web1.png", "web2.png"],
        ["small.png"],
    ]
    with ThreadPoolExecutor(2) as pool:
        made = list(decoded(pool, iter(batches), read, refuse))
    assert [[item.source.name for item in members] for members, _, _ in made] == [
        ["web0.png"],
        ["web1.png", "web2.png"],
        ["small.png"],
    ]
    for members, images, prepared in made:
        for item, image, one in zip(members, images, prepared, strict=False):
            np.testing.assert_array_equal(image, read_image(item.source, mode="rgb"))
            np.testing.assert_array_equal(image, one.image)
    assert set(refused) == {"bad.png", "wide.png"}
    assert str(MAX_SIDE_PX) in refused["wide.png"]
