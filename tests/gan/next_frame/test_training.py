"""A training of a next-frame model: its run folder, and the files that it resumes from."""

import json

import numpy as np
import pytest

from gan.__main__ import main
from gan.next_frame.training import SOURCES, saved_next_frame, saved_sources
from gan.recipes.next_frame import WEIGHTS, read_weights
from gan.runs.log import read_log
from tests.gan.conftest import next_frame_words


def test_a_run_folder_has_the_model_its_frames_and_its_log(next_frame_run):
    assert read_weights(next_frame_run).nimg == 32
    assert read_weights(next_frame_run).step > 0
    assert len(list((next_frame_run / "latents").glob("*.npz"))) >= 2  # before and after the excluded frames
    ticks = [line for line in read_log(next_frame_run) if line["kind"] == "tick"]
    assert [tick["nimg"] for tick in ticks] == [16, 32]
    assert all(np.isfinite(tick["loss_w"]) for tick in ticks)
    assert (next_frame_run / "samples" / "000000032.png").is_file()


def test_the_config_is_stored_with_its_recipe(next_frame_run, tagged_clip):
    described = json.loads((next_frame_run / "config.json").read_text())
    assert described["recipe"] == "next-frame"
    assert described["data"]["shape"] == [8, 8, 1]
    config = saved_next_frame(next_frame_run)
    assert (config.recipe, config.hold_out_sec, config.batch_size) == ("latent", 1.0, 8)
    (source,) = saved_sources(next_frame_run)
    assert source.video == (tagged_clip / "clip.mp4").resolve()
    assert (next_frame_run / SOURCES).is_file()


def test_a_gan_takes_no_next_frame_run(next_frame_run, tagged_clip, tmp_path, capsys):
    out = str(tmp_path / "d")
    assert main(["dream", str(next_frame_run), "--out", out]) == 2
    assert "next-frame" in capsys.readouterr().err


@pytest.mark.parametrize("fixture", ["pixels_run"])
def test_pixels_trains_too(fixture, request):
    run = request.getfixturevalue(fixture)
    assert read_weights(run).nimg == 32
    assert saved_next_frame(run).recipe == "pixels"


def test_the_same_command_finds_its_work_done(next_frame_run, frames_gan, tagged_clip, capsys):
    before = (next_frame_run / WEIGHTS).read_bytes()
    assert main(next_frame_words(frames_gan, tagged_clip, next_frame_run)) == 0
    assert "already done" in capsys.readouterr().err
    assert (next_frame_run / WEIGHTS).read_bytes() == before
