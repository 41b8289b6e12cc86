"""Fields of configs: what is resumable, and what is left to be resolved."""

import pytest

from gan.config_fields import number, resumable


def test_numbers_of_unresolved_fields_raise():
    assert number(3) == 3
    assert number(0.5) == 0.5
    with pytest.raises(ValueError, match="resolve"):
        number("auto")


def test_resumable_fields_are_marked():
    assert resumable(3).metadata["resumable"]
