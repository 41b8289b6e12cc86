"""Small datasets and configs that train in seconds."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from configs.gan.tiny import CONFIG as TINY
from gan.config import replace


def strokes(count: int, size: int, *, seed: int = 0) -> np.ndarray:
    """[N, size, size, 1] uint8: a dark diagonal stroke on white, at a random place."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    offsets = rng.uniform(-size / 2, size / 2, size=(count, 1, 1))
    ink = np.abs(x - y - offsets) < size / 10
    return np.where(ink, rng.integers(0, 60, (count, 1, 1)), 250).astype(np.uint8)[..., None]


@pytest.fixture(scope="session")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 96 tiles of 16 x 16 px, one channel."""
    return packed(strokes(96, 16), tmp_path_factory.mktemp("tiles"))


@pytest.fixture(scope="session")
def small_tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 96 tiles of 8 x 8 px, one channel: what a process of its own compiles soonest."""
    return packed(strokes(96, 8), tmp_path_factory.mktemp("small-tiles"))


def packed(images: np.ndarray, folder: Path) -> Path:
    from PIL import Image

    from data_prep.__main__ import main

    pictures = folder / "pictures"
    pictures.mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image[..., 0]).save(pictures / f"{i:03d}.png")
    assert main(["pack", str(pictures), "--out", str(folder / "data")]) == 0
    return folder / "data"


@pytest.fixture(scope="session")
def tiny():
    """The tiny preset, at 16 px and without distances: a dispatch takes milliseconds."""
    return replace(TINY, metric_images=0, compute_dtype="float32")


@pytest.fixture(scope="session")
def short_run(tiles: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A run of 16 images of `tiles`, and the command; copy it before you change anything."""
    from gan.__main__ import main

    run = tmp_path_factory.mktemp("short") / "run"
    words = ["train", "tiny", "--data", str(tiles), "--run", str(run), "--total-nimg", "16"]
    words += ["--metric-images", "0", "--r1-interval", "1"]  # one program less
    assert main(words) == 0
    return run, words


@pytest.fixture(scope="session")
def untrained_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of StyleGAN2 at 16 px as it is before its first step, its noise made to be seen."""
    import jax
    from flax.traverse_util import flatten_dict, unflatten_dict

    from configs.gan.stylegan2_tiny import CONFIG
    from gan.devices.sharding import make_mesh
    from gan.recipes import build_recipe
    from gan.runs.checkpoint import Checkpoints
    from gan.runs.run_folder import certify
    from gan.sample import save_generator
    from gan.steps.state import make_state

    shape, run = (16, 16, 1), tmp_path_factory.mktemp("untrained") / "run"
    config = dataclasses.replace(CONFIG, compute_dtype="float32")
    state = make_state(build_recipe(config, shape), make_mesh(devices=jax.devices()[:1]))
    flat = flatten_dict(state.average, sep="/")
    flat |= {name: leaf + 0.1 for name, leaf in flat.items() if name.endswith("noise_strength")}
    average = unflatten_dict(flat, sep="/")
    save_generator(run, average, config=config, shape=shape, nimg=0)
    with Checkpoints(run, keep_latest=1, keep_every_nimg=0) as checkpoints:
        checkpoints.save(state.replace(average=average), 0)
    certify(run, config, {"folder": "nowhere", "content_hash": "0", "shape": list(shape), "classes": []})
    return run


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """(snapshot, run folder made of it)."""
    from gan.__main__ import main
    from tests.gan.imports.snapshot_files import SHAPE, networks, snapshot

    folder = tmp_path_factory.mktemp("import")
    (folder / "network.pkl").write_bytes(snapshot(networks(SHAPE)))
    assert main(["import", str(folder / "network.pkl"), "--out", str(folder / "run")]) == 0
    return folder / "network.pkl", folder / "run"


@pytest.fixture(scope="session")
def frames_gan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a GAN of 8 x 8 px gray images, as it is before its first step."""
    import jax

    from gan.devices.sharding import make_mesh
    from gan.recipes import build_recipe
    from gan.runs.checkpoint import Checkpoints
    from gan.runs.run_folder import certify
    from gan.sample import save_generator
    from gan.steps.state import make_state

    shape, run = (8, 8, 1), tmp_path_factory.mktemp("frames-gan") / "gan"
    config = replace(TINY, compute_dtype="float32")
    state = make_state(build_recipe(config, shape), make_mesh(devices=jax.devices()[:1]))
    save_generator(run, state.average, config=config, shape=shape, nimg=0)
    with Checkpoints(run, keep_latest=1, keep_every_nimg=0) as checkpoints:
        checkpoints.save(state, 0)
    certify(run, config, {"folder": "nowhere", "content_hash": "0", "shape": list(shape), "classes": []})
    return run


@pytest.fixture(scope="session")
def tagged_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clip.mp4 (36 frames of a moving bar, 12 per second), tags.json, pages/, exclusions.json.

    Frames 0 to 19 belong to 1.png, 20 to 35 to 2.png; frames 4 to 6 are excluded.
    """
    from data_prep.images import write_image
    from data_prep.video.codec import write_video
    from data_prep.video.exclusions import Exclusion, write_exclusions
    from data_prep.video.frame_index import read_index
    from data_prep.video.tags import tags_from_last_frames, write_tags

    folder = tmp_path_factory.mktemp("tagged")
    x = np.arange(16)[None, :, None]
    bars = [np.where(abs(x - t % 18 + 1) < 3, 30, 220).repeat(16, 0).astype(np.uint8) for t in range(36)]
    write_video(bars, folder / "clip.mp4", fps=12, crf=0)
    corner = np.full((16, 16, 1), 255, np.uint8)
    corner[:4, 12:] = 0  # top right: a transposed page has it elsewhere
    write_image(folder / "pages" / "1.png", corner)
    write_image(folder / "pages" / "2.png", corner[::-1])
    index = read_index(folder / "clip.mp4")
    write_tags(folder / "tags.json", tags_from_last_frames([19, 35], ["1.png", "2.png"], index))
    excluded = Exclusion(4, int(index.pts[4]), 6, int(index.pts[6]), "title")
    write_exclusions(folder / "exclusions.json", {"clip.mp4": [excluded]})
    return folder


def next_frame_words(gan: Path, clip: Path, run: Path, *more: str) -> list[str]:
    """The words of a short `gan next-frame train` on `tagged_clip`."""
    words = ["next-frame", "train", str(gan), str(clip / "clip.mp4"), "--tags", str(clip / "tags.json")]
    words += [
        "--pages",
        str(clip / "pages"),
        "--exclusions",
        str(clip / "exclusions.json"),
        "--run",
        str(run),
    ]
    words += [
        "--hold-out-sec",
        "1",
        "--projection-steps",
        "4",
        "--projection-frame-steps",
        "8",
        "--width",
        "8",
    ]
    words += ["--batch-size", "8", "--total-nimg", "32", "--tick-nimg", "16", "--snapshot-nimg", "32"]
    return [*words, "--checkpoint-nimg", "16", *more]


@pytest.fixture(scope="session")
def next_frame_run(frames_gan: Path, tagged_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of recipe latent on `tagged_clip`, 32 pairs long; copy it before you change anything."""
    from gan.__main__ import main

    run = tmp_path_factory.mktemp("next-frame") / "run"
    assert main(next_frame_words(frames_gan, tagged_clip, run)) == 0
    return run


@pytest.fixture(scope="session")
def pixels_run(frames_gan: Path, tagged_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of recipe pixels."""
    from gan.__main__ import main

    run = tmp_path_factory.mktemp("next-frame-pixels") / "run"
    assert main(next_frame_words(frames_gan, tagged_clip, run, "--recipe", "pixels")) == 0
    return run
