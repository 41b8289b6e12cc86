"""CRC-32C against the published values and a bit-by-bit twin."""

import pytest

from data_prep.crc32c import crc32c, masked_crc32c


def bit_by_bit(data: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),  # RFC 3720, appendix B.4, as are the next three
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"", 0),
    ],
)
def test_published_values(data, crc):
    assert crc32c(data) == crc


def test_lanes_are_those_of_the_plain_twin(rng):
    for length in [1, 3, 4, 63, 64, 65, 127, 128, 129, 191, 192, 193, 1000, 4095, 4096, 4097]:
        data = rng.bytes(length)
        assert crc32c(data) == crc32c(memoryview(data)) == bit_by_bit(data), length


def test_mask_rotates_and_adds():
    crc = crc32c(b"inkloop")
    unmasked = (masked_crc32c(b"inkloop") - 0xA282EAD8) & 0xFFFFFFFF
    assert (unmasked << 15 | unmasked >> 17) & 0xFFFFFFFF == crc
