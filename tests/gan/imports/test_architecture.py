"""Rows of the table of StyleGAN2's modules."""

import pytest

from gan.imports.architecture import resamples, row, shortened
from gan.imports.snapshots import Module


@pytest.mark.parametrize(
    ("network", "path", "kind"),
    [
        ("G", "", "Generator"),
        ("G_ema", "synthesis.b16.conv0", "SynthesisLayer"),
        ("G", "mapping.fc3", "FullyConnectedLayer"),
        ("D", "b4", "DiscriminatorEpilogue"),
        ("D", "b8", "DiscriminatorBlock"),
    ],
)
def test_rows_by_path(network, path, kind):
    assert row(network, path)[1] == kind


@pytest.mark.parametrize(("network", "path"), [("G", "b4"), ("D", "synthesis"), ("G", "synthesis.b16.conv2")])
def test_unknown_paths_have_no_row(network, path):
    assert row(network, path) is None


def test_modules_that_resample():
    assert resamples("synthesis.b8", Module("SynthesisBlock", {}))
    assert not resamples("synthesis.b4", Module("SynthesisBlock", {}))
    assert resamples("b8.conv1", Module("Conv2dLayer", {"up": 1, "down": 2}))
    assert not resamples("b8.conv0", Module("Conv2dLayer", {"up": 1, "down": 1}))


def test_long_paths_are_shortened():
    assert shortened("a.b") == "a.b"
    assert len(shortened("a" * 500)) < 100
