"""Widths halve from level to level, between their limits."""

import pytest

from gan.config import ProganConfig, Stylegan2Config
from gan.families.channels import levels, widths


@pytest.mark.parametrize(("shape", "expected"), [((4, 4, 1), 0), ((8, 16, 3), 1), ((64, 32, 1), 3)])
def test_levels_are_doublings_of_the_short_side(shape, expected):
    assert levels(shape) == expected
    assert min(shape[:2]) == 4 * 2 ** levels(shape)


@pytest.mark.parametrize("base", [3, 64, 256, 16384])
def test_widths_follow_the_rule_within_their_limits(base):
    config = ProganConfig(channel_base=base, channel_max=24)
    found = widths(config, (64, 64, 1))
    assert len(found) == levels((64, 64, 1)) + 1
    assert list(found) == sorted(found, reverse=True)
    assert all(1 <= width <= 24 for width in found)
    for level, width in enumerate(found):
        if 1 < width < 24:
            assert width == base // (4 << level)


def test_unresolved_widths_raise():
    with pytest.raises(ValueError, match="resolve"):
        widths(Stylegan2Config(), (8, 8, 1))
