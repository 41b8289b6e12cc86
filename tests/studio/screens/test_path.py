"""Path: previews, commands, timeline files and videos of keyframes, styles and files."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from animate.paths.path_file import read_path
from animate.paths.timeline_file import read_timeline
from gan.explore.latent_edits import map_seeds
from gan.sample import load_generator
from studio.latents import read_kept, write_kept


@pytest.fixture
def run(root: Path, network: Path) -> Path:
    """ROOT/run with an untrained network, and three kept latents of it."""
    shutil.copytree(network, root / "run")
    generator = load_generator(root / "run")
    w = map_seeds(generator, [1, 2, 3], truncation=1.0)
    write_kept(root / "run-kept.npz", w, ["seed 1", "seed 2", "seed 3"], generator=generator.identity)
    return root / "run"


@pytest.fixture
def number(studio, run):
    return {entry.name: entry.id for entry in studio.project.entries()}["run"]


def keyframes(root, *, hold=0.0):
    ids = [entry["id"] for entry in read_kept(root / "run-kept.npz")[0]]
    keys = [
        {"id": ids[i], "hold": hold if i == 0 else 0, "move": move}
        for i, move in ((2, 1), (0, 0.5), (1, 0.5))
    ]
    return {"style": "keyframes", "keys": keys, "fields": {"interpolation": "linear"}}


def test_keyframes_are_previewed_saved_and_rendered_alike(client, run, number, root, monkeypatch):
    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # jobs wait
    body = keyframes(root, hold=0.2) | {"count": 12}
    found = client.post(f"/api/path/{number}/preview", json=body).json()
    assert (found["frames"], found["seconds"], found["closed"], found["count"]) == (66, 2.2, True, 12)
    assert len(found["speed"]) == 12
    flags = "--interpolation linear --hold-sec 0 0.2 0 --move-sec 1 0.5 0.5"
    keys = "--keys 'run-kept.npz[2]' 'run-kept.npz[0]' 'run-kept.npz[1]'"
    assert found["command"] == f"inkloop animate keyframes run --out video.mp4 {keys} {flags}"
    image = client.get(f"/api/path/{number}/frames/{found['id']}", params={"first": 8, "count": 4})
    assert image.headers["content-type"] == "image/png"
    assert client.get(f"/api/path/{number}/frames/none", params={"first": 0, "count": 4}).status_code == 400

    saved = client.post(f"/api/path/{number}/timeline", json=body | {"name": "loop"}).json()
    assert saved["command"] == "inkloop animate timeline loop.json run --out loop.mp4"
    path = read_timeline(root / "loop.json", latent_size=load_generator(run).z_dim)
    kept = read_kept(root / "run-kept.npz")[1]
    assert (len(path.latents), path.closed) == (66, True)
    np.testing.assert_allclose(path.latents[:][[0, 30, 36]], kept[[2, 0, 0]], atol=1e-6)

    job = client.post(f"/api/path/{number}/render", json=body | {"name": "loop"}).json()
    assert job["words"] == [
        *("animate", "keyframes", "run", "--out", "loop.mp4", "--keys", "run-kept.npz[2]"),
        *("run-kept.npz[0]", "run-kept.npz[1]", *flags.split()),
    ]


def test_styles_with_parameters_and_files(client, run, number, root):
    body = {"style": "circle", "fields": {"seconds": 2, "radius": 3.5}, "seed": 4, "truncation": 0.5}
    found = client.post(f"/api/path/{number}/preview", json=body | {"count": 8}).json()
    command = "inkloop animate circle run --out video.mp4 --seed 4 --truncation 0.5 --seconds 2 --radius 3.5"
    assert (found["frames"], found["command"]) == (60, command)
    client.post(f"/api/path/{number}/timeline", json=keyframes(root) | {"name": "loop"})
    state = client.get(f"/api/path/{number}").json()
    assert {style["name"] for style in state["styles"]} >= {"bezier", "phase", "period", "noise-loop"}
    (file,) = [file for file in state["files"] if file["kind"] == "timeline"]
    found = client.post(f"/api/path/{number}/preview", json={"file": file["id"], "count": 8}).json()
    assert found["command"] == "inkloop animate timeline loop.json run --out video.mp4"
    assert found["frames"] == 60


def test_frames_are_canvases_or_mosaics(client, run, number):
    body = {"style": "circle", "fields": {"seconds": 2}, "count": 8}
    for layout, flags, shape in (
        ({"canvas": "384x192", "still": True}, "--canvas 384x192 --still", (96, 192)),
        ({"mosaic": "3x1"}, "--mosaic 3x1", (16, 48)),
    ):
        found = client.post(f"/api/path/{number}/preview", json=body | {"layout": layout}).json()
        assert found["command"] == f"inkloop animate circle run --out video.mp4 {flags} --seconds 2"
        answer = client.get(
            f"/api/path/{number}/frames/{found['id']}", params={"first": 0, "count": 1, "side_px": 512}
        )
        assert np.asarray(Image.open(io.BytesIO(answer.content))).shape == shape
        for part in ("publish", "timeline"):
            answer = client.post(f"/api/path/{number}/{part}", json=body | {"layout": layout, "name": "x"})
            assert answer.status_code == 400
    for layout in ({"canvas": "x"}, {"mosaic": "0x1"}, {"nothing": 1}, "x"):
        assert client.post(f"/api/path/{number}/preview", json=body | {"layout": layout}).status_code == 400


def test_web_pages_are_jobs(client, run, number, root, monkeypatch):
    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # they wait

    def words(body):
        return " ".join(client.post(f"/api/path/{number}/publish", json=body).json()["words"])

    style = {"style": "circle", "fields": {"seconds": 2}, "seed": 4, "truncation": 0.5}
    expected = "export page run --style circle --seed 4 --seconds 2 --truncation 0.5 --out run-page"
    assert words(style) == expected
    made = words(keyframes(root)).split()
    path = read_path(root / made[3])
    assert (made[:3], made[4:], len(path.latents)) == (["export", "page", "run"], ["--out", "run-page-2"], 60)
    changed = words(style | {"fields": {"seconds": 2, "radius": 2}}).split()
    assert read_path(root / changed[3]).style == "circle"


def test_what_cannot_be_drawn_is_one_sentence(client, run, number, root):
    body = keyframes(root)
    for change in (
        {"style": "none"},
        {"keys": body["keys"][:1]},
        {"keys": [*body["keys"], {"id": "none"}]},
        {"fields": {"nothing": 1}},
        {"fields": {"easing": "sometimes"}},
        {"keys": [{**key, "move": -1} for key in body["keys"]]},
    ):
        answer = client.post(f"/api/path/{number}/preview", json=body | change)
        assert answer.status_code == 400, change
        assert answer.json()["error"]
    answer = client.post(f"/api/path/{number}/timeline", json=body | {"name": "../x"})
    assert answer.status_code == 400
    assert not list(root.glob("*.json"))


def test_a_keyframe_is_dragged_and_undone(open_page, run, number, root):
    page = open_page(f"/s/path?folder={number}")
    page.wait_for_selector(".path-timeline[data-preview]")
    page.wait_for_selector(".path-player canvas[data-frame='0']")
    assert page.locator(".key[data-time]").evaluate_all("keys => keys.map(k => k.dataset.time)") == [
        *("0.00", "2.00", "4.00")
    ]
    width = page.locator(".track").bounding_box()["width"]
    box = page.locator(".key[data-key='1'] button").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 20 + width / 6, box["y"] + 20, steps=4)
    page.mouse.up()
    page.wait_for_selector(".key[data-key='1'][data-time='3.00']")
    page.locator(".command code", has_text="--move-sec 3 1 2").wait_for()
    page.keyboard.press("Control+z")
    page.wait_for_selector(".key[data-key='1'][data-time='2.00']")
    page.keyboard.press(">")
    page.wait_for_selector(".key[data-key='1'].selected")
    page.get_by_label("Pause").fill("0.5")
    page.keyboard.press("Tab")
    page.locator(".command code", has_text="--hold-sec 0 0.5 0").wait_for()
    assert "state=" in page.url
    page.get_by_label("Name").fill("loop")
    page.get_by_text("Save timeline").click()
    page.locator(".command code", has_text="animate timeline loop.json run").wait_for()
    page.get_by_text("Constant speed").click()
    page.locator(".command code", has_text="--constant-speed").wait_for()
    page.get_by_role("button", name="File", exact=True).click()
    page.get_by_role("combobox", name="File").select_option(label="loop.json")
    page.locator(
        ".command code", has_text="animate timeline loop.json run --out video.mp4 --constant-speed"
    ).wait_for()
    page.get_by_text("Constant speed").click()
    page.locator(".transport .hint", has_text="6.5 s").wait_for()


def test_a_job_renders_a_video_that_is_then_played(open_page, served, run, number, root, monkeypatch):
    from data_prep.video.codec import write_video

    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # the video is made here, not by the job
    page = open_page(f"/s/path?folder={number}")
    page.get_by_label("Name").fill("loop")
    page.get_by_text("Render video").click()
    page.locator(".job-command", has_text="--out loop.mp4").wait_for()
    write_video([np.full((16, 16, 3), 9 * i, np.uint8) for i in range(8)], root / "loop.mp4", fps=8)
    job = served.studio.jobs.all()[0]
    job.state = "done"
    served.studio.jobs._changed(job)
    page.locator(".job").get_by_role("button", name="Open").click()
    video = page.locator("dialog video")
    playing = """video => new Promise((done) => {
      const ready = () => video.currentTime > 0 && done(video.videoWidth);
      video.addEventListener("timeupdate", ready);
      ready();
    })"""
    assert video.evaluate(playing) == 16
