"""Exported pages, served as a static host would, in a real browser."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from configs.gan import field_tiny, tiny
from gan.config import ProganConfig, Stylegan2Config, TrainConfig, replace
from gan.families import build
from gan.sample import Generator, load_generator, save_generator
from tests.browser import WAIT_MS, collect_errors

SHAPE = (16, 16, 1)


def untrained(
    run: Path, config: TrainConfig, shape: tuple[int, int, int] = SHAPE, classes: tuple[str, ...] = ()
) -> Generator:
    """Write and load a generator whose weights, biases and noise are drawn at random."""
    config = replace(config, compute_dtype="float32", conditional=bool(classes))
    family = build(config, shape, num_classes=len(classes))
    rng = np.random.default_rng(1)

    def drawn(place: tuple[Any, ...], a: jax.ShapeDtypeStruct) -> np.ndarray:
        scale = 100 if "mapping" in str(place) else 1  # it divides its weights by as much
        return (scale * rng.normal(size=a.shape) * (1 if a.ndim > 1 else 0.3)).astype(np.float32)

    shapes = jax.eval_shape(family.init_generator, jax.random.key(0))
    params = jax.tree_util.tree_map_with_path(drawn, shapes)
    save_generator(run, params, config=config, shape=shape, nimg=0, class_names=classes)
    return load_generator(run)


CONFIGS = {
    "field": field_tiny.CONFIG,
    "progan": replace(
        tiny.CONFIG, family="progan", network=ProganConfig(z_dim=12, channel_base=128, channel_max=8)
    ),
    "stylegan2": replace(
        tiny.CONFIG,
        family="stylegan2",
        network=Stylegan2Config(z_dim=12, w_dim=10, channel_base=128, channel_max=8, minibatch_group=4),
    ),
}


@pytest.fixture(scope="package")
def generators(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Generator]]:
    """A run and its generator, 16 px, of every family that can be exported."""
    folder = tmp_path_factory.mktemp("generators")
    return {name: (folder / name, untrained(folder / name, config)) for name, config in CONFIGS.items()}


@pytest.fixture(scope="package")
def runtime() -> Path:
    """The folder of onnxruntime; without it the tests that need it are skipped."""
    from animate.page.runtime import FOLDER, find_runtime
    from data_prep.errors import InputError

    try:
        find_runtime()
    except InputError as error:
        pytest.skip(str(error))
    return FOLDER


@pytest.fixture(scope="package")
def fake_runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of the names of onnxruntime's."""
    from animate.page.runtime import FILES, STATED, VERSION

    folder = tmp_path_factory.mktemp("runtime")
    for name in FILES.values():
        (folder / name).write_text("")
    (folder / STATED).write_text(VERSION)
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A static host that logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Any]:
    """`serve(folder)` -> address of a static host."""
    servers = []

    def start(folder: Path) -> str:
        handler = functools.partial(Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def open_site(chromium: Any, serve: Any) -> Iterator[Any]:
    """`open_site(folder, "?seed=3")` -> a page that shows its first image, and does not play.

    Requests that leave the server, script errors and errors on the console fail the test.
    """
    contexts, faults = [], []

    def open_page(folder: Path, query: str = "?play=0", *, is_ready: bool = True) -> Any:
        address = serve(folder)
        context = chromium.new_context(viewport={"width": 480, "height": 320}, accept_downloads=True)
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, "data:", "blob:"))
                else faults.append(f"left the origin: {request.url}")
            ),
        )
        collect_errors(page, faults)
        page.goto(f"{address}/{query}")
        if is_ready:
            page.wait_for_selector("html[data-shown]")
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
