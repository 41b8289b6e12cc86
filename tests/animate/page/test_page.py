"""The exported page in a browser: its numbers against JAX and inkloop, its player, files and keys."""

import contextlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from animate.config import BezierConfig, CircleConfig, PeriodConfig, PhaseConfig
from animate.page.config import PageConfig
from animate.page.site import STATIC, export_page
from animate.paths.keyframes_config import KeyframesConfig
from animate.paths.path import LatentPath, make_path
from gan.sample import sample_seeds

CONFIGS = {
    "seeds": ("keyframes", KeyframesConfig(keys=("5-12",))),
    "bezier": ("bezier", BezierConfig()),
    "phase": ("phase", PhaseConfig()),
    "period": ("period", PeriodConfig()),
    "circle": ("circle", CircleConfig()),
}
PIXELS = """
async ([settings, position]) => {
  const app = await import("./app.js");
  Object.assign(app.settings, settings);
  app.update();
  app.player.seek(position);
  await app.player.settled();
  const { canvas, context } = app.player;
  return [canvas.height, canvas.width, [...context.getImageData(0, 0, canvas.width, canvas.height).data]];
}
"""


def pixels(page, position=0.0, **settings):
    """The image at a position: uint8 [H, W, 3]."""
    height, width, found = page.evaluate(PIXELS, [settings, position])
    return np.array(found, np.uint8).reshape(height, width, 4)[..., :3]


def export(generator, folder, *, path=None, **config):
    export_page(generator, folder, config=PageConfig(**config), name="run", path=path, path_name="p.npz")
    return folder


def close(found, expected):
    """Within the bar: 2 levels of 255."""
    assert found.shape[:2] == expected.shape[:2]
    assert np.abs(found.astype(int) - expected.astype(int)).max() < 2


@pytest.fixture(scope="package")
def numbers(chromium, generators):
    """`numbers(program)`: what a program returns in a page with the modules `random` and `paths`."""
    import functools
    import http.server
    import threading

    from tests.animate.page.conftest import Quiet

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(STATIC))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{server.server_address[1]}/LICENSES", wait_until="commit")
    modules = "const random = await import('/random.js'), paths = await import('/paths.js');"
    modules += "const latents = await import('/latents.js'), colors = await import('/colors.js');"
    yield lambda program, argument=None: page.evaluate(f"async (a) => {{ {modules} {program} }}", argument)
    page.close()
    server.shutdown()
    server.server_close()


def test_random_numbers_are_those_of_jax(numbers):
    key = jax.random.key(20261130)
    program = """
    const key = random.keyOf(20261130);
    return [random.bits(key, 1000), random.uniform(key, 1000), random.normal(key, 40000),
      random.integers(key, 1000, 12), random.split(key, 3).flat()].map((a) => [...a]);
    """
    bits, uniform, normal, integers, keys = numbers(program)
    assert (np.array(bits) == np.asarray(jax.random.bits(key, (1000,)))).all()
    assert (np.array(uniform, np.float32) == np.asarray(jax.random.uniform(key, (1000,)))).all()
    np.testing.assert_allclose(normal, jax.random.normal(key, (40000,)), rtol=1e-5, atol=1e-6)
    assert (np.array(integers) == np.asarray(jax.random.randint(key, (1000,), 0, 12))).all()
    assert (np.array(keys).reshape(3, 2) == np.asarray(jax.random.key_data(jax.random.split(key, 3)))).all()


@pytest.mark.parametrize("style", CONFIGS)
def test_paths_are_those_of_animate(numbers, style):
    at = np.array([0.0, 0.123, 0.5, 0.875, 0.999])
    name, config = CONFIGS[style]
    expected = make_path(name, type(config)(**(vars(config) | {"latent_size": 12})), seed=5, at=at).latents
    program = """
    const options = { seeds: 8, segments: 20, cycles: a.cycles };
    const curve = paths.curveOf(a.style, 5, 12, options);
    return a.at.map((u) => [...curve(u)]);
    """
    found = numbers(program, {"style": style, "at": list(at), "cycles": PeriodConfig().cycles})
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_rows_of_files(numbers):
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    program = """
    const rows = Float32Array.from(a.rows);
    return [true, false].map((isClosed) => {
      const curve = paths.through(rows, 3, isClosed);
      return [0, 0.2, 0.5, 0.9, 0.999999].map((u) => [...curve(u)]);
    });
    """
    closed, opened = numbers(program, {"rows": rows.ravel().tolist()})
    expected = [rows[0], rows[1], (rows[2] + rows[3]) / 2, (rows[4] + rows[0]) / 2, rows[0]]
    np.testing.assert_allclose(closed, expected, atol=1e-4)
    middle = rows[1] * 0.4 + rows[2] * 0.6  # 0.2 is 1.6 rows of the way there
    back = rows[0] * 0.2 + rows[1] * 0.8
    np.testing.assert_allclose(opened, [rows[0], middle, rows[4], back, rows[0]], atol=1e-4)


def test_colours(numbers):
    program = """
    const planes = Float32Array.from([-2, -1, 0.2, 1, 1.5]);
    const shown = (colors_, channels, values) => {
      const pixels = new Uint8ClampedArray(4 * values.length / channels);
      colors.paint(pixels, values, channels, colors.colorTable(colors_));
      return [...pixels];
    };
    const blue = { ink: [0, 0, 100], paper: [200, 255, 255] };
    return [shown(null, 1, planes), shown(blue, 1, planes),
      shown(null, 4, Float32Array.from([1, -1, -1, -1])), shown(blue, 3, Float32Array.from([1, 1, 1]))];
    """
    plain, blue, clear, white = numbers(program)
    assert plain[::4] == [0, 0, 153, 255, 255]
    assert blue[:4] == [0, 0, 100, 255]
    assert blue[-4:] == [200, 255, 255, 255]
    assert clear == [255, 255, 255, 255]
    assert white == [200, 255, 255, 255]


@pytest.mark.parametrize("family", ["field", "progan", "stylegan2"])
def test_the_first_image_is_that_of_the_seed(generators, open_site, tmp_path, runtime, family):
    _, generator = generators[family]
    page = open_site(export(generator, tmp_path / "site", seed=5), "?play=0&canvas=one")
    (expected,) = next(iter(sample_seeds(generator, [5], label=None, truncation=1.0)))
    close(pixels(page), expected)
    (expected,) = next(iter(sample_seeds(generator, [9], label=None, truncation=0.5)))
    close(pixels(page, seed=9, truncation=0.5), expected)
    assert np.abs(pixels(page, 0.06, seed=9).astype(int) - expected).max() > 20


def test_a_canvas_fills_the_window(generators, open_site, tmp_path, runtime):
    """The cells of the drawing are in the middle, in the order of `gan sample`, others around them."""
    _, generator = generators["field"]
    family, config = generator.family, generator.family.config
    page = open_site(export(generator, tmp_path / "site", seed=5))
    found = pixels(page)
    assert found.shape == (16, 24, 3)  # 480 x 320: 4 x 6 cells of 4 px
    z = np.asarray(jax.random.normal(jax.random.key(5), (generator.z_dim,)))
    others = jax.random.normal(
        jax.random.wrap_key_data(jnp.array([1, 5], jnp.uint32)), (8 * config.local_dim,)
    )
    cells = np.zeros((4, 6, config.local_dim), np.float32)
    cells[:, 1:5] = z[config.global_dim :].reshape(4, 4, -1)
    cells[:, [0, 5]] = np.asarray(others).reshape(4, 2, -1)
    style, cells = family.normalized(jnp.asarray(z[: config.global_dim])[None], jnp.asarray(cells)[None])
    images = np.clip(np.asarray(jax.jit(family.canvas)(generator.params, style, cells))[0], -1, 1)
    close(found, np.rint((images + 1) * 127.5))


def test_a_path_in_w_plays(generators, open_site, tmp_path, runtime):
    _, generator = generators["stylegan2"]
    z = jax.random.normal(jax.random.key(0), (6, generator.z_dim))
    w = np.array(generator.map(z))
    w[3, 1] += 0.5  # one layer of its own
    path = LatentPath(w, "timeline", {}, 0, 2.0, True, 1.0, generator.identity)
    page = open_site(export(generator, tmp_path / "site", path=path))
    images = np.clip(np.asarray(generator.synthesize(jnp.asarray(w))), -1, 1)
    for frame in (0, 3):
        close(pixels(page, frame / 6), np.rint((images[frame] + 1) * 127.5))
    assert page.evaluate("async () => (await import('./app.js')).player.seconds") == 3.0


def test_controls_keys_and_files(generators, open_site, tmp_path, runtime):
    from playwright.sync_api import expect

    _, generator = generators["progan"]
    page = open_site(export(generator, tmp_path / "site", ink="#102030"), "")
    player = "(await import('./app.js')).player"
    page.mouse.move(20, 20)  # the panel hides after a while without
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    before = pixels(page)
    page.keyboard.press("n")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("m")
    expect(page.get_by_label("Seed")).to_have_value("1")
    assert (pixels(page) != before).any()
    assert page.evaluate(f"async () => {player}.speed") == 1.5
    page.get_by_label("Path").select_option("circle")
    page.get_by_label("Seed").fill("7")
    page.get_by_label("Seed").press("Tab")
    page.get_by_label("paper").fill("#ff8000")
    assert pixels(page)[..., 0].max() > 200
    with page.expect_download() as started:
        page.get_by_role("button", name="Save PNG").click()
    assert started.value.suggested_filename == "run-seed7.png"
    with page.expect_download() as started:
        page.keyboard.press("k")
        page.get_by_role("button", name="Record").click()
        shown = page.evaluate(f"async () => {player}.shown")
        page.wait_for_selector(f"html[data-shown]:not([data-shown='{shown}'])")
        page.get_by_role("button", name="Stop and save").click()
    with open(started.value.path(), "rb") as file:
        assert file.read(4) == b"\x1a\x45\xdf\xa3"  # EBML
    page.keyboard.press("h")
    expect(page.get_by_role("dialog")).to_contain_text("Random seed")


def test_inside_an_iframe_and_without_the_network(generators, open_site, tmp_path, runtime):
    _, generator = generators["progan"]
    site = export(generator, tmp_path / "outer" / "player", seed=3)
    (tmp_path / "outer" / "index.html").write_text(
        "<!doctype html><link rel=icon href='data:,'><iframe src='player/?play=0&panel=0&seed=4'></iframe>"
    )
    page = open_site(tmp_path / "outer", "", is_ready=False)
    frame = page.frame_locator("iframe")
    frame.locator("html[data-shown]").wait_for()
    assert frame.locator("#panel").count() == 0
    (site / "synthesize.onnx").unlink()
    with contextlib.suppress(AssertionError):
        page.reload()
    frame.locator("#message.is-bad").wait_for()
    assert "synthesize.onnx: 404" in frame.locator("#message").inner_text()
