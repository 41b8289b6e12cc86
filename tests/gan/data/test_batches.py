"""Data order: every epoch whole, from anywhere, in any number of processes."""

import itertools

import numpy as np
import pytest

from data_prep.errors import InputError, WorkError
from data_prep.records.dataset import Dataset
from gan.data.batches import batches, check_dataset


def take(dataset, count, **options):
    stream = batches(dataset, **{"batch_size": 8, "seed": 5} | options)
    return [images for images, _ in itertools.islice(stream, count)]


def names(images):
    return sorted(image.tobytes() for image in images)


def test_an_epoch_shows_every_record_once_and_the_next_in_another_order(tiles):
    dataset = Dataset(tiles)
    first, second = np.concatenate(take(dataset, 12)), np.concatenate(take(dataset, 24)[12:])
    everything = names(dataset[i].image for i in range(96))
    assert names(first) == names(second) == everything
    assert (first != second).any()


def test_goes_on_from_any_batch(tiles):
    dataset = Dataset(tiles)
    whole, rest = take(dataset, 20), take(dataset, 7, first_nimg=13 * 8)
    np.testing.assert_array_equal(np.stack(whole[13:]), np.stack(rest))


@pytest.mark.parametrize("count", [2, 4])
def test_processes_hold_contiguous_blocks_of_the_global_batch(tiles, count):
    dataset = Dataset(tiles)
    whole = take(dataset, 5)
    parts = [take(dataset, 5, process_index=i, process_count=count) for i in range(count)]
    np.testing.assert_array_equal(np.stack(whole), np.concatenate([np.stack(p) for p in parts], axis=1))


def test_the_seed_decides(tiles):
    dataset = Dataset(tiles)
    assert all((a == b).all() for a, b in zip(take(dataset, 3), take(dataset, 3), strict=True))
    assert (take(dataset, 1, seed=6)[0] != take(dataset, 1)[0]).any()


def test_a_damaged_record_is_named(tiles, tmp_path):
    import shutil

    copy = tmp_path / "data"
    shutil.copytree(tiles, copy)
    shard = next(copy.glob("shard*"))
    data = bytearray(shard.read_bytes())
    start = data.rfind(b"\x28\xb5\x2f\xfd")  # the last zstd frame
    data[start + 20] ^= 255
    shard.write_bytes(bytes(data))
    with pytest.raises(WorkError, match="shard-00000"):
        take(Dataset(copy), 12)


def test_fewer_images_than_a_batch(tiles):
    with pytest.raises(InputError, match="96 images, fewer than a batch"):
        check_dataset(Dataset(tiles), batch_size=128)
