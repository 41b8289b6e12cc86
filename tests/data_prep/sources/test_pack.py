"""Packed images: results with failures; damaged zips."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.records.tile_files import RecordFiles
from data_prep.sources.pack import PackConfig, pack_images, plan_pack
from tests.data_prep.conftest import bars
from tests.slow_cases import slow


@pytest.fixture
def source(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Images of 24 x 24 px in two sub-folders."""
    for name in ("b/1.png", "a/10.png", "a/2.png", "a/x.tif"):
        write_image(tmp_path / "source" / name, rng.integers(0, 256, (24, 24, 1), np.uint8))
    (tmp_path / "source" / "notes.txt").write_text("no image")
    return tmp_path / "source"


def zipped(source: Path, method: int = zipfile.ZIP_STORED) -> Path:
    target = source.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("__MACOSX/a.png", b"no image")
        for path in sorted(source.rglob("*")):
            archive.write(path, path.relative_to(source).as_posix())
    return target


METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("method", [METHODS[1], *slow(*METHODS[:1], *METHODS[2:])])
def test_no_flipped_byte_breaks_the_reader_of_zips(source, tmp_path, rng, method):
    whole = zipped(source, method).read_bytes()
    printed = []
    for trial in range(400):
        data = bytearray(whole)
        low = 0 if trial % 2 else len(data) - 400  # every other one hits the directory at the end
        for place in rng.integers(low, len(data), 3).tolist():
            data[place] ^= 1 << int(rng.integers(8))
        path = tmp_path / "flipped.zip"
        path.write_bytes(data)
        try:
            plan = plan_pack(
                path, PackConfig(size=8), workers=1, report=lambda name, why: printed.append(why)
            )
            list(plan.records[0 : len(plan.records)])
        except InputError as error:
            printed.append(str(error))
    assert len(printed) > 100
    assert [line for line in printed if "flipped.zip" not in line] == []


def test_a_result_counts_records_and_keeps_failures(source, tmp_path, capsys):
    (source / "a" / "bad.png").write_text("no image")
    steps = []
    made = pack_images(
        source, tmp_path / "d", PackConfig(), files=RecordFiles(workers=1), progress=bars(steps)
    )
    assert (made.folder, made.count, set(made.failures)) == (tmp_path / "d", 4, {"a/bad.png"})
    assert str(made) == f"{tmp_path / 'd'}  4 records of 24 x 24 x 1 in 1 shard"
    assert {label for label, _ in steps} == {"inspect", "pack"}
    assert capsys.readouterr() == ("", "")
