"""Whatever is wrong with an image file, the error names it; and depths and transparency of PNG files."""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError
from data_prep.images import list_frames, read_header, read_image
from tests.data_prep.images.damaged_files import damaged_copies, small_files

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
FEW, MANY = 300, 20_000
RANGES = {10: 1023, 12: 4095}  # bits of 16 that are used -> white


def chunk(kind: bytes, data: bytes, *, crc: int | None = None) -> bytes:
    own = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", own)


def png(path: Path, samples: np.ndarray, depth: int, color: int, extra: bytes = b"") -> Path:
    """Write samples [H, W, C] at a depth; `extra` chunks come before the pixels."""
    height, width, _ = samples.shape
    if depth == 16:
        rows = samples.astype(">u2").view(np.uint8).reshape(height, -1)
    else:
        bits = (samples.reshape(height, -1, 1) >> np.arange(depth)[::-1]) & 1
        rows = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    body = header + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def ramp(channels: int, depth: int) -> np.ndarray:
    y, x = np.mgrid[:21, :34]
    one = (x * 3 + y * 5) % 97 / 96
    values = np.stack([np.roll(one, 4 * i, axis=0) for i in range(channels)], axis=-1)
    return np.rint(values * (2**depth - 1)).astype(np.uint16)


def check_readers(path: Path) -> None:
    for read in (list_frames, read_header, read_image):
        options = {} if read is list_frames else {"max_megapixels": 1}
        message = ""
        try:
            read(path, **options)
        except InputError as error:
            message = str(error)
        assert not message or (path.name in message and "remove it" not in message)


def check_damage(folder: Path, copies: Iterator[tuple[str, bytes]]) -> None:
    for suffix, data in copies:
        path = folder / f"bad{suffix}"
        path.write_bytes(data)
        check_readers(path)


def test_whole_files_of_every_kind_are_read(tmp_path):
    for path in small_files(tmp_path):
        assert read_image(path).shape[:2] == (20, 24), path
        header = read_header(path)
        assert (header.height_px, header.width_px) == (20, 24)


def test_any_damage_is_an_error_that_names_the_file(tmp_path, capfd):
    check_damage(tmp_path, damaged_copies(tmp_path, FEW))
    assert capfd.readouterr() == ("", "")  # of Pillow, and of the libraries below it


@pytest.mark.slow
def test_much_damage_is_an_error_that_names_the_file(tmp_path):
    check_damage(tmp_path, damaged_copies(tmp_path, MANY, seed=1))


def test_every_cut_of_a_palette_image_is_an_error_that_names_the_file(tmp_path):
    for path in small_files(tmp_path):
        if path.suffix in (".png", ".gif", ".bmp"):
            data = path.read_bytes()
            for end in range(0, len(data), 41):
                cut = tmp_path / f"cut{path.suffix}"
                cut.write_bytes(data[:end])
                check_readers(cut)


def test_what_is_no_file_is_named(tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.png")
    for name, reason in (
        ("folder.png", "is a folder"),
        ("link.png", "is a link to a file that does not exist"),
        ("pipe.png", "cannot be read"),
        ("gone.png", "no such file"),
    ):
        for read in (read_image, read_header, list_frames):
            with pytest.raises(InputError, match=rf"{name}.*{reason}"):
                read(tmp_path / name)


def test_a_file_without_permission_is_named(tmp_path, monkeypatch):
    path = png(tmp_path / "a.png", ramp(1, 8), 8, 0)

    def refuse(self, *args, **options):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    for read in (read_image, read_header, list_frames):
        with pytest.raises(InputError, match=r"a\.png cannot be read \(Permission denied\)"):
            read(path)


def test_what_breaks_in_a_decoder_is_named(tmp_path, monkeypatch):
    path = png(tmp_path / "a.png", ramp(1, 8), 8, 0)
    for broken in (MemoryError(), RecursionError(), KeyError("x"), OSError(5, "Input/output error")):

        def fail(*args, error=broken, **options):
            raise error

        monkeypatch.setattr("PIL.Image.open", fail)
        with pytest.raises(InputError, match=r"a\.png"):
            read_image(path)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_the_transparent_value_of_gray(tmp_path, depth):
    samples, top = ramp(1, depth), 2**depth - 1
    for key in sorted({0, top, int(samples[3, 3, 0])}):
        path = png(tmp_path / "a.png", samples, depth, 0, chunk(b"tRNS", struct.pack(">H", key)))
        expected = np.where(samples == key, 255, samples / top * 255)
        np.testing.assert_allclose(read_image(path), expected, atol=1)
        assert read_header(path).has_alpha
        alpha = read_image(path, mode="rgba")[..., 3:]
        np.testing.assert_array_equal(alpha, np.where(samples == key, 0, 255))


@pytest.mark.parametrize("depth", [8, 16])
def test_the_transparent_value_of_colour(tmp_path, depth):
    samples, top = ramp(3, depth), 2**depth - 1
    key = samples[3, 4]
    extra = chunk(b"tRNS", struct.pack(">HHH", *map(int, key)))
    expected = np.where((samples == key).all(axis=-1, keepdims=True), 255, samples / top * 255)
    np.testing.assert_allclose(
        read_image(png(tmp_path / "a.png", samples, depth, 2, extra)), expected, atol=1
    )


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(("channels", "color"), [(2, 4), (4, 6)])
def test_alpha_of_either_depth(tmp_path, depth, channels, color):
    samples = ramp(channels, depth)
    path = png(tmp_path / "a.png", samples, depth, color)
    values = samples / (2**depth - 1)
    alpha = values[..., -1:]
    np.testing.assert_allclose(read_image(path), 255 * (values[..., :-1] * alpha + 1 - alpha), atol=1.6)
    assert read_header(path).mode == ("gray" if channels == 2 else "rgb")


@pytest.mark.parametrize(
    "kind", [b"tEXt", b"zTXt", b"iTXt", b"tIME", b"pHYs", b"gAMA", b"iCCP", b"eXIf", b"sRGB"]
)
def test_damaged_chunks_that_hold_no_pixels_are_ignored(tmp_path, kind):
    samples = ramp(1, 8)
    for extra in (chunk(kind, b"x\0y", crc=1), chunk(kind, b"xyzabcdef"), chunk(kind, b"")):
        path = png(tmp_path / "a.png", samples, 8, 0, extra)
        np.testing.assert_array_equal(read_image(path), samples)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="truncated"):
        read_image(path)


def test_real_cases(cases):
    page = read_image(cases / "png16-trns/gray16.png")
    assert np.median(page) == 255
    assert page.min() < 60
    assert read_image(cases / "pnm-suffix/scan.pnm").shape[:2] == (240, 320)
    for name in ("truncated-palette-png/scan2.png", "truncated-bmp/scan2.bmp"):
        with pytest.raises(InputError, match=r"scan2.*truncated"):
            read_image(cases / name)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("color", [0, 2, 4, 6])  # gray, RGB, and both with alpha
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_the_range_of_16_bits_is_that_of_the_file(tmp_path, color, bits, orientation):
    values = ramp(3 if color & 2 else 1, bits)
    stored = np.dstack([values, np.full(values.shape[:2], 65535)]) if color & 4 else values
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = png(tmp_path / "a.png", stored, 16, color, chunk(b"eXIf", exif.tobytes()[6:]))
    notes: list = []
    image = read_image(path, note=notes.append)
    expected = values / RANGES.get(bits, 65535) * 255
    if orientation == 6:
        expected = expected[::-1].swapaxes(0, 1)
    np.testing.assert_allclose(image, expected, atol=1)
    top = 2**bits - 1
    assert [f"brightest value {top} of 65535" in str(note) for note in notes] == [True] * (bits < 16)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_the_range_of_16_bits_is_that_of_a_ppm(tmp_path, bits):
    values = ramp(3, bits)
    height, width, _ = values.shape
    header = f"P6 {width} {height} 65535\n".encode()
    (tmp_path / "a.ppm").write_bytes(header + values.astype(">u2").tobytes())
    notes: list = []
    image = read_image(tmp_path / "a.ppm", note=notes.append)
    np.testing.assert_allclose(image, values / RANGES.get(bits, 65535) * 255, atol=1)
    assert [f"brightest value {2**bits - 1} of 65535" in str(note) for note in notes] == [True] * (bits < 16)
