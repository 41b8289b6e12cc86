import dataclasses
import itertools
import re
import resource

import numpy as np
import pytest
from PIL import Image

from animate import video
from animate.config import VideoConfig
from animate.render import render
from animate.video import make_video
from data_prep import outputs
from data_prep.errors import InputError, WorkError
from data_prep.images import read_image
from data_prep.video.codec import read_metadata, read_video, video_info, write_video
from data_prep.video.export import Encoding
from fill import config as fill
from fill.palette import from_hex
from fill.video.palette import VideoPalette
from fill.video.recolor import color, track


def frames_of(generator, curve, **options):
    return np.concatenate(list(render(generator, curve.latents, **options)))


def read(out):
    return np.stack(list(read_video(out)))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_a_video_holds_every_frame_of_the_path(tmp_path, new_generator, curve, channels, suffix):
    generator = new_generator(height=64, width=96, channels=channels)
    out = tmp_path / f"curve{suffix}"
    made = make_video(generator, curve, VideoConfig(out, encoding=Encoding(crf=0)))
    frames, expected = read(out), frames_of(generator, curve, over_white=True)
    assert frames.shape == (24, 64, 96, 3)
    apart = np.abs(frames[:, None].astype(np.int16) - expected[None]).mean((2, 3, 4))
    np.testing.assert_array_equal(apart.argmin(1), np.arange(24))  # codecs lose colour, but no frame
    assert channels > 1 or apart.diagonal().max() < 1
    info = video_info(out)
    assert (info.frames, info.duration_sec) == (24, pytest.approx(24 / 30, abs=0.006))
    assert (made.frames, made.seconds, made.size_bytes) == (24, 24 / 30, out.stat().st_size)
    assert str(made).startswith(f"{out}  24 frames  0.8 s  96x64 px")
    assert [p.name for p in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize("name", ["odd.mp4", "odd.webm", "odd.gif", "odd.mov"])
def test_the_printed_size_is_that_of_the_file(tmp_path, generator, curve, monkeypatch, name):
    """Images of 15 by 23 px."""
    monkeypatch.setattr(video, "render", lambda *args, **options: [np.zeros((2, 15, 23, 1), np.uint8)] * 12)
    monkeypatch.setattr(type(generator), "resolution", (15, 23))
    made, info = make_video(generator, curve, VideoConfig(tmp_path / name)), video_info(tmp_path / name)
    assert (made.height_px, made.width_px) == (info.height_px, info.width_px)
    assert (info.height_px == 16) == (name in ("odd.mp4", "odd.webm"))


@pytest.mark.parametrize(("channels", "mode"), [(1, "gray"), (3, "rgb"), (4, "rgba")])
def test_a_folder_holds_the_very_frames(tmp_path, new_generator, curve, channels, mode):
    generator, out = new_generator(channels=channels), tmp_path / "frames"
    make_video(generator, curve, VideoConfig(out))
    files = sorted(out.glob("*.png"))
    assert [p.name for p in files] == [f"{i:06d}.png" for i in range(24)]
    back = np.stack([read_image(p, mode=mode) for p in files])
    np.testing.assert_array_equal(back, frames_of(generator, curve))


def test_kind_of_images_is_about_folders(tmp_path, new_generator, curve):
    """A file keeps its alpha whatever the images of a folder would be; jpg has none."""
    generator = new_generator(channels=4)
    for name, images in (("a.apng", "png"), ("b.apng", "jpg"), ("folder", "jpg")):
        make_video(generator, curve, VideoConfig(tmp_path / name, encoding=Encoding(images=images)))
    assert (tmp_path / "a.apng").read_bytes() == (tmp_path / "b.apng").read_bytes()
    assert Image.open(tmp_path / "b.apng").mode == "RGBA"
    assert read_image(tmp_path / "folder" / "000000.jpg").shape == (16, 24, 3)


def test_bytes_do_not_depend_on_the_batch(tmp_path, generator, curve):
    for name, batch in [("a.mp4", None), ("b.mp4", 8)]:
        make_video(generator, curve, VideoConfig(tmp_path / name, batch=batch))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_video_stores_its_settings(tmp_path, generator, curve):
    out = tmp_path / "curve.mp4"
    make_video(generator, curve, VideoConfig(out))
    output = read_metadata(out)
    assert (output["style"], output["seed"], output["generator"]) == ("bezier", 3, "fake-0-1")
    assert output["config"]["segments"] == 3


@pytest.mark.parametrize("name", ["curve.mp4", "curve.gif", "frames"])
def test_the_same_video_is_made_once_and_another_one_is_refused(
    tmp_path, generator, new_generator, curve, name, monkeypatch
):
    out = tmp_path / name
    make_video(generator, curve, VideoConfig(out))
    before = read_all(out)
    with monkeypatch.context() as patch:
        patch.setattr(video, "render", None)  # nothing may be drawn again
        assert make_video(generator, curve, VideoConfig(out)).frames == 24
    other = new_generator(seed=1)
    with pytest.raises(InputError, match="generator"):
        make_video(other, curve, VideoConfig(out))
    with pytest.raises(InputError, match="--overwrite"):
        make_video(generator, dataclasses.replace(curve, truncation=0.5), VideoConfig(out))
    assert read_all(out) == before
    make_video(other, curve, VideoConfig(out, overwrite=True))
    assert read_all(out) != before


def read_all(out):
    return {p.name: p.read_bytes() for p in sorted(out.iterdir())} if out.is_dir() else out.read_bytes()


def test_files_of_others_are_not_replaced(tmp_path, generator, curve):
    (tmp_path / "curve.mp4").write_text("my notes")
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "notes.txt").write_text("my notes")
    for name in ("curve.mp4", "frames"):
        with pytest.raises(InputError):
            make_video(generator, curve, VideoConfig(tmp_path / name))
    with pytest.raises(InputError, match="did not write"):
        make_video(generator, curve, VideoConfig(tmp_path / "frames", overwrite=True))
    assert (tmp_path / "curve.mp4").read_text() == "my notes"
    assert (tmp_path / "frames" / "notes.txt").read_text() == "my notes"


@pytest.mark.parametrize("name", ["curve.mp4", "frames"])
@pytest.mark.parametrize(
    ("changes", "options", "error"),
    [
        ({"latents": np.zeros((24, 5), np.float32)}, {}, "size 5, the generator takes 6"),
        ({"latents": np.zeros((24, 2, 6), np.float32)}, {}, "in w"),
        ({"truncation": float("nan")}, {}, "--truncation nan"),
        ({}, {"batch": 0}, "--batch 0"),
    ],
)
def test_a_failed_rendering_leaves_no_file_and_no_folder(
    tmp_path, generator, curve, name, changes, options, error
):
    with pytest.raises(InputError, match=error):
        make_video(generator, dataclasses.replace(curve, **changes), VideoConfig(tmp_path / name, **options))
    assert list(tmp_path.iterdir()) == []
    make_video(
        generator, curve, VideoConfig(tmp_path / name)
    )  # the corrected command finds nothing in its way


@pytest.mark.parametrize("name", ["a.avi", "a.mp5", "curve.npz"])
def test_an_unknown_format_is_refused(tmp_path, generator, curve, name):
    with pytest.raises(InputError, match=r"use one of \.mp4, "):
        make_video(generator, curve, VideoConfig(tmp_path / name))


def test_a_file_where_a_folder_should_be_is_refused(tmp_path, generator, curve):
    (tmp_path / "notes").write_text("my notes")
    with pytest.raises(InputError, match="notes is a file"):
        make_video(generator, curve, VideoConfig(tmp_path / "notes" / "curve.mp4"))
    (tmp_path / "curve.mp4").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        make_video(generator, curve, VideoConfig(tmp_path / "curve.mp4"))


def stop_after(count, failure):
    """A render that fails when `count` batches are drawn."""

    def failing(*args, **options):
        yield from itertools.islice(render(*args, **options), count)
        raise failure

    return failing


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), RuntimeError("out of memory")])
@pytest.mark.parametrize("name", ["curve.mp4", "curve.gif"])
def test_an_interrupted_video_leaves_no_file(tmp_path, generator, curve, monkeypatch, name, failure):
    monkeypatch.setattr(video, "render", stop_after(1, failure))
    with pytest.raises(type(failure)):
        make_video(generator, curve, VideoConfig(tmp_path / name, batch=8))
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_folder_resumes(tmp_path, generator, curve, monkeypatch):
    out = tmp_path / "frames"
    with monkeypatch.context() as patch:
        patch.setattr(video, "render", stop_after(1, KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            make_video(generator, curve, VideoConfig(out, batch=8))
    stored = {p.name: p.stat().st_mtime_ns for p in out.glob("*.png")}
    assert 0 < len(stored) <= 16
    make_video(generator, curve, VideoConfig(out))
    assert {name: (out / name).stat().st_mtime_ns for name in stored} == stored
    back = np.stack([read_image(p, mode="gray") for p in sorted(out.glob("*.png"))])
    np.testing.assert_array_equal(back, frames_of(generator, curve))


@pytest.mark.parametrize(
    ("name", "fps", "output"),
    [
        ("curve.mp4", 30, r"curve\.mp4 could not be encoded: \S"),
        ("curve.gif", 30, r"curve\.gif could not be encoded: \S"),
        ("curve.gif", 2, r"curve\.gif\.segments/\d+\.frames could not be written: \S"),  # frames are stored
        ("frames", 30, r"frames/\d+\.png could not be written: \S"),
    ],
)
def test_a_full_disk_is_reported_and_leaves_no_partial_video(
    tmp_path, new_generator, curve, name, fps, output
):
    """A file-size limit stands in for the disk."""
    noisy, curve = (
        new_generator(height=256, width=256, channels=3),
        dataclasses.replace(curve, fps=fps),
    )
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(WorkError, match=output) as printed:
            make_video(noisy, curve, VideoConfig(tmp_path / name, encoding=Encoding(crf=0)))
        assert "\n" not in str(printed.value)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [p for p in tmp_path.rglob("*") if p.is_file() and p.name != outputs.STAMP] == []


@pytest.mark.slow
def test_a_rendered_video_is_coloured(tmp_path, new_generator, curve):
    """The same as colouring the frames of the plain video, without a file between."""
    generator = new_generator(height=32, width=32)
    palette = VideoPalette("three", from_hex(["#c02030", "#2060a0", "#e0c040"]))
    config = VideoConfig(
        tmp_path / "out", fill="#c02030,#2060a0,#e0c040", fill_with=fill.VideoConfig(threshold=120)
    )
    output = str(make_video(generator, curve, config, palette=palette))
    assert re.search(
        r" % of the paper changes colour though its region persists, .* \d+ ms a frame  ", output
    )
    assert " ms a frame" not in str(make_video(generator, curve, config, palette=palette))  # it is there
    frames = frames_of(generator, curve)
    loop = dataclasses.replace(config.fill_with, loop="yes" if curve.closed else "no")
    tracking = track(lambda: iter(frames), palette.image, loop, seed=curve.seed)
    expected = list(color(lambda: iter(frames), tracking, loop))
    files = sorted((tmp_path / "out").glob("*.png"))
    np.testing.assert_array_equal([read_image(path) for path in files], expected)
    with pytest.raises(InputError, match="--overwrite"):
        make_video(generator, curve, VideoConfig(tmp_path / "out"))
    for flag, given in (
        ("--threshold", {"fill_with": fill.VideoConfig(threshold=9)}),
        ("--palette-colors", {"fill_palette": fill.PaletteConfig(palette_colors=3)}),
    ):
        with pytest.raises(InputError, match=f"{flag} requires --fill PALETTE"):
            VideoConfig(tmp_path / "out", **given).check()


@pytest.mark.slow
def test_a_rendered_video_takes_the_colours_of_another(tmp_path, new_generator, curve):
    """Each frame those of the video's frame over it, which begins again; nothing is followed."""
    generator = new_generator(height=32, width=32)
    write_video([np.full((8, 8, 3), v, np.uint8) for v in (30, 120, 200)], tmp_path / "gray.gif", fps=5)
    moving = VideoPalette("gray.gif", np.zeros((0, 0, 3), np.uint8), tmp_path / "gray.gif")
    config = VideoConfig(
        tmp_path / "out", fill="gray.gif", fill_with=fill.VideoConfig(overlay=True, threshold=9)
    )
    make_video(generator, curve, config, palette=moving)
    levels = [set(np.unique(read_image(path))) for path in sorted((tmp_path / "out").glob("*.png"))]
    assert levels == [{30}, {120}, {200}] * 8
    with pytest.raises(InputError, match="is an input"):
        make_video(generator, curve, VideoConfig(moving.video, overwrite=True), palette=moving)
