"""Flights on the Path screen: frames, commands and jobs."""

import io
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from animate.flight import Flight
from animate.flight_config import FlightConfig
from gan.sample import load_generator


@pytest.fixture
def run(root: Path, network: Path) -> Path:
    shutil.copytree(network, root / "run")
    return root / "run"


@pytest.fixture
def number(studio, run):
    return {entry.name: entry.id for entry in studio.project.entries()}["run"]


BODY = {"fields": {"canvas": "64x48", "pan": 30, "turn": 8, "seconds": 2}, "seed": 4}


def test_frames_and_commands_are_those_of_animate_flight(client, run, number, monkeypatch):
    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # jobs wait
    fields = {field["name"]: field for field in client.get(f"/api/path/{number}").json()["flight"]}
    assert {"canvas", "pan", "turn", "zoom", "close"} <= set(fields)
    found = client.post(f"/api/path/{number}/flight", json=BODY).json()
    flags = "--seed 4 --canvas 64x48 --pan 30 --turn 8 --seconds 2"
    assert found["command"] == f"inkloop animate flight run --out flight.mp4 {flags}"
    assert (found["frames"], found["closed"]) == (60, False)
    answer = client.post(f"/api/path/{number}/flight/frame", json=BODY | {"at": 0.5})
    image = np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"))
    config = FlightConfig(canvas="64x48", pan=30.0, turn=8.0, seconds=2.0)
    np.testing.assert_array_equal(image, Flight(load_generator(run), config, seed=4).frame(30)[..., 0])
    job = client.post(f"/api/path/{number}/render", json=BODY | {"style": "flight", "name": "tour"}).json()
    assert job["words"] == ["animate", "flight", "run", "--out", "tour.mp4", *flags.split()]


def test_what_cannot_be_flown_is_one_sentence(client, run, number):
    for fields, part in (
        ({"canvas": "wide"}, "--canvas wide"),
        ({"close": 1, "pan": 9000}, "use --close"),
        ({"amplitude": 2}, "flight has no amplitude"),
    ):
        answer = client.post(f"/api/path/{number}/flight", json={"fields": fields})
        assert answer.status_code == 400
        assert part in answer.text


def test_the_page_shows_the_frame_and_changes_the_command(open_page, number):
    page = open_page(f"/s/path?folder={number}")
    page.get_by_role("button", name="Flight").click()
    canvas = page.get_by_role("img", name="Frame of the flight")
    expect(canvas).to_have_attribute("data-drawn", "0")
    box = page.get_by_role("textbox", name="canvas")
    box.fill("96x64")
    box.press("Tab")
    expect(page.locator(".command")).to_contain_text("--canvas 96x64")
    expect(canvas).to_have_attribute("width", "96")
    page.get_by_role("slider", name="Time").fill("0.5")
    expect(canvas).to_have_attribute("data-drawn", "0.5")
    expect(page).to_have_url(re.compile("flight"))
    expect(page.get_by_role("button", name="Save timeline")).to_have_count(0)
