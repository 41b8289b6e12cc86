import dataclasses
import json

import numpy as np
import pytest

from animate.lazy_latents import Blocks
from animate.paths.path_file import read_path, write_path
from data_prep.errors import InputError


def save(path, latents, header):
    encoded = np.frombuffer(header if isinstance(header, bytes) else json.dumps(header).encode(), np.uint8)
    np.savez(path, latents=latents, header=encoded)


def test_a_walk_comes_back_as_it_was(tmp_path, walk):
    file = tmp_path / "walk.npz"
    write_path(file, walk)
    back = read_path(file)
    np.testing.assert_array_equal(back.latents, walk.latents)
    assert back.header() == walk.header()
    assert (back.style, back.seed, back.space, back.generator) == ("bezier", 3, "z", "fake-0-1")
    assert back.config["segments"] == 3


def test_the_same_walk_gives_the_same_bytes(tmp_path, walk):
    made = Blocks(len(walk.latents), lambda rows: walk.latents[rows])
    for name, latents in (("a", walk.latents), ("b", walk.latents), ("c", made)):
        write_path(tmp_path / f"{name}.npz", dataclasses.replace(walk, latents=latents))
    first, *others = (file.read_bytes() for file in sorted(tmp_path.iterdir()))
    assert [first] * 2 == others


def test_the_space_follows_the_latents(tmp_path, walk):
    write_path(tmp_path / "w.npz", dataclasses.replace(walk, latents=np.zeros((5, 2, 6), np.float32)))
    assert read_path(tmp_path / "w.npz").space == "w"


def test_another_name_is_refused(tmp_path, walk):
    with pytest.raises(InputError, match=r"\.npz"):
        write_path(tmp_path / "walk.npy", walk)


def with_nan(latents):
    latents = latents.copy()
    latents[1, 2] = np.nan
    return latents


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda file, walk: None, "no path file"),
        (lambda file, walk: file.write_text("not a zip"), "no path file"),
        (lambda file, walk: file.write_bytes(b""), "no path file"),
        (lambda file, walk: np.savez(file, images=np.zeros(3)), "`latents` and `header`"),
        (lambda file, walk: np.save(file.open("wb"), np.zeros(3)), "no path file"),
        (lambda file, walk: np.savez(file, latents=np.array([{}]), header=np.array([{}])), "no path file"),
        (lambda file, walk: save(file, walk.latents, b"{"), "no JSON"),
        (lambda file, walk: save(file, walk.latents, b"\xff\xfe"), "no JSON"),
        (lambda file, walk: save(file, walk.latents, [1]), "no usable"),
        (lambda file, walk: save(file, walk.latents, {**walk.header(), "fps": "30"}), "`fps`"),
        (lambda file, walk: save(file, walk.latents, {**walk.header(), "fps": 0}), "fps is 0"),
        (lambda file, walk: save(file, walk.latents, {**walk.header(), "cuts": 3}), "`cuts`"),
        (lambda file, walk: save(file, walk.latents, {**walk.header(), "cuts": [5, 2]}), "`cuts`"),
        (lambda file, walk: save(file, walk.latents, {**walk.header(), "cuts": [24]}), "`cuts`"),
        (lambda file, walk: save(file, walk.latents.astype(np.float64), walk.header()), "float64"),
        (lambda file, walk: save(file, walk.latents[0], walk.header()), r"float32 \[6\]"),
        (lambda file, walk: save(file, walk.latents[:0], walk.header()), r"\[0, 6\]"),
        (lambda file, walk: save(file, walk.latents[:1], walk.header()), "at least 2 frames"),
        (lambda file, walk: save(file, walk.latents, {**walk.header(), "space": "w"}), "space"),
        (lambda file, walk: save(file, with_nan(walk.latents), walk.header()), "no numbers"),
    ],
)
def test_what_is_no_path_file_is_named_in_one_line(tmp_path, walk, make, said):
    file = tmp_path / "walk.npz"
    make(file, walk)
    with pytest.raises(InputError, match=said) as refused:
        read_path(file)
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_cut_short_or_flipped_is_refused(tmp_path, walk):
    file = tmp_path / "walk.npz"
    write_path(file, walk)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        read_path(file)
    at = len(whole) // 4  # in the middle of the latents, which the archive's CRC covers
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(InputError, match="damaged"):
        read_path(file)
