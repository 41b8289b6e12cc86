"""The application: the shell, its files, errors as sentences."""

import pytest


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
