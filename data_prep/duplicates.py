"""Which images show the same? Perceptual hashes, and the pairs of images whose hashes lie near.

The hash is pHash: the signs, about their median, of the 16 x 16 lowest frequencies of a cosine transform of
the gray image at 64 px; 256 bits. Pictures saved again, resized or brightened differ in few of them, other
pictures in about half. Source: Zauner 2010, "Implementation and benchmarking of perceptual image hash
functions", section 3.2.1.
"""

import dataclasses
import hashlib
from collections.abc import Sequence

import imagehash
import numpy as np
from PIL import Image

HASH_SIDE = 16
BITS = HASH_SIDE * HASH_SIDE
BLOCK = 512  # images compared with all kept ones at a time


@dataclasses.dataclass(frozen=True)
class Look:
    """What an image is known by."""

    name: str
    size_px: tuple[int, int]  # (height, width)
    digest: str  # of size and pixels as RGB
    words: tuple[int, ...]  # the perceptual hash, 64 bits each


@dataclasses.dataclass(frozen=True)
class Pair:
    """An image, and one that shows the same."""

    kept: str
    duplicate: str
    distance: int  # bits in which their hashes differ
    exact: bool  # equal in every pixel


def look_at(name: str, image: np.ndarray) -> Look:
    """Take the hashes of an image, uint8 [H, W, 3]."""
    pixels = hashlib.blake2b(str(image.shape).encode() + image.tobytes(), digest_size=16)
    bits = imagehash.phash(Image.fromarray(image), hash_size=HASH_SIDE).hash
    words = np.packbits(bits.ravel()).view(np.uint64)
    return Look(name, (image.shape[0], image.shape[1]), pixels.hexdigest(), tuple(int(w) for w in words))


def find_duplicates(looks: Sequence[Look], *, distance: int, exact: bool = False) -> list[Pair]:
    """Pairs of a kept image and a duplicate; no image that is kept is a duplicate of another kept one.

    Images are taken largest first, among equals in the order given; each is kept, unless a kept one lies
    within `distance`: then it is the duplicate of the nearest.

    Args:
        looks: the images.
        distance: most bits of BITS in which the hashes of duplicates differ.
        exact: only images that are equal in every pixel.

    Returns:
        One pair per duplicate, in the order of `looks`.
    """
    order = sorted(range(len(looks)), key=lambda i: -looks[i].size_px[0] * looks[i].size_px[1])
    original = _equal_pixels(looks, order) if exact else _near(looks, order, distance)
    pairs = []
    for i, look in enumerate(looks):
        if (kept := original[i]) != i:
            bits = int(_distances(_words([look]), _words([looks[kept]]))[0, 0])
            pairs.append(Pair(looks[kept].name, look.name, bits, look.digest == looks[kept].digest))
    return pairs


def _equal_pixels(looks: Sequence[Look], order: Sequence[int]) -> dict[int, int]:
    """Image -> the one that stands for it."""
    first: dict[str, int] = {}
    return {i: first.setdefault(looks[i].digest, i) for i in order}


def _near(looks: Sequence[Look], order: Sequence[int], distance: int) -> dict[int, int]:
    """Image -> the one that stands for it; blocks of images against all kept ones, then among themselves."""
    words = _words(looks)
    kept: list[int] = []
    original: dict[int, int] = {}
    for start in range(0, len(order), BLOCK):
        block = np.array(order[start : start + BLOCK])
        if kept:
            far = _distances(words[block], words[kept])
            nearest, least = far.argmin(axis=1), far.min(axis=1)
        else:
            nearest, least = np.zeros(len(block), np.int64), np.full(len(block), BITS + 1)
        among, before = _distances(words[block], words[block]), len(kept)
        places: list[int] = []  # in the block, of those kept
        for place, i in enumerate(block.tolist()):
            bits, match = int(least[place]), int(nearest[place])
            if places:
                closest = int(among[place, places].argmin())
                if among[place, places[closest]] < bits:
                    bits, match = int(among[place, places[closest]]), before + closest
            if bits <= distance:
                original[i] = kept[match]
            else:
                original[i] = i
                kept.append(i)
                places.append(place)
    return original


def _words(looks: Sequence[Look]) -> np.ndarray:
    return np.array([look.words for look in looks], np.uint64)  # [N, BITS / 64]


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hamming distances of hashes, uint64 [N, W] and [M, W] -> int [N, M]."""
    total = np.zeros((len(a), len(b)), np.int16)
    for word in range(a.shape[1]):
        total += np.bitwise_count(a[:, None, word] ^ b[None, :, word])
    return total
