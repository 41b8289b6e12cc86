"""Every kind of file comes in right, or is refused by name."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError, WorkError
from data_prep.images import (
    list_frames,
    list_images,
    natural_key,
    read_header,
    read_image,
    to_float,
    to_uint8,
    write_image,
)
from tests.data_prep.conftest import drawing


def png_header(path: Path, width_px: int, height_px: int, dpi: float | None = None) -> Path:
    """A gray PNG that promises a size and holds no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    resolution = chunk(b"pHYs", struct.pack(">IIB", *[round(dpi / 0.0254)] * 2, 1)) if dpi else b""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + resolution + chunk(b"IDAT", b"\0"))
    return path


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_written_is_read(tmp_path, rng, channels, suffix):
    image = rng.integers(0, 256, (13, 17, channels), np.uint8)
    mode = {1: "gray", 3: "rgb", 4: "rgba"}[channels]
    write_image(tmp_path / f"a{suffix}", image, dpi=600)
    np.testing.assert_array_equal(read_image(tmp_path / f"a{suffix}", mode=mode), image)
    header = read_header(tmp_path / f"a{suffix}")
    assert (header.height_px, header.width_px, header.dpi) == (13, 17, 600)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_are_scaled(tmp_path, suffix):
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    Image.fromarray(values).save(tmp_path / f"a{suffix}")
    image = read_image(tmp_path / f"a{suffix}")
    assert image.shape == (256, 256, 1)
    np.testing.assert_array_equal(image[..., 0], np.rint(values / 257))


@pytest.mark.parametrize("mode", ["I;16B", "I"])
def test_byte_orders_and_wider_integers_are_scaled_alike(tmp_path, mode):
    values = np.arange(0, 65536, 16, dtype=np.uint16).reshape(64, 64)
    photo = Image.frombytes("I;16B", (64, 64), values.astype(">u2").tobytes())
    photo = photo if mode == "I;16B" else Image.fromarray(values.astype(np.int32))
    photo.save(tmp_path / "a.tif")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif")[..., 0], np.rint(values / 257))


def test_sixteen_bit_colour_is_scaled(tmp_path):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    samples = np.array([[[0, 32768, 65535], [257, 514, 65278]]], ">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0))
    body = header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    np.testing.assert_allclose(read_image(tmp_path / "a.png").astype(int), samples / 257, atol=1)


def test_floats_are_scaled_and_out_of_range_ones_refused(tmp_path):
    Image.fromarray(np.array([[0, 0.5, 1]], np.float32)).save(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif")[0, :, 0].tolist() == [0, 128, 255]
    for wild in (300.0, np.nan):
        Image.fromarray(np.array([[0, wild]], np.float32)).save(tmp_path / "b.tif")
        with pytest.raises(InputError, match=r"b\.tif has samples"):
            read_image(tmp_path / "b.tif")


def test_palette_with_and_without_transparency(tmp_path):
    photo = Image.new("P", (3, 1))
    photo.putpalette([200, 10, 20, 30, 40, 50, 60, 70, 80])
    photo.putdata([0, 1, 2])
    photo.save(tmp_path / "a.png")
    np.testing.assert_array_equal(
        read_image(tmp_path / "a.png")[0], [[200, 10, 20], [30, 40, 50], [60, 70, 80]]
    )
    photo.save(tmp_path / "b.png", transparency=1)
    np.testing.assert_array_equal(
        read_image(tmp_path / "b.png")[0], [[200, 10, 20], [255, 255, 255], [60, 70, 80]]
    )
    np.testing.assert_array_equal(read_image(tmp_path / "b.png", mode="rgba")[0, :, 3], [255, 0, 255])


def test_gray_palette_is_gray(tmp_path):
    photo = Image.new("P", (2, 1))
    photo.putpalette([9, 9, 9, 77, 77, 77])
    photo.putdata([1, 0])
    photo.save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").tolist() == [[[77], [9]]]


def test_cmyk_becomes_rgb(tmp_path):
    ink = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 255, 255, 0], [0, 0, 0, 255]]], np.uint8)
    Image.fromarray(ink, mode="CMYK").save(tmp_path / "a.tif")
    np.testing.assert_array_equal(
        read_image(tmp_path / "a.tif")[0], [[255, 255, 255], [0, 255, 255], [255, 0, 0], [0, 0, 0]]
    )


@pytest.mark.parametrize("values", [(0, 255), (40, 255), (30, 30), (0, 0), (255, 255)])
@pytest.mark.parametrize("channels", [1, 3])
def test_gray_images_of_two_values_have_one_bit(tmp_path, rng, values, channels):
    gray = np.array(values, np.uint8)[rng.integers(0, 2, (9, 11))]
    image = np.repeat(gray[..., None], channels, axis=-1)
    write_image(tmp_path / "a.png", image, one_bit=True)
    assert (tmp_path / "a.png").read_bytes()[24] == 1  # bit depth in the header
    np.testing.assert_array_equal(read_image(tmp_path / "a.png")[..., 0], gray)
    image[0, 0] = 77
    image[0, 1] = 78
    write_image(tmp_path / "b.png", image, one_bit=True)
    assert (tmp_path / "b.png").read_bytes()[24] == 8


def test_one_bit_becomes_black_and_white(tmp_path):
    Image.fromarray(np.array([[True, False, True]])).save(tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").mode == "1"
    assert read_image(tmp_path / "a.png").tolist() == [[[255], [0], [255]]]


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_is_laid_over_white(tmp_path, rng, mode):
    image = rng.integers(0, 256, (8, 8, len(mode)), np.uint8)
    Image.fromarray(image, mode=mode).save(tmp_path / "a.png")
    colour, alpha = image[..., :-1].astype(float), image[..., -1:] / 255
    np.testing.assert_allclose(read_image(tmp_path / "a.png"), colour * alpha + 255 * (1 - alpha), atol=1)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", mode="rgba")[..., 3], image[..., -1])


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_the_image(tmp_path, suffix, orientation):
    image = np.full((16, 32, 1), 250, np.uint8)
    image[:8, :16] = 10  # dark top left corner
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(image[..., 0]).save(tmp_path / f"a{suffix}", exif=exif)
    upright = {
        1: image,
        2: image[:, ::-1],
        3: image[::-1, ::-1],
        4: image[::-1],
        5: image.swapaxes(0, 1),
        6: np.rot90(image, -1),
        7: np.rot90(image, 2).swapaxes(0, 1),
        8: np.rot90(image, 1),
    }[orientation]
    read = read_image(tmp_path / f"a{suffix}")
    np.testing.assert_allclose(read.astype(int), upright, atol=12)
    header = read_header(tmp_path / f"a{suffix}")
    assert (header.height_px, header.width_px) == read.shape[:2]


def test_gray_is_the_luma_of_rgb(tmp_path, rng):
    image = rng.integers(0, 256, (16, 16, 3), np.uint8)
    write_image(tmp_path / "a.png", image)
    r, g, b = np.moveaxis(image.astype(int), -1, 0)
    luma = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", mode="gray")[..., 0], luma)


def test_large_page_is_within_the_limit_and_a_larger_one_is_not(tmp_path):
    page = png_header(tmp_path / "page.png", 13200, 19200, dpi=1200)  # 11 x 16 inches
    header = read_header(page)
    assert (header.height_px, header.width_px, header.mode, header.dpi) == (19200, 13200, "gray", 1200)
    huge = png_header(tmp_path / "huge.png", 17400, 17400)
    for read in (read_header, read_image):
        with pytest.raises(InputError, match=r"huge\.png .* 302\.8 megapixels.*--max-megapixels"):
            read(huge)
    assert read_header(huge, max_megapixels=303).width_px == 17400


def test_pages_of_a_feeder_are_read_one_by_one(tmp_path, rng):
    pages = [drawing(rng, 30, 20 + i, 1 if i % 2 else 3) for i in range(4)]
    photos = [Image.fromarray(page[..., 0] if page.shape[2] == 1 else page) for page in pages]
    path = tmp_path / "a.tif"
    photos[0].save(path, save_all=True, append_images=photos[1:], dpi=(300, 300))
    assert list_frames(path) == [0, 1, 2, 3]
    for frame, page in enumerate(pages):
        np.testing.assert_array_equal(read_image(path, frame=frame), page)
        header = read_header(path, frame=frame)
        assert (header.height_px, header.width_px, header.dpi) == (*page.shape[:2], 300)
    np.testing.assert_array_equal(read_image(path), pages[0])
    with pytest.raises(InputError, match=r"a\.tif is truncated"):
        read_image(path, frame=4)
    with pytest.raises(InputError, match="megapixels"):
        read_image(path, frame=3, max_megapixels=31 * 22 / 1e6)


def test_previews_and_animations_are_not_pages(tmp_path, rng):
    page, preview = (Image.fromarray(drawing(rng, *size)[..., 0]) for size in ((40, 60), (4, 6)))
    preview.encoderinfo = {"tiffinfo": {254: 1}}
    page.save(tmp_path / "a.tif", save_all=True, append_images=[preview, page])
    assert list_frames(tmp_path / "a.tif") == [0, 2]
    page.save(tmp_path / "a.gif", save_all=True, append_images=[preview])
    assert list_frames(tmp_path / "a.gif") == [0]


def test_a_feeder_file_cut_short_names_the_page_that_is_lost(tmp_path, rng):
    photos = [Image.fromarray(drawing(rng, 30, 20)[..., 0]) for _ in range(3)]
    path = tmp_path / "a.tif"
    photos[0].save(path, save_all=True, append_images=photos[1:])
    whole = path.read_bytes()
    with Image.open(path) as photo:
        photo.seek(2)
        start = photo._frame_pos[2]
    for cut in (start - 20, start + 1, start + 40):
        path.write_bytes(whole[:cut])
        frames = list_frames(path)
        assert frames == [0, 1, 2]
        for frame in frames[:2]:
            assert read_image(path, frame=frame).shape == (30, 20, 1)
        with pytest.raises(InputError, match=r"a\.tif is truncated"):
            read_image(path, frame=2)


def test_files_that_are_not_images_are_named(tmp_path, rng):
    (tmp_path / "text.png").write_text("not an image")
    (tmp_path / "empty.png").write_bytes(b"")
    write_image(tmp_path / "whole.png", rng.integers(0, 256, (64, 64, 3), np.uint8))
    data = (tmp_path / "whole.png").read_bytes()
    for name in ("text.png", "empty.png", "missing.png"):
        with pytest.raises(InputError, match=name):
            read_image(tmp_path / name)
    for cut in (40, len(data) // 2, len(data) - 30):
        (tmp_path / "cut.png").write_bytes(data[:cut])
        with pytest.raises(InputError, match=r"cut\.png is"):
            read_image(tmp_path / "cut.png")


def test_listing_is_in_natural_order_and_omits_other_files(tmp_path, rng):
    names = ["p10.png", "p2.PNG", "p1.jpg", "b/p3.png", ".hidden.png", "adjustments.json", ".x/a.png"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [p.name for p in list_images(tmp_path)] == ["p1.jpg", "p2.PNG", "p10.png"]
    found = [p.relative_to(tmp_path).as_posix() for p in list_images(tmp_path, recursive=True)]
    assert found == ["b/p3.png", "p1.jpg", "p2.PNG", "p10.png"]


def test_folders_without_images_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: no images"):
        list_images(tmp_path / "empty")
    with pytest.raises(InputError, match=r"missing: no such folder"):
        list_images(tmp_path / "missing")


def test_failed_write_leaves_nothing(tmp_path, rng, monkeypatch):
    def fail(self, path, **options):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(WorkError, match=r"a\.png could not be written: No space left"):
        write_image(tmp_path / "a.png", np.zeros((4, 4, 1), np.uint8))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("library", ["numpy", "jax"])
def test_floats_invert_bytes(library):
    jnp = pytest.importorskip("jax.numpy")
    levels = np.arange(256, dtype=np.uint8)
    floats = to_float(levels if library == "numpy" else jnp.asarray(levels))
    assert floats.dtype == np.float32
    np.testing.assert_allclose(np.asarray(floats), levels / 127.5 - 1, atol=1e-6)
    back = to_uint8(floats)
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(np.asarray(back), levels)
    beyond = np.array([-3.0, -1.0, 1.0, 1.5], np.float32)
    assert np.asarray(to_uint8(beyond if library == "numpy" else jnp.asarray(beyond))).tolist() == [
        0,
        0,
        255,
        255,
    ]


def test_a_folder_of_other_files_is_described(tmp_path):
    (tmp_path / "notes.txt").write_text("text")
    (tmp_path / "z.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(20))
    with pytest.raises(
        InputError, match=r"no images; 2 files left out .* z\.mp4 is a video; `inkloop fill film`"
    ):
        list_images(tmp_path)


def test_listing_holds_what_has_the_name_of_an_image(tmp_path):
    (tmp_path / "a.png").symlink_to("nowhere")
    (tmp_path / "b.PNG").mkdir()
    (tmp_path / "c.png").mkdir()
    (tmp_path / "c.png" / "inner.jpg").touch()
    (tmp_path / "link").symlink_to(tmp_path / "c.png")
    assert [path.name for path in list_images(tmp_path)] == ["a.png", "b.PNG", "c.png"]
    found = [path.relative_to(tmp_path).as_posix() for path in list_images(tmp_path, recursive=True)]
    assert found == ["a.png", "b.PNG", "c.png/inner.jpg"]


@pytest.mark.parametrize("names", [["9" * 250, "1" * 240], ["p\u0663", "p3"], ["\u00b2", "2"]])
def test_any_digits_can_be_sorted(names):
    assert len(sorted(names, key=natural_key)) == 2
