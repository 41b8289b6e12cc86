"""A studio over a small project: by HTTP in the process, and in a real browser."""

import dataclasses
import functools
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.images import write_image
from data_prep.pages.adjustments import Adjustment, write_adjustments
from tests.browser import WAIT_MS, collect_errors

TOKEN = "token-of-the-tests"
HEADERS = {"x-inkloop-studio": "1"}


def draw_page(path: Path, *, seed: int = 0, height_px: int = 900, width_px: int = 700) -> np.ndarray:
    """A page with round drawings on a loose lattice, 100 dpi; returns their centres, float [N, 2]."""
    data, centers = page_file(seed, height_px, width_px)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return centers


@functools.cache  # every test has pages
def page_file(seed: int, height_px: int, width_px: int) -> tuple[bytes, np.ndarray]:
    """Contents of a PNG file, and centres."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height_px, :width_px]
    page = np.full((height_px, width_px), 245, np.uint8)
    centers = []
    for row in range(3):
        for column in range(2):
            cx, cy = 190 + 320 * column + rng.integers(-20, 20), 160 + 290 * row + rng.integers(-20, 20)
            radius = np.hypot(x - cx, y - cy)
            page[(radius < 70) & (radius > 60) | (radius < 20) & (radius > 12)] = 20
            centers.append((cx, cy))
    with tempfile.TemporaryDirectory() as folder:
        write_image(Path(folder) / "page.png", page[..., None], dpi=100)
        return (Path(folder) / "page.png").read_bytes(), np.array(centers, np.float64)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder with two pages and their adjustments."""
    folder = tmp_path / "project"
    for number in (1, 2):
        draw_page(folder / "pages" / f"{number:02d}.png", seed=number)
    write_adjustments(folder / "pages" / "adjustments.json", {"01.png": Adjustment((0.25, 0.5))})
    return folder


@pytest.fixture(scope="package")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with an untrained generator of family field, 16 px; copy it before you change anything."""
    import jax

    from configs.gan.field_tiny import CONFIG
    from gan.config import replace
    from gan.families import build
    from gan.runs.run_folder import certify
    from gan.sample import save_generator

    shape, run = (16, 16, 1), tmp_path_factory.mktemp("network") / "run"
    config = replace(CONFIG, compute_dtype="float32")
    params = jax.jit(build(config, shape).init_generator)(jax.random.key(0))
    save_generator(run, params, config=config, shape=shape, nimg=0)
    certify(run, config, {"folder": "tiles", "content_hash": "0", "shape": list(shape), "classes": []})
    return run


@pytest.fixture
def studio(root: Path, tmp_path: Path) -> Iterator[Any]:
    """An open studio of `root`."""
    from studio.state import Studio

    opened = Studio(root, folder=tmp_path / "state")
    yield opened
    opened.close()


@pytest.fixture
def client(studio: Any) -> Any:
    """Requests of a page that entered with the token: `client.get`, `client.post(path, json=...)`."""
    from starlette.testclient import TestClient

    from studio.app import create_app

    app = create_app(studio, token=TOKEN, hosts={"testserver"})
    client = TestClient(app, headers=HEADERS)
    client.get("/", params={"token": TOKEN})
    return client


@dataclasses.dataclass(frozen=True)
class Served:
    """A studio that listens on a port of this machine."""

    address: str
    port: int
    studio: Any


@pytest.fixture
def served(studio: Any) -> Iterator[Served]:
    """The studio of `root`, served in a thread."""
    import uvicorn

    from studio.app import create_app
    from studio.server import allowed_hosts, bind

    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    app = create_app(studio, token=TOKEN, hosts=allowed_hosts("127.0.0.1", port))
    config = uvicorn.Config(
        app, log_level="error", access_log=False, timeout_graceful_shutdown=1, server_header=False, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=[[listener]], daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    yield Served(f"http://127.0.0.1:{port}", port, studio)
    studio.events.close()
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def open_page(chromium: Any, served: Served) -> Iterator[Any]:
    """`open_page("/s/grid?folder=...", scale=2, width=1280, height=800, dark=False)` -> a playwright page.

    Requests that leave the server, script errors and errors on the console fail the test.
    """
    contexts, faults = [], []

    def route(route: Any) -> None:
        if not route.request.url.startswith((served.address, "data:", "blob:")):
            faults.append(f"left the origin: {route.request.url}")
            route.abort()
        else:
            route.continue_()

    def open_page(
        path: str = "/", *, scale: float = 1, width: int = 1280, height: int = 800, dark: bool = False
    ) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        context.route("**/*", route)
        page = context.new_page()
        collect_errors(page, faults, expected=("412", "400"))
        joint = "&" if "?" in path else "?"
        page.goto(f"{served.address}{path}{joint}token={TOKEN}")
        page.wait_for_selector("#screen[data-ready]:not([data-ready=''])")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Mark the tests that drive a browser."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
