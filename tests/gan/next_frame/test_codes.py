"""Codes of frames and pages: area means, upright."""

import numpy as np
import pytest

from gan.next_frame.codes import area_means


def oracle(gray, side):
    """Each pixel cut into side x side equal parts, and the parts averaged."""
    fine = np.kron(gray.astype(np.float64), np.ones((side, side)))
    height, width = gray.shape
    cells = fine.reshape(side, height, side, width)
    return cells.mean((1, 3)) / 127.5 - 1


@pytest.mark.parametrize("shape", [(8, 8), (7, 10), (3, 2), (30, 20)])
def test_codes_are_area_means(shape):
    gray = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    code = area_means(gray[..., None], side=4)
    assert code.dtype == np.float32
    np.testing.assert_allclose(code, oracle(gray, 4), atol=1e-6)


def test_codes_are_upright():
    page = np.full((40, 20, 3), 255, np.uint8)
    page[:10, 10:] = 0  # top right
    code = area_means(page, side=4)
    assert (code[0, 2:] == -1).all()
    assert (code[1:] == 1).all()
    assert (code[0, :2] == 1).all()
