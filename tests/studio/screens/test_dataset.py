"""Dataset: the contact sheet, sorting and filters, exclusions as `verify` reads them."""

import io

import numpy as np
import pytest
from PIL import Image

from data_prep.records.dataset import Dataset, exclude, read_reasons
from data_prep.records.writer import Record, write_dataset

COUNT = 40


@pytest.fixture
def tiles(root):
    """Tiles with ever more ink; the last two are equal."""
    images = [np.full((16, 16, 1), 255, np.uint8) for _ in range(COUNT)]
    for i, image in enumerate(images):
        image.reshape(-1)[: 5 * min(i, COUNT - 2) + 20] = 0
    write_dataset([Record(image, {"page": f"{i % 2}.png"}) for i, image in enumerate(images)], root / "tiles")
    return root / "tiles"


def address(client):
    (entry,) = client.get("/api/dataset").json()["entries"]
    return f"/api/dataset/{entry['id']}"


def test_exclusions_are_those_that_datasets_read_and_undo_restores_bytes(client, tiles):
    exclude(tiles, {"blank": [0, 3]})
    path, before = address(client), (tiles / "dataset.json").read_bytes()
    state = client.get(path).json()
    assert state["excluded"] == [0, 3]
    body = {"exclude": [5, 0], "include": [3]}
    answer = client.put(path, json=body, headers={"if-match": state["version"]})
    assert read_reasons(tiles) == {"blank": [0], "chosen": [5]}
    assert len(Dataset(tiles)) == COUNT - 2
    stale = client.put(path, json=body, headers={"if-match": state["version"]})
    assert stale.status_code == 412
    now = answer.json()["version"]
    for bad in ({"exclude": [COUNT]}, {"exclude": ["1"]}, {"exclude": list(range(COUNT))}):
        assert client.put(path, json=bad, headers={"if-match": now}).status_code == 400
    client.post(f"{path}/restore", json={"version": state["version"], "if_match": now})
    assert (tiles / "dataset.json").read_bytes() == before


def test_a_sheet_holds_the_records_in_order(client, tiles):
    path = address(client)
    answer = client.get(f"{path}/sheet", params={"positions": "3,39,0", "side": 32})
    row = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert row.shape == (32, 96, 3)
    for place, position in enumerate((3, 39, 0)):
        image = Dataset(tiles)[position].image[..., 0]
        np.testing.assert_array_equal(row[::2, 32 * place : 32 * (place + 1) : 2, 0], image)
    for positions in ("40", "-1", "x", ",".join(["1"] * 101)):
        assert client.get(f"{path}/sheet", params={"positions": positions}).status_code == 400


def test_records_are_sorted_filtered_and_excluded_by_a_click(open_page, served, tiles):
    page = open_page(f"/s/dataset?folder={served.studio.project.id_of(tiles)}&sort=ink&down=1")
    page.get_by_text("Copies").wait_for()
    box = page.locator(".sheet-scroll > canvas").bounding_box()
    columns = int((box["width"] - 6) // 102)
    left = box["x"] + (box["width"] - columns * 102 + 6) // 2
    page.mouse.click(left + 102 + 20, box["y"] + 26)  # the second in the first row: most ink but one
    page.wait_for_selector("[aria-label=Undo]:not([disabled])")
    assert read_reasons(tiles) == {"chosen": [COUNT - 1]}
    page.get_by_label("Filter").select_option("duplicates")
    page.wait_for_selector("canvas[data-shown='2']")
    page.get_by_label("Filter").select_option("out")
    page.wait_for_selector("canvas[data-shown='1']")
    page.keyboard.press("Control+z")
    page.wait_for_selector("[aria-label=Undo][disabled]")
    assert read_reasons(tiles) == {}
