"""From a drawn page to playable clips and coloured drawings, tiny, by the commands a user types."""

import json

import numpy as np
import pytest
from PIL import Image

import inkloop
from configs import gan as gan_configs
from data_prep.images import read_image
from data_prep.video.codec import read_video, video_info
from gan.config import replace

SMALL = [
    "--dpi",
    "75",
    "--tile-px",
    "96",
    "--steps",
    "2",
    "--size",
    "8",
    "--preset",
    "tiny",
    "--seconds",
    "1",
]


@pytest.fixture
def quick(monkeypatch):
    """The tiny preset, a moment long and without distances."""
    short = replace(gan_configs.CONFIGS["tiny"], total_nimg=16, metric_images=0, r1_interval=1)
    monkeypatch.setitem(gan_configs.CONFIGS, "tiny", short)


@pytest.mark.slow
def test_the_demo_makes_all_outputs_and_resumes(tmp_path, quick, capsys):
    out = tmp_path / "demo"
    assert inkloop.main(["demo", "--out", str(out), *SMALL]) == 0
    printed = capsys.readouterr().out
    for name in (
        "pages",
        "tiles",
        "run/generator",
        "bezier.mp4",
        "phase.mp4",
        "samples",
        "coloured",
        "coloured.mp4",
        "summary.png",
    ):
        assert f"{out}/{name}" in printed, name
        assert (out / name).exists(), name
    clip = np.stack(list(read_video(out / "bezier.mp4")))
    assert clip.shape == (30, 32, 32, 3)
    steps = np.abs(np.diff(clip.astype(int), axis=0)).mean((1, 2, 3))
    seam = np.abs(clip[0].astype(int) - clip[-1]).mean()
    assert seam <= 2 * steps.max() + 1, "the loop jumps at its seam"
    coloured = read_image(out / "coloured" / "seed00000.png")
    assert coloured.shape == (32, 32, 3)
    assert read_image(out / "summary.png").shape[2] == 3

    times = {
        p: p.stat().st_mtime_ns
        for p in out.rglob("*")
        if p.suffix in (".mp4", ".array_record", ".safetensors")
    }
    (out / "phase.mp4").unlink()
    assert inkloop.main(["demo", "--out", str(out), *SMALL]) == 0
    assert (out / "phase.mp4").exists()
    again = {p: p.stat().st_mtime_ns for p in times}
    assert [p.name for p in times if times[p] != again[p]] == ["phase.mp4"]


@pytest.mark.slow
def test_demo_on_own_pages(tmp_path, quick, capsys):
    pages = tmp_path / "scans"
    pages.mkdir()
    rng = np.random.default_rng(0)
    page = np.full((400, 500), 250, np.uint8)
    for x, y in rng.uniform(0, 1, (40, 2)) * (500, 400):
        page[int(y) : int(y) + 4, :] = np.minimum(page[int(y) : int(y) + 4, :], 40)
        page[:, int(x) : int(x) + 4] = 40
    Image.fromarray(page).save(pages / "mine.png")
    (pages / "torn.png").write_bytes((pages / "mine.png").read_bytes()[:200])
    before = sorted(p.name for p in pages.iterdir())
    words = ["demo", "--pages", str(pages), "--out", str(tmp_path / "demo"), *SMALL]
    assert inkloop.main(words) == 1
    assert "torn.png" in capsys.readouterr().err
    assert sorted(p.name for p in pages.iterdir()) == before, "the source was touched"
    assert video_info(tmp_path / "demo" / "phase.mp4").frames == 30
    assert json.loads((tmp_path / "demo" / "tiles" / "dataset.json").read_text())["count"] > 8


def test_a_folder_of_others_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert inkloop.main(["demo", "--out", str(tmp_path), *SMALL]) == 2
    assert "files that inkloop did not write" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_step_that_cannot_start_ends_the_demo(tmp_path, capsys):
    assert inkloop.main(["demo", "--pages", str(tmp_path / "none"), "--out", str(tmp_path / "demo")]) == 2
    printed = capsys.readouterr().err.strip().splitlines()
    assert len(printed) == 1
    assert "no such folder" in printed[0]
    for words in (["--preset", "demoo"], ["--size", "63"], ["--dpi", "0"], ["--dpi", "-5"]):
        assert inkloop.main(["demo", "--out", str(tmp_path / "demo"), *words]) == 2
    assert not (tmp_path / "demo").exists()


@pytest.mark.slow
def test_a_training_that_cannot_start_ends_the_demo(tmp_path, capsys):
    assert inkloop.main(["demo", "--out", str(tmp_path / "demo"), *SMALL, "--steps", "0"]) == 2
    assert "could not start" in capsys.readouterr().err.strip().splitlines()[-1]
