"""Specimens: what the command detects, corrections by hand, accepted pages, exact clicks."""

import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from data_prep.images import read_image
from data_prep.pages.adjustments import Adjustment, read_adjustments, write_adjustments
from data_prep.specimens.detect import find_specimens
from data_prep.specimens.tiles import specimen_tiles
from tests.slow_cases import slow_rows

NAMES = ["01.png", "02.png"]
SETTINGS = {"crop_px": 180, "tile_px": 64}


@pytest.fixture
def folder(studio):
    (entry,) = studio.project.entries("pages")
    return entry.id


@pytest.fixture
def pages(client, folder):
    return client.get(f"/api/specimens/{folder}").json()["pages"]


def centers(root, name="01.png"):
    return read_adjustments(root / "pages" / "adjustments.json", NAMES)[name].centers_px


def test_detection_is_that_of_the_command(client, folder, pages, root):
    assert [page["count"] for page in pages] == [None, None]
    value = client.get(f"/api/specimens/{folder}/page/{pages[0]['id']}", params=SETTINGS).json()
    found = find_specimens(read_image(root / "pages" / "01.png"))
    assert len(found) == 6
    assert value["centers_px"] == found.centers_px.tolist()
    assert value["boxes_px"] == found.boxes_px.tolist()
    assert (value["stored"], value["crop_px"]) == (False, 180)
    assert centers(root) is None
    assert client.get(f"/api/specimens/{folder}").json()["pages"][0]["count"] == 6


def test_detections_are_cached(client, folder, pages, monkeypatch):
    path = f"/api/specimens/{folder}/page/{pages[0]['id']}"
    first = client.get(path).json()
    monkeypatch.setattr("studio.specimen_cache.find_specimens", lambda *a, **k: pytest.fail("detected again"))
    assert client.get(path).json() == first


def test_listing_names_the_command(client, folder):
    value = client.get(f"/api/specimens/{folder}", params=SETTINGS | {"dpi": 100}).json()
    command = "inkloop data-prep spec pages --out pages-tiles --dpi 100 --crop-px 180 --tile-px 64"
    assert (value["command"], value["crop_px"]) == (command, 180)


def save(client, folder, page, points, version):
    path = f"/api/specimens/{folder}/page/{page['id']}"
    return client.put(path, json={"centers_px": points}, headers={"if-match": version}, params=SETTINGS)


def test_saved_centers_keep_the_offset_and_get_their_boxes(client, folder, pages, root):
    version = client.get(f"/api/specimens/{folder}").json()["version"]
    found = find_specimens(read_image(root / "pages" / "01.png"))
    points = [[600.5, 20.25], found.centers_px[3].tolist()]
    value = save(client, folder, pages[0], points, version).json()
    assert centers(root) == tuple(map(tuple, points))
    assert read_adjustments(root / "pages" / "adjustments.json", NAMES)["01.png"].offset_cell == (0.25, 0.5)
    assert value["page"]["boxes_px"][1] == found.boxes_px[3].tolist()
    assert value["page"]["reasons"][0] == ["no ink was detected here"]
    assert save(client, folder, pages[0], [], version).status_code == 412


@pytest.mark.parametrize(
    "points", [None, [[1]], [[1, 2, 3]], [["1", 2]], [[-1, 5]], [[701, 5]], [[5, 901]], {"a": 1}, [[5, None]]]
)
def test_centers_are_points_of_the_page(client, folder, pages, root, points):
    version = client.get(f"/api/specimens/{folder}").json()["version"]
    assert save(client, folder, pages[0], points, version).status_code == 400
    assert centers(root) is None


def test_accepting_is_taken_back_by_a_change(client, folder, pages):
    path = f"/api/specimens/{folder}/page/{pages[0]['id']}/accept"
    assert client.post(path, json={}).status_code == 400  # not stored yet
    version = client.get(f"/api/specimens/{folder}").json()["version"]
    version = save(client, folder, pages[0], [[10, 10]], version).json()["version"]
    assert client.post(path, json={}).status_code == 200
    accepted = [page["accepted"] for page in client.get(f"/api/specimens/{folder}").json()["pages"]]
    assert accepted == [True, False]
    save(client, folder, pages[0], [[10, 11]], version)
    assert not client.get(f"/api/specimens/{folder}").json()["pages"][0]["accepted"]


def test_tile_is_the_one_that_is_cut(client, folder, pages, root):
    page = read_image(root / "pages" / "01.png")
    found = find_specimens(page)
    x, y = found.centers_px[2].tolist()
    response = client.get(
        f"/api/specimens/{folder}/page/{pages[0]['id']}/tile", params=SETTINGS | {"x": x, "y": y}
    )
    image = np.asarray(Image.open(io.BytesIO(response.content)))
    expected = next(
        specimen_tiles(
            page,
            found.boxes_px,
            found.centers_px,
            name="01.png",
            crop_px=180,
            tile_px=64,
            sheet=found.sheet,
            indices=[2],
        )
    ).image
    assert np.array_equal(image, expected[..., 0])


SHOWN = ".stage > canvas[data-tiles=complete]"  # all visible parts of the page are drawn


def open_specimens(open_page, folder, **options):
    from playwright.sync_api import expect

    page = open_page(f"/s/specimens?folder={folder}&crop_px=180", **options)
    expect(page.locator(".side")).to_contain_text("6 specimens")
    page.wait_for_selector(SHOWN)
    return page


def place(page, x, y):
    """The place of a page point in the window."""
    found = page.evaluate(
        "(point) => document.querySelector('.stage > canvas').view.toWindow(point)",
        {"x": float(x), "y": float(y)},
    )
    return found["x"], found["y"]


def putting(page):
    return page.expect_response(lambda response: response.request.method == "PUT")


def restoring(page):
    return page.expect_response(lambda response: "restore" in response.url)


def test_gestures_are_saved_and_undone_to_the_byte(open_page, folder, root):
    file = root / "pages" / "adjustments.json"
    file.write_text(json.dumps(json.loads(file.read_text()), indent=5))
    states = [file.read_bytes()]
    page = open_specimens(open_page, folder)
    found = find_specimens(read_image(root / "pages" / "01.png")).centers_px

    with putting(page):  # a click adds
        page.mouse.click(*place(page, 350, 40))
    states.append(file.read_bytes())
    assert len(centers(root)) == 7
    assert np.abs(np.array(centers(root)[6]) - (350, 40)).max() <= 0.5 / 0.7  # browsers report whole px

    x, y = place(page, *found[1])  # a drag moves
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y + 4)
    page.mouse.move(x + 20, y - 8)
    with putting(page):
        page.mouse.up()
    states.append(file.read_bytes())
    assert centers(root)[1] != tuple(found[1])
    assert centers(root)[0] == tuple(found[0])

    page.mouse.move(*place(page, 10, 10))  # a drag over paper selects; Delete removes
    page.mouse.down()
    page.mouse.move(*place(page, 600, 300))
    page.mouse.move(*place(page, 690, 330))
    page.mouse.up()
    with putting(page):
        page.keyboard.press("Delete")
    states.append(file.read_bytes())
    assert len(centers(root)) == 4

    for state in states[-2::-1]:
        with restoring(page):
            page.keyboard.press("Control+z")
        assert file.read_bytes() == state
    for state in states[1:]:
        with restoring(page):
            page.keyboard.press("Control+Shift+z")
        assert file.read_bytes() == state


@pytest.mark.slow
def test_space_accepts_and_goes_on(open_page, folder, root):
    from playwright.sync_api import expect

    page = open_specimens(open_page, folder)
    page.keyboard.press("Space")
    expect(page.locator(".position")).to_contain_text("02.png")
    assert len(centers(root)) == 6
    expect(page.locator(".page-row").nth(0).locator("svg")).to_have_count(1)
    page.keyboard.press("Space")
    expect(page.locator(".toast")).to_contain_text("All pages are accepted")
    assert len(centers(root, "02.png")) == 6


@pytest.mark.slow
def test_nothing_is_stored_of_a_page_that_is_not_loaded(open_page, folder, root):
    from playwright.sync_api import expect

    page = open_specimens(open_page, folder)
    position, loading = page.locator(".position"), re.compile(r"/api/specimens/[^/]+/page/[^/]+$")
    answers = ["hold"]
    held = []

    def answer(route):
        if answers[-1] == "hold":
            held.append(route)
        elif answers[-1] == "fail":
            route.fulfill(status=400, json={"error": "this page is broken"})
        else:
            route.fallback()

    page.route(loading, answer)
    page.keyboard.press("PageDown")
    expect(position).to_contain_text("02.png")
    page.mouse.click(*place(page, 350, 40))
    page.keyboard.press("c")
    page.keyboard.press("Space")
    page.keyboard.press("PageUp")
    expect(position).to_contain_text("01.png")
    answers.append("pass")
    for route in held:
        route.fallback()
    expect(page.locator(".summary")).to_contain_text("6 specimens")

    answers.append("fail")
    page.keyboard.press("PageDown")
    expect(page.locator(".toast.error")).to_contain_text("this page is broken", ignore_case=True)
    page.mouse.click(*place(page, 350, 40))
    page.keyboard.press("Space")
    answers.append("pass")
    page.keyboard.press("PageUp")
    expect(page.locator(".summary")).to_contain_text("6 specimens")

    with putting(page):  # writes are in order: those of before would have been made
        page.mouse.click(*place(page, 350, 40))
    assert len(centers(root)) == 7
    assert centers(root, "02.png") is None
    assert page.locator(".page-row svg").count() == 0


VIEWS = [(1.5, 0.7)]
VIEWS += slow_rows((1, 0.1), (2, 8), (1, 1), (1, 8), (1.5, 0.1), (1.5, 8), (2, 0.1))


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "zoom"), VIEWS)
def test_clicks_land_on_the_drawn_mark(open_page, folder, root, scale, zoom):
    """A black square on the page; a click in its middle, by the pixels of the screen, is stored there."""
    from data_prep.images import write_image

    half = 100 if zoom < 0.5 else 10
    file = root / "pages" / "01.png"
    image = np.full((900, 700, 1), 245, np.uint8)
    x, y = target = (351, 452)
    image[y - half : y + half, x - half : x + half] = 0
    write_image(file, image)
    write_adjustments(root / "pages" / "adjustments.json", {"01.png": Adjustment((0.0, 0.0), ())})
    page = open_page(f"/s/specimens?folder={folder}&crop_px=180", scale=scale)
    page.locator(".summary").filter(has_text="0 specimens").wait_for()
    page.wait_for_selector(SHOWN)
    page.evaluate(
        """([zoom, x, y]) => {
          const view = document.querySelector(".stage > canvas").view;
          view.zoomTo(zoom);
          view.reveal({x: x + 7, y: y - 3}, {always: true});
          view.drawNow();
        }""",
        [zoom, *target],
    )
    page.wait_for_selector(SHOWN)
    box = page.locator(".stage > canvas").bounding_box()
    clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"] - 130}
    gray = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("L")).astype(float)
    middle = [box["width"] / 2 - 7 * zoom, box["height"] / 2 + 3 * zoom]  # roughly
    reach = (half * zoom + 2) * scale
    columns, rows = (slice(int(v * scale - reach), int(v * scale + reach) + 1) for v in middle)
    weights = (245 - gray[rows, columns]).clip(0)
    weights[weights < 3] = 0
    ys, xs = np.mgrid[rows, columns] + 0.5
    found = [box[side] + (v * weights).sum() / weights.sum() / scale for side, v in (("x", xs), ("y", ys))]
    clicked = np.round(found)  # browsers report whole px
    with putting(page):
        page.mouse.click(*clicked)
    expected = target + (clicked - found) / zoom
    assert np.abs(np.array(centers(root)[-1]) - expected).max() <= 0.5
