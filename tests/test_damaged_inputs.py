"""Damaged files in the readers of other packages: each is read or named, the others are done, no traceback.

Those of data_prep's commands: tests/data_prep/test_bad_files.py.
"""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from data_prep.__main__ import main as data_prep_main
from data_prep.errors import InputError, WorkError
from data_prep.images import read_header, write_image
from data_prep.video import sources
from data_prep.video.codec import write_video
from fill.__main__ import main as fill_main
from gan.projection.inputs import read_all, sort_sources
from tests.data_prep.images.damaged_files import SIZE_PX, damaged, damaged_copies

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
COUNTS = [60, pytest.param(2000, marks=pytest.mark.slow)]


@pytest.fixture
def folder(tmp_path):
    """One good drawing of the size of the others."""
    page = np.full((SIZE_PX[1], SIZE_PX[0], 1), 250, np.uint8)
    page[4:16, 5] = page[4:16, 15] = page[4, 5:16] = page[15, 5:16] = 10
    write_image(tmp_path / "in" / "good.png", page)
    return tmp_path / "in"


def add_copies(folder, count: int, *, of_one_size: bool = False) -> int:
    """Write damaged copies; return how many."""
    written = 0
    for number, (suffix, data) in enumerate(damaged_copies(folder.parent, count, seed=count)):
        path = folder / f"bad{number:04d}{suffix}"
        path.write_bytes(data)
        if of_one_size and not _fits(path):
            path.unlink()
        written += path.exists()
    return written


def _fits(path) -> bool:
    try:
        header = read_header(path)
    except InputError:
        return True
    return (header.width_px, header.height_px) == SIZE_PX


def check_reports(reports: dict[str, str], count: int) -> None:
    assert count // 4 < len(reports) <= count
    for name, reason in reports.items():
        assert name in reason
        assert "remove" not in reason
        assert len(reason.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", ["blob", "spec"])
def test_fill(folder, tmp_path, capsys, command):
    add_copies(folder, 2000)
    words = [command, str(folder), "--out", str(tmp_path / "out"), "--max-megapixels", "1", "--batch", "64"]
    assert fill_main(words) == 1
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    assert printed.count("left out: ") > 500
    assert (tmp_path / "out" / "good.png").exists()


@pytest.mark.parametrize("count", COUNTS)
def test_frames_of_a_folder(folder, count):
    """As fill film, animate compose and their backgrounds read them."""
    written = add_copies(folder, count, of_one_size=True)
    sources.check_one_size(folder)
    reports: dict[str, str] = {}
    frames = list(sources.read_frames(folder, report=reports.__setitem__))
    assert len(frames) == written + 1
    assert {frame.shape for frame in frames} == {(SIZE_PX[1], SIZE_PX[0], 3)}
    check_reports(reports, written)
    assert set(sources.find_unreadable(folder)) == set(reports)


@pytest.mark.parametrize("count", COUNTS)
def test_images_to_project(folder, count):
    written = add_copies(folder, count)
    images, clips = sort_sources([folder])
    assert (len(images), clips) == (written + 1, [])
    reports: dict[str, str] = {}
    fitted = read_all(images, (8, 8, 3), report=reports.__setitem__)
    assert folder / "good.png" in fitted
    assert len(fitted) + len(reports) == written + 1
    check_reports(reports, written)


@pytest.mark.parametrize("count", COUNTS)
def test_files_of_doodles(tmp_path, capsys, count, rng):
    strokes = [[[0, 100, 255], [0, 200, 30]], [[50, 60], [10, 90]]]
    line = json.dumps({"word": "cat", "drawing": strokes}) + "\n"
    (tmp_path / "a.ndjson").write_text(3 * line)
    bitmaps = rng.integers(0, 256, (4, 784), np.uint8)
    np.save(tmp_path / "b.npy", bitmaps)
    np.savez(tmp_path / "c.npz", x_train=bitmaps.reshape(4, 28, 28), y_train=np.arange(4))
    files = sorted(tmp_path.iterdir())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.ndjson").write_text(line)
    for number in range(count):
        path = files[number % len(files)]
        (tmp_path / "in" / f"bad{number:04d}{path.suffix}").write_bytes(damaged(path.read_bytes(), rng))
    words = ["doodles", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--size", "16"]
    assert data_prep_main([*words, "--workers", "1"]) == 1
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    assert printed.count("left out: bad") > count // 4
    assert (tmp_path / "out" / "dataset.json").is_file()


@pytest.mark.parametrize("count", [10, pytest.param(500, marks=pytest.mark.slow)])
def test_archives(folder, tmp_path, capsys, count, rng):
    with zipfile.ZipFile(tmp_path / "whole.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a/1.png", "b/2.png"):
            archive.write(folder / "good.png", name)
    for number in range(count):
        path = tmp_path / "bad.zip"
        path.write_bytes(damaged((tmp_path / "whole.zip").read_bytes(), rng))
        words = ["pack", str(path), "--out", str(tmp_path / f"out{number}"), "--size", "16"]
        code = data_prep_main([*words, "--workers", "1", "--labels", "subfolders"])
        printed = capsys.readouterr().err
        assert code in (0, 1, 2)
        assert "Traceback" not in printed
        assert code == 0 or "bad.zip" in printed or ".png" in printed


@pytest.mark.parametrize("count", [4, pytest.param(200, marks=pytest.mark.slow)])
def test_videos(tmp_path, count, rng):
    frames = [np.full((20, 24, 3), 60 * k, np.uint8) for k in range(4)]
    write_video(frames, tmp_path / "a.mp4", fps=5)
    stills = [Image.fromarray(frame) for frame in frames]
    stills[0].save(tmp_path / "b.gif", save_all=True, append_images=stills[1:], duration=[100, 300, 100, 200])
    files = [tmp_path / "a.mp4", tmp_path / "b.gif"]
    for number in range(count):
        path = tmp_path / f"bad{files[number % 2].suffix}"
        path.write_bytes(damaged(files[number % 2].read_bytes(), rng))
        reason = ""
        try:
            sources.is_video(path)
            sources.frame_count_and_fps(path, None)
            list(sources.read_frames(path))
        except (InputError, WorkError) as error:
            reason = str(error)
        assert not reason or path.name in reason
        assert len(reason.splitlines()) <= 1


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)
