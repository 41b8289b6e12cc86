"""One filled drawing: the pixels of the command; pinned regions, their mirror images, and no others."""

import numpy as np
import pytest

from data_prep.images import read_image, write_image
from fill.config import BlobConfig, FolderConfig, SpecConfig
from fill.image_folder import fill_folder
from fill.palette import from_hex
from fill.pins import Pin, Pins
from fill.preview import add_pin, fill_file, read_prepared, regions_at
from tests.fill import plain

COLORS = from_hex(["#c02030", "#2060a0"])
RED, GREEN = "#ff0000", "#00ff00"
SPEC = SpecConfig(center="color")


@pytest.fixture
def web(tmp_path):
    """A grid of 3 x 3 rooms of 30 px; lines are 2 px wide."""
    image = np.full((96, 96, 1), 255, np.uint8)
    for at in (0, 31, 32, 63, 64, 95):
        image[at] = image[:, at] = 0
    write_image(tmp_path / "in" / "web.png", image)
    return tmp_path / "in" / "web.png"


@pytest.mark.parametrize("config", [BlobConfig(keep_lines=True), SPEC])
@pytest.mark.slow_cases("config0")
def test_pixels_are_those_of_the_command_and_pins_change_their_regions_only(web, tmp_path, config):
    pins = Pins(
        {"web.png": (Pin(10, 10, RED), Pin(50, 50, RED), Pin(52, 52, GREEN)), "other.png": (Pin(1, 1, RED),)}
    )
    fill_folder(
        web.parent,
        COLORS,
        config,
        FolderConfig(tmp_path / "out", seed=3),
        palette_name="",
        command="",
        pins=pins,
    )
    filled = fill_file(web, COLORS, config, seed=3, pins=pins)
    np.testing.assert_array_equal(filled, read_image(tmp_path / "out" / "web.png"))
    if isinstance(config, SpecConfig):
        return  # mirrored regions change as well, see below
    without = fill_file(web, COLORS, config, seed=3)
    labels = plain.label(read_image(web)[..., 0] > 160)
    expected = without.copy()
    for x, y, color in [(10, 10, (255, 0, 0)), (52, 52, (0, 255, 0))]:
        expected[labels == labels[y, x]] = color
    inside = labels > 0
    np.testing.assert_array_equal(filled[inside], expected[inside])


def test_a_pin_on_a_line_colours_the_nearest_region(web):
    filled = fill_file(web, COLORS, BlobConfig(keep_lines=True), pins=Pins({"web.png": (Pin(31, 10, RED),)}))
    assert filled[10, 10].tolist() == [255, 0, 0]


def test_mirrored_regions_of_a_specimen_share_the_pinned_colour(tmp_path):
    y, x = np.mgrid[:96, :96] - 47.5
    image = np.full((96, 96, 1), 255, np.uint8)
    radius = np.hypot(x, y)
    image[(abs(radius - 42) < 2) | ((abs(x) < 2) | (abs(y) < 2)) & (radius < 42)] = 0
    write_image(tmp_path / "s.png", image)
    pins = Pins({"s.png": (Pin(63, 63, RED),)})
    filled = fill_file(tmp_path / "s.png", COLORS, SPEC, pins=pins)
    assert all(filled[row, column].tolist() == [255, 0, 0] for row in (32, 63) for column in (32, 63))
    prepared = read_prepared(tmp_path / "s.png", SPEC)
    assert len(set(regions_at(prepared, SPEC, [(32, 63), (63, 32), (63, 63)]))) == 1


def test_a_new_pin_replaces_the_one_in_its_region(web):
    pins = (Pin(10, 10, RED), Pin(50, 50, RED))
    new = Pin(20, 20, GREEN)
    places = [(pin.x_px, pin.y_px) for pin in (*pins, new)]
    regions = regions_at(read_prepared(web, BlobConfig()), BlobConfig(), places)
    assert add_pin(pins, new, regions=regions) == (pins[1], new)
