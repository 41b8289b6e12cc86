"""Whole runs as real processes: killed, signalled, resumed, on a full disk, moved to other devices."""

import json
import random
import signal
import time
from pathlib import Path

import jax
import numpy as np
import pytest

from data_prep.records.writer import Record, write_dataset
from gan.__main__ import main
from gan.devices.sharding import make_mesh
from gan.recipes import build_recipe
from gan.runs.checkpoint import Checkpoints
from gan.runs.log import read_log
from gan.runs.run_folder import saved_config
from gan.steps.state import abstract_state
from tests.gan.conftest import strokes
from tests.gan.forked import Forked, devices, finished

TOTAL_NIMG = 128
FLAGS = ["--total-nimg", str(TOTAL_NIMG), "--snapshot-nimg", "64", "--checkpoint-nimg", "16"]
FLAGS += ["--metric-images", "0"]
FLAGS += ["--loss", "relativistic", "--r2-gamma", "same"]
FLAGS += ["--r1-gamma-final", "0.1", "--learning-rate-final", "5e-4", "--ema-halflife-nimg-final", "16"]
FLAGS += ["--beta2", "0.9", "--beta2-final", "0.99", "--schedule-nimg", str(TOTAL_NIMG)]


def command(tiles: Path, run: Path, *more: str) -> list[str]:
    return ["train", "tiny", "--data", str(tiles), "--run", str(run), *FLAGS, *more]


def start(words: list[str]) -> Forked:
    return Forked(main, words, environment=devices(1))


def finish(words: list[str], *, count: int = 1) -> str:
    """Train to the end on `count` devices: stderr."""
    code, said = finished(main, words, environment=devices(count))
    assert code == 0, said
    return said


@pytest.fixture(scope="module")
def tiles(small_tiles):
    return small_tiles


def last_state(run: Path):
    """The newest checkpoint's whole state, as NumPy arrays."""
    config = saved_config(run)
    mesh = make_mesh(devices=jax.devices()[:1])
    data = json.loads((run / "config.json").read_text())["data"]
    recipe = build_recipe(config, tuple(data["shape"]), num_classes=len(data["classes"]))
    checkpoints = Checkpoints(run, keep_latest=9, keep_every_nimg=0)
    state, nimg, rejected = checkpoints.restore(abstract_state(recipe, mesh))
    assert rejected == []
    return state.replace(key=jax.random.key_data(state.key)), nimg


@pytest.fixture(scope="module")
def uninterrupted(tiles, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "whole"
    finish(command(tiles, run))
    return run


def assert_same_training(run: Path, other: Path) -> None:
    (a, nimg_a), (b, nimg_b) = last_state(run), last_state(other)
    assert nimg_a == nimg_b == TOTAL_NIMG
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_array_equal(x, y)
    for name in sorted(p.name for p in (run / "samples").iterdir()):
        assert (run / "samples" / name).read_bytes() == (other / "samples" / name).read_bytes(), name


@pytest.mark.parametrize(
    "moments",
    [
        "save snapshot",
        pytest.param("save random save snapshot random", marks=pytest.mark.slow),
    ],
)
@pytest.mark.slow
def test_killed_at_random_moments_and_during_saves_and_snapshots(tiles, tmp_path, uninterrupted, moments):
    """kill -9, again and again; each time the run is cut short, and in the end the bits are the same."""
    run, delays, left = tmp_path / "killed", random.Random(1), moments.split()
    checkpoints = run / "checkpoints"
    while left:
        moment = left.pop(0)
        process = start(command(tiles, run))
        seen = {p.name for p in checkpoints.glob("*")}
        while process.poll() is None:
            new = {p.name for p in checkpoints.glob("*")} - seen
            if moment == "save" and new and _unfinished(checkpoints):
                break
            if moment == "snapshot" and (run / "samples" / "000000064.png").exists():
                break
            if moment == "random" and new:
                time.sleep(delays.uniform(0, 0.05))
                break
            time.sleep(0.002)  # a save takes ten times as long
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "it had finished: nothing was tried"
        if moment == "save" and not _unfinished(checkpoints):
            left.insert(0, "save")  # that one was done just before the kill
    finish(command(tiles, run))
    assert_same_training(run, uninterrupted)
    lines = [line for line in read_log(run) if line["kind"] != "note"]
    whole = [line for line in read_log(uninterrupted) if line["kind"] != "note"]
    assert [(x["kind"], x["nimg"]) for x in lines] == [(x["kind"], x["nimg"]) for x in whole]


def _unfinished(checkpoints: Path) -> list[Path]:
    """Folders that Orbax has begun and no manifest vouches for."""
    entries = list(checkpoints.glob("*")) if checkpoints.is_dir() else []
    manifests = {p.name.removesuffix(".crc.json") for p in entries if p.name.endswith(".crc.json")}
    return [p for p in entries if p.is_dir() and p.name not in manifests]


@pytest.mark.slow  # the same of another recipe, in the process: recipes/test_recipe.py
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_leaves(tiles, tmp_path, uninterrupted, signum):
    run = tmp_path / "stopped"
    process = start(command(tiles, run, "--checkpoint-nimg", "100000", "--tick-nimg", "16"))
    while process.poll() is None and not any(line["kind"] == "tick" for line in _log(run)):
        time.sleep(0.02)
    process.send_signal(signum)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert "run the same command again" in told
    assert list((run / "checkpoints").glob("*.crc.json"))
    again = finish(command(tiles, run, "--iterations-per-dispatch", "4"))  # no bit depends on it
    assert "checkpoint_nimg: 100000 -> 16" in again
    assert_same_training(run, uninterrupted)


def _log(run: Path) -> list[dict]:
    return read_log(run) if (run / "log.jsonl").exists() else []


@pytest.mark.slow  # a whole run of calls of four; the second half of one follows a signal, above
def test_on_cpu_iterations_per_dispatch_do_not_change_a_bit(tiles, tmp_path, uninterrupted):
    run = tmp_path / "run"
    finish(command(tiles, run, "--iterations-per-dispatch", "4"))
    assert_same_training(run, uninterrupted)


@pytest.mark.slow
def test_a_finished_run_is_done_and_goes_on_when_made_longer(tiles, tmp_path, uninterrupted):
    assert f"already done: {TOTAL_NIMG} images" in finish(command(tiles, uninterrupted))
    short, long = tmp_path / "short", ["--total-nimg", "144"]
    finish(command(tiles, short, "--total-nimg", "64"))
    finish(command(tiles, short))
    a, b = last_state(short)[0], last_state(uninterrupted)[0]
    assert all((x == y).all() for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))
    finish(command(tiles, short, *long))
    assert last_state(short)[1] == 144


def test_a_full_disk_is_told(tiles, tmp_path):
    """A file-size limit stands in for a disk without space."""
    run = tmp_path / "run"
    code, said = finished(main, command(tiles, run), environment=devices(1), file_limit_bytes=40 * 1024)
    assert code == 1
    last_line = said.strip().splitlines()[-1]
    assert "could not be written" in last_line or "File too large" in last_line
    assert not list((run / "checkpoints").glob("*.crc.json"))


@pytest.mark.slow
def test_everything_that_a_run_has_learnt_goes_on(tmp_path):
    """Styles, path lengths, augmentation and its p, classes, widths by no rule: the same bits, interrupted
    or not."""
    data = tmp_path / "classes"
    images = enumerate(strokes(96, 16))
    records = [Record(image, {"page": "p"}, label=i % 3) for i, image in images]
    write_dataset(records, data, label_names=list("abc"))
    flags = [
        "--augment",
        "bgc",
        "--augment-speed-nimg",
        "200",
        "--augment-target",
        "-1",
        "--augment-interval",
        "1",
        "--symmetries",
        "eight",
    ]
    flags += ["--metric-images", "0", "--checkpoint-nimg", "16", "--snapshot-nimg", "64"]
    flags += [
        "--conditional",
        "--generator-widths",
        "16",
        "10",
        "8",
        "--discriminator-widths",
        "12",
        "14",
        "6",
    ]
    for run, lengths in (("whole", ["48"]), ("parts", ["16", "48"])):
        for total in lengths:
            words = ["train", "stylegan2-tiny", "--data", str(data), "--run", str(tmp_path / run), *flags]
            assert main([*words, "--total-nimg", total]) == 0
    (a, nimg_a), (b, nimg_b) = last_state(tmp_path / "whole"), last_state(tmp_path / "parts")
    assert nimg_a == nimg_b == 48
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_array_equal(x, y)
    assert float(a.ada.p) > 0
    assert float(a.path_mean) > 0
    ticks = [line for line in read_log(tmp_path / "whole") if line["kind"] == "tick"]
    assert {"augment_p", "path_length", "penalty_path"} <= set(ticks[-1])


@pytest.mark.slow
def test_a_run_goes_on_with_other_devices(tiles, tmp_path):
    """Begun on eight devices, finished on one: the same records, keys and statistics, values to rounding."""
    flags = ["--augment", "bgc", "--augment-speed-nimg", "200", "--augment-target", "-1"]
    flags += ["--augment-interval", "1", "--checkpoint-nimg", "8"]
    runs = {"whole": [("48", 1)], "moved": [("24", 8), ("48", 1)]}
    for name, parts in runs.items():
        for total, count in parts:
            words = command(tiles, tmp_path / name, *flags, "--total-nimg", total)
            words[words.index("tiny")] = "stylegan2-tiny"
            finish(words, count=count)
    states = {}
    for name in runs:
        state, nimg = last_state(tmp_path / name)
        assert nimg == 48
        states[name] = state
    a, b = states["whole"], states["moved"]
    np.testing.assert_array_equal(a.key, b.key)
    np.testing.assert_allclose(a.ada.p, b.ada.p, rtol=1e-5)
    np.testing.assert_allclose(a.path_mean, b.path_mean, rtol=2e-2)
    for x, y in zip(jax.tree.leaves(a.average), jax.tree.leaves(b.average), strict=True):
        assert np.linalg.norm(x - y) <= 1e-2 * np.linalg.norm(x) + 1e-3
