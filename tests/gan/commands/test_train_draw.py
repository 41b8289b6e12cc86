"""`gan train draw`: through the common loop, resumed with the same bits, bad input in one line."""

import json

import numpy as np
import pytest

from gan.runs.log import read_log
from gan.sample import load_generator
from tests.gan.draw.doodle_runs import doodle_images, train, trained, write_doodles


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return trained(tmp_path_factory)


def lines(run):
    changing = ("images_per_sec", "input_wait", "sec")
    found = [line for line in read_log(run) if line["kind"] != "note"]
    return [{name: value for name, value in line.items() if name not in changing} for line in found]


def test_the_log_has_both_terms_in_nats_held_out_too(made):
    _, run = made
    first = next(line for line in read_log(run) if line["kind"] == "tick")
    for name in ("nats", "nats_held_out"):
        parts = first[f"{name}_reconstruction"] + first[f"{name}_kl"]
        assert first[name] == pytest.approx(parts, rel=1e-4)
    assert 20 < first["nats"] < 100
    described = json.loads((run / "config.json").read_text())
    assert described["recipe"] == "draw"
    assert described["train"]["draw"]["ink"] == "light"  # detected


def test_a_resumed_run_has_the_same_bits(made, tmp_path):
    data, whole = made
    run = tmp_path / "run"
    assert train(data, run, "--total-nimg", "16") == 0
    assert train(data, run) == 0
    assert lines(run)[-2:] == lines(whole)[-2:]
    for name in ("weights.safetensors", "config.json"):
        assert (run / "generator" / name).read_bytes() == (whole / "generator" / name).read_bytes()
    name = "000000032.png"
    assert (run / "samples" / name).read_bytes() == (whole / "samples" / name).read_bytes()


def test_a_run_is_a_generator_of_latents_of_all_glimpses(made):
    _, run = made
    generator = load_generator(run)
    assert (generator.z_dim, generator.shape, generator.nimg) == (6, (8, 8, 1), 32)
    assert load_generator(run / "generator").identity == generator.identity


@pytest.mark.slow
def test_one_doodle_and_one_class(tmp_path, capsys):
    data = write_doodles(tmp_path / "data", doodle_images(3), classes=("apple", "eye"))
    assert train(data, tmp_path / "run", "--class", "eye", "--total-nimg", "16") == 0
    ticks = [line for line in read_log(tmp_path / "run") if line["kind"] == "tick"]
    assert "nats" in ticks[-1]
    assert "nats_held_out" not in ticks[-1]  # nothing to hold out
    assert "1 doodles of class eye" in capsys.readouterr().err
    assert train(data, tmp_path / "other", "--class", "cat") == 2
    assert "--class cat: " in (said := capsys.readouterr().err)
    assert "has apple, eye" in said
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.full((4, 8, 8, 1), 9, np.uint8), "no ink"),
        (np.zeros((4, 8, 8, 3), np.uint8), "DRAW draws grey images"),
        (doodle_images(4) // 4, "4 of 4 images have no ink above half of the range; use --no-binarise"),
    ],
)
def test_images_that_are_no_doodles(tmp_path, capsys, images, message):
    assert train(write_doodles(tmp_path / "data", images), tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_run_of_another_preset_is_refused(made, short_run, capsys):
    data, _ = made
    run, _ = short_run
    assert train(data, run) == 2
    assert "was started from preset 'tiny', not 'draw-tiny'" in capsys.readouterr().err
