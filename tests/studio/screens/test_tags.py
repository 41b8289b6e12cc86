"""Tags: frames are exact, boundaries stay in order, files are those that `data-prep tags` reads."""

import io
import shlex

import numpy as np
import pytest
from PIL import Image

from data_prep.__main__ import main
from data_prep.images import write_image
from data_prep.video.clip import Clip
from data_prep.video.codec import write_video
from data_prep.video.exclusions import Exclusion, read_exclusions, write_exclusions
from data_prep.video.tags import read_tags

FRAMES = 40


@pytest.fixture
def film(root):
    """Forty frames that grow lighter, and three pages."""
    images = [np.full((36, 64, 3), 5 * i, np.uint8) for i in range(FRAMES)]
    write_video(images, root / "film.mp4", fps=10, crf=0)
    for number in range(1, 4):
        write_image(root / "comic" / f"{number}.png", np.full((90, 60, 1), 60 * number, np.uint8))
    return root / "film.mp4"


def address(client):
    lists = client.get("/api/tags").json()
    (video,) = lists["videos"]
    pages = next(entry["id"] for entry in lists["pages"] if entry["name"] == "comic")
    return f"/api/tags/{video['id']}", {"pages": pages}


def test_tags_are_those_of_the_command(client, film, root, monkeypatch, capsys):
    path, query = address(client)
    state = client.get(path, params=query).json()
    assert (state["frames"], state["lasts"], state["guess"]) == (FRAMES, [None] * 3, [13, 26, 39])

    def put(body, version):
        return client.put(path, params=query, json=body, headers={"if-match": version})

    first = put({"kind": "tag", "page": 1, "frame": 20}, state["version"]).json()
    second = put({"kind": "tag", "page": 0, "frame": 30}, first["version"]).json()
    assert second["lasts"] == [20, 20, None]  # a boundary cannot pass its neighbour
    assert put({"kind": "untag", "page": 0}, first["version"]).status_code == 412
    for bad in (
        {"kind": "x"},
        {"kind": "tag", "page": 3, "frame": 1},
        {"kind": "tag", "page": 0, "frame": 99},
    ):
        assert put(bad, second["version"]).status_code == 400
    assert [span.page for span in read_tags(root / "film.tags.json").spans] == ["1.png", "2.png"]
    monkeypatch.chdir(root)
    assert main(shlex.split(state["command"])[2:]) == 0
    assert "valid" in capsys.readouterr().out
    back = {"version": state["version"], "if_match": second["version"]}
    assert client.post(f"{path}/restore", params=query, json=back).json()["lasts"] == [None] * 3
    assert not (root / "film.tags.json").exists()


def test_frames_are_exact(client, film):
    path, _ = address(client)
    with Clip(film) as clip:
        for number in (31, 7, 39, 0):
            answer = client.get(f"{path}/frame", params={"number": number, "png": 1})
            np.testing.assert_array_equal(
                np.asarray(Image.open(io.BytesIO(answer.content))), clip[number].image
            )
    assert "film_000000.png" in answer.headers["content-disposition"]
    assert client.get(f"{path}/frame", params={"number": 7, "near": 1}).status_code == 200
    assert client.get(f"{path}/frame", params={"number": FRAMES}).status_code == 400


def test_ranges_are_added_judged_and_removed(client, film, root):
    path, query = address(client)
    pts = [int(at) for at in Clip(film).index.pts]
    write_exclusions(root / "found.json", {"film.mp4": [Exclusion(0, pts[0], 3, pts[3], "alike", 0.9)]})
    state = client.get(path, params=query).json()
    assert [entry["score"] for entry in state["found"]] == [0.9]

    def put(version, **body):
        return client.put(f"{path}/ranges", json=body, headers={"if-match": version})

    state = put(state["exclusions_version"], kind="add", first=30, last=20).json()
    state = put(state["exclusions_version"], kind="accept", number=0).json()
    ranges = read_exclusions(root / "exclusions.json")["film.mp4"]
    assert [(entry.first_frame, entry.last_frame) for entry in ranges] == [(0, 3), (20, 30)]
    assert state["found"] == []
    assert put("absent", kind="remove", number=0).status_code == 412
    state = put(state["exclusions_version"], kind="remove", number=0).json()
    assert [entry["first_frame"] for entry in state["exclusions"]] == [20]


def test_keys_move_type_and_tag(open_page, served, film, root):
    project = served.studio.project
    pages = project.id_of(root / "comic")
    page = open_page(f"/s/tags?folder={project.id_of(film)}&pages={pages}&step=10")
    page.wait_for_selector("canvas[data-frame='0']")
    page.wait_for_selector("canvas[data-page='1.png']")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("canvas[data-frame='11']")
    page.keyboard.press("t")
    page.keyboard.type("25")  # before the first tag is written
    page.keyboard.press("Enter")
    page.keyboard.press("t")
    page.wait_for_selector("canvas[data-page='3.png']")
    page.get_by_text("2 of 3").wait_for()
    assert [span.last_frame for span in read_tags(root / "film.tags.json").spans] == [11, 25]
    page.keyboard.press("Control+z")
    page.get_by_text("1 of 3").wait_for()
    assert [span.last_frame for span in read_tags(root / "film.tags.json").spans] == [11]


def test_scrubbing_ghost_bars_and_ranges_with_their_similarity(open_page, served, film, root):
    pts = [int(at) for at in Clip(film).index.pts]
    found = [
        Exclusion(0, pts[0], 3, pts[3], "alike", 0.9),
        Exclusion(20, pts[20], 25, pts[25], "alike", 0.75),
    ]
    write_exclusions(root / "found.json", {"film.mp4": found})
    project = served.studio.project
    page = open_page(f"/s/tags?folder={project.id_of(film)}&pages={project.id_of(root / 'comic')}")
    page.wait_for_selector("canvas[data-frame='0']")
    line = page.locator("canvas.timeline")
    box = line.bounding_box()
    ink = "(canvas, [x, y]) => canvas.getContext('2d').getImageData(x, y, 1, 1).data[3]"
    ghost = [round(box["width"] * 14 / 40), 18 + 6 + 26 + 12]  # the left edge of the second guessed bar
    reached = [line.evaluate(ink, [ghost[0] + dx, ghost[1]]) for dx in (-1, 0, 1)]
    assert max(reached) > 0
    assert line.evaluate(ink, [ghost[0] + 20, ghost[1]]) == 0
    near = "near=1"  # a key frame
    page.mouse.move(box["x"] + box["width"] * 30.5 / 40, box["y"] + 8)
    with page.expect_response(lambda r: near in r.url):  # key frames while the pointer is down
        page.mouse.down()
    assert line.page.locator("canvas[data-frame='0']").count() == 1
    with page.expect_response(lambda r: "/frame?number=30" in r.url and near not in r.url):
        page.mouse.up()
    page.wait_for_selector("canvas[data-frame='30']")
    page.locator(".ranges", has_text="found, 90 % alike").wait_for()
    page.get_by_label("Accept").first.click()
    page.locator(".ranges", has_text="alike, 90 % alike").wait_for()
    page.get_by_label("Reject").click()
    page.locator(".ranges .found").wait_for(state="detached")
    (kept,) = read_exclusions(root / "exclusions.json")["film.mp4"]
    assert (kept.first_frame, kept.last_frame, kept.score) == (0, 3, 0.9)
    assert not read_exclusions(root / "found.json").get("film.mp4")
    with page.expect_download() as saved:
        page.get_by_text("Save frame").click()
    assert saved.value.suggested_filename == "film_000030.png"


def test_files_outside_of_root_are_not_read(client, studio, root, tmp_path):
    (root / "clip.mp4").write_bytes(b"")
    (tmp_path / "exclusions.json").write_text("{}")
    number = studio.project.id_of(root / "clip.mp4")
    (root / "exclusions.json").symlink_to(tmp_path / "exclusions.json")
    answer = client.get(f"/api/tags/{number}")
    assert (answer.status_code, "leads out" in answer.text) == (404, True)
