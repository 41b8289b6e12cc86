"""Pixels that are not square: every format that stores densities, in any orientation."""

import struct
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image, TiffImagePlugin

from data_prep.images import read_header, read_image, write_image
from data_prep.images.pixel_aspect import aspect_of_densities, square_size, with_square_pixels
from data_prep.pages.scans import ScansConfig, convert_scans

HEIGHT, WIDTH = 40, 60


def drawing():
    """A dark block at rows 10 to 20, columns 30 to 45 of a light page, uint8 [40, 60]."""
    page = np.full((HEIGHT, WIDTH), 240, np.uint8)
    page[10:20, 30:45] = 20
    return page


def aspect_chunk(path, x, y):
    """Give a PNG the pixels per unit (x, y) without a unit."""
    data = path.read_bytes()
    body = b"pHYs" + struct.pack(">IIB", x, y, 0)
    path.write_bytes(
        data[:33] + struct.pack(">I", 9) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]
    )


def jfif_aspect(path, x, y):
    """Give a JPEG a density (x, y) without a unit."""
    data = bytearray(path.read_bytes())
    at = data.index(b"JFIF\0") + 7
    data[at : at + 5] = struct.pack(">BHH", 0, x, y)
    path.write_bytes(data)


def tiff_unit(unit, x, y, **options):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[296], tags[282], tags[283] = unit, x, y
    return {"tiffinfo": tags, **options}


def saved(path, kind, image, x, y):
    """Write an image with densities (x, y) in one of the ways that formats have."""
    if kind == "png-aspect":
        image.save(path, "PNG")
        aspect_chunk(path, x, y)
    elif kind == "jpeg-aspect":
        image.save(path, "JPEG", quality=95)
        jfif_aspect(path, x, y)
    elif kind == "tiff-cm":
        image.save(path, "TIFF", **tiff_unit(3, float(x), float(y)))
    elif kind == "tiff-no-unit":
        image.save(path, "TIFF", **tiff_unit(1, float(x), float(y)))
    elif kind == "tiff-fax":
        image.convert("1", dither=Image.Dither.NONE).save(path, "TIFF", compression="group4", dpi=(x, y))
    elif kind == "tiff-16":
        samples = np.asarray(image).astype(np.uint16) * 257
        Image.fromarray(samples).save(path, "TIFF", dpi=(x, y))
    else:
        image.save(path, kind, dpi=(x, y), **({"quality": 95} if kind == "JPEG" else {}))
    return path


KINDS = [
    "PNG",
    "png-aspect",
    "JPEG",
    "jpeg-aspect",
    "BMP",
    "TIFF",
    "tiff-cm",
    "tiff-no-unit",
    "tiff-fax",
    "tiff-16",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("x", "y"), [(200, 100), (100, 200), (204, 98), (150, 150), (300, 298)])
def test_images_of_every_format_are_made_square(tmp_path, kind, x, y):
    path = saved(tmp_path / "a.img", kind, Image.fromarray(drawing()), x, y)
    even = abs(x / y - 1) < 0.02
    down, across = (1.0, 1.0) if even else (max(x / y, 1), max(y / x, 1))
    size = round(HEIGHT * down), round(WIDTH * across)
    notes: list = []
    image, header = read_image(path, mode="gray", note=notes.append), read_header(path)
    assert image.shape == (*size, 1)
    assert (header.height_px, header.width_px) == size
    assert (not notes) == even
    dark = np.argwhere(image[..., 0] < 128)
    (top, left), (bottom, right) = dark.min(0), dark.max(0) + 1
    assert np.abs(np.subtract((top, bottom), (10 * down, 20 * down))).max() <= 1
    assert np.abs(np.subtract((left, right), (30 * across, 45 * across))).max() <= 1
    if kind in ("PNG", "JPEG", "TIFF", "tiff-fax", "tiff-16"):
        assert header.dpi == pytest.approx(x if even else max(x, y), abs=0.1)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "tiff-16"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_images_are_made_square_before_they_turn(tmp_path, kind, orientation):
    """Densities are those of the stored axes: 60 x 40 px at 200 x 100 are 60 x 80, turned or not."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    image, path = Image.fromarray(drawing()), tmp_path / "a.img"
    if kind == "tiff-16":
        options = tiff_unit(2, 200.0, 100.0)
        options["tiffinfo"][ExifTags.Base.Orientation] = orientation
        Image.fromarray(drawing().astype(np.uint16) * 257).save(path, "TIFF", **options)
    else:
        image.save(path, kind, dpi=(200, 100), exif=exif)
    size = (80, 60) if orientation < 5 else (60, 80)
    assert read_image(path).shape[:2] == size
    header = read_header(path)
    assert (header.height_px, header.width_px, header.dpi) == (*size, 200)


@pytest.mark.parametrize(
    "densities", [(0, 0), (1, 300), (300, 1), (72, 0), (2000, 100), (float("nan"), 72), None, (72,), ("a", 2)]
)
def test_wrong_densities_are_ignored(densities):
    assert aspect_of_densities(densities, is_per_inch=True) == 1


def test_alpha_weighs_the_colours():
    image = np.zeros((4, 4, 4), np.uint8)
    image[:2] = (200, 100, 50, 255)
    made = with_square_pixels(image, 0.5)
    assert made.shape == (8, 4, 4)
    opaque = made[made[..., 3] > 40]
    assert np.abs(opaque[:, :3].astype(int) - (200, 100, 50)).max() <= 16
    assert square_size(40, 60, 2.0) == (40, 120)


def test_scans_report_it(tmp_path):
    (tmp_path / "scans").mkdir()
    saved(tmp_path / "scans" / "fax.tif", "tiff-fax", Image.fromarray(drawing()), 204, 98)
    write_image(tmp_path / "scans" / "plain.png", drawing()[..., None], dpi=300)
    result = convert_scans(tmp_path / "scans", tmp_path / "pages", ScansConfig())
    assert "60 x 83 px, 204 dpi, pixels of 1:2.08 resampled to square ones" in str(result)
    assert str(result).count("resampled") == 1


def test_case_of_a_fax(cases):
    path = cases / "fax-tiff" / "fax204x98.tif"
    assert read_image(path).shape == (250, 320, 1)
    assert read_header(path).dpi == 204
