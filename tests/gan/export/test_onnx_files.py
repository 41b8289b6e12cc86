"""Exported ONNX files, run by onnxruntime; half precision where it is not seen."""

import dataclasses
import json

import numpy as np
import onnx
import onnxruntime
import pytest

from gan.export import onnx_files
from gan.export.onnx_files import export_onnx, half_error, write_page_networks
from gan.latents import from_seeds
from gan.sample import Generator, sample_seeds
from tests.gan.export.test_onnx_networks import drawn


@pytest.fixture
def generator():
    """Of family progan, with images in about [-1, 1]."""
    family, params = drawn("progan", (16, 16, 1))
    params = {
        name: {"kernel": 0.1 * layer["kernel"], "bias": 0 * layer["bias"]} if "rgb" in name else layer
        for name, layer in params.items()
    }
    return Generator(family, params, "abc", 0)


def test_another_program_makes_the_same_images(generator, tmp_path):
    files = export_onnx(generator, tmp_path).files
    assert [file.name for file in files] == ["map.onnx", "synthesize.onnx", "export.json"]
    described = json.loads(files[2].read_text())
    assert described["generator"] == generator.identity
    for network in described["networks"].values():
        model = onnxruntime.InferenceSession(tmp_path / network["file"])
        assert [value.name for value in model.get_inputs()] == [value["name"] for value in network["inputs"]]
        assert [value.shape for value in model.get_inputs()] == [
            value["shape"] for value in network["inputs"]
        ]
        assert [value.shape for value in model.get_outputs()] == [
            value["shape"] for value in network["outputs"]
        ]
    z = np.asarray(from_seeds([5, 6, 7], z_dim=generator.z_dim))
    feeds = {"z": z, "truncation": np.asarray(0.8, np.float32)}
    (w,) = onnxruntime.InferenceSession(tmp_path / "map.onnx").run(None, feeds)
    (images,) = onnxruntime.InferenceSession(tmp_path / "synthesize.onnx").run(None, {"w": w})
    found = np.clip(np.rint((images.transpose(0, 2, 3, 1) + 1) * 127.5), 0, 255)
    expected = np.concatenate(list(sample_seeds(generator, [5, 6, 7], label=None, truncation=0.8)))
    assert np.abs(found - expected.astype(int)).max() <= 1


def test_half_precision_only_where_it_is_not_seen(generator, tmp_path, monkeypatch):
    error = half_error(generator)
    assert 0 < error < onnx_files.HALF_LIMIT
    (file,), is_half, reported = write_page_networks(generator, tmp_path / "half")
    assert (is_half, reported) == (True, error)
    monkeypatch.setattr(onnx_files, "HALF_LIMIT", error)
    (exact,), is_half, _ = write_page_networks(generator, tmp_path / "single")
    assert not is_half
    assert file.stat().st_size < 0.7 * exact.stat().st_size  # of so small a network, names are a part


def test_files_of_pages(generator, tmp_path):
    for name, expected in (("field", ["canvas.onnx"]), ("stylegan2", ["synthesize.onnx", "map.onnx"])):
        family, params = drawn(name, (16, 16, 1))
        other = dataclasses.replace(generator, family=family, params=params)
        files, *_ = write_page_networks(other, tmp_path / name)
        assert [file.name for file in files] == expected
        assert onnx.load(files[0]).metadata_props[0].value == generator.identity
