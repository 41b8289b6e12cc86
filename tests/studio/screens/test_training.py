"""Training: the state of a run, its samples, commands of new and resumed runs."""

import json

import pytest

from configs.gan import CONFIGS
from tests.gan.monitoring.test_overview import SNAPSHOT, tick, write_run


@pytest.fixture
def run(root):
    """ROOT/run with ticks and two snapshots, and the dataset that it names."""
    lines = [SNAPSHOT | {"nimg": 0, "score": 5.0, "distance": 5.0}, tick(400), tick(800, loss_g=2.0)]
    write_run(root / "run", [*lines, SNAPSHOT | {"nimg": 800, "score": 3.0, "distance": 3.0}])
    (root / "tiles").mkdir()
    (root / "tiles" / "dataset.json").write_text(json.dumps({"count": 8, "image_shape": [16, 16, 1]}))
    return root / "run"


def id_of(client, name):
    entries = client.get("/api/home").json()["entries"]
    return next(entry["id"] for entry in entries if entry["name"] == name)


def test_state_of_a_run_and_its_samples(client, run):
    number = id_of(client, "run")
    state = client.get(f"/api/training/{number}").json()
    assert (state["name"], state["nimg"], state["best_nimg"], state["job"]) == ("run", 800, 800, None)
    assert state["command"] == "inkloop gan train tiny --data tiles --run run"
    assert {"name": "on_collapse", "value": "warn", "choices": ["warn", "rewind", "stop"]} in state["fields"]
    again = client.get(f"/api/training/{number}", params={"version": state["version"]}).json()
    assert again == {"version": state["version"], "same": True}
    with (run / "log.jsonl").open("a") as file:
        file.write(json.dumps(tick(900)) + "\n")
    changed = client.get(f"/api/training/{number}", params={"version": state["version"]}).json()
    assert changed["nimg"] == 900
    grid = client.get(f"/api/training/{number}/samples/800")
    assert grid.content == (run / "samples" / "000000800.png").read_bytes()
    for name in ("1", "reals", "..%2Fconfig"):
        assert client.get(f"/api/training/{number}/samples/{name}").status_code in (400, 404)


def test_commands_of_resumed_and_new_runs(client, run):
    body = {"run": id_of(client, "run"), "fields": {"total_nimg": "90000", "on_collapse": "warn"}}
    shown = client.post("/api/training/command", json=body).json()["command"]
    assert shown == "inkloop gan train tiny --data tiles --run run --total-nimg 90000"
    for fields in ({"seed": "3"}, {"total_nimg": "-1"}, {"total_nimg": "many"}, {"nothing": "1"}):
        answer = client.post("/api/training/command", json=body | {"fields": fields})
        assert answer.status_code == 400, fields
    new = {"preset": "tiny", "data": id_of(client, "tiles"), "name": "other", "fields": {"seed": "3"}}
    shown = client.post("/api/training/command", json=new).json()["command"]
    assert shown == "inkloop gan train tiny --data tiles --run other --seed 3"
    for change in ({"name": "run"}, {"name": "../x"}, {"preset": "none"}, {"data": id_of(client, "pages")}):
        assert client.post("/api/training/command", json=new | change).status_code == 400, change
    assert {preset["name"] for preset in client.get("/api/training").json()["presets"]} == set(CONFIGS)


def test_a_started_run_is_found_again_by_its_job(client, run, monkeypatch):
    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # it waits
    number = id_of(client, "run")
    job = client.post("/api/training/start", json={"run": number, "fields": {"total_nimg": "900"}}).json()
    assert job["words"] == ["gan", "train", "tiny", "--data", "tiles", "--run", "run", "--total-nimg", "900"]
    assert client.get(f"/api/training/{number}").json()["job"] == job["id"]


@pytest.mark.slow
def test_snapshots_on_a_slider_beside_another_run(open_page, served, run, root):
    write_run(root / "second", [SNAPSHOT | {"nimg": 800, "score": 3.0, "distance": 7.0}])
    (root / "second" / "samples" / "000000000.png").unlink()
    ids = {entry.name: entry.id for entry in served.studio.project.entries()}
    page = open_page(f"/s/training?folder={ids['run']}&with={ids['second']}")
    page.wait_for_selector("canvas.samples[data-nimg='800']")
    assert page.locator(".shot-label").all_inner_texts() == ["run · 800 · best", "second · 800"]
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("canvas.samples[data-nimg='0'][data-beside='800']")
    assert "nimg=0" in page.url
    box = page.locator("canvas.samples").bounding_box()
    middle = [box["width"] / 2, box["height"] / 2]
    pixel = "(canvas, [x, y]) => canvas.getContext('2d').getImageData(x, y, 1, 1).data[0]"
    left = page.locator("canvas.samples").evaluate(pixel, [middle[0] - 30, middle[1]])
    right = page.locator("canvas.samples").evaluate(pixel, [middle[0] + 30, middle[1]])
    assert (left, right) == (0, 200)  # this run at 0, the other one at 800
    page.mouse.move(box["x"] + middle[0], box["y"] + middle[1])
    page.mouse.down()
    page.mouse.move(box["x"] + middle[0] + 60, box["y"] + middle[1], steps=3)
    page.mouse.up()
    assert page.locator("canvas.samples").evaluate(pixel, [middle[0] + 30, middle[1] + 20]) == 0
    page.keyboard.press(",")  # the line moves back by a twentieth of the image
    page.get_by_label("total (images)").fill("90000")
    page.locator(".command code", has_text="--total-nimg 90000").wait_for()
    with (run / "log.jsonl").open("a") as file:
        file.write(json.dumps(tick(1600)) + "\n")
    page.locator(".facts dd", has_text="1,600 of").wait_for()
    assert page.locator(".chart").count() >= 3


def test_samples_outside_of_root_are_not_shown(client, run, tmp_path):
    (run / "samples").rename(tmp_path / "samples")
    (run / "samples").symlink_to(tmp_path / "samples")
    assert client.get(f"/api/training/{id_of(client, 'run')}/samples/800").status_code == 404
