"""`gan project` at the door: latents that animate reads, work that goes on, refusals in a line."""

import shutil

import numpy as np
import pytest
from PIL import Image

from animate.paths.path_file import read_path
from data_prep.images import read_image, to_uint8
from data_prep.video.codec import video_info, write_video
from gan import latents
from gan.__main__ import main
from gan.runs.latent_files import read_latents
from gan.sample import load_generator

QUICK = ["--steps", "6", "--clip-steps", "3", "--candidates", "20", "--window", "4", "--batch", "1"]


@pytest.fixture(scope="module")
def sources(untrained_run, tmp_path_factory):
    """Three pictures of the network, and a clip."""
    folder = tmp_path_factory.mktemp("sources")
    generator = load_generator(untrained_run)
    z = latents.from_seeds(range(6), z_dim=generator.z_dim)
    images = np.asarray(to_uint8(generator.synthesize(generator.map(z))))
    for i in range(3):
        Image.fromarray(images[i, ..., 0]).save(folder / f"p{i}.png")
    write_video(iter(images.repeat(2, 1).repeat(2, 2)), folder / "clip.mp4", fps=12)
    return folder


@pytest.fixture(scope="module")
def done(untrained_run, sources, tmp_path_factory):
    out = tmp_path_factory.mktemp("projected") / "out"
    words = [str(sources), str(sources / "clip.mp4"), "--out", str(out), *QUICK]
    words += ["--descent-video", "--compare-apart"]
    assert main(["project", str(untrained_run), *words]) == 0
    return out, ["project", str(untrained_run), *words]


@pytest.mark.slow
def test_latents_are_keyframes_and_pictures_lie_beside(done, sources, untrained_run, capsys):
    out, words = done
    w, header = read_latents(out / "latents.npz")
    generator = load_generator(untrained_run)
    assert w.shape == (3, generator.family.num_ws, generator.family.w_dim)
    assert header["space"] == "w"
    drawn = np.asarray(to_uint8(generator.synthesize(w)))
    for i in range(3):
        beside = read_image(out / f"p{i}.png", mode="gray")
        np.testing.assert_array_equal(beside[:, :16], read_image(sources / f"p{i}.png", mode="gray"))
        np.testing.assert_allclose(beside[:, 16:].astype(int), drawn[i], atol=1)
        np.testing.assert_array_equal(read_latents(out / f"p{i}.npz")[0][0], w[i])
    assert Image.open(out / "sheet.png").size == (3 * 16, 2 * 16)
    assert video_info(out / "descent-0000.mp4").frames == 6
    assert main(words) == 0
    assert capsys.readouterr().out.strip().endswith("already done")


@pytest.mark.slow
def test_a_clip_becomes_a_path(done):
    out, _ = done
    walk = read_path(out / "clip.npz")
    assert (len(walk.latents), walk.space, walk.fps) == (6, "w", 12)
    info = video_info(out / "clip.mp4")
    assert (info.width_px, info.height_px, info.frames) == (32, 16, 6)
    assert not list(out.glob("*partial*"))
    told = read_latents(out / "clip.npz")[1]["results"]
    assert set(told) == {"tied", "apart"}
    for found in told.values():
        assert len(found["frames"]["distance"]) == 6
        assert found["jitter"] > 0
    assert told["tied"]["jitter"] < told["apart"]["jitter"]


FRAMES_APART = ("clip.apart.partial.npz", 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "stops",
    [
        [("p1.npz", 1), FRAMES_APART],
        pytest.param([("p1.npz", 1), ("clip.partial.npz", 2), FRAMES_APART], marks=pytest.mark.slow),
    ],
    ids=["in images and frames", "in images, clip and frames"],
)
def test_an_interrupted_projection_goes_on_to_the_same_bits(
    done, sources, untrained_run, tmp_path, monkeypatch, stops
):
    """Frames are fitted after those of the clip, each alone."""
    out, words = done
    other = tmp_path / "other"
    again = [str(other) if word == str(out) else word for word in words]
    from gan.projection import outputs

    write, calls = outputs.write_latents, []

    def dies(path, *args, **options):
        write(path, *args, **options)
        calls.append(path.name)
        if (path.name, calls.count(path.name)) in stops:
            raise KeyboardInterrupt

    monkeypatch.setattr(outputs, "write_latents", dies)
    for _ in stops:
        assert main(again) == 130
    assert main(again) == 0
    assert calls.count("p0.npz") == 1
    assert calls.count("clip.partial.npz") == 3
    assert calls.count("clip.apart.partial.npz") == 6
    for name in ("latents.npz", "clip.npz"):
        (w, header), (same, as_before) = (read_latents(folder / name) for folder in (other, out))
        np.testing.assert_array_equal(w, same)
        assert header == as_before


@pytest.mark.slow
def test_nothing_that_is_read_is_emptied(done, untrained_run, capsys):
    out, _ = done
    words = [str(untrained_run), str(out / "p0.png"), "--out", str(out), "--overwrite"]
    assert main(["project", *words]) == 2
    assert "which --overwrite would delete" in capsys.readouterr().err
    assert (out / "p0.png").is_file()


@pytest.mark.slow
def test_a_generator_in_its_run_has_the_runs_discriminator(untrained_run, sources, tmp_path):
    words = [str(untrained_run / "generator"), str(sources / "p0.png"), "--out", str(tmp_path / "out")]
    assert main(["project", *words, *QUICK, "--noise-maps", "free", "--space", "w+"]) == 0
    with np.load(tmp_path / "out" / "p0.npz") as arrays:
        maps = {name: m.shape for name, m in arrays.items() if name.startswith("maps/")}
    assert sorted(maps.values()) == [(4, 4), (8, 8), (8, 8), (16, 16), (16, 16)]
    assert "psnr_db_in_videos" in read_latents(tmp_path / "out" / "p0.npz")[1]["results"]


def test_refusals_name_the_flag(untrained_run, sources, tmp_path, capsys):
    picture = str(sources / "p0.png")
    for words, told in [
        ([str(tmp_path / "none.png")], "no file or folder"),
        ([], "no images and no clips are named"),
        ([picture, "--steps", "0"], "--steps 0: must be at least 1"),
        ([picture, "--lpips", str(tmp_path / "none")], "no file"),
        ([picture, "--perceptual-weight", "0", "--pixel-weight", "0"], "one of them must be above 0"),
        ([picture, "--learning-rate", "nan"], "--learning-rate nan: must be a finite number"),
        ([str(sources / "clip.mp4"), "--seconds", "-1"], "--seconds -1: must be above 0"),
        ([str(sources / "clip.mp4"), "--noise-maps", "free"], "project images alone"),
    ]:
        assert main(["project", str(untrained_run), *words, "--out", str(tmp_path / "out")]) == 2
        assert told in capsys.readouterr().err
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(untrained_run / "generator", elsewhere / "generator")
    assert main(["project", str(elsewhere), picture, "--out", str(tmp_path / "out")]) == 2
    assert "holds a generator alone" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
