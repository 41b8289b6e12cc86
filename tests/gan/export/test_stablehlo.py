"""Exported generators, run by JAX and safetensors alone: the pictures of the generator they came from."""

import dataclasses
import json
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export
from safetensors.numpy import load_file

from gan.__main__ import main
from gan.config import FieldConfig, Stylegan2Config
from gan.families import build
from gan.sample import load_generator, save_generator
from tests.slow_cases import slow

OTHER_PROGRAM = """
import sys
import numpy as np
from jax import export
from safetensors.numpy import load_file

folder, latents, out = sys.argv[1:]
given = np.load(latents)
load = lambda name: (export.deserialize(open(f"{folder}/{name}.stablehlo", "rb").read()),
                     load_file(f"{folder}/{name}.safetensors"))
(map, map_weights), (synthesize, weights) = load("map"), load("synthesize")
found = {}
for n in (1, 3):
    labels = [given["labels"][:n]] if "labels" in given else []
    w = map.call(map_weights, given["z"][:n], *labels, np.float32(0.7))
    found[f"w{n}"], found[f"images{n}"] = w, synthesize.call(weights, w)
np.savez(out, **found)
"""
ALONE = 'assert not {"gan", "flax", "data_prep"} & set(sys.modules)'


@pytest.mark.parametrize("family", ["progan", *slow("stylegan2", "field")])
def test_another_program_makes_the_same_pictures(tiny, tmp_path, capsys, monkeypatch, family):
    classes = ("a", "b") if family == "stylegan2" else ()
    config = dataclasses.replace(tiny, family=family, conditional=bool(classes))
    if classes:
        network = Stylegan2Config(z_dim=16, w_dim=12, channel_base=64, channel_max=8, minibatch_group=4)
        config = dataclasses.replace(config, network=network)
    elif family == "field":
        network = FieldConfig(
            cell_px=4, global_dim=4, local_dim=2, trunk_layers=0, channel_base=64, channel_max=8
        )
        config = dataclasses.replace(config, network=network)
    built = build(config, (8, 16, 3), num_classes=len(classes))
    params = jax.jit(built.init_generator)(jax.random.key(1))
    params = jax.tree.map(lambda a: a + 0.1, params)  # noise of some strength, a mean w away from zero
    save_generator(tmp_path, params, config=config, shape=(8, 16, 3), nimg=0, class_names=classes)
    out = tmp_path / "exported"
    assert main(["export", str(tmp_path), "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith(f"{out}/map.stablehlo  ")
    given = {"z": np.random.default_rng(0).normal(size=(3, built.z_dim)).astype(np.float32)}
    given |= {"labels": np.array([1, 0, 1], np.int32)} if classes else {}
    np.savez(tmp_path / "given.npz", **given)
    words = ["-c", str(out), str(tmp_path / "given.npz"), str(tmp_path / "found.npz")]
    if classes:
        words = [sys.executable, "-I", "-c", OTHER_PROGRAM + ALONE, *words[1:]]
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    else:
        monkeypatch.setattr(sys, "argv", words)
        exec(OTHER_PROGRAM, {})
    found, generator = np.load(tmp_path / "found.npz"), load_generator(tmp_path)
    for n in (1, 3):
        labels = jnp.asarray(given["labels"][:n]) if classes else None
        w = generator.map(jnp.asarray(given["z"][:n]), labels=labels, truncation=0.7)
        np.testing.assert_allclose(found[f"w{n}"], w, atol=1e-5)
        np.testing.assert_allclose(found[f"images{n}"], generator.synthesize(w), atol=1e-4)
    described = json.loads((out / "export.json").read_text())
    for program in ("map", "synthesize"):
        exported = export.deserialize((out / f"{program}.stablehlo").read_bytes())
        assert list(exported.platforms) == described["platforms"] == ["cpu", "cuda"]
    assert described["classes"] == list(classes)
    weights = []
    for function in described["functions"].values():
        named = [a["name"].removeprefix("weights/") for a in function["arguments"] if "/" in a["name"]]
        assert named == sorted(load_file(out / function["weights"]))
        weights += named
    assert len(weights) == len(set(weights)) == len(jax.tree.leaves(params))  # each array is in one file


def test_an_export_is_not_overwritten_unasked(tiny, tmp_path, capsys):
    family = build(tiny, (4, 4, 1))
    for seed in (0, 1):
        params = jax.jit(family.init_generator)(jax.random.key(seed))
        save_generator(tmp_path / str(seed), params, config=tiny, shape=(4, 4, 1), nimg=0)
    out = str(tmp_path / "out")
    assert main(["export", str(tmp_path / "0"), "--out", out]) == 0
    assert main(["export", str(tmp_path / "0"), "--out", out]) == 0
    assert "already done" in capsys.readouterr().out
    assert main(["export", str(tmp_path / "1"), "--out", out]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "1"), "--out", out, "--overwrite"]) == 0
    assert main(["export", str(tmp_path), "--out", str(tmp_path / "none")]) == 2
    assert "holds no generator" in capsys.readouterr().err
