"""Whole runs as real processes: killed, resumed, split over processes; and what stops them."""

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import pytest

from configs.gan import CONFIGS
from data_prep.errors import WorkError
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record, write_dataset
from gan.__main__ import main
from gan.auto import resolve
from gan.compiled_steps import Dispatcher
from gan.config import replace
from gan.data.reals import RecordReals, open_reals
from gan.families import build
from gan.loop import train
from gan.monitoring.run_monitor import RunMonitor
from gan.monitoring.watchdog import Collapse
from gan.recipes import build_recipe
from gan.runs.checkpoint import Checkpoints
from gan.runs.log import read_log
from gan.runs.run_folder import locked, saved_config
from gan.sharding import make_mesh
from gan.state import abstract_state, make_state
from tests.gan.conftest import strokes
from tests.gan.recipes.linear_regression import recipe_for

TOTAL_NIMG = 128
FLAGS = ["--total-nimg", str(TOTAL_NIMG), "--snapshot-nimg", "64", "--checkpoint-nimg", "16"]
FLAGS += ["--metric-images", "0"]
FLAGS += ["--loss", "relativistic", "--r2-gamma", "same"]
FLAGS += ["--r1-gamma-final", "0.1", "--learning-rate-final", "5e-4", "--ema-halflife-nimg-final", "16"]
FLAGS += ["--beta2", "0.9", "--beta2-final", "0.99", "--schedule-nimg", str(TOTAL_NIMG)]


def command(tiles: Path, run: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "gan",
        "train",
        "tiny",
        "--data",
        str(tiles),
        "--run",
        str(run),
        *FLAGS,
        *more,
    ]


@pytest.fixture(scope="module")
def tiles(small_tiles):
    return small_tiles


@pytest.fixture(scope="module")
def one_device():
    """Environment of a process with one CPU device; the tests' compile cache makes restarts quick."""
    return os.environ | {"XLA_FLAGS": os.environ["XLA_FLAGS"].replace("device_count=8", "device_count=1")}


def start(words: list[str], environment: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(words: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)


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
def uninterrupted(tiles, tmp_path_factory, one_device):
    run = tmp_path_factory.mktemp("runs") / "whole"
    done = finish(command(tiles, run), one_device)
    assert done.returncode == 0, done.stderr
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
def test_killed_at_random_moments_and_during_saves_and_snapshots(
    tiles, tmp_path, one_device, uninterrupted, moments
):
    """kill -9, again and again; each time the run is cut short, and in the end the bits are the same."""
    run, delays, left = tmp_path / "killed", random.Random(1), moments.split()
    checkpoints = run / "checkpoints"
    while left:
        moment = left.pop(0)
        process = start(command(tiles, run), one_device)
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
    done = finish(command(tiles, run), one_device)
    assert done.returncode == 0, done.stderr
    assert_same_training(run, uninterrupted)
    lines = [line for line in read_log(run) if line["kind"] != "note"]
    whole = [line for line in read_log(uninterrupted) if line["kind"] != "note"]
    assert [(x["kind"], x["nimg"]) for x in lines] == [(x["kind"], x["nimg"]) for x in whole]


def _unfinished(checkpoints: Path) -> list[Path]:
    """Folders that Orbax has begun and no manifest vouches for."""
    entries = list(checkpoints.glob("*")) if checkpoints.is_dir() else []
    manifests = {p.name.removesuffix(".crc.json") for p in entries if p.name.endswith(".crc.json")}
    return [p for p in entries if p.is_dir() and p.name not in manifests]


@pytest.mark.parametrize("signum", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM])
def test_a_signal_saves_and_leaves(tiles, tmp_path, one_device, uninterrupted, signum):
    run = tmp_path / "stopped"
    process = start(command(tiles, run, "--checkpoint-nimg", "100000", "--tick-nimg", "16"), one_device)
    while process.poll() is None and not any(line["kind"] == "tick" for line in _log(run)):
        time.sleep(0.02)
    process.send_signal(signum)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert "run the same command again" in told
    assert list((run / "checkpoints").glob("*.crc.json"))
    again = finish(command(tiles, run, "--iterations-per-dispatch", "4"), one_device)  # no bit depends on it
    assert again.returncode == 0, again.stderr
    assert "checkpoint_nimg: 100000 -> 16" in again.stderr
    assert_same_training(run, uninterrupted)


def _log(run: Path) -> list[dict]:
    return read_log(run) if (run / "log.jsonl").exists() else []


@pytest.mark.slow  # a whole run of calls of four; the second half of one follows a signal, above
def test_on_cpu_iterations_per_dispatch_do_not_change_a_bit(tiles, tmp_path, one_device, uninterrupted):
    run = tmp_path / "run"
    done = finish(command(tiles, run, "--iterations-per-dispatch", "4"), one_device)
    assert done.returncode == 0, done.stderr
    assert_same_training(run, uninterrupted)


@pytest.mark.slow
def test_a_finished_run_is_done_and_goes_on_when_made_longer(tiles, tmp_path, one_device, uninterrupted):
    done = finish(command(tiles, uninterrupted), one_device)
    assert done.returncode == 0
    assert f"already done: {TOTAL_NIMG} images" in done.stderr
    short, long = tmp_path / "short", ["--total-nimg", "144"]
    assert finish(command(tiles, short, "--total-nimg", "64"), one_device).returncode == 0
    assert finish(command(tiles, short), one_device).returncode == 0
    a, b = last_state(short)[0], last_state(uninterrupted)[0]
    assert all((x == y).all() for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))
    assert finish(command(tiles, short, *long), one_device).returncode == 0
    assert last_state(short)[1] == 144


@pytest.mark.slow  # the same of another recipe, by functions: recipes/test_recipe.py
def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tiles, tmp_path, capsys):
    run = tmp_path / "run"
    flags = ["--total-nimg", "16", "--checkpoint-nimg", "16", "--metric-images", "0", "--r1-interval", "1"]
    words = ["train", "tiny", "--data", str(tiles), "--run", str(run), *flags]
    assert main(words) == 0
    good = sorted(p.name for p in (run / "checkpoints").iterdir())
    assert main([*words, "--total-nimg", "128", "--learning-rate", "1e30"]) == 1
    told = capsys.readouterr().err
    assert "no longer finite" in told
    assert "--learning-rate" in told
    assert sorted(p.name for p in (run / "checkpoints").iterdir()) == good


def test_a_full_disk_is_told(tiles, tmp_path, one_device):
    """A file-size limit stands in for a disk without space."""
    run = tmp_path / "run"
    limited = ["bash", "-c", 'ulimit -f 40; exec "$@"', "bash", *command(tiles, run)]
    done = finish(limited, one_device)
    assert done.returncode == 1
    last_line = done.stderr.strip().splitlines()[-1]
    assert "could not be written" in last_line or "File too large" in last_line
    assert not list((run / "checkpoints").glob("*.crc.json"))


@pytest.mark.slow
def test_calls_of_several_iterations_cover_the_same_images(tiny, tiles):
    """Alignment, R1 and a short last call: 10 iterations in calls of 4 equal 10 calls of one, to rounding."""
    config = dataclasses.replace(tiny, total_nimg=80)
    reals, mesh = open_reals(Dataset(tiles), config), make_mesh(devices=jax.devices()[:1])
    recipe = build_recipe(config, reals.image_shape)
    results = []
    for per_call, first in [(1, 0), (4, 16)]:  # the second goes on off a call's boundary
        dispatch = Dispatcher(recipe, mesh, per_call=per_call).ready()
        state, nimg, stops = make_state(recipe, mesh), 0, []
        if first:
            single = Dispatcher(recipe, mesh, per_call=1).ready()
            draw = reals.open(mesh, batch_size=8, seed=config.seed, nimg=0)
            while nimg < first:
                state, _, nimg = single(state, draw, nimg)
        draw = reals.open(mesh, batch_size=8, seed=config.seed, nimg=nimg)
        penalties = 0.0
        while nimg < 80:
            state, metrics, nimg = dispatch(state, draw, nimg)
            penalties += float(metrics["lazy_discriminator"])
            stops.append(nimg)
        results.append((jax.device_get(state.average), stops, penalties))
    assert results[0][1] == list(range(8, 88, 8))
    assert results[1][1] == [24, 32, 64, 72, 80]
    assert (results[0][2], results[1][2]) == (3, 2)  # at iterations 0, 4, 8
    for x, y in zip(jax.tree.leaves(results[0][0]), jax.tree.leaves(results[1][0]), strict=True):
        assert np.linalg.norm(x - y) <= 1e-2 * np.linalg.norm(x) + 1e-3


def test_a_second_training_in_one_folder_is_refused(tiles, tmp_path, capsys):
    run = tmp_path / "run"
    with locked(run):
        assert main(["train", "tiny", "--data", str(tiles), "--run", str(run)]) == 2
    assert "another process is training in" in capsys.readouterr().err


def test_presets_build(tiles):
    """Every checked-in config passes its own checks and builds networks."""
    from gan import config as configuration

    for name, config in CONFIGS.items():
        assert config.preset == name
        configuration.check(config)
        shape = (config.resolution or 16, config.resolution or 16, config.channels or 1)
        configuration.check_shape(config, shape)
        family = build(resolve(config, shape, devices=1)[0], shape)
        shapes = jax.eval_shape(family.init_generator, jax.random.key(0))
        assert jax.tree.leaves(shapes)


def test_metrics_are_logged(tiles, tmp_path):
    run = tmp_path / "run"
    words = [
        "train",
        "tiny",
        "--data",
        str(tiles),
        "--run",
        str(run),
        "--total-nimg",
        "64",
        "--metric-images",
        "32",
    ]
    assert main(words) == 0
    snapshots = [line for line in read_log(run) if line["kind"] == "snapshot"]
    assert [line["nimg"] for line in snapshots] == [0, 64]
    assert all(line["distance"] > line["floor"] > 0 for line in snapshots)
    tick = next(line for line in read_log(run) if line["kind"] == "tick")
    assert {"loss_d", "loss_g", "penalty_r1", "images_per_sec"} <= set(tick)


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
def test_a_run_goes_on_with_other_devices(tiles, tmp_path, one_device):
    """Begun on eight devices, finished on one: the same records, keys and statistics, values to rounding."""
    eight = one_device | {"XLA_FLAGS": os.environ["XLA_FLAGS"]}
    flags = ["--augment", "bgc", "--augment-speed-nimg", "200", "--augment-target", "-1"]
    flags += ["--augment-interval", "1", "--checkpoint-nimg", "8"]
    runs = {"whole": [("48", one_device)], "moved": [("24", eight), ("48", one_device)]}
    for name, parts in runs.items():
        for total, environment in parts:
            words = command(tiles, tmp_path / name, *flags, "--total-nimg", total)
            words[words.index("tiny")] = "stylegan2-tiny"
            done = finish(words, environment)
            assert done.returncode == 0, done.stderr
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


# A collapse: the linear regression stands for a recipe, and decisions are given.


@pytest.fixture
def regression(tiles, monkeypatch):
    """Trains a linear regression to 256 images with a decision at given (rewinds, nimg) -> good nimg."""
    reals = RecordReals(Dataset(tiles))

    def run(folder, decisions=(), *, on_collapse="rewind", total_nimg=256, rewinds=0):
        def find(monitor, stop):
            good = dict(decisions).get((monitor.recipe.rewinds, monitor._shown))
            return None if good is None else Collapse("copies", good)

        monkeypatch.setattr(RunMonitor, "find_collapse", find)
        recipe = recipe_for(reals.image_shape, total_nimg=total_nimg)
        fields = {"snapshot_nimg": 64, "checkpoint_nimg": 64, "keep_latest": 9, "on_collapse": on_collapse}
        recipe = dataclasses.replace(recipe, config=replace(recipe.config, **fields), rewinds=rewinds)
        folder.mkdir(exist_ok=True)
        mesh = make_mesh(devices=jax.devices()[:1])
        assert train(recipe, reals, folder, mesh=mesh) == total_nimg
        with Checkpoints(folder, keep_latest=9, keep_every_nimg=0) as checkpoints:
            state, _, _ = checkpoints.restore(abstract_state(recipe, mesh))
        return jax.device_get(state.weights), checkpoints.finished()

    return run


def notes_of(run: Path) -> list[str]:
    return [line["message"] for line in read_log(run) if line["kind"] == "note"]


@pytest.mark.parametrize("good", [128, 0])
def test_a_rewind_goes_on_from_the_good_checkpoint_with_the_remedy(regression, tmp_path, good):
    weights, kept = regression(tmp_path / "rewound", {(0, 192): good})
    if good:
        regression(tmp_path / "by-hand", total_nimg=good)
    expected, _ = regression(tmp_path / "by-hand", rewinds=1)
    jax.tree.map(np.testing.assert_array_equal, weights, expected)
    (saved,) = json.loads((tmp_path / "rewound" / "rewinds.json").read_text())["rewinds"]
    assert saved == {"from_nimg": 192, "to_nimg": good, "reason": "copies"}
    assert f"rewind 1 from nimg 192 to nimg {good}: copies" in notes_of(tmp_path / "rewound")
    lines = [line["nimg"] for line in read_log(tmp_path / "rewound") if line["kind"] == "snapshot"]
    assert lines == [0, 64, 128, 192, 256]
    assert kept == set(range(64, 257, 64))


def test_a_rewind_that_is_killed_has_the_same_bits(regression, tmp_path, monkeypatch):
    expected, _ = regression(tmp_path / "whole", {(0, 192): 128})
    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "discard_after", lambda self, nimg: (_ for _ in ()).throw(OSError))
        with pytest.raises(OSError):  # noqa: PT011
            regression(tmp_path / "killed", {(0, 192): 128})
    weights, _ = regression(tmp_path / "killed", {(0, 192): 128})
    jax.tree.map(np.testing.assert_array_equal, weights, expected)
    rewinds = [tmp_path / run / "rewinds.json" for run in ("whole", "killed")]
    assert rewinds[0].read_text() == rewinds[1].read_text()


def test_a_run_that_collapses_after_three_rewinds_stops(regression, tmp_path):
    decisions = {(count, 192): 128 for count in range(4)}
    with pytest.raises(WorkError, match="collapsed, and again after 3 rewinds: copies; nimg 192 is saved"):
        regression(tmp_path / "run", decisions)
    assert len(json.loads((tmp_path / "run" / "rewinds.json").read_text())["rewinds"]) == 3
    assert (tmp_path / "run" / "checkpoints" / "192.crc.json").exists()


@pytest.mark.parametrize("nimg", [192, 256])
def test_a_collapse_stops_the_run_after_a_checkpoint(regression, tmp_path, nimg):
    message = f"has collapsed: copies; nimg {nimg} is saved. In a new run, lower the learning rate"
    with pytest.raises(WorkError, match=message):
        regression(tmp_path / "run", {(0, nimg): 64}, on_collapse="stop")
    assert (tmp_path / "run" / "checkpoints" / f"{nimg}.crc.json").exists()
    assert not (tmp_path / "run" / "rewinds.json").exists()
