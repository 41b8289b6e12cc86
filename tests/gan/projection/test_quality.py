"""Roughness of what comes in parts."""

import numpy as np
import pytest

from gan.projection.quality import Roughness


def test_roughness_in_parts_is_that_of_the_whole():
    values = np.random.default_rng(0).standard_normal((9, 3, 2)).astype(np.float32)
    whole = np.sqrt(np.mean(np.square(np.diff(values.astype(np.float64), n=2, axis=0))))
    rough = Roughness(scale=2.0)
    for part in np.split(values, [1, 2, 6]):
        rough.add(part)
    assert rough.value() == pytest.approx(2 * whole)
    short = Roughness(scale=1.0)
    short.add(values[:2])
    assert short.value() == 0
