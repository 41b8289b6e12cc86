"""Home: the listing, first steps, uploads, jobs."""

from starlette.testclient import TestClient

from tests.studio.conftest import HEADERS, TOKEN, draw_page


def test_overview_lists_entries_and_suggests_a_video(client):
    value = client.get("/api/home").json()
    (pages,) = value["entries"]
    assert (pages["kind"], pages["name"], pages["count"]) == ("pages", "pages", 2)
    (step,) = value["steps"]
    assert step["command"] == "inkloop demo --pages pages --out pages-video --dpi 100"


def test_first_steps_of_an_empty_folder(open_page, root, tmp_path):
    import shutil

    shutil.rmtree(root / "pages")
    draw_page(tmp_path / "scan one.png")
    page = open_page("/")
    assert "From a stack of drawings" in page.locator(".first").inner_text()
    page.locator("input[type=file]").set_input_files(tmp_path / "scan one.png")
    page.wait_for_selector(".card[data-name=scans]")
    assert (root / "scans" / "scan one.png").read_bytes() == (tmp_path / "scan one.png").read_bytes()
    assert page.locator(".step code").inner_text() == "inkloop demo --pages scans --out scans-video --dpi 100"


def test_uploads_are_images_with_plain_names(client, tmp_path):
    draw_page(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    headers = {"content-type": "application/octet-stream"}

    def send(name, content):
        return client.post("/api/upload/scans", params={"name": name}, content=content, headers=headers)

    assert send("a.png", data).status_code == 200
    for name, content in [
        ("a.png", data),  # exists
        ("../b.png", data),
        ("/tmp/b.png", data),
        (".b.png", data),
        ("b\\c.png", data),
        ("b.exe", data),
        ("c.png", b"no image"),
    ]:
        assert send(name, content).status_code == 400, name
    assert [path.name for path in (client.app.app.state.studio.project.root / "scans").iterdir()] == ["a.png"]


def test_the_shown_command_is_the_one_that_starts(client, root, monkeypatch):
    monkeypatch.setattr("studio.jobs.queue.MOST_RUNNING", 0)  # it waits
    (root / "pages").rename(root / "-my pages")
    (step,) = client.get("/api/home").json()["steps"]
    assert step["command"] == "inkloop demo --pages './-my pages' --out my-pages-video --dpi 100"
    assert client.post(step["path"], json=step["body"]).json()["command"] == step["command"]


def test_unreadable_scans_do_not_hide_the_others(client, root):
    (root / "broken").mkdir()
    (root / "broken" / "a.png").write_bytes(b"no image")
    steps = client.get("/api/home").json()["steps"]
    assert [step["command"].split()[3] for step in steps] == ["broken", "pages"]


def test_the_folder_itself_may_hold_the_scans(tmp_path):
    from studio.app import create_app
    from studio.state import Studio

    draw_page(tmp_path / "scans" / "a.png")
    studio = Studio(tmp_path / "scans", folder=tmp_path / "state")
    try:
        client = TestClient(create_app(studio, token=TOKEN, hosts={"testserver"}), headers=HEADERS)
        client.get("/", params={"token": TOKEN})
        (step,) = client.get("/api/home").json()["steps"]
        assert step["command"] == "inkloop demo --pages . --out scans-video --dpi 100"
        folder = step["body"]["scans"]
        command = client.get(f"/api/grid/{folder}/total", params={"dpi": 100}).json()["command"]
        assert command.startswith("inkloop data-prep blob . --out scans-tiles ")
    finally:
        studio.close()
