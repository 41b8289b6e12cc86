"""Arrays and settings of a network are checked and taken once."""

import numpy as np
import pytest

from gan.imports.source import FILTER, Source


class Plain:
    """A module as `iter_modules` yields it: settings only."""

    def __init__(self, **state):
        self.kind, self.state = "Layer", state


@pytest.fixture
def source(monkeypatch):
    arrays = {
        "weight": np.arange(6, dtype=np.float16).reshape(2, 3),
        "bias": np.ones(2),
        "count": np.ones(2, np.int64),
        "resample_filter": FILTER.astype(np.float32),
    }
    layer = Plain(size=3, gain=0.5, conv_clamp=256, kind="relu", off=None)
    monkeypatch.setattr("gan.imports.source.iter_modules", lambda network: [("fc", layer, arrays)])
    return Source("G", Plain())


def test_an_array_is_taken_once_as_float32(source):
    taken = source.take("fc.weight", 2, 3)
    assert taken.dtype == np.float32
    np.testing.assert_array_equal(taken, [[0, 1, 2], [3, 4, 5]])
    with pytest.raises(ValueError, match=r"its G has no fc\.weight"):
        source.take("fc.weight", 2, 3)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [("fc.bias", (3,), r"of shape \(2,\), not \(3,\)"), ("fc.count", (2,), "in int64; float16")],
)
def test_other_shapes_and_dtypes_are_refused(source, name, shape, message):
    with pytest.raises(ValueError, match=message):
        source.take(name, *shape)


def test_numbers_that_are_not_finite_are_refused(source):
    source.arrays["fc.bias"][0] = np.inf
    with pytest.raises(ValueError, match="not finite"):
        source.take("fc.bias", 2)


def test_settings_are_required_or_in_a_range(source):
    source.require("fc", "gain", (1.0, 0.5))
    source.require("fc", "off", None)
    assert source.whole("fc", "size", range(1, 9)) == 3
    assert source.gain("fc", "gain", 0.25) == 2.0
    assert source.gain("fc", "gain", 0.5 + 1e-9) == 1.0
    for read in (
        lambda: source.require("fc", "kind", "lrelu"),
        lambda: source.require("fc", "off", False),
        lambda: source.whole("fc", "size", range(4, 9)),
        lambda: source.setting("fc", "none"),
        lambda: source.gain("fc", "kind", 1.0),
    ):
        with pytest.raises(ValueError, match="its G has"):
            read()
    assert source.clamp(["fc"]) == 256.0


def test_layers_are_scaled_by_their_gains(source):
    source.modules["fc"].state |= {"weight_gain": 2.0, "bias_gain": 3.0}
    flat = source.dense("fc", "mapping/dense_0", 3, 2, lr=0.5)
    np.testing.assert_allclose(flat["mapping/dense_0/kernel"][:, 0], np.arange(3) * 2.0 / (0.5 / 3**0.5))
    np.testing.assert_allclose(flat["mapping/dense_0/bias"], np.full(2, 3.0 / 0.5))


def test_arrays_that_are_left_are_named(source):
    source.take_filters()
    with pytest.raises(ValueError, match=r"unknown arrays: fc\.bias, fc\.count, fc\.weight"):
        source.finish()


def test_another_filter_is_refused(source):
    source.arrays["fc.resample_filter"] = FILTER * 2
    with pytest.raises(ValueError, match=r"than \[1, 3, 3, 1\]"):
        source.take_filters()
