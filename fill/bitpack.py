"""Pack rows of pixels into 32-bit words; count and locate bits without a loop over pixels."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

WORD = 32  # pixels per word
UP_TO = np.array([(2 << bit) - 1 for bit in range(WORD)], np.uint32)  # masks of bits 0..bit


def pack(pixels: jax.Array) -> jax.Array:
    """Pack pixels: bool [B, H, W] -> uint32 [B, H, ceil(W / 32)], bit x % 32 of word x // 32 for pixel x."""
    padded = jnp.pad(pixels, ((0, 0), (0, 0), (0, -pixels.shape[-1] % WORD)))
    quads = padded.reshape(*pixels.shape[:2], -1, WORD // 4, 4).astype(jnp.uint8)  # [B, H, words, 8, 4]
    nibbles = (
        lax.bitcast_convert_type(quads, jnp.uint32) * jnp.uint32(0x01020408)
    ) >> 24  # 4 bytes -> 4 bits
    words = nibbles[..., 0]
    for i in range(1, WORD // 4):
        words = words | (nibbles[..., i] << (4 * i))
    return words


def first_bits(words: jax.Array) -> jax.Array:
    """Select set bits whose left neighbour in the row is not set: uint32 [B, H, words]."""
    carry = jnp.pad(words[..., :-1] >> (WORD - 1), ((0, 0), (0, 0), (1, 0)))
    return words & ~((words << 1) | carry)


def set_bits(words: jax.Array, capacity: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Locate the set bits of uint32 [N], in order: (word, bit, used), each [capacity]; undefined if not used.

    Bits beyond `capacity` are dropped.
    """
    per_word = popcount(words)
    before = exclusive_sum(per_word)
    slot = jnp.where(per_word > 0, before, capacity)
    index = jnp.arange(len(words), dtype=jnp.int32)
    word = lax.cummax(jnp.zeros(capacity, jnp.int32).at[slot].set(index, mode="drop"))
    nth = jnp.arange(capacity, dtype=jnp.int32)
    bit = nth_bit(at(words, word), nth - at(before, word))
    return word, bit, nth < before[-1] + per_word[-1]


def nth_bit(words: jax.Array, nth: jax.Array) -> jax.Array:
    """Position of the set bit with `nth` set bits below it, by bisection; 31 if there is none."""
    position = jnp.zeros_like(nth)
    for half in (16, 8, 4, 2, 1):
        below = popcount(words & jnp.uint32((1 << half) - 1))
        upper = nth >= below
        nth = jnp.where(upper, nth - below, nth)
        words = jnp.where(upper, words >> half, words)
        position = jnp.where(upper, position + half, position)
    return position


def popcount(words: jax.Array) -> jax.Array:
    """Number of set bits, int32."""
    return lax.population_count(words).astype(jnp.int32)


def exclusive_sum(counts: jax.Array) -> jax.Array:
    """Exclusive prefix sum."""
    return jnp.cumsum(counts) - counts


def at(table: jax.Array, index: jax.Array) -> jax.Array:
    """table[index] for indices known to be in bounds."""
    return table.at[index].get(mode="promise_in_bounds")
