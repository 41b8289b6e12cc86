"""Specks, and what find_regions makes of its settings."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from fill.config import BlobConfig
from fill.regions import drop_specks, find_regions, table_capacity
from tests.fill import plain


@pytest.mark.parametrize("min_px", [2, 9, 10**6])
def test_specks_become_line_and_other_labels_are_unchanged(masks, min_px):
    for name, paper in masks.items():
        labels = plain.label(paper)
        areas = np.bincount(labels.ravel())
        stored = np.asarray(drop_specks(jnp.asarray(labels), min_px=min_px))
        for k in range(1, len(areas)):
            largest = areas[k] == areas[1:].max()
            expected = k if areas[k] >= min_px or largest else 0
            assert (stored[labels == k] == expected).all(), name
        assert (stored[labels == 0] == 0).all()


@pytest.mark.slow
def test_settings_reach_the_regions(drawing):
    labels = np.asarray(find_regions(jnp.asarray(drawing), BlobConfig()))
    np.testing.assert_array_equal(labels, plain.label(drawing[..., 0] > 160))
    assert np.asarray(find_regions(jnp.asarray(drawing), BlobConfig(threshold=254))).max() != labels.max()
    areas = np.bincount(labels.ravel())[1:]
    config = dataclasses.replace(BlobConfig(), min_region_px=int(np.median(areas)))
    fewer = np.unique(np.asarray(find_regions(jnp.asarray(drawing), config)))
    assert len(fewer) - 1 == (areas >= np.median(areas)).sum()
    broken = drawing.copy()
    broken[30:33] = 255  # a stripe of paper through all lines
    assert np.asarray(find_regions(jnp.asarray(broken), BlobConfig())).max() < labels.max()
    assert np.asarray(find_regions(jnp.asarray(broken), BlobConfig(close_gaps_px=4))).max() >= labels.max()


def test_tables_have_few_sizes():
    assert [table_capacity(n) for n in (0, 255, 256, 1023, 1024)] == [255, 255, 1023, 1023, 4095]
