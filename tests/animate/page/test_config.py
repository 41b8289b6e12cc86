"""Settings of a page."""

import pytest

from animate.page.config import PageConfig
from data_prep.errors import InputError


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", -1),
        ("seed", 2**31),
        ("seconds", 0.0),
        ("seconds", float("nan")),
        ("truncation", 2.0),
        ("ink", "black"),
        ("paper", "#fff"),
    ],
)
def test_invalid_settings_name_their_flag(field, value):
    PageConfig().check()
    with pytest.raises(InputError, match=f"--{field} "):
        PageConfig(**{field: value}).check()
