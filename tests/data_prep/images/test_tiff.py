"""TIFF pages in every depth, layout and byte order are scaled to 8 bits, or refused by kind."""

import io
import itertools
import struct

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError
from data_prep.images import list_frames, read_header, read_image, tiff
from tests.data_prep.images.tiff_files import DEFLATE, NONE, PACKBITS, write_tiff

HEIGHT, WIDTH = 19, 23
LAYOUTS = ({}, {"rows_per_strip": 4}, {"tile_px": 16})


def ramp(channels: int) -> np.ndarray:
    """Values in [0, 1] that differ in every channel, [H, W, C]."""
    one = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH, 1)
    return np.concatenate([np.roll(one, 5 * i, axis=0) for i in range(channels)], axis=-1)


def samples(values: np.ndarray, dtype: str) -> np.ndarray:
    """Values in [0, 1] as samples of a type; 32-bit integers hold 16-bit values."""
    if dtype[0] == "f":
        return values.astype(dtype)
    return np.rint(values * (255 if dtype == "u1" else 65535)).astype(dtype)


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i4", "f2", "f4", "f8"])
@pytest.mark.parametrize(("channels", "photometric"), [(1, 1), (1, 0), (3, 2), (4, 5)])
def test_layouts_are_read_alike(tmp_path, dtype, channels, photometric):
    values = ramp(channels)
    expected = 255 - 255 * values if photometric == 0 else 255 * values
    if photometric == 5:
        expected = 255 * (1 - values[..., :3]) * (1 - values[..., 3:])
    stored = samples(values, dtype)
    for compression, planar, layout in itertools.product((NONE, DEFLATE, PACKBITS), (0, 1), LAYOUTS):
        order = ">" if layout else "<"
        path = tmp_path / "a.tif"
        options = {"compression": compression, "planar": bool(planar), "photometric": photometric}
        write_tiff(path, stored, order=order, **options, **layout)
        found = read_image(path)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, atol=1.3, err_msg=str((options, layout)))
        header = read_header(path)
        assert (header.height_px, header.width_px, header.mode) == (
            HEIGHT,
            WIDTH,
            "gray" if channels == 1 else "rgb",
        )


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("extra", [0, 1, 2])
@pytest.mark.parametrize("channels", [1, 3])
def test_alpha_is_composited_over_white(tmp_path, dtype, planar, extra, channels):
    color, alpha = ramp(channels), 0.25 + 0.75 * ramp(1)[::-1]
    stored = color * alpha if extra == 1 else color
    image = samples(np.concatenate([stored, alpha], axis=-1), dtype)
    expected = color if extra == 0 else color * alpha + 1 - alpha
    for compression in (NONE, DEFLATE):
        path = write_tiff(tmp_path / "a.tif", image, planar=planar, extra=extra, compression=compression)
        np.testing.assert_allclose(read_image(path), 255 * expected, atol=3 if extra == 1 else 1.6)
        assert read_header(path).has_alpha == (extra > 0)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planar", [False, True])
def test_differences_are_summed(tmp_path, order, planar):
    image = samples(ramp(3), "u2")
    for compression, layout in itertools.product((NONE, DEFLATE), LAYOUTS):
        options = {"compression": compression, "planar": planar, "predictor": True}
        path = write_tiff(tmp_path / "a.tif", image, order=order, **options, **layout)
        np.testing.assert_allclose(read_image(path), image / 257, atol=0.6)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "lzma", "zstd"])
def test_files_of_pillow_in_every_compression(tmp_path, compression):
    gray = samples(ramp(1), "u2")
    Image.fromarray(gray[..., 0]).save(tmp_path / "a.tif", compression=compression)
    np.testing.assert_allclose(read_image(tmp_path / "a.tif"), gray / 257, atol=0.6)


@pytest.mark.parametrize("bits", [9, 10, 12, 14, 15])
def test_packed_bits_are_scaled_to_their_range(tmp_path, bits):
    values = ramp(1)[..., 0]
    numbers = np.rint(values * (2**bits - 1)).astype(np.uint16)
    packed = (numbers[..., None] >> np.arange(bits)[::-1] & 1).astype(np.uint8).reshape(HEIGHT, -1)
    rows = np.packbits(packed, axis=1)[..., None]
    path = write_tiff(tmp_path / "a.tif", rows, bits=bits, tags={256: (4, [WIDTH])})
    np.testing.assert_allclose(read_image(path)[..., 0], 255 * values, atol=1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pages_are_turned_as_pillow_turns_them(tmp_path, orientation):
    gray = samples(ramp(1), "u2")
    path = write_tiff(tmp_path / "a.tif", gray, tags={274: (3, [orientation])})
    eight = Image.fromarray(np.rint(gray[..., 0] / 257).astype(np.uint8))
    eight.save(tmp_path / "b.tif", tiffinfo={274: orientation})
    np.testing.assert_array_equal(read_image(path), read_image(tmp_path / "b.tif"))
    header = read_header(path)
    assert (header.height_px, header.width_px) == read_image(path).shape[:2]


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("alpha_bits", [None, 12, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_scan_of_fewer_bits_is_not_black(tmp_path, bits, alpha_bits, channels):
    """Opaque, by an alpha of any range."""
    values, top = ramp(channels), 2**bits - 1
    image = np.rint(values * top).astype(np.uint16)
    if alpha_bits:
        image = np.dstack([image, np.full((HEIGHT, WIDTH), 2**alpha_bits - 1, np.uint16)])
    path = write_tiff(tmp_path / "a.tif", image, extra=2 if alpha_bits else None)
    notes = []
    np.testing.assert_allclose(read_image(path, note=notes.append), 255 * values, atol=0.6)
    assert list(map(str, notes)) == [f"brightest value {top} of 65535, scaled as {bits} bits"]


def test_deep_and_transparent_samples_are_not_scaled(tmp_path):
    values, notes = ramp(1), []
    path = write_tiff(tmp_path / "b.tif", samples(values, "u2"))
    np.testing.assert_allclose(read_image(path, note=notes.append), 255 * values, atol=0.6)
    ink = np.dstack([np.full(values.shape[:2], 700, np.uint16), samples(values, "u2")])  # dark, with alpha
    rgba = read_image(write_tiff(tmp_path / "c.tif", ink, extra=2), mode="rgba", note=notes.append)
    assert (rgba[..., 0] <= 3).all()
    assert not notes


@pytest.mark.parametrize(
    ("dtype", "options", "kind"),
    [
        ("i1", {}, "signed 8-bit"),
        ("i2", {}, "signed 16-bit"),
        ("u2", {"photometric": 8}, "16-bit CIELab"),
        ("u2", {"photometric": 6}, "16-bit YCbCr"),
        ("u2", {"compression": 50001}, "compression WebP"),
        ("u1", {"compression": 50001}, "compression WebP"),
        ("u1", {"compression": 34712}, "compression JPEG 2000"),
        ("u1", {"compression": 54321}, "compression number 54321"),
        ("u2", {"tags": {258: (3, [16, 16, 8])}}, "16, 16, 8 bits"),
    ],
)
def test_other_kinds_are_refused_by_name(tmp_path, dtype, options, kind):
    path = write_tiff(tmp_path / "a.tif", np.zeros((HEIGHT, WIDTH, 3), dtype), **options)
    with pytest.raises(InputError, match=rf"a\.tif .*{kind}.* not supported; convert it to") as caught:
        read_image(path)
    assert "remove" not in str(caught.value)


def test_big_tiff_of_either_order(tmp_path):
    image = samples(ramp(1), "u1")
    for order in "<>":
        entries = {256: WIDTH, 257: HEIGHT, 258: 8, 259: 1, 262: 1, 273: 0, 277: 1, 278: HEIGHT}
        entries[279] = image.size
        start = 16 + 8 + 20 * len(entries) + 8
        entries[273] = start
        head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HHHQ", 43, 8, 0, 16)
        fields = b"".join(struct.pack(f"{order}HHQQ", tag, 16, 1, value) for tag, value in entries.items())
        whole = head + struct.pack(f"{order}Q", len(entries)) + fields + bytes(8) + image.tobytes()
        (tmp_path / "a.tif").write_bytes(whole)
        np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), image)


def test_a_circle_of_pages_ends(tmp_path):
    path = write_tiff(tmp_path / "a.tif", samples(ramp(1), "u1"))
    data = bytearray(path.read_bytes())
    count = struct.unpack_from("<H", data, 8)[0]
    struct.pack_into("<I", data, 10 + 12 * count, 8)
    path.write_bytes(data)
    assert list_frames(path) == [0]
    assert len(list(tiff.pages(io.BytesIO(data)))) == 1


@pytest.mark.parametrize("name", ["tiff16-planar/le.tif", "tiff-la16/la16.tif", "tiff-12in16/g12.tif"])
def test_real_cases(cases, name):
    path = cases / name
    image = read_image(path)
    assert image.mean() > 200  # a page, not stripes or black
    if name.startswith("tiff16"):
        np.testing.assert_allclose(image, read_image(path.with_name("ref.png")).astype(int), atol=1)
