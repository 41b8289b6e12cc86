"""Perceptual hashes of images, and duplicates found by them.

The hash is pHash: the signs, about their median, of the 16 x 16 lowest frequencies of a cosine transform of
the gray image at 64 px; 256 bits. Copies that were recompressed, resized or brightened differ in few bits,
other images in about half. Source: Zauner 2010, "Implementation and benchmarking of perceptual image hash
functions", section 3.2.1.

On uniform images, e.g. blank pages, the signs are random: these are duplicates only if all pixels are equal.
"""

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from data_prep import images

HASH_SIDE = 16
BITS = HASH_SIDE * HASH_SIDE
HASHED_PX = 64  # side of the copy that is hashed
FLAT_LEVELS = 4  # of 255: a copy with a smaller range of values is flat
BLOCK = 512  # images compared with all retained ones at a time


@dataclasses.dataclass(frozen=True)
class Hashes:
    """Identity of an image: name, size, checksum, perceptual hash."""

    name: str
    size_px: tuple[int, int]  # (height, width)
    digest: str  # of size and pixels, with alpha unless all pixels are opaque
    words: tuple[int, ...]  # the perceptual hash, 64 bits each
    flat: bool = False  # nearly uniform: the perceptual hash is meaningless


@dataclasses.dataclass(frozen=True)
class Pair:
    """A retained image and a duplicate of it."""

    retained: str
    duplicate: str
    distance: int  # Hamming distance of their hashes, bits
    exact: bool  # equal in every pixel


def hash_image(name: str, image: np.ndarray) -> Hashes:
    """Hash an image, uint8 [H, W, 3 or 4]; the perceptual hash composites alpha over white."""
    import imagehash  # loads SciPy

    if image.shape[2] == 4 and (image[..., 3] == 255).all():
        image = np.ascontiguousarray(image[..., :3])
    pixels = hashlib.blake2b(str(image.shape).encode() + image.tobytes(), digest_size=16)
    gray = Image.fromarray(images.with_mode(image, "gray")[..., 0])
    small = gray.resize((HASHED_PX, HASHED_PX), Image.Resampling.LANCZOS)  # as in phash
    levels = np.asarray(small)
    words = np.packbits(imagehash.phash(small, hash_size=HASH_SIDE).hash.ravel()).view(np.uint64)
    return Hashes(
        name,
        (image.shape[0], image.shape[1]),
        pixels.hexdigest(),
        tuple(int(word) for word in words),
        flat=int(levels.max()) - int(levels.min()) < FLAT_LEVELS,
    )


def find_duplicates(hashed: Sequence[Hashes], *, distance: int, exact: bool = False) -> list[Pair]:
    """Pair each duplicate with the retained image nearest to it; no retained image duplicates another.

    Images are visited largest first, ties in the order passed; each is retained unless a retained one lies
    within `distance`.

    Args:
        hashed: the images.
        distance: largest Hamming distance of duplicates, bits of BITS.
        exact: only images with equal pixels are duplicates.

    Returns:
        One pair per duplicate, in the order of `hashed`.
    """
    order = sorted(range(len(hashed)), key=lambda i: -hashed[i].size_px[0] * hashed[i].size_px[1])
    original = _equal_pixels(hashed, order)
    if not exact:
        original |= _near(hashed, [i for i in order if not hashed[i].flat], distance)
    pairs = []
    for i, one in enumerate(hashed):
        if (retained := original[i]) != i:
            bits = int(_distances(_words([one]), _words([hashed[retained]]))[0, 0])
            pairs.append(Pair(hashed[retained].name, one.name, bits, one.digest == hashed[retained].digest))
    return pairs


def _equal_pixels(hashed: Sequence[Hashes], order: Sequence[int]) -> dict[int, int]:
    """Image -> its representative with equal pixels."""
    first: dict[str, int] = {}
    return {i: first.setdefault(hashed[i].digest, i) for i in order}


def _near(hashed: Sequence[Hashes], order: Sequence[int], distance: int) -> dict[int, int]:
    """Image -> its representative; blocks against all retained images, then within the block."""
    words = _words(hashed)
    retained: list[int] = []
    original: dict[int, int] = {}
    for start in range(0, len(order), BLOCK):
        block = np.array(order[start : start + BLOCK])
        if retained:
            far = _distances(words[block], words[retained])
            nearest, least = far.argmin(axis=1), far.min(axis=1)
        else:
            nearest, least = np.zeros(len(block), np.int64), np.full(len(block), BITS + 1)
        among, before = _distances(words[block], words[block]), len(retained)
        places: list[int] = []  # positions of retained images in the block
        for place, i in enumerate(block.tolist()):
            bits, match = int(least[place]), int(nearest[place])
            if places:
                closest = int(among[place, places].argmin())
                if among[place, places[closest]] < bits:
                    bits, match = int(among[place, places[closest]]), before + closest
            if bits <= distance:
                original[i] = retained[match]
            else:
                original[i] = i
                retained.append(i)
                places.append(place)
    return original


def _words(hashed: Sequence[Hashes]) -> np.ndarray:
    return np.array([one.words for one in hashed], np.uint64)  # [N, BITS / 64]


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hamming distances of hashes, uint64 [N, W] and [M, W] -> int [N, M]."""
    total = np.zeros((len(a), len(b)), np.int16)
    for word in range(a.shape[1]):
        total += np.bitwise_count(a[:, None, word] ^ b[None, :, word])
    return total
