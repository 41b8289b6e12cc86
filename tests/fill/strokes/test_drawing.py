import dataclasses

import cv2
import numpy as np
import pytest

from data_prep.errors import InputError
from fill.strokes.config import SheetConfig, TraceConfig
from fill.strokes.drawing import find_ink, length_px, vectorize
from tests.fill.strokes.drawn import arc, draw, image_of

LINES = [[(8, 12), (56, 50)], [(10, 52), (54, 14)], arc((32, 32), 25, 0, 360)]
TRACE, SHEET = TraceConfig(), SheetConfig()


def made(sheet=SHEET, trace=TRACE, image=None, **options):
    inked = find_ink(image_of(draw(LINES, 3)) if image is None else image, trace)
    return vectorize(inked, trace, sheet, mm_per_px=0.5, **options)


def test_strokes_are_on_a_sheet_of_the_right_size():
    found = made(metadata={"source": "a.png"})
    assert (found.document.width_mm, found.document.height_mm) == (32, 32)
    (layer,) = found.document.layers
    assert len(layer.paths) == len(found.strokes) == 3
    assert [path.name for path in layer.paths] == ["s1", "s2", "s3"]
    assert all(abs(path.width_mm - 1.5) < 0.2 for path in layer.paths)
    assert found.document.metadata["source"] == "a.png"
    assert found.document.metadata["strokes"] == 3
    assert np.concatenate([part for path in layer.paths for part in path.parts])[:, 0].max() < 30


def test_the_same_drawing_gives_the_same_bytes():
    assert made().document.text() == made().document.text()


def test_white_ink_gives_the_strokes_of_black_ink():
    black = image_of(draw(LINES[:2], 3, size=128))
    a, b = made(image=black).strokes, made(image=255 - black).strokes
    assert len(a) == len(b) == 2
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one.cubics, other.cubics)


def test_simplify_drops_short_strokes_and_uses_fewer_curves():
    lines = [*LINES, [(2, 60), (6, 61)]]
    image = image_of(draw(lines, 2))
    fine, coarse = made(image=image), made(dataclasses.replace(SHEET, simplify=4.0), image=image)
    assert len(fine.strokes) == len(coarse.strokes) + 1
    assert min(length_px(stroke) for stroke in coarse.strokes) >= 8
    assert sum(len(s.cubics) for s in coarse.strokes) < sum(len(s.cubics) for s in fine.strokes)


def test_one_pen_width():
    found = made(dataclasses.replace(SHEET, pen_mm=0.35))
    assert {path.width_mm for path in found.document.layers[0].paths} == {0.35}


@pytest.mark.parametrize("kind", ["fill", "hatch"])
def test_regions_are_layers_below_the_strokes(kind):
    palette = np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8)
    found = made(dataclasses.replace(SHEET, regions=kind, hatch_mm=2.0), palette=palette)
    layers = found.document.layers
    assert {layer.color for layer in layers[:-1]} <= {"#ff0000", "#00ff00"}
    assert len(layers) >= 2
    assert {layer.filled for layer in layers[:-1]} == {kind == "fill"}
    assert layers[-1].label == "ink"


@pytest.mark.slow
def test_a_blank_drawing_and_a_photo_have_no_lines():
    with pytest.raises(InputError, match="no lines found: no ink"):
        find_ink(np.full((64, 64, 1), 250, np.uint8), TRACE)
    y, x = np.indices((200, 200))
    photo = (120 + 90 * np.sin(x / 40) * np.cos(y / 33)).astype(np.uint8)[..., None]
    with pytest.raises(InputError, match="as in a photo"):
        find_ink(photo, TRACE)
    rng = np.random.default_rng(0)
    grain = (255 * rng.uniform(0, 1, (26, 26)) ** 0.4).astype(np.uint8)
    soft = cv2.resize(grain, (200, 200), interpolation=cv2.INTER_CUBIC)
    with pytest.raises(InputError, match="soft tones, as in a photo"):
        find_ink(soft[..., None], TRACE)
    assert find_ink(soft[..., None], TraceConfig(threshold=60)).ink.any()


def test_wide_areas_are_those_that_hold_a_disc():
    ink = np.zeros((400, 400), np.uint8)
    cv2.circle(ink, (200, 200), 60, 1, -1)
    image = np.where(ink, 0, 255).astype(np.uint8)[..., None]
    with pytest.raises(InputError, match=r"9\d% of that in areas wider"):
        find_ink(image, TRACE)
    cv2.circle(ink, (200, 200), 54, 0, -1)
    assert find_ink(np.where(ink, 0, 255).astype(np.uint8)[..., None], TRACE).ink.any()
