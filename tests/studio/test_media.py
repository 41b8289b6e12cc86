"""Routes of images and videos."""

import io

import numpy as np
import pytest
from PIL import Image

from data_prep.images import read_image, write_image
from data_prep.records.writer import Record, write_dataset


@pytest.fixture
def page(studio, root):
    return studio.project.id_of(root / "pages" / "01.png")


def test_page_and_tiles(client, page, root):
    image = client.get(f"/api/page/{page}").json()["image"]
    assert (image["width_px"], image["height_px"], image["levels"]) == (700, 900, 5)
    params = {"level": 0, "column": 1, "row": 2, "v": image["version"]}
    response = client.get(f"/api/page/{page}/tile", params=params)
    tile = np.asarray(Image.open(io.BytesIO(response.content)))
    assert np.array_equal(tile, read_image(root / "pages" / "01.png")[512:768, 256:512, 0])
    assert "immutable" in response.headers["cache-control"]
    assert client.get(f"/api/page/{page}/tile", params=params | {"column": 9}).status_code == 404
    for wrong in ({"level": -1}, {"level": "x"}, {"row": 1.5}, {"column": 1 << 40}):
        assert client.get(f"/api/page/{page}/tile", params=params | wrong).status_code == 400


def test_thumbnails_of_images_and_folders(client, studio, root, page):
    for number in (page, studio.project.id_of(root / "pages")):
        response = client.get(f"/api/thumbnail/{number}", params={"side": 160})
        assert response.headers["content-type"] == "image/webp"
        assert Image.open(io.BytesIO(response.content)).size == (124, 160)
    (root / "empty").mkdir()
    assert client.get(f"/api/thumbnail/{studio.project.id_of(root / 'empty')}").status_code == 400


def test_the_last_samples_stand_for_a_run(client, studio, root):
    for name, value in [("000000000.png", 0), ("000008000.png", 200), ("reals.png", 90)]:
        write_image(root / "run" / "samples" / name, np.full((8, 8, 1), value, np.uint8))
    response = client.get(f"/api/thumbnail/{studio.project.id_of(root / 'run')}")
    assert abs(int(np.asarray(Image.open(io.BytesIO(response.content)).convert("L")).mean()) - 200) < 4


def test_records_stand_for_a_dataset(client, studio, root):
    records = [Record(np.full((8, 8, 1), value, np.uint8)) for value in range(0, 200, 5)]
    write_dataset(records, root / "tiles")
    response = client.get(f"/api/thumbnail/{studio.project.id_of(root / 'tiles')}")
    image = np.asarray(Image.open(io.BytesIO(response.content)).convert("L")).astype(int)
    assert image.shape == (40, 64)
    assert np.abs(image[4::8, 4::8].ravel() - np.arange(0, 200, 5)).max() < 5


def test_files_are_images_and_videos_only_and_come_in_ranges(client, studio, root, page):
    data = (root / "pages" / "01.png").read_bytes()
    assert client.get(f"/api/file/{page}").content == data
    part = client.get(f"/api/file/{page}", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, data[10:20])
    secret = studio.project.id_of(root / "pages" / "adjustments.json")
    assert client.get(f"/api/file/{secret}").status_code == 400
    assert client.get(f"/api/thumbnail/{secret}").status_code == 400
    assert client.get(f"/api/page/{secret}").status_code == 400
    assert (
        client.get(f"/api/page/{secret}/tile", params={"level": 0, "column": 0, "row": 0}).status_code == 400
    )
