"""Resampled paths: even steps on the same curve, with their cuts."""

import dataclasses
import json

import numpy as np
import pytest

from animate.__main__ import main
from animate.controls.config import ControlConfig
from animate.controls.controls import controlled_path, read_controls
from animate.paths import timeline
from animate.paths.path import make_path
from animate.paths.path_file import read_path, write_path
from animate.paths.resample import polyline_of, retime_path
from configs.animate import TINY
from data_prep.errors import InputError


def measure(latents):
    return 50 * latents.reshape(len(latents), -1)


def steps(latents, *, closed):
    flat = latents[:].reshape(len(latents), -1)
    return np.linalg.norm(np.diff(np.concatenate([flat, flat[:1]]) if closed else flat, axis=0), axis=1)


def uneven(latents, *, closed):
    taken = steps(latents, closed=closed)
    return taken.max() / np.median(taken)


@pytest.fixture(scope="module")
def bezier():
    """Ten seconds of 64 dimensions, which rush and stall."""
    config = dataclasses.replace(TINY["bezier"], latent_size=64, segments=5, frames=300)
    return make_path("bezier", config, seed=0)


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("layers", [0, 2])
def test_resampling_gives_as_many_even_steps_on_the_curve(bezier, closed, layers):
    latents = np.repeat(bezier.latents[:, None], layers, axis=1) if layers else bezier.latents
    drawn = dataclasses.replace(bezier, latents=latents, closed=closed)
    made, even, times = retime_path(drawn, measure)
    assert (made.latents.shape, made.closed, made.space) == (latents.shape, closed, drawn.space)
    assert uneven(latents, closed=closed) > 1.6
    assert uneven(made.latents, closed=closed) <= 1.05  # the seam as well
    assert even.after <= 1.05 < 1.6 < even.before
    np.testing.assert_array_equal(made.latents[:1], latents[:1])
    if not closed:
        np.testing.assert_array_equal(made.latents[-1:], latents[-1:])
    on = times * (300 if closed else 299)
    start = np.minimum(on.astype(int), 299)
    nearest = np.minimum(
        *(
            np.linalg.norm((made.latents[:] - latents[i % 300]).reshape(300, -1), axis=1)
            for i in (start, start + 1)
        )
    )
    assert (nearest <= steps(latents, closed=True)[start] / 2 + 1e-4).all()  # straight between neighbours
    assert made.digest() == retime_path(drawn, measure)[0].digest()
    assert made.config["constant_speed"] is True


def test_cuts_are_preserved_without_frames_between(bezier):
    """Three paths joined without a fade, the second ten times as swift."""
    swift = 3 + timeline.retime(bezier.latents, 30, closed=True)
    far = bezier.latents[:170] - 3
    drawn = dataclasses.replace(bezier, latents=np.concatenate([bezier.latents, swift, far]), closed=False)
    line = polyline_of(drawn)
    np.testing.assert_allclose(line.cuts * len(line.steps), [299, 299 + 29])
    made, even, _ = retime_path(drawn, measure)
    np.testing.assert_array_equal(made.cuts, np.sort(np.argsort(steps(made.latents, closed=False))[-2:]))
    taken = steps(made.latents, closed=False)
    cut = np.sort(np.argsort(taken)[-2:])
    rest = np.delete(taken, cut)
    assert taken[cut].min() > 10 * np.median(taken)
    assert rest.max() / np.median(rest) <= 1.15
    assert even.after <= 1.15
    middles = made.latents[:].mean(axis=1)  # -3, 0 and 3, give or take
    assert [len(part) for part in np.split(middles, cut + 1)][1] > 150  # as much time as its way takes
    for part, middle in zip(np.split(middles, cut + 1), (0, 3, -3), strict=True):
        assert (np.abs(part - middle) < 1).all()


@pytest.mark.parametrize("style", ["phase", "zigzag", "keyframes", "noise-loop"])
def test_smooth_paths_corners_and_seams_have_no_cuts(style):
    drawn = make_path(style, TINY[style], seed=1)
    assert len(polyline_of(drawn).steps) == 24
    np.testing.assert_allclose(polyline_of(drawn).times(np.array([0.0, 0.5, 1.0])), [0, 0.5, 1])
    np.testing.assert_array_equal(polyline_of(drawn)(np.array([0.25, 1.0])), drawn.latents[[6, 0]])


def test_controls_are_applied_at_the_original_times(new_generator):
    """Where the drawn is half way, so is the truncation."""
    generator = new_generator(layers=2)
    half = np.concatenate([np.linspace(0, 1, 31) ** 2, np.ones(3)])[:, None] * np.ones(6)
    drawn = dataclasses.replace(
        make_path("circle", TINY["circle"], seed=0), latents=half.astype(np.float32) + 1, closed=False
    )
    controls = read_controls(ControlConfig(truncation=(0.5, 1.0)), generator)
    made, _, times = retime_path(drawn, measure)
    w = controlled_path(made, controls, u=times).latents[:]
    plain = controlled_path(drawn, controls).latents[:]
    for frame in (0, 8, 17, 33):
        here = np.argmin(np.abs(times - times[frame]))
        nearest = np.argmin(np.abs(np.arange(34) / 33 - times[here]))
        np.testing.assert_allclose(w[here], plain[nearest], atol=0.05)


def test_render_and_timeline_path_evenly(tmp_path, monkeypatch, new_generator, capsys):
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: new_generator(layers=4))
    drawn, again, line = (tmp_path / name for name in ("curve.npz", "again.npz", "line.json"))
    write_path(drawn, make_path("bezier", dataclasses.replace(TINY["bezier"], frames=60), seed=0))
    parts = [{"path": "curve.npz"}, {"style": "circle", "seconds": 1, "fade_sec": 0.5}]
    line.write_text(json.dumps({"close_sec": 0.5, "parts": parts}))
    for command, controls in (
        (["render", str(drawn)], []),
        (["timeline", str(line)], ["--truncation", "0.5", "1"]),
    ):
        words = [*command, "run", *controls, "--constant-speed", "--overwrite", "--save-path", str(again)]
        saved = []
        for name in ("a.gif", "b.gif"):
            assert main([*words, "--out", str(tmp_path / name)]) == 0
            saved.append(again.read_bytes())
        printed = capsys.readouterr().err
        assert "constant speed: largest step" in printed
        assert float(printed.split("median, ")[1].split()[0]) <= 1.15
        made = read_path(again)
        assert (len(made.latents), made.closed) == (60, True)
        assert saved[0] == saved[1]
        assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    with pytest.raises(InputError, match="--constant-speed: random is not a curve"):
        retime_path(make_path("random", TINY["random"], seed=0), measure)
    write_path(drawn, make_path("random", TINY["random"], seed=0))
    nested = ["timeline", str(line), "run", "--out", str(tmp_path / "n.gif"), "--save-path", str(again)]
    line.write_text(json.dumps({"parts": [{"path": "curve.npz"}]}))
    assert main([*nested, "--overwrite"]) == 0
    for part in ({"style": "random", "seconds": 1}, {"path": "curve.npz"}, {"path": "again.npz"}):
        line.write_text(json.dumps({"parts": [{"style": "circle", "seconds": 1}, part]}))
        assert main(["timeline", str(line), "run", "--constant-speed", "--out", str(tmp_path / "c.gif")]) == 2
        assert "random is not a curve" in capsys.readouterr().err


@pytest.mark.parametrize("cuts", [(149,), (99, 100), (149, 299)])
def test_recorded_cuts_are_preserved_however_short(bezier, cuts):
    """Nothing is guessed: places that are hardly apart, one frame between two cuts, and the seam."""
    drawn = dataclasses.replace(bezier, cuts=cuts)
    np.testing.assert_array_equal(np.setdiff1d(np.arange(300), polyline_of(drawn).steps), cuts)
    made, even, times = retime_path(drawn, measure)
    assert even.after <= 1.15
    left_out = np.array(cuts)
    on = times * 300
    for cut in left_out:
        assert not ((on > cut + 1e-6) & (on < cut + 1 - 1e-6)).any()  # no frame lies between
    assert (299 in made.cuts) == (299 in cuts)
    assert len(made.cuts) == (1 if cuts == (99, 100) else len(cuts))
    with pytest.raises(InputError, match="cut after every frame"):
        retime_path(dataclasses.replace(bezier, cuts=tuple(range(300))), measure)
