"""The application: the shell, its files, errors as sentences."""

import shutil

import numpy as np
import pytest

from data_prep.images import write_image
from data_prep.records.writer import Record, write_dataset
from studio.screens import SCREENS

CONTROLS = """() => {
  const screen = document.querySelector("#screen");
  const labels = (e) => [...(e.labels ?? [])].map((label) => label.innerText);
  const texts = (e) => [e.getAttribute("aria-label"), e.title, e.innerText, ...labels(e)];
  const named = (e) => texts(e).join("");
  const native = "button, a[href], input, select, textarea, summary";
  const isShown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.clientWidth;
  const shown = [...screen.querySelectorAll("*")].filter(isShown);
  const controls = shown.filter((e) => e.matches(`${native}, [tabindex], [role=slider]`) && !e.disabled);
  const isReached = (e) => e.tabIndex >= 0 || e.closest("[role=listbox], [role=radiogroup], [role=grid]");
  const cursors = ["pointer", "crosshair", "move", "grab", "ew-resize", "ns-resize", "col-resize", "text"];
  const isActed = (e) => cursors.includes(getComputedStyle(e).cursor);
  const isInControl = (e) => e.closest(`${native}, label, [tabindex], [data-keys]`);
  const style = (e) => getComputedStyle(e);
  return {
    count: controls.length,
    unreachable: controls.filter((e) => !isReached(e)).map((e) => e.outerHTML.slice(0, 160)),
    nameless: controls.filter((e) => !named(e).trim()).map((e) => e.outerHTML.slice(0, 160)),
    mouseOnly: shown.filter((e) => isActed(e) && !isInControl(e)).map((e) => e.outerHTML.slice(0, 160)),
    moving: shown.filter((e) => style(e).animationName + style(e).transitionDuration !== "none0s").length,
  };
}"""


def test_shell_and_static_files(client):
    for path in ("/", "/s/home", "/s/grid?folder=0"):
        response = client.get(path)
        assert response.status_code == 200
        assert "/static/app.js" in response.text
    for path in ("app.js", "style.css", "core/view.js", "screens/home.js", "icon.svg"):
        assert client.get(f"/static/{path}").status_code == 200, path


@pytest.mark.parametrize("path", ["/nothing", "/static/nothing.js", "/api/nothing", "/static/../app.py"])
def test_unknown_addresses_are_one_sentence(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "Home" in response.json()["error"]


def test_failures_of_handlers_are_answers_too(client, studio, monkeypatch):
    from starlette.testclient import TestClient

    def fail():
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(studio.project, "entries", lambda *kinds: fail())
    quiet = TestClient(client.app, raise_server_exceptions=False, cookies=client.cookies)
    response = quiet.get("/api/home")
    assert response.status_code == 500
    assert response.json()["error"] == "the studio failed: ZeroDivisionError: by zero"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_page_opens_in_a_browser(open_page):
    page = open_page("/")
    assert page.title() == "Home · inkloop"
    assert "token" not in page.url
    assert page.locator(".card strong").all_inner_texts() == ["pages"]
    page.keyboard.press("?")
    assert "this list" in page.locator("dialog.keys").inner_text()


@pytest.fixture
def everything(root, network, served):
    """Entries that every screen opens: id of each screen's."""
    from data_prep.video.codec import write_video

    shutil.copytree(network, root / "run")
    (root / "run" / "log.jsonl").write_text(
        '{"kind": "tick", "nimg": 8, "images_per_sec": 2.0, "loss_d": 1.0}\n'
    )
    write_image(root / "run" / "samples" / "000000008.png", np.full((32, 32, 1), 90, np.uint8))
    write_dataset([Record(np.full((16, 16, 1), 9 * i, np.uint8)) for i in range(20)], root / "tiles")
    write_video([np.full((36, 64, 3), 9 * i, np.uint8) for i in range(20)], root / "clip.mp4", fps=10)
    drawing = np.full((64, 64, 1), 255, np.uint8)
    drawing[20:24, 10:50] = drawing[40:44, 10:50] = drawing[20:44, 10:14] = drawing[20:44, 46:50] = 0
    write_image(root / "drawings" / "a.png", drawing)
    ids = {entry.name: entry.id for entry in served.studio.project.entries()}
    places = dict.fromkeys(("grid", "specimens", "crops"), "pages") | dict.fromkeys(
        ("training", "explore", "path"), "run"
    )
    places |= {"dataset": "tiles", "tags": "clip.mp4", "colour": "drawings"}
    return {name: ids[place] for name, place in places.items()}


@pytest.mark.slow
def test_every_screen_is_operated_by_keys_and_opens_again_by_its_address(open_page, everything):
    from playwright.sync_api import expect

    page, faults = open_page("/"), []
    for name in SCREENS:
        move = "async (to) => (await import('/static/core/router.js')).go(...to)"
        page.evaluate(move, [name, {"folder": everything.get(name, "")}])
        expect(page.locator("#screen")).to_have_attribute("data-ready", name)
        found = page.evaluate(CONTROLS)
        assert found["count"] > (0 if name == "home" else 5), name
        for fault in ("unreachable", "nameless", "mouseOnly", "moving"):
            faults += [(name, fault, found[fault])] * bool(found[fault])
        page.keyboard.press("?")
        expect(page.locator("dialog.keys .key-row").first).to_be_visible()
        assert page.locator("dialog.keys .key-row").count() > (1 if name == "home" else 3), name
        page.keyboard.press("Escape")
        expect(page.locator("dialog.keys")).to_have_count(0)
        title = page.locator("#screen .heading").inner_text()
        assert everything.get(name, "") in page.url
        page.reload()
        expect(page.locator("#screen")).to_have_attribute("data-ready", name)
        expect(page.locator("#screen .heading")).to_have_text(title.replace("\n", ""))
    assert not faults
