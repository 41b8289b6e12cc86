import numpy as np
import pytest
from matplotlib.path import Path as Outline

from fill.config import BlobConfig
from fill.pipeline import fill_blob
from fill.strokes.bezier import flatten_cubics
from fill.strokes.regions import find_colored_regions, hatching, outlines


def two_regions():
    labels = np.ones((40, 60), np.int32)
    labels[10:30, 15:40] = 2
    return labels


def test_outlines_contain_their_regions():
    labels = two_regions()
    shapes = dict(outlines(labels))
    assert set(shapes) == {1, 2}
    assert len(shapes[1]) == 2  # the border of the image, and the hole
    (part,) = shapes[2]
    y, x = np.indices(labels.shape) + 0.5
    inside = Outline(flatten_cubics(part)).contains_points(np.stack([x, y], axis=-1).reshape(-1, 2))
    assert (inside.reshape(labels.shape) != (labels == 2)).mean() < 0.005


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0])
def test_hatching_lies_in_its_region_at_its_distance_and_angle(angle):
    labels = two_regions()
    lines = hatching(labels, spacing_px=4.0, angle_deg=angle, margin_px=1.0)
    assert {label for label, _ in lines} == {1, 2}
    along = np.array([np.cos(np.radians(angle)), -np.sin(np.radians(angle))])
    offsets = []
    for label, ends in lines:
        direction = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
        assert abs(direction @ along) > 0.9999
        for t in np.linspace(0, 1, 9):
            x, y = np.floor(ends[0] + t * (ends[1] - ends[0])).astype(int)
            assert labels[y, x] == label
        offsets.append(ends[0] @ (-along[1], along[0]))
    steps = np.diff(np.unique(np.round(offsets, 6)))
    np.testing.assert_allclose(steps, 4.0, atol=1e-5)


@pytest.mark.slow
def test_colours_are_those_of_fill_blob():
    import jax

    image = np.full((40, 60, 1), 255, np.uint8)
    image[:, 20:22] = image[15:17, 20:] = 0
    palette = np.random.default_rng(0).integers(0, 256, (1, 9, 3), np.uint8)
    found = find_colored_regions(image, palette, threshold=160, seed=5, item_id=77)
    config = BlobConfig(threshold=160)
    filled = fill_blob(jax.random.key(5), image[None], palette, config, item_ids=np.array([77], np.uint32))
    np.testing.assert_array_equal(found.colors[found.extended], np.asarray(filled)[0])


def test_a_black_image_has_no_regions():
    black = np.zeros((16, 16, 1), np.uint8)
    assert find_colored_regions(black, black[:1, :1].repeat(3, -1), threshold=160, seed=0, item_id=0) is None
