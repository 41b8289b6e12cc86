"""Latent and direction files: read as written, the bytes of np.savez, refused where damaged."""

import json

import numpy as np
import pytest

from data_prep.errors import InputError
from gan.projection.config import ProjectionConfig
from gan.runs.latent_files import (
    projection_header,
    read_direction,
    read_extra_arrays,
    read_latents,
    write_directions,
    write_latents,
)

RNG = np.random.default_rng(0)
IN_Z, IN_W = (RNG.normal(size=shape).astype(np.float32) for shape in ((7, 6), (7, 3, 6)))
HEADER = {"space": "z", "style": "phase", "name": "Tusche für 墨"}


@pytest.mark.parametrize(("latents", "space"), [(IN_Z, "z"), (IN_W, "w")])
def test_latents_header_and_further_arrays_are_read_as_written(tmp_path, latents, space):
    file, header = tmp_path / "a.npz", HEADER | {"space": space}
    extra = {"noise": np.arange(6.0).reshape(2, 3), "steps": np.array([3, 1], np.int32)}
    write_latents(file, latents, header=header, arrays=extra)
    back, read = read_latents(file)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, latents)
    assert read == header
    further = read_extra_arrays(file)
    assert list(further) == list(extra)
    for name, array in extra.items():
        assert further[name].dtype == array.dtype
        np.testing.assert_array_equal(further[name], array)


def test_a_file_has_the_bytes_of_savez_whole_or_in_blocks(tmp_path):
    encoded = np.frombuffer(json.dumps(HEADER, ensure_ascii=False).encode(), np.uint8)
    np.savez(tmp_path / "savez.npz", latents=IN_Z, header=encoded)
    write_latents(tmp_path / "whole.npz", IN_Z, header=HEADER)
    blocks = (IN_Z[rows] for rows in (slice(0, 3), slice(3, 4), slice(4, 7)))
    write_latents(tmp_path / "blocks.npz", blocks, header=HEADER, shape=IN_Z.shape)
    whole = (tmp_path / "whole.npz").read_bytes()
    assert (tmp_path / "blocks.npz").read_bytes() == whole
    assert (tmp_path / "savez.npz").read_bytes() == whole


def test_latents_of_another_float_type_are_written_as_float32(tmp_path):
    write_latents(tmp_path / "a.npz", IN_Z.astype(np.float64), header=HEADER)
    np.testing.assert_array_equal(read_latents(tmp_path / "a.npz")[0], IN_Z)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path):
    file = tmp_path / "a.npz"
    write_latents(file, IN_Z, header=HEADER)
    before = file.read_bytes()

    def blocks():
        yield IN_Z[:3]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_latents(file, blocks(), header=HEADER, shape=IN_Z.shape)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("latents", "header", "said"),
    [
        (IN_Z, {}, "no usable `space`"),
        (IN_Z, {"space": "w"}, "do not match the space"),
        (IN_W, {"space": "z"}, "do not match the space"),
        (IN_Z[0], {"space": "z"}, r"float32 \[6\]"),
        (IN_Z[:0], {"space": "z"}, r"\[0, 6\]"),
        (np.full((2, 6), np.inf), {"space": "z"}, "NaN or infinity"),
    ],
)
def test_latents_that_do_not_match_their_header_are_refused(tmp_path, latents, header, said):
    write_latents(tmp_path / "a.npz", latents, header=header)
    with pytest.raises(InputError, match=said) as refused:
        read_latents(tmp_path / "a.npz")
    assert str(refused.value).startswith(str(tmp_path / "a.npz"))


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.9])
def test_a_file_cut_short_is_refused(tmp_path, fraction):
    file = tmp_path / "a.npz"
    write_latents(file, IN_Z, header=HEADER)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(fraction * len(whole))])
    with pytest.raises(InputError, match="damaged"):
        read_latents(file)


def test_a_projection_has_its_settings_in_its_header(tmp_path):
    config = ProjectionConfig(seed=7)
    header = projection_header("run-1", config, fps=12.0, results={"lpips": 0.25})
    write_latents(tmp_path / "a.npz", IN_W, header=header)
    read = read_latents(tmp_path / "a.npz")[1]
    assert (read["space"], read["style"], read["seed"], read["fps"]) == ("w", "projection", 7, 12.0)
    assert (read["truncation"], read["generator"], read["results"]) == (1.0, "run-1", {"lpips": 0.25})
    assert read["config"]["seed"] == 7


def test_a_direction_is_read_at_the_scale_of_one_standard_deviation(tmp_path):
    file, sigma = tmp_path / "d.npz", np.array([1.0, 2.0, 0.5])
    directions = RNG.normal(size=(3, 4, 6))
    write_directions(file, directions, sigma, header={"seed": 3})
    for index in (0, 1, 2, -1, -3):
        step = read_direction(file, index)
        assert step.dtype == np.float32
        np.testing.assert_allclose(step, sigma[index] * directions[index], rtol=1e-6)
    for index in (3, -4):
        with pytest.raises(InputError, match=r"--pull .*: the file has directions 0 to 2"):
            read_direction(file, index, flag="--pull")
    with pytest.raises(InputError, match="no array `latents`"):
        read_latents(file)


def test_files_are_described_without_their_latents(tmp_path):
    from gan.runs.latent_files import describe_latents, read_directions

    write_latents(tmp_path / "a.npz", np.ones((5, 2, 3), np.float32), header={"space": "w", "style": "x"})
    found = describe_latents(tmp_path / "a.npz")
    assert (found.kind, found.count, found.shape, found.header["style"]) == ("latents", 5, (2, 3), "x")
    unit = np.zeros((2, 1, 3), np.float32)
    unit[0, 0, 0] = unit[1, 0, 2] = 1
    write_directions(tmp_path / "d.npz", unit, np.array([2.0, 3.0]), header={})
    found = describe_latents(tmp_path / "d.npz")
    assert (found.kind, found.count, found.shape) == ("directions", 2, (1, 3))
    np.testing.assert_array_equal(read_directions(tmp_path / "d.npz"), unit * [[[2.0]], [[3.0]]])
    np.savez(tmp_path / "x.npz", header=np.frombuffer(b"{}", np.uint8))
    for name in ("x.npz", "none.npz"):
        with pytest.raises(InputError):
            describe_latents(tmp_path / name)
