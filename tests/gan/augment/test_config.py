"""Groups are letters; values out of range are named with the flag that repairs them."""

import dataclasses

import pytest

from data_prep.errors import InputError
from gan.augment.config import AugmentConfig, check, letters


@pytest.mark.parametrize(
    ("groups", "expected"),
    [("off", ""), ("b", "b"), ("bgc", "bgc"), ("cgb", "bgc"), ("bgcfnc", "bgcfno"), ("o", "o")],
)
def test_letters(groups, expected):
    assert letters(AugmentConfig(augment=groups)) == set(expected)


@pytest.mark.parametrize("groups", ["", "all", "bb", "BGC", "bgcx"])
def test_unknown_groups(groups):
    with pytest.raises(InputError, match=r"--augment .*off, auto, or any of b \(pixel blits\)"):
        check(AugmentConfig(augment=groups))


def test_defaults_pass():
    check(AugmentConfig())
    check(AugmentConfig(augment="bgc", augment_p=0.0))


@pytest.mark.parametrize(
    ("field", "value", "flag"),
    [
        ("augment_p", 1.1, "--augment-p 1.1"),
        ("augment_target", -2.0, "--augment-target"),
        ("augment_speed_nimg", 0, "--augment-speed-nimg 0"),
        ("augment_p_max", 2.0, "--augment-p-max"),
        ("augment_interval", 0, "--augment-interval 0"),
    ],
)
def test_out_of_range(field, value, flag):
    with pytest.raises(InputError, match=flag):
        check(dataclasses.replace(AugmentConfig(), **{field: value}))
