import subprocess
import sys

import numpy as np
import pytest

from animate.__main__ import main
from animate.paths.path_file import read_path
from configs.animate import CONFIGS
from data_prep.video.codec import read_video
from tests.slow_cases import slow

SHORT = ["--frames", "24", "--batch", "8"]


@pytest.fixture(autouse=True)
def runs(monkeypatch, new_generator):
    """Folders run and other stand for two trained generators."""
    made = {"run": new_generator(), "other": new_generator(seed=1), "wide": new_generator(z_dim=8)}
    made |= {"layered": new_generator(layers=4), "classes": new_generator(classes=("a", "b"))}
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: made[str(folder)])


def frames_of(out):
    return np.stack(list(read_video(out)))


SLOW_PLOTS = ("bitloop", "period")  # "phase" has one, too
STYLES = [style for style in CONFIGS if style not in SLOW_PLOTS]


@pytest.mark.parametrize("style", [*STYLES, *slow(*SLOW_PLOTS)])
def test_every_style_makes_a_video_and_a_path_of_the_same_frames(tmp_path, style, capsys):
    video, again, path = tmp_path / "a.mp4", tmp_path / "b.mp4", tmp_path / "curve.npz"
    assert (
        main([style, "run", "--out", str(video), "--save-path", str(path), "--truncation", "0.8", *SHORT])
        == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{path}  24 latents of size 6")
    assert lines[1].startswith(f"{video}  24 frames  0.8 s  24x16 px")
    assert main(["render", str(path), "run", "--out", str(again)]) == 0
    assert video.read_bytes() == again.read_bytes()
    assert read_path(path).truncation == 0.8


def test_the_seed_determines_the_video(tmp_path):
    for name, seed in [("a.gif", "1"), ("b.gif", "1"), ("c.gif", "2")]:
        assert main(["bezier", "run", "--out", str(tmp_path / name), "--seed", seed, *SHORT]) == 0
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    assert (tmp_path / "a.gif").read_bytes() != (tmp_path / "c.gif").read_bytes()


def test_styles_take_their_own_flags(tmp_path):
    path = str(tmp_path / "curve.npz")
    words = ["zigzag", "run", "--out", str(tmp_path / "a.gif"), "--save-path", path]
    assert main([*words, "--segments", "3", "--frames-per-segment", "4", "--open", "--fps", "10"]) == 0
    curve = read_path(path := tmp_path / "curve.npz")
    assert (len(curve.latents), curve.closed, curve.fps) == (9, False, 10.0)
    assert curve.config["segments"] == 3


def test_keyframes_go_through_a_saved_path(tmp_path):
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    out = ["--out", str(tmp_path / "a"), "--overwrite"]
    assert main(["random", "run", *out, "--save-path", str(first), "--frames", "5"]) == 0
    words = ["keyframes", "run", *out, "--keys", str(first), "--save-path", str(second)]
    assert main([*words, "--frames-per-segment", "4"]) == 0
    np.testing.assert_allclose(read_path(second).latents[::4], read_path(first).latents, atol=2e-6)
    assert main(["keyframes", "wide", *out, "--keys", str(first)]) == 2


@pytest.mark.parametrize("style", ["bezier", *slow(*(style for style in CONFIGS if style != "bezier"))])
def test_every_style_can_be_in_w_and_rendered_from_its_file(tmp_path, style):
    video, again, path = tmp_path / "a.mp4", tmp_path / "b.mp4", tmp_path / "curve.npz"
    words = [style, "layered", "--out", str(video), "--space", "w", "--truncation", "0.5", "0.9"]
    assert main([*words, "--save-path", str(path), *SHORT]) == 0
    assert read_path(path).latents.shape == (24, 4, 6)
    assert main(["render", str(path), "layered", "--out", str(again)]) == 0
    assert video.read_bytes() == again.read_bytes()


def test_keys_layers_truncation_and_directions_from_files(tmp_path, capsys):
    out, curve, mixed = (str(tmp_path / name) for name in ("a", "curve.npz", "mixed.npz"))
    stored = ["--out", out, "--overwrite"]
    assert main(["phase", "layered", *stored, "--save-path", curve, *SHORT]) == 0
    unit = np.ones((1, 4, 6), np.float32) / 24**0.5
    header = np.frombuffer(b'{"kind": "directions"}', np.uint8)
    np.savez(tmp_path / "d.npz", directions=unit, sigma=np.ones(1), header=header)
    words = [
        "keyframes",
        "layered",
        *stored,
        "--keys",
        "5",
        f"{curve}[3]",
        f"{curve}[-1]",
        "--fine",
        "7",
    ]
    words += [
        "--coarse",
        curve,
        "--coarse-layers",
        "0",
        "--middle-layers",
        "1-2",
        "--truncation",
        "1",
        "0.5",
    ]
    words += ["--direction", f"{tmp_path / 'd.npz'}[0]", "--direction-strength", "-1", "2", *SHORT]
    assert main([*words, "--save-path", mixed]) == 0
    saved = read_path(tmp_path / "mixed.npz")
    assert (saved.latents.shape, saved.truncation) == ((24, 4, 6), 1.0)
    assert saved.config["controls"]["direction_strength"] == [-1.0, 2.0]
    assert (
        np.ptp(saved.latents[:, 3] - saved.latents[:1, 3]) > 0.1
    )  # fine stands still, but is pulled and pushed
    assert main(["render", mixed, "layered", *stored, "--coarse", curve]) == 0
    assert main(["render", mixed, "layered", *stored, "--truncation", "0.5"]) == 2
    assert "is truncated already" in capsys.readouterr().err


def test_keys_with_their_own_truncation_are_frames_of_the_video(tmp_path, capsys):
    curve, keyed = tmp_path / "curve.npz", tmp_path / "keyed.npz"
    words = ["phase", "layered", "--out", str(tmp_path / "a.gif"), "--save-path", str(curve), *SHORT]
    assert main([*words, "--truncation", "0.5"]) == 0
    words = ["keyframes", "layered", "--out", str(tmp_path / "b.gif"), "--save-path", str(keyed), *SHORT]
    words += ["--keys", f"{curve}[5]", f"{curve}[9]"]
    assert main([*words, "--truncation", "0.7"]) == 2
    assert "--truncation 0.7: a file of --keys has truncation 0.5" in capsys.readouterr().err
    assert main(words) == 0
    np.testing.assert_allclose(read_path(keyed).latents[0, 2], 0.5 * read_path(curve).latents[5], atol=2e-6)


def test_other_outputs_are_checked_before_anything_is_written(tmp_path, capsys):
    video, path, drawn = (tmp_path / name for name in ("a.gif", "curve.npz", "a-path.png"))
    words = ["phase", "run", "--out", str(video), "--save-path", str(path), *SHORT]
    assert main(words) == 0
    assert main(words) == 0  # the same again

    def stored():
        return [file.read_bytes() for file in (video, path, drawn)]

    before = stored()
    again = ["render", str(path), "run", "--out", str(tmp_path / "b.gif"), "--truncation", "0.5"]
    for refused, printed in (
        ([*again, "--save-path", str(path)], f"{path} exists with other content"),
        ([*words, "--seed", "1"], f"{drawn} exists and is not a plot of this path"),
        (
            [*words, "--seed", "1", "--out", str(tmp_path / "b.gif")],
            f"{path} exists with other content",
        ),
        (["bezier", *words[1:5], str(tmp_path / "new.npz"), *SHORT], "a.gif was made with other"),
    ):
        capsys.readouterr()
        assert main(refused) == 2
        assert printed in capsys.readouterr().err
        assert stored() == before
        assert sorted(file.name for file in tmp_path.iterdir()) == ["a-path.png", "a.gif", "curve.npz"]
    assert main([*words, "--seed", "1", "--overwrite"]) == 0
    assert all(a != b for a, b in zip(before, stored(), strict=True))


@pytest.mark.slow
def test_classes_are_drawn_by_number(tmp_path, capsys):
    frames = []
    for name, words in (("a.gif", []), ("b.gif", ["--label", "0"]), ("c.gif", ["--label", "b"])):
        assert main(["phase", "classes", "--out", str(tmp_path / name), *words, *SHORT]) == 0
        frames.append(frames_of(tmp_path / name))
    np.testing.assert_array_equal(frames[0], frames[1])
    assert not np.array_equal(frames[0], frames[2])
    assert main(["phase", "classes", "--out", str(tmp_path / "d.gif"), "--label", "2", *SHORT]) == 2
    assert "--label 2: the generator has a, b" in capsys.readouterr().err
    curve, out = str(tmp_path / "w.npz"), ["--out", str(tmp_path / "d.gif")]
    assert main(["phase", "classes", *out, "--label", "b", "--save-path", curve, *SHORT]) == 0
    keys = [
        "keyframes",
        "classes",
        *out,
        "--overwrite",
        "--label",
        "b",
        *SHORT,
        "--keys",
        f"{curve}[3]",
    ]
    assert main([*keys, f"{curve}[9]"]) == 2
    assert "--label b: a path in w has a class already; leave it out" in capsys.readouterr().err
    assert main([*keys, "7"]) == 0


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["bezier", "run", "--out", "{out}.mp4", "--frames", "1"], "--frames 1"),
        (["bezier", "run", "--out", "{out}.mp4", "--fps", "0"], "--fps 0"),
        (["bezier", "run", "--out", "{out}.mp4", "--seed", "-1"], "--seed -1"),
        (["bezier", "run", "--out", "{out}.mp4", "--truncation", "nan"], "--truncation nan"),
        (["bezier", "run", "--out", "{out}.mp4", "--batch", "0", "--frames", "9"], "--batch 0"),
        (["bezier", "run", "--out", "{out}.mp4", "--crf", "99", "--frames", "9"], "crf"),
        (["bezier", "run", "--out", "{out}.mp4", "--save-path", "{out}.txt"], "npz"),
        (["bezier", "run", "--out", "{out}.mkv"], ".mkv"),
        (["bitloop", "run", "--out", "{out}.mp4", "--bits", "2"], "--bits"),
        (["keyframes", "run", "--out", "{out}.mp4", "--keys", "4"], "--keys 4"),
        (["keyframes", "run", "--out", "{out}.mp4", "--keys", "4", "x.npz[1]"], "x.npz: no such latent file"),
        (["bezier", "run", "--out", "{out}.mp4", "--fine", "17"], "one style for the whole image"),
        (["bezier", "layered", "--out", "{out}.mp4", "--fine", "17"], "none of the generator's 4 layers"),
        (["bezier", "run", "--out", "{out}.mp4", "--direction", "x.npz[1]"], "x.npz: no such direction file"),
        (["bezier", "run", "--out", "{out}.mp4", "--label", "1"], "--label 1: the generator has no classes"),
        (["render", "{out}.npz", "run", "--out", "{out}.mp4"], "no such latent file"),
    ],
)
def test_bad_input_is_one_line_with_code_2_and_writes_nothing(tmp_path, capsys, words, printed):
    assert main([word.format(out=tmp_path / "a") for word in words]) == 2
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert error[0].startswith("inkloop animate: ")
    assert printed in error[0]
    assert list(tmp_path.iterdir()) == []


def test_help_does_not_import_jax():
    code = "import sys, animate.__main__; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
