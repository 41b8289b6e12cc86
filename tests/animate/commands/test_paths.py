"""Paths without a generator, and plots of them."""

import numpy as np
import pytest

from animate import plot
from animate.__main__ import main
from animate.paths import PATHS
from animate.paths.path_file import read_path
from configs.animate import CONFIGS
from data_prep.images import read_image


@pytest.mark.parametrize("style", CONFIGS)
@pytest.mark.slow_cases("period", "bitloop")
def test_every_style_is_drawn_without_a_generator(tmp_path, style, capsys):
    out = tmp_path / "curve.npz"
    words = ["path", style, "--out", str(out), "--frames", "32", "--latent-size", "6", "--seed", "3"]
    assert main(words) == 0
    assert capsys.readouterr().out == f"{out}  32 latents of size 6\n"
    curve = read_path(out)
    assert curve.latents.shape == (32, 6)
    assert (curve.style, curve.seed, curve.generator) == (style, 3, None)
    assert curve.closed == PATHS[style][0]().closed


def test_a_style_has_its_own_flags(tmp_path, capsys):
    out = str(tmp_path / "curve.npz")
    assert main(["path", "bitloop", "--out", out, "--frames", "16", "--bits", "01"]) == 0
    moves = np.ptp(read_path(tmp_path / "curve.npz").latents, axis=0) > 0
    assert (moves == (np.arange(64) % 2 == 1)).all()
    for words, printed in (
        (["spiral"], "no style 'spiral'"),
        (["bezier", "--seed", "-1"], "--seed -1"),
        (["bezier", "--constant-speed"], "--constant-speed needs a generator"),
        (["keyframes", "--keys", "x.npz"], "x.npz: no such latent file"),
        (["bezier", "--frames", "1"], "--frames 1"),
        (["bezier", "--latent-size", "0"], "--latent-size 0"),
    ):
        assert main(["path", *words, "--out", out]) == 2
        assert printed in capsys.readouterr().err
    assert main(["path", "bezier", "--out", str(tmp_path / "curve.txt")]) == 2


@pytest.mark.parametrize(("size", "printed"), [(5, "5 charts"), (6, "a heat map of 6 ")])
@pytest.mark.slow_cases("5-5 charts")
def test_plots_have_a_chart_for_each_dimension_or_are_a_map(tmp_path, capsys, monkeypatch, size, printed):
    """The most charts are 64, which take seconds; five stand for them."""
    assert plot.MAX_CHARTS == 64
    monkeypatch.setattr(plot, "MAX_CHARTS", 5)
    curve, out = str(tmp_path / "curve.npz"), tmp_path / "curve.png"
    assert main(["path", "period", "--out", curve, "--frames", "64", "--latent-size", str(size)]) == 0
    assert main(["plot", curve, "--out", str(out)]) == 0
    assert printed in capsys.readouterr().out
    image, first = read_image(out), out.read_bytes()
    assert image.std() > 5
    assert main(["plot", curve, "--out", str(out)]) == 0
    assert out.read_bytes() == first
    assert main(["plot", curve, "--out", str(tmp_path / "curve.pdf")]) == 2


@pytest.mark.slow
def test_styles_defined_by_dimensions_have_a_plot(tmp_path, monkeypatch, new_generator):
    generator = new_generator(z_dim=2)
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: generator)
    for style in ("phase", "bezier"):
        assert main([style, "run", "--out", str(tmp_path / f"{style}.gif"), "--frames", "16"]) == 0
    drawn = tmp_path / "phase-path.png"
    assert not (tmp_path / "bezier-path.png").exists()
    curve = str(tmp_path / "curve.npz")
    assert main(["path", "phase", "--out", curve, "--frames", "16", "--latent-size", "2"]) == 0
    assert main(["render", curve, "run", "--out", str(tmp_path / "again.gif")]) == 0
    np.testing.assert_array_equal(read_image(tmp_path / "again-path.png"), read_image(drawn))


def test_files_that_hold_something_else_are_not_replaced(tmp_path, capsys):
    out, drawn = tmp_path / "curve.npz", tmp_path / "curve.png"
    words = ["path", "phase", "--out", str(out), "--frames", "16", "--latent-size", "2"]
    for flags in ([], []):  # the same again is fine
        assert main([*words, *flags]) == 0
        assert main(["plot", str(out), "--out", str(drawn)]) == 0
    stored = out.read_bytes(), drawn.read_bytes()
    assert main([*words, "--seed", "1"]) == 2
    assert f"{out} exists with other content" in capsys.readouterr().err
    assert (out.read_bytes(), drawn.read_bytes()) == stored
    assert main([*words, "--seed", "1", "--overwrite"]) == 0
    assert main(["plot", str(out), "--out", str(drawn)]) == 2
    assert f"{drawn} exists and is not a plot of this path" in capsys.readouterr().err
    assert drawn.read_bytes() == stored[1]
    assert main(["plot", str(out), "--out", str(drawn), "--overwrite"]) == 0
    out.write_text("my notes")
    drawn.write_text("my notes")
    assert main(words) == 2
    assert (out.read_text(), drawn.read_text()) == ("my notes", "my notes")
    assert main([*words, "--overwrite"]) == 0
    for command, folder in (
        (["path", "phase"], tmp_path / "d.npz"),
        (["plot", str(out)], tmp_path / "d.png"),
    ):
        folder.mkdir()
        capsys.readouterr()
        assert main([*command, "--out", str(folder), "--overwrite"]) == 2
        assert f"{folder} is a folder" in capsys.readouterr().err
