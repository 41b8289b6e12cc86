"""Chosen settings: the published ones at the published sizes, valid at all, overridden by what is given."""

import dataclasses
import json

import pytest

from configs.gan import CONFIGS
from gan.config import Stylegan2Config, TrainConfig, check, check_shape, from_json, replace, to_json
from gan.config.auto import resolve


def test_widths_of_ones_own_come_back_from_json():
    network = Stylegan2Config(generator_widths=(8, 5), discriminator_widths=(3, 9))
    config = dataclasses.replace(CONFIGS["auto"], network=network)
    check_shape(config, (8, 8, 1))
    _, reasons = resolve(config, (8, 8, 1), devices=1)
    assert not any("channel_base" in reason for reason in reasons)
    assert from_json(json.loads(json.dumps(to_json(config))), kind=TrainConfig) == config


@pytest.mark.parametrize("devices", [1, 3, 8])
@pytest.mark.parametrize("side", [16, 64, 256, 512, 1024, 2048])
def test_every_choice_can_be_trained(side, devices):
    config, reasons = resolve(CONFIGS["auto"], (side, side, 3), devices=devices)
    check(config)
    check_shape(config, (side, side, 3))
    assert config.batch_size % devices == 0
    assert 1 <= config.network.minibatch_group <= config.batch_size // devices
    assert len(reasons) == 10
    assert (config.augment.augment, config.augment.augment_p) == ("bgc", None)
    assert config.loss.r1_gamma == pytest.approx(10 * side / 64, rel=1e-3)
    assert config.loss.r1_gamma_final == pytest.approx(side / 64, rel=1e-3)
    assert from_json(json.loads(json.dumps(to_json(config))), kind=TrainConfig) == config


def test_what_is_given_stays():
    given = replace(CONFIGS["auto"], batch_size=24, r1_gamma=3.0)
    config, reasons = resolve(given, (256, 256, 1), devices=1)
    assert (config.batch_size, config.loss.r1_gamma) == (24, 3.0)
    assert not any(reason.startswith(("batch_size", "r1_gamma ")) for reason in reasons)
    assert config.ema.ema_halflife_nimg == 7500


@pytest.mark.parametrize("gamma", ["auto", 3.0])
def test_the_final_gamma_is_a_tenth_of_the_first(gamma):
    given = replace(CONFIGS["auto"], r1_gamma=gamma, r1_gamma_final="auto", r2_gamma="same")
    config, reasons = resolve(given, (256, 256, 1), devices=1)
    assert config.loss.r1_gamma_final == pytest.approx(config.loss.r1_gamma / 10)
    assert any(reason.startswith("r1_gamma_final") for reason in reasons)
    assert config.loss.r2_gamma == "same"  # follows R1 during training


def test_wider_networks_for_larger_images():
    bases = [resolve(CONFIGS["auto"], (s, s, 3), devices=1)[0].network.channel_base for s in (256, 512)]
    assert bases == [16384, 32768]


@pytest.mark.parametrize("devices", [1, 2, 3])
@pytest.mark.parametrize("images", [1, 2, 5, 12, 31, 32, 1000])
def test_a_batch_holds_no_more_than_the_dataset(devices, images):
    whole, _ = resolve(CONFIGS["auto"], (64, 64, 1), devices=devices)
    config, reasons = resolve(CONFIGS["auto"], (64, 64, 1), devices=devices, images=images)
    check(config)
    assert config.batch_size % devices == 0
    assert config.batch_size <= max(images, devices)
    if images >= whole.batch_size:
        assert config == whole
    elif images >= devices:
        assert 2 * config.batch_size + 2 * devices > images  # no smaller than necessary
        assert any(f"for {images} images" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("images", "total", "p"),
    [(392, 60_000, 0.299), (99_000, 60_000, 0.003), (200_000, 60_000, 0.0), (392, 5_000_000, None)],
)
def test_short_runs_augment_with_a_constant_probability(images, total, p):
    """The adaptive one starts at 0 and needs 500,000 images to reach 1; colours of ink on paper stay."""
    given = replace(CONFIGS["auto"], total_nimg=total)
    config, reasons = resolve(given, (64, 64, 1), devices=1, images=images)
    assert config.augment.augment == "bg"
    assert config.augment.augment_p == (None if p is None else pytest.approx(p, abs=1e-3))
    speeds = [reason for reason in reasons if reason.startswith("augment_speed_nimg")]
    assert len(speeds) == (p is None)
