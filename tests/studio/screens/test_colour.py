"""Colour: previews equal the command's pixels, pins and palettes are the files that it reads."""

import io

import numpy as np
import pytest
from PIL import Image

from data_prep.images import write_image
from data_prep.video.codec import write_video
from fill.__main__ import main
from fill.palette_file import read_palette_file
from fill.pins import read_pins

COLORS = "#c02030,#2060a0,#e0c040"


@pytest.fixture
def drawings(root):
    """A grid of 2 x 2 rooms."""
    image = np.full((64, 96, 1), 255, np.uint8)
    for y in (0, 31, 32, 63):
        image[y] = 0
    for x in (0, 47, 48, 95):
        image[:, x] = 0
    write_image(root / "drawings" / "a.png", image)
    return root / "drawings"


def ids(client, name):
    entries = client.get("/api/colour").json()["entries"]
    folder = next(entry["id"] for entry in entries if entry["name"] == name)
    return folder, client.get(f"/api/colour/{folder}").json()


def pixels(response):
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.content)))


@pytest.mark.slow
def test_pins_and_pixels_are_those_of_the_command(client, drawings, root, monkeypatch):
    folder, source = ids(client, "drawings")
    wanted = {"image": source["images"][0]["id"], "colors": COLORS, "seed": 3, "keep_lines": True}

    def put(path, body, version):
        return client.put(f"/api/colour/{folder}/{path}", json=wanted | body, headers={"if-match": version})

    first = put("pin", {"x_px": 10, "y_px": 10, "color": "#00ff00"}, source["version"]).json()
    second = put("pin", {"x_px": 20, "y_px": 20, "color": "#ff0000"}, first["version"]).json()
    (pin,) = read_pins(drawings / "pins.json").images["a.png"]
    assert (pin.x_px, pin.color) == (20, "#ff0000")  # in place of the first one of that room
    assert put("pin", {"x_px": 1, "y_px": 1, "color": "#ff0000"}, first["version"]).status_code == 412
    shown = pixels(client.get(f"/api/colour/{folder}/preview", params=wanted))
    assert shown[10, 20].tolist() == [255, 0, 0]
    command = client.get(f"/api/colour/{folder}/command", params=wanted).json()["command"]
    monkeypatch.chdir(root)
    import shlex

    assert main(shlex.split(command)[2:]) == 0
    np.testing.assert_array_equal(shown, np.asarray(Image.open(root / "drawings-coloured" / "a.png")))
    assert (
        "drawings-coloured-2" in client.get(f"/api/colour/{folder}/command", params=wanted).json()["command"]
    )
    back = {"version": source["version"], "if_match": second["version"]}
    assert client.post(f"/api/colour/{folder}/restore", json=back).json()["pins"]["images"] == {}
    assert not (drawings / "pins.json").exists()


def test_palettes_are_files_that_commands_read(client, root):
    body = {"name": "two", "colors": ["#C02030", "#2060a0"]}
    saved = client.put("/api/colour/palettes", json=body, headers={"if-match": "absent"})
    assert saved.json()["name"] == "palettes/two.json"
    assert read_palette_file(root / "palettes" / "two.json") == ("#c02030", "#2060a0")
    listed = client.get("/api/colour/palettes").json()["palettes"]
    assert {"harbor", "palettes/two.json"} <= {palette["name"] for palette in listed}
    again = client.put("/api/colour/palettes", json=body, headers={"if-match": "absent"})
    assert again.status_code == 412
    for name, colors in [("../x", ["#ffffff"]), ("x", ["white"]), ("x", [])]:
        bad = client.put(
            "/api/colour/palettes", json={"name": name, "colors": colors}, headers={"if-match": "absent"}
        )
        assert bad.status_code == 400, name


def test_bad_settings_are_sentences(client, drawings):
    folder, source = ids(client, "drawings")
    good = {"image": source["images"][0]["id"], "colors": COLORS}
    for change in ({"close_gaps_px": 99}, {"colors": "red"}, {"method": "film"}, {"threshold": "x"}):
        answer = client.get(f"/api/colour/{folder}/preview", params=good | change)
        assert answer.status_code == 400, change
        assert "must be" in answer.json()["error"]


@pytest.mark.slow
def test_quick_clicks_are_all_undone(open_page, served, drawings):
    from playwright.sync_api import expect

    page = open_page(f"/s/colour?folder={served.studio.project.id_of(drawings)}&colors=c02030-2060a0")
    page.wait_for_selector("canvas[data-shown]")
    pins = page.locator(".pins .pin")
    for x, y in ((20, 16), (70, 16), (70, 50)):
        place = page.evaluate(
            "(at) => document.querySelector('.stage > canvas').view.toWindow(at)", {"x": x, "y": y}
        )
        page.mouse.click(place["x"], place["y"])  # the one before may not be written yet
    expect(pins).to_have_count(3)
    for _ in range(3):
        page.keyboard.press("Control+z")
    expect(pins).to_have_count(0)
    assert not (drawings / "pins.json").exists()


def test_clicks_pin_the_region_under_the_pointer(open_page, served, drawings):
    folder = served.studio.project.id_of(drawings)
    page = open_page(f"/s/colour?folder={folder}&colors=c02030-2060a0", scale=2)
    page.wait_for_selector("canvas[data-shown]")
    at = """() => document.querySelector(".stage > canvas").view.toWindow({ x: 70.5, y: 50.5 })"""
    place = page.evaluate(at)
    page.mouse.click(place["x"], place["y"])
    page.wait_for_selector(".pins .pin")
    (pin,) = read_pins(drawings / "pins.json").images["a.png"]
    assert (pin.x_px, pin.y_px, pin.color) == (70, 50, "#c02030")
    page.keyboard.press("Control+z")
    page.wait_for_selector(".pins .pin", state="detached")
    assert not (drawings / "pins.json").exists()


def test_a_pin_follows_its_region_through_a_playing_video(open_page, served, root):
    def frame(shift):
        image = np.full((48, 80, 3), 255, np.uint8)
        image[10:40, 10 + shift : 40 + shift] = 0
        image[13:37, 13 + shift : 37 + shift] = 255
        return image

    write_video([frame(2 * i) for i in range(8)], root / "film.mp4", fps=8, crf=0)
    folder = served.studio.project.id_of(root / "film.mp4")
    page = open_page(f"/s/colour?folder={folder}&colors=c02030-2060a0")
    page.wait_for_selector(".stage > canvas[data-shown='0']")
    at = "(at) => document.querySelector('.stage > canvas').view.toWindow(at)"
    colors = """(at) => {
      const { view } = document.querySelector(".stage > canvas");
      const place = view.toWindow(at), box = view.canvas.getBoundingClientRect();
      const [x, y] = [(place.x - box.left) * devicePixelRatio, (place.y - box.top) * devicePixelRatio];
      return [...view.canvas.getContext("2d").getImageData(x, y, 1, 1).data].slice(0, 3);
    }"""
    before = np.array(page.evaluate(colors, {"x": 25, "y": 25}))
    rgb = {"#c02030": [192, 32, 48], "#2060a0": [32, 96, 160]}
    color = max(rgb, key=lambda one: np.abs(before - rgb[one]).max())  # the one that it does not have
    page.get_by_label(f"colour {color}").click()
    place = page.evaluate(at, {"x": 25, "y": 25})
    page.mouse.click(place["x"], place["y"])
    page.wait_for_selector(".pins .pin")
    (pin,) = read_pins(root / "pins.json").videos["film.mp4"]
    assert (pin.frame, pin.x_px, pin.color) == (0, 25, color)
    page.locator(".stage > canvas").focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(".stage > canvas[data-shown='7']")
    inside = np.array(page.evaluate(colors, {"x": 45, "y": 25}))  # outside of the region at frame 0
    assert np.abs(inside - rgb[color]).max() < 4
    page.keyboard.press(" ")  # plays on from the start
    page.wait_for_selector(".stage > canvas[data-shown='1']")
    page.keyboard.press(" ")


def test_links_out_of_root_are_not_followed(client, drawings, root, tmp_path):
    folder, source = ids(client, "drawings")
    (tmp_path / "away").mkdir()
    (root / "palettes").symlink_to(tmp_path / "away")
    body = {"name": "two", "colors": ["#c02030"]}
    answer = client.put("/api/colour/palettes", json=body, headers={"if-match": "absent"})
    assert (answer.status_code, list((tmp_path / "away").iterdir())) == (404, [])
    (tmp_path / "pins.json").write_text('{"schema": 1, "images": {}}')
    (drawings / "pins.json").symlink_to(tmp_path / "pins.json")
    wanted = {"image": source["images"][0]["id"], "colors": COLORS}
    assert client.get(f"/api/colour/{folder}/preview", params=wanted).status_code == 404


def test_lines_are_traced_as_a_job_with_a_folder_of_its_own(client, drawings, monkeypatch):
    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # it waits
    folder, _ = ids(client, "drawings")
    job = client.post(f"/api/colour/{folder}/strokes", json={}).json()
    assert job["words"] == ["vector", "drawings", "--out", "drawings-strokes"]


def test_a_second_start_has_a_result_of_its_own(client, drawings, monkeypatch):
    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # they wait
    folder, _ = ids(client, "drawings")
    outs = []
    for seed in (1, 2):
        body = {"colors": COLORS, "seed": seed}
        outs.append(client.post(f"/api/colour/{folder}/start", json=body).json()["words"][4])
    assert outs == ["drawings-coloured", "drawings-coloured-2"]
