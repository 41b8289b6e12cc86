"""The command: a run that is killed resumes with the same bits; bad input is one line."""

import json
import signal
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from gan.__main__ import main
from gan.recipes.next_frame import WEIGHTS
from gan.runs.log import read_log
from tests.gan.conftest import next_frame_words
from tests.gan.forked import Forked, devices, finished


def lines(run):
    """Lines of the log without times."""
    changing = ("images_per_sec", "input_wait", "sec")
    return [
        {name: value for name, value in line.items() if name not in changing}
        for line in read_log(run)
        if line["kind"] != "note"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["latent", "pixels"])
def test_a_killed_run_resumes_with_the_same_bits(recipe, frames_gan, tagged_clip, tmp_path):
    more = ["--recipe", recipe, "--total-nimg", "400"]
    whole, killed = (
        next_frame_words(frames_gan, tagged_clip, tmp_path / n, *more) for n in ("whole", "killed")
    )
    code, said = finished(main, whole, environment=devices(1))
    assert code == 0, said
    process = Forked(main, killed, environment=devices(1))
    checkpoints = tmp_path / "killed" / "checkpoints"
    while process.poll() is None and not list(checkpoints.glob("*.crc.json")):
        time.sleep(0.002)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it had finished: nothing was tested"
    code, said = finished(main, killed, environment=devices(1))
    assert code == 0, said
    a, b = (load_file(tmp_path / name / WEIGHTS) for name in ("whole", "killed"))
    assert a.keys() == b.keys()
    for name, array in a.items():
        np.testing.assert_array_equal(array, b[name], err_msg=name)
    assert lines(tmp_path / "whole") == lines(tmp_path / "killed")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--fps", "0"], "--fps 0: must be above 0"),
        (["--batch-size", "7"], "--batch-size 7 cannot be split over 8 devices"),
        (["--hold-out-sec", "99"], "no two tagged frames in a row are left to train on"),
        (["--tags", "missing.json"], "missing.json"),
        (["--pages", "a", "b", "c"], "--pages: 3 for 1 videos"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_bad_input_is_one_line(more, message, frames_gan, tagged_clip, tmp_path, capsys):
    assert main(next_frame_words(frames_gan, tagged_clip, tmp_path / "run", *more)) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert message in last
    assert not (tmp_path / "run").exists()


def test_a_text_file_as_video_is_one_line(frames_gan, tagged_clip, tmp_path, capsys):
    words = next_frame_words(frames_gan, tagged_clip, tmp_path / "run")
    (tmp_path / "clip.mp4").write_text("not a video")
    words[3] = str(tmp_path / "clip.mp4")
    assert main(words) == 2
    assert "clip.mp4" in capsys.readouterr().err.splitlines()[-1]


def test_flags_that_a_resumed_run_does_not_repeat_stay(next_frame_run, frames_gan, tagged_clip, capsys):
    words = next_frame_words(frames_gan, tagged_clip, next_frame_run)
    short = words[: words.index("--hold-out-sec")]
    assert main(short) == 0
    assert "already done" in capsys.readouterr().err
    assert main([*short, "--width", "9"]) == 2
    assert "width is 8 there, 9 requested" in capsys.readouterr().err


def test_the_run_of_a_gan_is_refused(frames_gan, tagged_clip, capsys):
    assert main(next_frame_words(frames_gan, tagged_clip, frames_gan)) == 2
    assert "run of a GAN, not of a next-frame model" in capsys.readouterr().err
    assert "pixels" not in json.loads((frames_gan / "config.json").read_text())
