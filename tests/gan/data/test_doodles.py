"""Doodles in memory: batches without overlap, the held-out part, one class, and the ink."""

import jax
import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record, write_dataset
from gan.config import replace
from gan.config.draw import DrawConfig, DrawNetworkConfig
from gan.data.doodles import DoodleReals, blank_count, detect_ink
from gan.data.reals import open_reals
from gan.devices.sharding import make_mesh
from gan.draw.family import DrawFamily

COUNT, BATCH = 40, 6


def numbered_doodles(folder, *, count=COUNT, classes=()):
    """A dataset whose image i has the value i in its first pixel, and class i mod K."""
    images = np.zeros((count, 4, 4, 1), np.uint8)
    images[:, 0, 0, 0] = np.arange(count)
    records = [Record(image, {}, i % len(classes) if classes else None) for i, image in enumerate(images)]
    write_dataset(records, folder, kind="tiles", label_names=list(classes), settings={"command": "doodles"})
    return Dataset(folder)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return numbered_doodles(tmp_path_factory.mktemp("doodles") / "data")


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    return numbered_doodles(tmp_path_factory.mktemp("classes") / "data", classes=("apple", "eye"))


def mesh():
    return make_mesh(devices=jax.devices()[:1])


def batches(reals, count, *, seed=0, nimg=0, batch_size=BATCH):
    """Numbers of the images of `count` batches: (trained, held out) [count, batch_size]."""
    draw = reals.open(mesh(), batch_size=batch_size, seed=seed, nimg=nimg)
    items, _ = draw(nimg, count)
    return tuple(np.asarray(images)[:, :, 0, 0, 0] for images in (items.image, items.held_out))


def test_an_epoch_shows_every_training_doodle_once(dataset):
    """Batches that overlap, or only ever come from the first doodles, would fail."""
    reals = DoodleReals(dataset, hold_out=0.25)
    assert len(reals.trained) == 30
    seen, _ = batches(reals, 10)
    for epoch in (seen[:5], seen[5:]):
        assert sorted(epoch.ravel()) == list(reals.trained)
    assert list(seen[:5].ravel()) != list(seen[5:].ravel())


def test_no_batch_has_a_held_out_doodle_and_all_of_them_are_measured(dataset):
    reals = DoodleReals(dataset, hold_out=0.25)
    seen, others = batches(reals, 10)
    assert set(others.ravel()) == set(reals.held_out)
    assert not set(seen.ravel()) & set(reals.held_out)
    assert set(DoodleReals(dataset, hold_out=0.25).held_out) == set(reals.held_out)
    images, labels = reals.held_out_images()
    assert list(images[:, 0, 0, 0]) == list(reals.held_out)
    assert labels is None


def test_all_held_out_doodles_are_measured_however_rarely(dataset):
    reals = DoodleReals(dataset, hold_out=0.5, hold_out_interval=10)
    _, others = batches(reals, 10 * len(reals.held_out))
    measured = others.reshape(-1, BATCH)[::10]
    assert set(measured.ravel()) == set(reals.held_out)


@pytest.mark.parametrize("hold_out", [0.96, 0.99])
def test_a_doodle_to_train_on_remains(tmp_path, hold_out):
    reals = DoodleReals(numbered_doodles(tmp_path / "data", count=12), hold_out=hold_out)
    assert len(reals.trained) == 1


def test_batches_depend_on_seed_and_position_alone(dataset):
    reals = DoodleReals(dataset)
    whole, _ = batches(reals, 12)
    resumed, _ = batches(reals, 4, nimg=8 * BATCH)
    np.testing.assert_array_equal(whole[8:], resumed)
    other, _ = batches(reals, 12, seed=1)
    assert (whole != other).any()


@pytest.mark.parametrize("count", [1, 3])
def test_fewer_doodles_than_a_batch_are_repeated(tmp_path, count):
    reals = DoodleReals(numbered_doodles(tmp_path / "data", count=count), hold_out=0.5)
    assert len(reals.held_out) == 0
    seen, others = batches(reals, 3)
    assert set(seen.ravel()) == set(others.ravel()) == set(range(count))
    assert len(next(iter(reals.look(8, seed=0)))) == count


def test_one_class_by_name_or_number(classes):
    for name in ("eye", "1"):
        reals = DoodleReals(classes, class_name=name)
        assert reals.count == COUNT / 2
        assert set(batches(reals, 20)[0].ravel()) == set(range(1, COUNT, 2))
    assert reals.identity != DoodleReals(classes).identity
    with pytest.raises(InputError, match=r"--class cat: .* has apple, eye"):
        DoodleReals(classes, class_name="cat")


def test_labels_are_those_of_the_images(classes):
    reals = DoodleReals(classes, conditional=True, hold_out=0.25)
    assert reals.class_names == ("apple", "eye")
    items, labels = reals.open(mesh(), batch_size=BATCH, seed=0, nimg=0)(0, 5)
    np.testing.assert_array_equal(np.asarray(items.image)[:, :, 0, 0, 0] % 2, labels)
    np.testing.assert_array_equal(np.asarray(items.held_out)[:, :, 0, 0, 0] % 2, items.held_out_label)
    shown = np.concatenate(list(reals.look(COUNT, seed=3)))
    np.testing.assert_array_equal(shown[:, 0, 0, 0] % 2, reals.labels(np.arange(COUNT), seed=3))


def test_a_config_opens_its_doodles(classes):
    config = replace(DrawConfig(), class_name="apple")
    reals = open_reals(classes, config)
    assert isinstance(reals, DoodleReals)
    assert len(reals.trained) == 18
    assert "18 doodles of class apple to train on, 2 held out" in reals.describe()


def test_classes_that_are_not_there(dataset, classes):
    with pytest.raises(InputError, match="has no classes"):
        DoodleReals(dataset, conditional=True)
    with pytest.raises(InputError, match=r"--class apple: .* has no classes"):
        DoodleReals(dataset, class_name="apple")
    with pytest.raises(InputError, match="one class has no --conditional"):
        DoodleReals(classes, conditional=True, class_name="eye")


def test_the_ink_is_on_the_other_side_of_the_border():
    images = np.full((3, 8, 8, 1), 250, np.uint8)
    images[:, 3:5, 3:5] = 10
    images[0, 0, 0] = 0  # a dirty corner
    assert detect_ink(images) == "dark"
    assert detect_ink(255 - images) == "light"
    assert detect_ink(np.concatenate([255 - images, images[:1]])) == "light"
    with pytest.raises(ValueError, match="no ink"):
        detect_ink(np.full((2, 8, 8, 1), 7, np.uint8))


def test_blank_images_are_counted_as_they_are_thresholded():
    family = DrawFamily(DrawNetworkConfig(ink="light"), (2, 2, 1))
    images = np.zeros((4, 2, 2, 1), np.uint8)
    images[:, 0, 0, 0] = [0, 127, 128, 255]
    ink = np.asarray(family.ink(images))
    assert blank_count(images, ink="light") == int((ink.max((1, 2)) == 0).sum()) == 2
    assert blank_count(255 - images, ink="dark") == 2
