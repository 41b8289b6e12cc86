"""`inkloop doodle-gif`: from a bitmap file to a GIF, and again; killed in each of its stages."""

import signal
import time

import numpy as np
import pytest
from PIL import Image

import inkloop
from examples import doodle_gif
from tests.gan.draw.doodle_runs import doodle_images
from tests.gan.forked import Forked, devices, finished

FLAGS = ["--preset", "draw-tiny", "--total-nimg", "32", "--count", "3"]


@pytest.fixture(scope="module")
def bitmaps(tmp_path_factory):
    path = tmp_path_factory.mktemp("bitmaps") / "box.npy"
    np.save(path, doodle_images(30, size=28).reshape(30, 784))
    return path


@pytest.mark.slow
def test_one_command_makes_the_gif_and_again_finds_it(bitmaps, tmp_path, capsys):
    out = tmp_path / "box.gif"
    words = ["doodle-gif", str(bitmaps), "--out", str(out), *FLAGS]
    assert inkloop.main(words) == 0
    with Image.open(out) as gif:
        assert gif.n_frames == 3
    assert (tmp_path / "box-drawing.mp4").is_file()
    assert (tmp_path / "box-doodles" / "run" / "generator").is_dir()
    before = out.read_bytes()
    capsys.readouterr()
    assert inkloop.main(words) == 0
    assert "already done" in capsys.readouterr().err
    assert out.read_bytes() == before


@pytest.mark.slow
def test_killed_in_each_stage_it_continues_with_the_same_bits(bitmaps, tmp_path):
    """kill -9 as soon as a stage has written its first file."""

    def words(name):
        flags = ["--preset", "draw-tiny", "--total-nimg", "192", "--count", "3"]
        return [str(bitmaps), "--out", str(tmp_path / name / "box.gif"), *flags]

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    stages = (
        "box-doodles/data",
        "box-doodles/run/checkpoints/*.crc.json",
        "box-doodles/run/generator",
        "box.gif",
    )
    for begun in stages:
        process = Forked(doodle_gif.main, words("killed"), environment=devices(1))
        while process.poll() is None and not list(killed.glob(begun)):
            time.sleep(0.002)
        process.kill()
        _, said = process.communicate()
        assert process.returncode == -signal.SIGKILL, f"{begun}: it had ended: {said}"
    for name in ("killed", "whole"):
        code, said = finished(doodle_gif.main, words(name), environment=devices(1))
        assert code == 0, said
    names = ("box.gif", "box-drawing.mp4", "box-doodles/run/generator/weights.safetensors")
    names += ("box-doodles/run/samples/000000192.png",)
    for name in names:
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
    left = [str(path) for path in killed.rglob("*") if path.name.endswith((".tmp", ".part"))]
    assert left == []


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 784), np.float32), "float32"),
        (np.zeros((3, 785), np.uint8), "[3, 785]"),
        (np.zeros((0, 784), np.uint8), "its arrays are empty"),
    ],
)
def test_arrays_that_are_no_bitmaps(tmp_path, capsys, array, message):
    np.save(tmp_path / "bad.npy", array)
    assert inkloop.main(["doodle-gif", str(tmp_path / "bad.npy"), "--out", str(tmp_path / "a.gif")]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "a-doodles").exists()


def test_flags_that_do_not_fit(bitmaps, tmp_path, capsys):
    for flags, message in (
        (["--out", "a.mp4"], "must end in .gif"),
        (["--class", "cat"], "--class cat: "),
        (["--doodle", "99"], "--doodle 99: "),
        (["--preset", "tiny"], "--preset tiny: must be one of draw-tiny"),
        (["--seed-image", str(tmp_path / "none.png")], "none.png"),
    ):
        words = ["doodle-gif", str(bitmaps), "--out", str(tmp_path / "a.gif"), *flags]
        assert inkloop.main(words) == 2
        assert message in capsys.readouterr().err
