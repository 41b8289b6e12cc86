"""The networks of a next-frame model, and the generator that it belongs to."""

import dataclasses

import pytest

from configs.gan.next_frame import CONFIG
from data_prep.errors import InputError
from gan.next_frame.networks import PAGE_SIDE, open_networks


def test_the_generator_is_recorded_and_checked(frames_gan):
    opened = open_networks(frames_gan, CONFIG)
    assert opened.config.generator == str(frames_gan.resolve())
    assert opened.config.generator_identity == opened.generator.identity
    assert opened.config.distance_identity == opened.perceptual.name
    assert opened.side == PAGE_SIDE
    other = dataclasses.replace(CONFIG, generator_identity="0" * 16)
    with pytest.raises(InputError, match="another generator than the model was trained with"):
        open_networks(frames_gan, other)
    other = dataclasses.replace(CONFIG, distance_identity="discriminator-" + "0" * 16)
    with pytest.raises(InputError, match="another discriminator than the model was trained with"):
        open_networks(frames_gan, other)


def test_codes_fit_the_latent_of_the_generator(frames_gan):
    opened = open_networks(frames_gan, dataclasses.replace(CONFIG, recipe="pixels"))
    assert opened.side == 2  # z has 16 numbers
    assert opened.config.distance_identity == ""  # nothing is projected
    networks = opened.networks()
    assert networks == open_networks(frames_gan, opened.config).networks()
    assert networks != opened.networks(step=2.0)
