"""Explore: images of edits, kept latents, directions, projections."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from animate.paths.latent_loader import load_latents
from gan.explore.latent_edits import map_seeds
from gan.runs.latent_files import write_directions
from gan.sample import images_of_w, load_generator
from studio.screens.explore import is_move


@pytest.fixture
def run(root: Path, network: Path) -> Path:
    """ROOT/run with an untrained network of family field, 16 px, and directions of it."""
    import shutil

    shutil.copytree(network, root / "run")
    shape = (2, 1, load_generator(root / "run").family.w_dim)
    vectors = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    write_directions(root / "directions.npz", vectors, np.array([1.0, 2.0]), header={})
    return root / "run"


@pytest.fixture
def number(studio, run):
    return {entry.name: entry.id for entry in studio.project.entries()}["run"]


def pixels(response):
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.content)))


@pytest.mark.slow
def test_images_of_seeds_moves_and_mixtures(client, run, number):
    state = client.get(f"/api/explore/{number}").json()
    assert (state["height"], state["width"], state["parts"]) == (16, 16, ["global", "local"])
    (directions,) = state["directions"]
    edits = [{"source": {"seed": seed}} for seed in (3, 8, 9)]
    body = {"edits": edits, "truncation": 0.7, "side_px": 256}
    found = pixels(client.post(f"/api/explore/{number}/images", json=body))
    generator = load_generator(run)
    expected = images_of_w(generator, map_seeds(generator, [3, 8, 9], truncation=0.7))
    assert found.shape == (32, 32)
    for image, place in zip(expected, [(0, 0), (0, 16), (16, 0)], strict=True):
        part = found[place[0] : place[0] + 16, place[1] : place[1] + 16]
        assert np.abs(part.astype(int) - image[..., 0]).max() <= 1
    moved = {"source": {"seed": 3}, "mixed": {"seed": 8}, "layers": "local", "moves": [[1, 0.5]]}
    body = {"edits": [moved], "directions": directions["id"]}
    assert pixels(client.post(f"/api/explore/{number}/images", json=body)).shape == (16, 16)
    for change in ({"moves": [[7, 1]]}, {"moves": "x"}, {"layers": "none"}, {"source": {"seed": -1}}):
        answer = client.post(f"/api/explore/{number}/images", json={"edits": [moved | change]})
        assert answer.status_code == 400, change


@pytest.mark.parametrize(
    "move", [[math.inf, 1], [0, math.inf], [0, math.nan], [0.5, 1], [0, 10**400], [True, 1], [0]]
)
def test_moves_are_finite(move):
    assert is_move([0, 0.5])
    assert not is_move(move)


def test_kept_latents_are_those_of_the_command_line_and_undo_is_exact(client, run, number, root):
    entries = [{"edit": {"source": {"seed": seed}}, "note": f"seed {seed}"} for seed in (3, 8)]
    url, absent = f"/api/explore/{number}/kept", {"if-match": '"absent"'}
    first = client.put(url, json={"entries": entries, "truncation": 0.7}, headers=absent).json()
    data = (root / "run-kept.npz").read_bytes()
    generator = load_generator(run)
    found = load_latents([str(root / "run-kept.npz")], z_dim=generator.z_dim)
    np.testing.assert_allclose(found, map_seeds(generator, [3, 8], truncation=0.7), atol=1e-6)
    kept = [{"edit": {"source": {"kept": first["entries"][1]["id"]}}, "note": "only this"}]
    second = client.put(url, json={"entries": kept}, headers={"if-match": f'"{first["version"]}"'}).json()
    np.testing.assert_array_equal(load_latents([str(root / "run-kept.npz")], z_dim=0, in_w=False), found[1:])
    assert client.put(url, json={"entries": []}, headers=absent).status_code == 412
    back = {"version": first["version"], "if_match": second["version"]}
    assert client.post(f"{url}/restore", json=back).json()["entries"] == first["entries"]
    assert (root / "run-kept.npz").read_bytes() == data


def test_directions_and_projections_are_jobs(client, run, number, root, monkeypatch):
    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # they wait
    job = client.post(f"/api/explore/{number}/directions", json={}).json()
    assert job["words"] == ["gan", "directions", "run", "--out", "run-directions", "--method", "sefa"]
    client.post(f"/api/jobs/{job['id']}/stop", json={})
    (root / "run-directions").mkdir()  # of an earlier start
    client.delete(f"/api/jobs/{job['id']}", headers={"content-type": "application/json"})
    job = client.post(f"/api/explore/{number}/directions", json={}).json()
    assert job["words"][4] == "run-directions-2"

    def send(data):
        return client.post(
            "/api/upload/explore",
            params={"run": number, "name": "bird.png"},
            content=data,
            headers={"content-type": "application/octet-stream"},
        )

    first, other = ((root / "pages" / name).read_bytes() for name in ("01.png", "02.png"))
    words = send(first).json()["words"]
    assert words == [
        *("gan", "project", "run", "targets/bird.png", "--out", "bird-projected", "--steps", "300")
    ]
    assert send(first).status_code == 400  # it waits already
    (root / "bird-projected").mkdir()
    assert send(other).json()["words"][3:6] == ["targets/bird-2.png", "--out", "bird-2-projected"]
    assert [file.read_bytes() for file in sorted((root / "targets").iterdir())] == [other, first]


def test_a_click_keeps_a_seed_and_the_pad_moves_along_directions(open_page, run, number, root):
    page = open_page(f"/s/explore?folder={number}")
    page.wait_for_selector(".seed-grid[data-ready='0']")
    page.locator(".pick[data-seed='3']").click()
    page.wait_for_selector(".tray[data-count='1']")
    page.wait_for_selector(".pick[data-seed='3'][aria-pressed='true']")
    page.keyboard.press("Control+z")
    page.wait_for_selector(".tray[data-count='0']")
    assert not (root / "run-kept.npz").exists()
    page.locator(".pick[data-seed='5']").hover()
    page.locator(".cell-box", has=page.locator("[data-seed='5']")).get_by_text("Edit").click()
    page.wait_for_selector("""canvas.large[data-edit*='{"seed":5}']""")
    box = page.locator(".pad").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 2 / 3, box["y"] + box["height"] / 2)
    page.wait_for_selector("""canvas.large[data-edit*='[[0,1],[1,0]]']""")
    page.keyboard.press("k")
    page.wait_for_selector(".tray[data-count='1']")
    assert "mode=edit" in page.url


def test_canvases_of_any_size(client, run, number, monkeypatch):
    from gan.canvas.pages import iter_strips
    from gan.canvas.size import CanvasSize

    body = {"seed": 4, "canvas": "40x24", "truncation": 0.5}
    found = client.post(f"/api/explore/{number}/canvas", json=body)
    generator = load_generator(run)
    size = CanvasSize(24, 40, generator.family.config.cell_px)
    expected = np.concatenate(list(iter_strips(generator, 4, size, truncation=0.5)))
    np.testing.assert_array_equal(pixels(found), expected[..., 0])
    assert found.headers["x-size"] == "40x24"
    monkeypatch.setattr("studio.screens.explore.MOST_SIDE_PX", 32)
    part = pixels(client.post(f"/api/explore/{number}/canvas", json=body | {"canvas": "64x24"}))
    np.testing.assert_array_equal(part[:, :24], expected[:, :24, 0])
    for change in ({"canvas": "0x4"}, {"canvas": "64x64", "tileable": True}):
        assert client.post(f"/api/explore/{number}/canvas", json=body | change).status_code == 400
    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # they wait
    job = client.post(f"/api/explore/{number}/canvas/write", json=body | {"tileable": True}).json()
    expected = "gan sample run --out run-canvas --seeds 4 --canvas 40x24 --tileable --truncation 0.5"
    assert job["words"] == expected.split()
    job = client.post(f"/api/explore/{number}/publish", json={"seed": 3}).json()
    assert job["words"] == ["export", "page", "run", "--out", "run-page", "--seed", "3"]


def test_a_dropped_image_is_projected_and_images_are_mixed(open_page, run, number, root, monkeypatch):
    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # jobs wait
    page = open_page(f"/s/explore?folder={number}&mode=edit")
    page.wait_for_selector("canvas.large[data-edit]")
    mixing = page.locator(".group", has=page.locator("h2", has_text="Mix with"))
    mixing.get_by_label("Seed").fill("8")
    mixing.get_by_label("Seed").press("Tab")
    page.wait_for_selector("""canvas.large[data-edit*='"mixed":{"seed":8},"layers":"global"']""")
    page.locator(".command code", has_text="--rows 0 --cols 8 --layers global").wait_for()
    mixing.get_by_label("Part").select_option("local")
    page.wait_for_selector("""canvas.large[data-edit*='"layers":"local"']""")
    page.keyboard.press("Control+z")
    page.wait_for_selector("""canvas.large[data-edit*='"layers":"global"']""")
    data = (root / "pages" / "01.png").read_bytes()
    drop = """(zone, bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "bird.png", { type: "image/png" }));
      zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    page.locator(".drop.small").evaluate(drop, list(data))
    page.locator(".job-command", has_text="inkloop gan project run targets/bird.png").wait_for()
    assert (root / "targets" / "bird.png").read_bytes() == data
    page.keyboard.press("c")
    page.get_by_label("Width").fill("48")
    page.get_by_label("Width").press("Tab")
    page.wait_for_selector("""canvas.endless[data-drawn*='48x720']""")
    page.locator(".command code", has_text="gan sample run --seeds 0 --canvas 48x720").wait_for()


def test_datasets_outside_of_root_are_not_shown(client, run, number, tmp_path):
    (tmp_path / "tiles").mkdir()
    (tmp_path / "tiles" / "dataset.json").write_text("{}")
    config = json.loads((run / "config.json").read_text())
    body = {"edits": [{"source": {"seed": 3}}]}
    for folder in (str(tmp_path / "tiles"), "../tiles"):
        config["data"]["folder"] = folder
        (run / "config.json").write_text(json.dumps(config))
        answer = client.post(f"/api/explore/{number}/nearest", json=body)
        assert (answer.status_code, "leads out" in answer.text) == (404, True)
