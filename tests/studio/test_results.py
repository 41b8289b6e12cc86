"""Results: what jobs made, exported pages with programs of inkloop only, strokes."""

import json

import numpy as np
import pytest

from data_prep.images import write_image
from data_prep.outputs import STAMP


def made(folder, command, files):
    folder.mkdir(parents=True)
    (folder / STAMP).write_text(json.dumps({"command": command, "settings": {}, "done": True}))
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def site(root):
    """An exported page whose programs were replaced."""
    files = {"page.json": '{"title": "<b>"}', "app.js": "theft()", "canvas.onnx": "weights"}
    return made(root / "run-page", "export page", files)


@pytest.fixture
def strokes(root):
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><path d="M0 0 4 4" stroke="#000"/></svg>'
    return made(root / "pages-strokes", "vector", {"2.svg": svg, "10.svg": svg})


def test_pages_run_programs_of_inkloop_only(client, studio, site, tmp_path):
    number = studio.project.id_of(site)
    answer = client.get(f"/site/{number}/app.js")
    assert (answer.status_code, "theft" in answer.text, "page.json" in answer.text) == (200, False, True)
    assert "&lt;b&gt;" in client.get(f"/site/{number}/index.html").text
    assert client.get(f"/site/{number}/canvas.onnx").text == "weights"
    assert "'wasm-unsafe-eval'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "wasm" not in client.get("/api/sites").headers["content-security-policy"]
    for name in ("other.js", STAMP, "runtime/other.js", "%2e%2e/pages/01.png", "map.onnx"):
        assert client.get(f"/site/{number}/{name}").status_code in (400, 404), name
    (site / "map.onnx").symlink_to(tmp_path)
    assert client.get(f"/site/{number}/map.onnx").status_code in (400, 404)


def test_results_of_jobs_are_entries(client, studio, site, strokes, root, monkeypatch):
    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # they wait

    def results(*words):
        job = studio.jobs.start(words, title="job")
        found = client.get(f"/api/jobs/{job.id}/result").json()["entries"]
        return [(entry["kind"], entry["name"]) for entry in found]

    assert results("export", "page", "run", "--out", "run-page") == [("site", "run-page")]
    assert results("vector", "pages", "--out", "pages-strokes") == [("strokes", "pages-strokes")]
    write_image(root / "all" / "a" / "1.png", np.zeros((4, 4, 1), np.uint8))
    assert results("demo", "--out", "all") == [("scans", "all/a")]
    assert results("data-prep", "verify", "tiles") == []


def test_strokes_are_listed_and_shown(client, studio, strokes):
    number = studio.project.id_of(strokes)
    assert client.get(f"/api/strokes/{number}").json()["files"] == ["2.svg", "10.svg"]
    answer = client.get(f"/api/strokes/{number}/2.svg")
    assert (answer.headers["content-type"], answer.text[:4]) == ("image/svg+xml", "<svg")
    for name in (STAMP, "3.svg"):
        assert client.get(f"/api/strokes/{number}/{name}").status_code == 400


def test_home_opens_strokes_and_pages(open_page, site, strokes):
    page = open_page("/")
    page.get_by_label("open pages-strokes").click()
    page.wait_for_selector("dialog img.strokes[alt='2.svg']")
    page.get_by_label("Next drawing").click()
    page.wait_for_selector("dialog img.strokes[alt='10.svg']")
    assert page.locator("dialog img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.keyboard.press("Escape")
    site.joinpath("page.json").unlink()  # a page that cannot start: its frame is shown all the same
    page.get_by_label("open run-page").click()
    page.wait_for_selector("dialog iframe")
