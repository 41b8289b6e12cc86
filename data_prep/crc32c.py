"""CRC-32C (Castagnoli; RFC 3720, appendix B.4) in NumPy: what TFRecord files guard their bytes with.

The register is linear over GF(2), so long data is cut into lanes of one length, which advance together,
four bytes a step, and are then joined pairwise: the CRC of `a + b` is that of `a` moved on by as many zero
bytes as `b` has, xor that of `b`. Here a register starts at 0 and is not inverted; `crc32c` does both.
"""

import functools

import numpy as np

_POLYNOMIAL = 0x82F63B78  # bits reversed
_LANE_BYTES = 64


def crc32c(data: bytes | memoryview) -> int:
    """CRC-32C of `data`, 0 to 2**32 - 1; of b"123456789" it is 0xE3069283."""
    if len(data) < _LANE_BYTES:
        return _byte_by_byte(data)
    # Leading zeros leave an empty register as it is, so they fill up the first lane; then the customary
    # start of all ones is the same as inverting the first four bytes.
    lanes = -(-len(data) // _LANE_BYTES)
    padded = np.zeros(lanes * _LANE_BYTES, np.uint8)
    padded[len(padded) - len(data) :] = np.frombuffer(data, np.uint8)
    padded[len(padded) - len(data) :][:4] ^= 0xFF
    words = padded.view("<u4").reshape(lanes, -1).T.astype(np.uint32, order="C")  # [step, lane]
    tables = _zeros_tables(4)
    registers = np.zeros(lanes, np.uint32)
    for word in words:
        registers = _look_up(tables, registers ^ word)
    width = _LANE_BYTES
    while len(registers) > 1:
        if len(registers) % 2:
            registers = np.concatenate([np.zeros(1, np.uint32), registers])
        registers = _look_up(_zeros_tables(width), registers[0::2]) ^ registers[1::2]
        width *= 2
    return int(registers[0]) ^ 0xFFFFFFFF


def masked_crc32c(data: bytes | memoryview) -> int:
    """The CRC as TFRecord files store it: rotated right by 15 bits, plus a constant."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _byte_by_byte(data: bytes | memoryview) -> int:
    register, table = 0xFFFFFFFF, _plain_table()
    for byte in bytes(data):
        register = table[(register ^ byte) & 0xFF] ^ register >> 8
    return register ^ 0xFFFFFFFF


def _look_up(tables: np.ndarray, registers: np.ndarray) -> np.ndarray:
    """A linear map of uint32 registers, by the tables of its four bytes: [4, 256]."""
    low, second = tables[0][registers & 0xFF], tables[1][registers >> 8 & 0xFF]
    return low ^ second ^ tables[2][registers >> 16 & 0xFF] ^ tables[3][registers >> 24]


@functools.cache
def _byte_table() -> np.ndarray:
    """What a register becomes after eight steps, by its low byte: uint32 [256]."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ np.uint32(_POLYNOMIAL), table >> 1)
    return table


@functools.cache
def _plain_table() -> list[int]:
    return _byte_table().tolist()


@functools.cache
def _zeros_tables(count: int) -> np.ndarray:
    """Registers moved on by `count` zero bytes, a power of two from 4: uint32 [4, 256]."""
    bytes_alone = np.arange(256, dtype=np.uint32) << np.arange(0, 32, 8, dtype=np.uint32)[:, None]
    if count > 4:
        half = _zeros_tables(count // 2)
        return _look_up(half, _look_up(half, bytes_alone))
    registers = bytes_alone
    for _ in range(4):
        registers = _byte_table()[registers & 0xFF] ^ registers >> 8
    return registers
