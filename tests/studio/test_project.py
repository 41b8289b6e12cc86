"""The listing of ROOT: kinds by stamps, ids instead of paths, nothing outside of ROOT."""

import json
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.records.writer import Record, write_dataset
from studio.project import NotFound, Project

ODD = [
    "..",
    "%2e%2e",
    "..%2f",
    "../../etc/passwd",
    "/etc/passwd",
    "a\0b",
    "..\\..\\x",
    "\u202e..",
    "C:\\x",
    "~",
]
ODD += ["\ud800", "0" * 16, "", ".", "%00", "....//", "\uff0e\uff0e/", "~", "pages/01.png", "pages/../../x"]


@pytest.fixture
def project(root):
    write_image(root / "raw" / "a.png", np.zeros((4, 4, 1), np.uint8))
    (root / "out").mkdir()
    write_image(root / "out" / "x.png", np.zeros((4, 4, 1), np.uint8))
    stamp = {"schema": 1, "command": "fill blob", "settings": {}, "done": False}
    (root / "out" / ".inkloop.json").write_text(json.dumps(stamp))
    run = root / "deep" / "run"
    (run / "generator").mkdir(parents=True)
    (run / "config.json").write_text(json.dumps({"train": {"preset": "demo"}}))
    write_image(run / "samples" / "0.png", np.zeros((4, 4, 1), np.uint8))
    (root / "loop.mp4").write_bytes(b"")
    (root / "palette.json").write_text('{"colors": ["#000000"]}')
    (root / "timeline.json").write_text('{"parts": []}')
    (root / "notes.json").write_text("[1]")
    (root / "path.npz").write_bytes(b"")
    return Project(root)


def test_entries_by_kind(project):
    found = {entry.name: entry for entry in project.entries()}
    assert {name: entry.kind for name, entry in found.items()} == {
        "deep/run": "run",
        "loop.mp4": "video",
        "out": "images",
        "pages": "pages",
        "palette.json": "palette",
        "path.npz": "path",
        "raw": "scans",
        "timeline.json": "timeline",
    }
    assert (found["out"].command, found["out"].is_done) == ("fill blob", False)
    assert found["pages"].count == 2
    assert found["pages"].size_bytes == sum(p.stat().st_size for p in (project.root / "pages").iterdir())
    assert [entry.name for entry in project.entries("run", "scans")] == ["deep/run", "raw"]


def test_datasets_are_recognised_by_their_file(root):
    write_dataset([Record(np.zeros((8, 8, 1), np.uint8))] * 3, root / "tiles")
    (entry,) = Project(root).entries("dataset")
    assert (entry.name, entry.count, entry.detail) == ("tiles", 3, "8 x 8 x 1")


def test_ids_lead_back_to_paths_and_survive_a_restart(project):
    for entry in project.entries():
        assert project.path_of(entry.id) == project.root / entry.name
    page = project.id_of(project.images(project.root / "pages")[1])
    assert Project(project.root).path_of(page).name == "02.png"


@pytest.mark.parametrize("number", ODD)
def test_nothing_else_is_an_id(project, client, number):
    with pytest.raises(NotFound):
        project.path_of(number)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(number=st.text(max_size=40))
def test_no_text_leads_out(project, number):
    if not project._paths:
        project._learn()
    assert len(project._paths) > 8
    known = [*project._paths, *project._paths.values()]
    for text in (number, *(f"{one}{number}" for one in known)):
        try:
            path = project.path_of(text)
        except NotFound:
            continue
        assert text in project._paths
        assert path.resolve().is_relative_to(project.root)


@pytest.mark.parametrize(
    "number", ["%2e%2e", "..%2f..%2fetc%2fpasswd", "%00", "..%5c", "%ed%a0%80", "0" * 16]
)
@pytest.mark.parametrize("route", ["/api/file/{}", "/api/thumbnail/{}", "/api/page/{}", "/static/{}"])
def test_requests_with_odd_ids_find_nothing(client, route, number):
    assert client.get(route.format(number)).status_code in (404, 400)


def test_links_out_of_root_are_not_there(project, tmp_path):
    secret = tmp_path / "secret"
    write_image(secret / "s.png", np.zeros((4, 4, 1), np.uint8))
    os.symlink(secret, project.root / "linked")
    os.symlink(secret / "s.png", project.root / "raw" / "link.png")
    os.symlink(project.root / "raw" / "a.png", project.root / "raw" / "inner.png")
    assert "linked" not in [entry.name for entry in project.entries()]
    assert [path.name for path in project.images(project.root / "raw")] == ["a.png", "inner.png"]
    with pytest.raises(NotFound):
        project.path_of(project.id_of(project.root / "raw" / "link.png"))
    known = project.id_of(project.root / "raw" / "a.png")
    (project.root / "raw" / "a.png").unlink()
    os.symlink(secret / "s.png", project.root / "raw" / "a.png")
    with pytest.raises(NotFound):
        project.path_of(known)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/a", ".hidden", "-a", "a\0b", "a\\b", "a\nb", "x" * 121]
)
def test_new_names_are_plain(project, name):
    with pytest.raises(InputError, match="must be"):
        project.new_path(name)


def test_files_are_added_once_and_not_through_links(project, tmp_path):
    source = tmp_path / "new.png"
    source.write_bytes(b"1")
    assert project.add_file(source, "more", "new.png").read_bytes() == b"1"
    with pytest.raises(InputError, match="exists"):
        project.add_file(source, "more", "new.png")
    (tmp_path / "outside").mkdir()
    os.symlink(tmp_path / "outside", project.root / "away")
    with pytest.raises(InputError):
        project.add_file(source, "away", "new.png")
    assert not any((tmp_path / "outside").iterdir())


def test_names_are_typed_and_extended_without_surprises(project):
    root = project.root
    assert [project.name_of(root / name) for name in ("a", "-a/b", "a/-b")] == ["a", "./-a/b", "a/-b"]
    assert (project.stem_of(root), project.stem_of(root / "-a" / ".b c")) == (root.name, "a-.b c")


def test_inside_follows_links_of_files_and_folders(project, tmp_path):
    (tmp_path / "away").mkdir()
    os.symlink(tmp_path / "away", project.root / "away")
    os.symlink(tmp_path / "away" / "new.json", project.root / "new.json")
    os.symlink(project.root / "raw", project.root / "near")
    assert project.inside(project.root / "near" / "a.png") == project.root / "near" / "a.png"
    for name in ("away/new.json", "new.json", "../x"):
        with pytest.raises(NotFound, match="leads out"):
            project.inside(project.root / name)


@pytest.mark.parametrize(
    "name", ["config.json", "log.jsonl", "generator/weights.safetensors", "samples", "deeper/any/file"]
)
def test_runs_whose_files_lead_out_are_not_read(project, client, tmp_path, name):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "file").write_text('{"train": {"preset": "of another"}, "data": {}}')
    run = project.root / "deep" / "run"
    (run / "log.jsonl").touch()
    number = client.get("/api/training").json()["runs"][0]["id"]
    leading = run / name
    if leading.is_dir():
        leading.rename(tmp_path / "moved")
    leading.parent.mkdir(parents=True, exist_ok=True)
    leading.unlink(missing_ok=True)
    leading.symlink_to(secret if name == "samples" else secret / "file")
    for path in (f"/api/training/{number}", f"/api/explore/{number}", f"/api/thumbnail/{number}"):
        answer = client.get(path)
        assert (answer.status_code, f"{leading.name}: it leads out" in answer.text) == (404, True)
    assert "of another" not in client.get("/api/home").text
    leading.unlink()
    leading.symlink_to(run / "absent")  # within ROOT
    assert client.get(f"/api/thumbnail/{number}").status_code != 404


def test_datasets_whose_files_lead_out_are_not_read(root, client, tmp_path):
    for folder in (root / "tiles", tmp_path / "other"):
        write_dataset([Record(np.zeros((8, 8, 1), np.uint8))] * 3, folder)
    (number,) = (entry["id"] for entry in client.get("/api/dataset").json()["entries"])
    assert client.get(f"/api/dataset/{number}").status_code == 200
    (shard,) = (root / "tiles").glob("shard*")
    for file in (shard, root / "tiles" / "dataset.json"):
        content = file.read_bytes()
        file.unlink()
        file.symlink_to(tmp_path / "other" / file.name)
        answer = client.get(f"/api/dataset/{number}/sheet", params={"positions": "0"})
        assert (answer.status_code, f"{file.name}: it leads out" in answer.text) == (404, True)
        file.unlink()
        file.write_bytes(content)
    (root / "tiles" / ".inkloop.json").unlink(missing_ok=True)
    (root / "tiles" / ".inkloop.json").symlink_to(tmp_path / "other" / "dataset.json")
    assert client.get("/api/home").status_code == 200


def test_lists_of_frames_that_lead_out_are_not_read(root, client, tmp_path):
    (tmp_path / "list.json").write_text("{}")
    (root / "clip.mp4").write_bytes(b"")
    (root / ".clip.mp4.index.json").symlink_to(tmp_path / "list.json")
    (number,) = (entry["id"] for entry in client.get("/api/tags").json()["videos"])
    for path in ("tags", "colour", "thumbnail", "file"):
        answer = client.get(f"/api/{path}/{number}")
        assert (answer.status_code, "leads out" in answer.text) == (404, True)
