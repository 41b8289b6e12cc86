import dataclasses
import json

import numpy as np
import pytest

from animate.lazy_latents import LazyLatents
from animate.paths.path_file import read_path, write_path
from data_prep.errors import InputError


def save(path, latents, header):
    encoded = np.frombuffer(header if isinstance(header, bytes) else json.dumps(header).encode(), np.uint8)
    np.savez(path, latents=latents, header=encoded)


def test_a_path_is_read_back_unchanged(tmp_path, curve):
    file = tmp_path / "curve.npz"
    write_path(file, curve)
    back = read_path(file)
    np.testing.assert_array_equal(back.latents, curve.latents)
    assert back.header() == curve.header()
    assert (back.style, back.seed, back.space, back.generator) == ("bezier", 3, "z", "fake-0-1")
    assert back.config["segments"] == 3


def test_the_same_path_gives_the_same_bytes(tmp_path, curve):
    made = LazyLatents(len(curve.latents), lambda rows: curve.latents[rows])
    for name, latents in (("a", curve.latents), ("b", curve.latents), ("c", made)):
        write_path(tmp_path / f"{name}.npz", dataclasses.replace(curve, latents=latents))
    first, *others = (file.read_bytes() for file in sorted(tmp_path.iterdir()))
    assert [first] * 2 == others


def test_the_space_follows_the_latents(tmp_path, curve):
    write_path(tmp_path / "w.npz", dataclasses.replace(curve, latents=np.zeros((5, 2, 6), np.float32)))
    assert read_path(tmp_path / "w.npz").space == "w"


def test_another_name_is_refused(tmp_path, curve):
    with pytest.raises(InputError, match=r"\.npz"):
        write_path(tmp_path / "curve.npy", curve)


def with_nan(latents):
    latents = latents.copy()
    latents[1, 2] = np.nan
    return latents


@pytest.mark.parametrize(
    ("make", "printed"),
    [
        (lambda file, curve: None, "not? (such )?a? ?latent file"),
        (lambda file, curve: file.write_text("not a zip"), "not? (such )?a? ?latent file"),
        (lambda file, curve: file.write_bytes(b""), "not? (such )?a? ?latent file"),
        (lambda file, curve: np.savez(file, images=np.zeros(3)), "no array `latents`"),
        (lambda file, curve: np.save(file.open("wb"), np.zeros(3)), "not? (such )?a? ?latent file"),
        (
            lambda file, curve: np.savez(file, latents=np.array([{}]), header=np.array([{}])),
            "not? (such )?a? ?latent file",
        ),
        (lambda file, curve: save(file, curve.latents, b"{"), "not JSON"),
        (lambda file, curve: save(file, curve.latents, b"\xff\xfe"), "not JSON"),
        (lambda file, curve: save(file, curve.latents, [1]), "not a JSON object"),
        (
            lambda file, curve: save(file, curve.latents, {**curve.header(), "fps": "30"}),
            "`fps`",
        ),
        (
            lambda file, curve: save(file, curve.latents, {**curve.header(), "fps": 0}),
            "fps is 0",
        ),
        (
            lambda file, curve: save(file, curve.latents, {**curve.header(), "cuts": 3}),
            "`cuts`",
        ),
        (
            lambda file, curve: save(file, curve.latents, {**curve.header(), "cuts": [5, 2]}),
            "`cuts`",
        ),
        (
            lambda file, curve: save(file, curve.latents, {**curve.header(), "cuts": [24]}),
            "`cuts`",
        ),
        (
            lambda file, curve: save(file, curve.latents.astype(np.float64), curve.header()),
            "float64",
        ),
        (
            lambda file, curve: save(file, curve.latents[0], curve.header()),
            r"float32 \[6\]",
        ),
        (lambda file, curve: save(file, curve.latents[:0], curve.header()), r"\[0, 6\]"),
        (
            lambda file, curve: save(file, curve.latents[:1], curve.header()),
            "at least 2 frames",
        ),
        (
            lambda file, curve: save(file, curve.latents, {**curve.header(), "space": "w"}),
            "space",
        ),
        (
            lambda file, curve: save(file, with_nan(curve.latents), curve.header()),
            "NaN or infinity",
        ),
    ],
)
def test_files_that_are_not_paths_are_named_in_one_line(tmp_path, curve, make, printed):
    file = tmp_path / "curve.npz"
    make(file, curve)
    with pytest.raises(InputError, match=printed) as refused:
        read_path(file)
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_cut_short_or_flipped_is_refused(tmp_path, curve):
    file = tmp_path / "curve.npz"
    write_path(file, curve)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        read_path(file)
    at = len(whole) // 4  # in the middle of the latents, which the archive's CRC covers
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(InputError, match="damaged"):
        read_path(file)
