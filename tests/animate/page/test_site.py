"""Folders of exported pages: complete, described, replaced only if they are ours, whole or absent."""

import json
import re

import numpy as np
import pytest

from animate.page import site as module
from animate.page.config import PageConfig
from animate.page.site import STATIC, export_page
from animate.paths.path import LatentPath
from data_prep.errors import InputError, WorkError

SCRIPTS = sorted(STATIC.glob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_short_and_work_offline(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("/**")
    assert text.count("\n") <= 300
    assert "innerHTML" not in text
    assert not re.search(r"https?://", text)


@pytest.mark.parametrize("family", ["field", "progan", "stylegan2"])
def test_files(generators, tmp_path, fake_runtime, family):
    run, generator = generators[family]
    found = export_page(
        generator,
        tmp_path / "site",
        config=PageConfig(seed=7, title="<Ink>"),
        name="my run",
        runtime=fake_runtime,
        source=run,
    )
    names = {file.relative_to(tmp_path / "site").as_posix() for file in found.folder.rglob("*")}
    networks = {"field": {"canvas.onnx"}, "progan": {"synthesize.onnx"}}
    expected = networks.get(family, {"synthesize.onnx", "map.onnx"})
    expected |= {
        "page.json",
        "LICENSES.txt",
        ".inkloop.json",
        "runtime",
        "runtime/ort.js",
        "runtime/ort.wasm",
    }
    assert names == expected | {file.name for file in STATIC.iterdir()}
    page = json.loads((found.folder / "page.json").read_text())
    assert (page["network"]["family"], page["start"]["seed"], page["name"]) == (family, 7, "my-run")
    assert page["generator"] == generator.identity
    assert "<title>&lt;Ink&gt;</title>" in (found.folder / "index.html").read_text()
    assert "MIT License" in (found.folder / "LICENSES.txt").read_text()
    assert [file.name for file in tmp_path.iterdir()] == ["site"]
    assert str(tmp_path) not in "".join(f.read_text() for f in found.folder.glob("*.js*"))


def test_the_same_again_changed_and_foreign(generators, tmp_path, fake_runtime):
    _, generator = generators["progan"]
    out = tmp_path / "site"

    def export(seed, *, overwrite=False):
        config = PageConfig(seed=seed)
        return export_page(
            generator, out, config=config, name="run", runtime=fake_runtime, overwrite=overwrite
        )

    assert export(0).is_new
    assert not export(0).is_new
    with pytest.raises(InputError, match=r"seed: 0 there, 1 requested.*--overwrite"):
        export(1)
    (out / "left-over").write_text("")
    assert export(1, overwrite=True).is_new
    assert not (out / "left-over").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["site"]
    out = tmp_path / "mine"
    out.mkdir()
    (out / "index.html").write_text("mine")
    with pytest.raises(InputError, match="did not write"):
        export(0, overwrite=True)
    assert (out / "index.html").read_text() == "mine"


def test_nothing_is_half_written(generators, tmp_path, fake_runtime, monkeypatch):
    _, generator = generators["progan"]

    def broken(generator, folder):
        raise OSError(28, "No space left on device")

    out = tmp_path / "site"
    export = {"config": PageConfig(), "name": "run", "runtime": fake_runtime}
    export_page(generator, out, **export)
    before = (out / "page.json").read_bytes()
    monkeypatch.setattr(module, "write_page_networks", broken)
    with pytest.raises(WorkError, match="No space left"):
        export_page(generator, out, **(export | {"config": PageConfig(seed=1)}), overwrite=True)
    assert (out / "page.json").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["site"]


def test_bad_input_writes_nothing(generators, tmp_path, fake_runtime):
    _, generator = generators["progan"]
    latents = np.zeros((4, generator.z_dim), np.float32)
    other = LatentPath(latents, "bezier", {}, 0, 30.0, True, 1.0, "another")
    export = {"config": PageConfig(), "name": "run", "runtime": fake_runtime}
    with pytest.raises(InputError, match=r"p\.npz was made for another generator"):
        export_page(generator, tmp_path / "site", **export, path=other, path_name="p.npz")
    with pytest.raises(InputError, match="inkloop export runtime"):
        export_page(generator, tmp_path / "site", **(export | {"runtime": tmp_path}))
    assert not list(tmp_path.iterdir())
