"""`fill spec`, and what files `fill blob` writes."""

import numpy as np
import pytest

from data_prep.images import read_image, write_image
from fill.__main__ import main
from tests.fill.conftest import draw_specimen


@pytest.fixture
def specimens(tmp_path):
    for seed in range(3):
        image = np.where(draw_specimen(96, seed=seed), 0, 255).astype(np.uint8)[..., None]
        write_image(tmp_path / "in" / f"{seed}.png", image)
    return tmp_path / "in"


@pytest.mark.slow
def test_specimens_are_coloured_and_counted(specimens, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["spec", str(specimens), "--out", str(out), "--center", "color"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{out}  3 images  ")
    assert " orbits found, 0 regions without a mirror image, threshold 208" in printed
    for path in out.glob("*.png"):
        filled = read_image(path)
        assert (filled[0] == 255).all()
        coloured = (filled < 255).any(-1)
        assert coloured.mean() > 0.1
    assert main(["spec", str(specimens), "--out", str(out), "--center", "color"]) == 0
    assert capsys.readouterr().out.endswith("already done\n")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--margin", "0.7"], "--margin 0.7"),
        (["--max-turn-deg", "60"], "--max-turn-deg 60"),
        (["--min-region-px", "-1"], "--min-region-px -1"),
        (["--png-level", "10"], "--png-level 10"),
        (["--palette-colors", "-2"], "--palette-colors -2"),
    ],
)
def test_invalid_settings_write_nothing(specimens, tmp_path, capsys, flags, message):
    assert main(["spec", str(specimens), "--out", str(tmp_path / "out"), *flags]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_formats_and_levels(specimens, tmp_path):
    sizes = {}
    for name, flags in {
        "fast": ["--png-level", "0"],
        "small": ["--png-level", "9"],
        "jpg": ["--format", "jpg"],
        "webp": ["--format", "webp"],
    }.items():
        assert main(["blob", str(specimens), "--out", str(tmp_path / name), *flags]) == 0
        suffix = name if name in ("jpg", "webp") else "png"
        files = sorted((tmp_path / name).glob(f"*.{suffix}"))
        assert [path.stem for path in files] == ["0", "1", "2"]
        sizes[name] = sum(path.stat().st_size for path in files)
        if name == "small":
            for path in files:
                np.testing.assert_array_equal(read_image(path), read_image(tmp_path / "fast" / path.name))
    assert sizes["small"] < sizes["fast"] / 10
