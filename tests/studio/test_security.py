"""The guard: each line of the security section of the specification is a test."""

import contextlib
import logging
import re
import struct
import zlib
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from studio import job_routes, media, page_adjustments
from studio.app import create_app
from studio.screens import available, routes_of
from studio.security import ANSWER_HEADERS, HEADER
from tests.studio.conftest import HEADERS, TOKEN

WRITES = [("POST", "/api/jobs/0001/stop"), ("POST", "/api/home/samples"), ("DELETE", "/api/jobs/0001")]
READS = ["/", "/s/grid", "/api/home", "/api/events", "/static/app.js", "/api/thumbnail/0", "/api/file/0"]


ROUTES = [
    (method, route.path)
    for route in [*job_routes.routes, *media.routes, *page_adjustments.routes]
    + [route for name in available() for route in routes_of(name)]
    for method in sorted(route.methods - {"HEAD"})
]
ODD = [
    "..",
    "../..",
    "%2e%2e%2f",
    "a\0b",
    "..\\..\\x",
    "/etc/passwd",
    "C:\\x",
    "\u202e..",
    "\uff0e\uff0e",
    "0" * 16,
]
ODD += ["a" * 5_000, "~", "file:///etc/passwd", "pages/01.png", "-rf", "\n", "\U0010ffff", "{}", "null", "*"]


@pytest.fixture
def stranger(studio):
    """Requests without the token."""
    return TestClient(create_app(studio, token=TOKEN, hosts={"testserver"}), follow_redirects=False)


@pytest.mark.parametrize("path", READS)
def test_everything_needs_the_token(stranger, path):
    assert stranger.get(path).status_code == 401
    assert stranger.get(path, headers={"cookie": "inkloop-studio-80=wrong"}).status_code == 401


def test_every_route_needs_the_token_and_writes_the_header(stranger, client):
    assert len(ROUTES) > 60
    for method, path in ROUTES:
        path = re.sub(r"{\w+}", "0", path)
        kind = "application/octet-stream" if path.startswith("/api/upload/") else "application/json"
        headers = HEADERS | {"content-type": kind}
        assert stranger.request(method, path, headers=headers).status_code == 401, path
        if method != "GET":
            client.headers.pop(HEADER, None)
            assert client.request(method, path, headers={"content-type": kind}).status_code == 403, path
            foreign = headers | {"origin": "http://evil.example"}
            assert client.request(method, path, headers=foreign).status_code == 403, path


def test_odd_ids_are_refused_by_every_route(client, studio, tmp_path):
    """In the address and in bodies: one sentence, nothing is written, no job starts."""
    before = {path: path.read_bytes() for path in studio.project.root.rglob("*") if path.is_file()}
    headers = {"if-match": "absent", "content-type": "application/json"}
    for number, (method, path) in enumerate(route for route in ROUTES if "{" in route[1]):
        for odd in ODD[number % 4 :: 4]:
            address = re.sub(r"{\w+}", quote(odd, safe="").replace(".", "%2e"), path)
            answer = client.request(method, address, headers=headers, content=b"{}" * (method != "GET"))
            assert answer.status_code in (400, 404, 405), (address, answer.text)
            assert "passwd:" not in answer.text
    pages = studio.project.id_of(studio.project.root / "pages")
    bodies = [
        ("POST", "/api/home/film", lambda odd: {"scans": odd}),
        ("POST", "/api/training/command", lambda odd: {"run": odd}),
        ("POST", "/api/training/start", lambda odd: {"preset": "demo", "data": odd, "name": "new"}),
        ("POST", "/api/training/start", lambda odd: {"preset": "demo", "data": pages, "name": odd}),
        ("PUT", f"/api/adjustments/{pages}/grid", lambda odd: {"pages": [odd], "offset_cell": [0, 0]}),
        ("PUT", "/api/colour/palettes", lambda odd: {"name": f"{odd}/../x", "colors": ["#000000"]}),
        ("PUT", f"/api/crops/{pages}", lambda odd: {"crops": {odd: {"boxes_px": []}}}),
    ]
    for method, path, body in bodies:
        for odd in ODD:
            answer = client.request(method, path, json=body(odd), headers=headers)
            assert answer.status_code in (400, 404), (path, odd, answer.text)
    assert before == {path: path.read_bytes() for path in studio.project.root.rglob("*") if path.is_file()}
    assert studio.jobs.all() == []


def test_images_are_limited_as_everywhere(client, studio, root):
    """A file of few bytes that says it has billions of pixels."""
    size = struct.pack(">II", 70_000, 70_000)
    chunk = b"IHDR" + size + bytes([8, 0, 0, 0, 0])
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data += struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    (root / "pages" / "bomb.png").write_bytes(data)
    bomb = studio.project.id_of(root / "pages" / "bomb.png")
    answers = [client.get(f"/api/{path}/{bomb}") for path in ("thumbnail", "page", "colour/reduced")]
    answers.append(client.get(f"/api/page/{bomb}/tile", params={"level": 0, "column": 0, "row": 0}))
    kind = {"content-type": "application/octet-stream"}
    answers.append(client.post("/api/upload/scans", params={"name": "b.png"}, content=data, headers=kind))
    for answer in answers:
        assert (answer.status_code, "megapixels" in answer.text) == (400, True), answer.text
    assert not (root / "scans").exists()


def test_health_needs_no_token(stranger):
    assert stranger.get("/healthz").text == "ok"


def test_token_becomes_a_cookie_and_leaves_the_address(stranger):
    response = stranger.get("/s/grid", params={"folder": "7", "token": TOKEN})
    assert response.status_code == 303
    assert response.headers["location"] == "/s/grid?folder=7"
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"inkloop-studio-80={TOKEN};")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Domain" not in cookie
    assert stranger.get("/api/home").status_code == 200


def test_a_wrong_token_sets_no_cookie(stranger):
    for token in ("", "wrong", TOKEN[:-1], TOKEN + "x", "\u00e9"):
        response = stranger.get("/", params={"token": token})
        assert response.status_code == 401
        assert "set-cookie" not in response.headers
    assert stranger.get("/api/home", params={"token": TOKEN}).status_code == 401  # only pages take it


def test_the_redirect_stays_on_this_server(stranger):
    for path in ("//evil.example", "/\\evil.example", "///evil.example/x"):
        response = stranger.get(f"http://testserver{path}", params={"token": TOKEN})
        assert response.status_code == 303
        assert response.headers["location"].startswith("/")
        assert not response.headers["location"][1:].startswith(("/", "\\"))


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver:81", "", "127.0.0.1", "testserver@evil"]
)
def test_other_host_names_are_refused(client, host):
    assert client.get("/api/home", headers={"host": host}).status_code == 400
    assert client.get("/healthz", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-type": "application/json", "origin": "http://evil.example"}, 403),
        ({"content-type": "application/json", "origin": "null"}, 403),
        ({"content-type": "application/json", "origin": "https://testserver"}, 403),
        ({"content-type": "application/json", "sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "application/json", "sec-fetch-site": "same-site"}, 403),
    ],
)
def test_writes_of_other_pages_are_refused(client, studio, method, path, headers, status):
    assert client.request(method, path, content=b"{}", headers=headers).status_code == status
    assert studio.jobs.all() == []


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_writes_need_the_header(studio, method, path):
    plain = TestClient(create_app(studio, token=TOKEN, hosts={"testserver"}))
    plain.get("/", params={"token": TOKEN})
    response = plain.request(method, path, json={})
    assert response.status_code == 403
    assert HEADER in response.json()["error"]


def test_writes_of_the_own_page_pass(client):
    headers = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    assert client.post("/api/jobs/0001/stop", json={}, headers=headers).status_code == 404


def test_images_of_other_pages_are_refused(client):
    for path in ("/api/home", "/static/app.js", "/api/events"):
        assert client.get(path, headers={"sec-fetch-site": "cross-site"}).status_code == 403
        assert client.get(path, headers={"origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(client, method):
    for path in ("/nothing", "/api/home"):
        response = client.request(method, path, headers={"origin": "http://testserver"})
        assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/api/home", "/nothing", "/healthz"])
def test_answers_carry_the_policy_and_no_cors(client, path):
    response = client.get(path)
    for name, value in ANSWER_HEADERS.items():
        assert response.headers[name] == value
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert not [name for name in response.headers if name.startswith("access-control")]


def test_refusals_carry_the_policy_too(stranger):
    response = stranger.get("/api/home")
    assert response.headers["x-content-type-options"] == "nosniff"


def test_bodies_are_limited(client, monkeypatch):
    monkeypatch.setattr("studio.security.MAX_JSON", 100)
    assert client.post("/api/home/film", json={"scans": "x" * 100}).status_code == 413
    monkeypatch.setattr("studio.security.MAX_JSON", 1 << 30)
    monkeypatch.setattr("studio.handlers.MAX_JSON", 100)  # without a length, chunk by chunk
    chunks = client.post(
        "/api/home/film",
        content=iter([b'{"scans": "', b"x" * 100, b'"}']),
        headers={"content-type": "application/json"},
    )
    assert chunks.status_code == 400
    assert "above" in chunks.json()["error"]


@pytest.mark.parametrize("body", [b"[]", b"1", b"{", b"\xff", b'{"scans": NaN}', b"[" * 100_000])
def test_bodies_are_json_objects(client, body):
    response = client.post("/api/home/film", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400


def test_tokens_are_not_logged(served, caplog, capfd):
    import urllib.error
    import urllib.request

    with caplog.at_level(logging.DEBUG):
        for path in (f"/?token={TOKEN}", f"/nothing?token={TOKEN}", f"/api/home?token={TOKEN}"):
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.build_opener().open(served.address + path).read()
    assert TOKEN not in caplog.text
    out, err = capfd.readouterr()
    assert TOKEN not in out + err


def test_the_cookie_of_another_port_is_not_ours(studio):
    """Cookies are shared by all ports of a host name."""
    app = create_app(studio, token=TOKEN, hosts={"testserver:81"})
    other = TestClient(app, base_url="http://testserver:81", headers=HEADERS)
    assert other.get("/api/home", headers={"cookie": f"inkloop-studio-80={TOKEN}"}).status_code == 401
    assert other.get("/api/home", headers={"cookie": f"inkloop-studio-81={TOKEN}"}).status_code == 200


def test_a_code_is_accepted_once(studio):
    app = create_app(studio, token=TOKEN, hosts={"testserver"}, code="code-of-the-tests")
    first, second = (TestClient(app, follow_redirects=False) for _ in range(2))
    response = first.get("/", params={"token": "code-of-the-tests"})
    assert response.headers["set-cookie"].startswith(f"inkloop-studio-80={TOKEN};")
    assert second.get("/", params={"token": "code-of-the-tests"}).status_code == 401
    assert first.get("/api/home").status_code == 200


@pytest.mark.parametrize("address", ["192.168.1.5", "[fd00::5]"])
def test_the_address_of_the_machine_is_a_host(studio, address):
    app = create_app(studio, token=TOKEN, hosts={"0.0.0.0:81"})
    client = TestClient(app, base_url=f"http://{address}:81")
    assert client.get("/", params={"token": TOKEN}).status_code == 200
    for host in ("evil.example:81", "192.168.1.6:81", f"{address}:82"):
        assert client.get("/healthz", headers={"host": host}).status_code == 400
    for origin, status in ((f"http://{address}:81", 200), ("http://evil.example:81", 403)):
        assert client.get("/api/home", headers={"origin": origin}).status_code == status
