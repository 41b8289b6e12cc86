"""Reals: live tiles are like tiles cut before, and the same on any devices and after any resume."""

import dataclasses
from pathlib import Path

import jax
import numpy as np
import pytest

from configs.gan.tiny import CONFIG as TINY
from data_prep.__main__ import main as data_prep
from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.images.resize import resize
from data_prep.pages.adjustments import Adjustment, write_adjustments
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record, write_dataset
from examples.draw_pages import draw_pages
from gan.__main__ import main
from gan.config import LiveConfig
from gan.data.live_pages import load_pages
from gan.data.reals import LiveReals, RecordReals, open_reals
from gan.devices.sharding import make_mesh
from gan.runs.log import read_log
from tests.data_prep.conftest import drawing
from tests.slow_cases import slow

DPI = 75  # cells of 64 px
CENTERS = ((60.0, 70.0), (180.0, 70.0), (60.0, 200.0), (255.0, 200.0))  # the last one's tile leaves the page


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Two drawn pages, and the flags that cut them."""
    folder = tmp_path_factory.mktemp("scans")
    rows, cols = draw_pages(folder, count=2, dpi=DPI)
    return folder, ["--dpi", str(DPI), "--rows", str(rows), "--cols", str(cols)]


@pytest.fixture(scope="module")
def pages(scans: tuple[Path, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a dataset of kind "pages"."""
    out = tmp_path_factory.mktemp("pages") / "data"
    assert data_prep(["pack", str(scans[0]), "--pages", *scans[1], "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def specimens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages of four specimens each, as a dataset of kind "pages"."""
    folder, out = tmp_path_factory.mktemp("plates"), tmp_path_factory.mktemp("specimens") / "data"
    rng = np.random.default_rng(5)
    for name in ("1.png", "2.png"):
        write_image(folder / name, drawing(rng, 300, 280))
    write_adjustments(
        folder / "adjustments.json", {n: Adjustment((0, 0), CENTERS) for n in ("1.png", "2.png")}
    )
    assert data_prep(["pack", str(folder), "--pages", "--dpi", str(DPI), "--out", str(out)]) == 0
    return out


def live(dataset: Path, *, resolution: int = 16, **options) -> LiveReals:
    config = LiveConfig(**options)
    return LiveReals(load_pages(Dataset(dataset), config, resolution=resolution), config)


def draw(reals: LiveReals, nimg: int, count: int = 1, *, devices: int = 1, opened_at: int = 0) -> np.ndarray:
    opened = reals.open(make_mesh(devices=jax.devices()[:devices]), batch_size=8, seed=3, nimg=opened_at)
    return np.asarray(opened(nimg, count)[0])


@pytest.mark.parametrize("place", ["host", *slow("device")])
def test_a_batch_depends_on_its_first_image_alone(pages, place):
    reals = live(pages, pages_in=place)
    three = draw(reals, 16, 3)
    assert three.shape == (3, 8, 16, 16, 3)
    assert three.dtype == np.uint8
    np.testing.assert_array_equal(three[1:], draw(reals, 24, 2, opened_at=24))
    np.testing.assert_array_equal(three, draw(reals, 16, 3, devices=4))
    assert not np.array_equal(three[0], three[1])


@pytest.mark.parametrize("dataset", ["pages", "specimens"])
@pytest.mark.slow_cases("specimens")
def test_host_and_device_memory_give_the_same_tiles(dataset, request):
    folder = request.getfixturevalue(dataset)
    device, host = (draw(live(folder, pages_in=place), 8, 2).astype(int) for place in ("device", "host"))
    assert np.abs(device - host).max() <= 1


def test_several_processes_would_read_their_rows(pages, monkeypatch):
    """Host memory: process 1 of 2 cuts the second half of every batch."""
    whole = draw(live(pages, pages_in="host"), 8)[0]
    reals = live(pages, pages_in="host")
    monkeypatch.setattr("gan.data.reals.global_array", lambda local, sharding: local)
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    monkeypatch.setattr(jax, "process_index", lambda: 1)
    opened = reals.open(make_mesh(devices=jax.devices()[:1]), batch_size=8, seed=3, nimg=0)
    np.testing.assert_array_equal(np.asarray(opened(8, 1)[0])[0], whole[4:])


@pytest.fixture(scope="module")
def cut(scans, tmp_path_factory):
    """All tiles that a fine grid gives."""
    out = tmp_path_factory.mktemp("grid") / "cut"
    words = ["blob", str(scans[0]), *scans[1], "--tile-px", "64", "--size", "16", "--steps", "8"]
    assert data_prep([*words, "--out", str(out)]) == 0
    records = Dataset(out)
    return np.stack([records[i].image for i in range(len(records))]).astype(float)


@pytest.mark.parametrize(
    ("supersample", "least_power"),
    [(2, 0.9), pytest.param(4, 0.95, marks=pytest.mark.slow)],  # four times the samples, the same cut
)
@pytest.mark.slow
def test_statistics_are_those_of_tiles_cut_before(pages, cut, supersample, least_power):
    """Mean, variance, ink share and spectrum of 2,048 live tiles and all that a fine grid gives."""
    reals = live(pages, supersample=supersample)
    tiles = np.concatenate(list(reals.look(2048, seed=0))).astype(float)
    assert tiles.mean() == pytest.approx(cut.mean(), abs=3)
    assert tiles.std() == pytest.approx(cut.std(), rel=0.03)
    assert (tiles < 128).mean() == pytest.approx((cut < 128).mean(), abs=0.02)
    power = spectrum(tiles) / spectrum(cut)
    assert power.min() > least_power
    assert power.max() < 1.08


def spectrum(tiles: np.ndarray) -> np.ndarray:
    """Mean power of [N, S, S, C] in three octaves."""
    size = tiles.shape[1]
    power = (np.abs(np.fft.fft2(tiles[..., 0] - tiles.mean())) ** 2).mean(0)
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(size) * size] * 2))
    edges = [(size / 2 ** (k + 1), size / 2**k) for k in range(1, 4)]
    return np.array([power[(frequency > low) & (frequency <= high)].mean() for low, high in edges])


@pytest.mark.slow
def test_a_specimen_comes_in_its_eight_symmetries_with_paper_around(specimens):
    """Without jitter every live tile is one of 8 specimens x 8 symmetries, cut on the host."""
    reals = live(specimens, jitter=0.0, supersample=4, resolution=16)
    assert reals.pages.tile_px == 96
    dataset = Dataset(specimens)
    expected = []
    for record in (dataset[0], dataset[1]):
        page = np.pad(
            record.image, ((96, 96), (96, 96), (0, 0)), constant_values=int(np.median(record.image))
        )
        for x, y in CENTERS:
            x0, y0 = round(x) + 48, round(y) + 48
            square = page[y0 : y0 + 96, x0 : x0 + 96]
            expected += [resize(np.rot90(m, k), 16, 16) for m in (square, square[:, ::-1]) for k in range(4)]
    known = np.stack(expected).astype(int)
    tiles = np.concatenate(list(reals.look(256, seed=1))).astype(int)
    distance = np.abs(tiles[:, None] - known[None]).mean((2, 3, 4))  # [256, 64]
    assert distance.min(1).max() < 1.5
    assert len(set(distance.argmin(1).tolist())) > 55


def test_a_scanner_bed_is_covered_with_paper(tmp_path):
    """A sheet on a dark bed, its specimen near the edge: no tile shows the bed."""
    page = np.full((400, 320, 1), 30, np.uint8)
    page[30:370, 30:290] = 235
    page[60:100, 50:90] = 120
    (tmp_path / "plates").mkdir()
    write_image(tmp_path / "plates" / "1.png", page)
    write_adjustments(tmp_path / "plates" / "adjustments.json", {"1.png": Adjustment((0, 0), ((70, 80),))})
    out = tmp_path / "data"
    assert data_prep(["pack", str(tmp_path / "plates"), "--pages", "--dpi", str(DPI), "--out", str(out)]) == 0
    tiles = np.concatenate(list(live(out, jitter=0.0).look(16, seed=0)))
    assert tiles.min() > 90
    assert (tiles < 140).any()


def test_jitter_moves_specimens_a_little(specimens):
    poses = live(specimens, jitter=0.1)._host_poses(jax.random.key(0), 0, 200)
    centers = np.array(CENTERS)
    nearest = np.abs(poses.center_px[:, None] - centers[None]).max(2).min(1)
    assert 5 < nearest.max() <= 9.6 + 1e-4


@pytest.mark.slow
def test_training_on_pages_goes_on_where_it_was(pages, tmp_path, capsys):
    """Interrupted or not: the same weights, bit for bit, and one line on the pages."""
    words = ["train", "tiny", "--data", str(pages), "--resolution", "16", "--metric-images", "16"]
    assert main([*words, "--run", str(tmp_path / "a"), "--total-nimg", "64"]) == 0
    assert main([*words, "--run", str(tmp_path / "b"), "--total-nimg", "32"]) == 0
    assert main([*words, "--run", str(tmp_path / "b"), "--total-nimg", "64"]) == 0
    weights = [(tmp_path / run / "generator" / "weights.safetensors").read_bytes() for run in "ab"]
    assert weights[0] == weights[1]
    notes = [line["message"] for line in read_log(tmp_path / "a") if line["kind"] == "note"]
    assert any(
        "live tiles of 64 px, trained at 16 px, from 2 pages" in note and "device memory" in note
        for note in notes
    )
    assert (tmp_path / "a" / "samples" / "reals.png").exists()
    assert main([*words, "--run", str(tmp_path / "a"), "--total-nimg", "96", "--tile-px", "32"]) == 2
    assert "tile_px is None there, 32 requested" in capsys.readouterr().err


def test_what_does_not_fit_is_one_line(pages, tmp_path, capsys):
    words = ["train", "tiny", "--data", str(pages), "--run", str(tmp_path / "run")]
    assert main([*words, "--resolution", "16", "--tile-px", "4000"]) == 2
    assert "no tile of 4000 px fits" in capsys.readouterr().err
    assert main([*words, "--resolution", "24"]) == 2
    assert "the short side must be 4, 8, 16" in capsys.readouterr().err


def test_records_are_looked_at_without_repetition(tiles):
    reals = open_reals(Dataset(tiles), dataclasses.replace(TINY, batch_size=8))
    looked = np.concatenate(list(reals.look(96, seed=0)))
    everything = np.stack([Dataset(tiles)[i].image for i in range(96)])
    assert sorted(t.tobytes() for t in looked) == sorted(t.tobytes() for t in everything)


def test_classes_come_with_their_images(tmp_path):
    records = [Record(np.full((8, 8, 1), 40 * i, np.uint8), {"page": "p"}, label=i) for i in range(6)] * 4
    write_dataset(records, tmp_path / "data", label_names=list("abcdef"))
    dataset = Dataset(tmp_path / "data")
    reals = RecordReals(dataset, conditional=True)
    opened = reals.open(make_mesh(devices=jax.devices()[:1]), batch_size=8, seed=0, nimg=0)
    images, labels = opened(0, 3)
    np.testing.assert_array_equal(np.asarray(images)[..., 0, 0, 0] // 40, labels)
    assert RecordReals(dataset).open(make_mesh(), batch_size=8, seed=0, nimg=0)(0, 1)[1] is None


def test_a_label_is_read_once(tmp_path, monkeypatch):
    records = [Record(np.full((8, 8, 1), i, np.uint8), {"page": "p"}, label=i % 3) for i in range(12)]
    write_dataset(records, tmp_path / "data", label_names=list("abc"))
    dataset, read = Dataset(tmp_path / "data"), []
    whole = Dataset.__getitem__

    def counted(self: Dataset, i: int) -> Record:
        if self is dataset:  # threads of other tests' streams may still be reading ahead
            read.append(i)
        return whole(self, i)

    monkeypatch.setattr(Dataset, "__getitem__", counted)
    reals = RecordReals(dataset, conditional=True)
    few = reals.labels(np.arange(5), seed=1)
    assert len(read) == 5
    many = reals.labels(np.arange(30), seed=1)
    assert sorted(read) == list(range(12))
    other = reals.labels(np.arange(12), seed=2)
    assert len(read) == 12
    order = [np.random.default_rng(seed).permutation(12) for seed in (1, 2)]
    np.testing.assert_array_equal(many, np.resize(order[0], 30) % 3)
    np.testing.assert_array_equal(few, many[:5])
    np.testing.assert_array_equal(other, order[1] % 3)
    assert many.dtype == np.int32


def test_no_classes_to_train_on_is_one_line(tiles, pages):
    with pytest.raises(InputError, match="--labels subfolders"):
        RecordReals(Dataset(tiles), conditional=True)
    with pytest.raises(InputError, match="remove --conditional"):
        open_reals(Dataset(pages), dataclasses.replace(TINY, conditional=True))


def test_a_dataset_that_does_not_count_records_without_a_class_is_refused(tmp_path):
    records = [Record(np.zeros((8, 8, 1), np.uint8), {}, i % 2) for i in range(4)]
    for command, is_refused in (("pack", True), ("symmetries", True), ("doodles", False)):
        write_dataset(records, tmp_path / command, label_names=["a", "b"], settings={"command": command})
        dataset = Dataset(tmp_path / command)
        RecordReals(dataset)
        if is_refused:
            with pytest.raises(InputError, match=f"data-prep {command} --overwrite"):
                RecordReals(dataset, conditional=True)
        else:
            RecordReals(dataset, conditional=True)


@pytest.mark.parametrize("count", [0, 3])
def test_images_without_a_class_are_refused_at_the_start(tmp_path, count):
    image = np.zeros((8, 8, 1), np.uint8)
    records = [Record(image, {}, None if i < count else i % 2) for i in range(8)]
    settings = {"unlabelled": count}
    write_dataset(records, tmp_path / "d", label_names=["a", "b"], settings=settings)
    dataset = Dataset(tmp_path / "d")
    RecordReals(dataset)
    if count:
        with pytest.raises(InputError, match="3 of 8 records have no class; remove --conditional"):
            RecordReals(dataset, conditional=True)
    else:
        RecordReals(dataset, conditional=True)
