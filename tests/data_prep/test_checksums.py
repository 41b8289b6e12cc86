"""Checksums change with every byte, name, shape and the order."""

import zlib

import numpy as np

from data_prep.checksums import crc_of_file, fingerprint, hash_of_pixels


def test_crc_of_a_file_is_that_of_its_bytes(tmp_path, rng):
    data = rng.bytes((1 << 20) + 17)  # more than one block
    (tmp_path / "a").write_bytes(data)
    assert crc_of_file(tmp_path / "a") == zlib.crc32(data)


def test_fingerprints_differ_by_name_checksum_and_order():
    listings = [[("a", 1), ("b", 2)], [("b", 2), ("a", 1)], [("a", 2), ("b", 2)], [("c", 1), ("b", 2)]]
    assert len({fingerprint(listing) for listing in listings}) == 4
    assert fingerprint([("a", 1)]).startswith("1 files, crc32 ")


def test_hashes_of_pixels_depend_on_shape_and_values_not_on_memory(rng):
    image = rng.integers(0, 256, (6, 4, 3), np.uint8)
    changed = image.copy()
    changed[5, 3, 2] ^= 1
    assert hash_of_pixels(image) == hash_of_pixels(np.asfortranarray(image))
    assert len({hash_of_pixels(x) for x in (image, changed, image.reshape(4, 6, 3))}) == 3
    assert 0 <= hash_of_pixels(image) < 2**64
