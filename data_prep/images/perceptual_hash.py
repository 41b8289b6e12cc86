"""Which images show the same? Perceptual hashes, and the pairs of images whose hashes lie near.

The hash is pHash: the signs, about their median, of the 16 x 16 lowest frequencies of a cosine transform of
the gray image at 64 px; 256 bits. Pictures saved again, resized or brightened differ in few of them, other
pictures in about half. Source: Zauner 2010, "Implementation and benchmarking of perceptual image hash
functions", section 3.2.1.

On pictures that show nothing, e.g. blank pages, the signs are chance: these are duplicates only of pictures
that equal them in every pixel.
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
FLAT_LEVELS = 4  # of 255: a copy that spans fewer shows nothing
BLOCK = 512  # images compared with all kept ones at a time


@dataclasses.dataclass(frozen=True)
class Hashes:
    """What an image is known by."""

    name: str
    size_px: tuple[int, int]  # (height, width)
    digest: str  # of size and pixels, with alpha where a pixel is not opaque
    words: tuple[int, ...]  # the perceptual hash, 64 bits each
    flat: bool = False  # it shows nothing that a perceptual hash could tell


@dataclasses.dataclass(frozen=True)
class Pair:
    """An image, and one that shows the same."""

    kept: str
    duplicate: str
    distance: int  # bits in which their hashes differ
    exact: bool  # equal in every pixel


def hash_image(name: str, image: np.ndarray) -> Hashes:
    """Take the hashes of an image, uint8 [H, W, 3 or 4]; the perceptual one with alpha laid over white."""
    import imagehash  # loads SciPy

    if image.shape[2] == 4 and (image[..., 3] == 255).all():
        image = np.ascontiguousarray(image[..., :3])
    pixels = hashlib.blake2b(str(image.shape).encode() + image.tobytes(), digest_size=16)
    gray = Image.fromarray(images.with_mode(image, "gray")[..., 0])
    small = gray.resize((HASHED_PX, HASHED_PX), Image.Resampling.LANCZOS)  # as phash would make it
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
    """Pairs of a kept image and a duplicate; no image that is kept is a duplicate of another kept one.

    Images are taken largest first, among equals in the order given; each is kept, unless a kept one lies
    within `distance`: then it is the duplicate of the nearest.

    Args:
        hashed: the images.
        distance: most bits of BITS in which the hashes of duplicates differ.
        exact: only images that are equal in every pixel.

    Returns:
        One pair per duplicate, in the order of `hashed`.
    """
    order = sorted(range(len(hashed)), key=lambda i: -hashed[i].size_px[0] * hashed[i].size_px[1])
    original = _equal_pixels(hashed, order)
    if not exact:
        original |= _near(hashed, [i for i in order if not hashed[i].flat], distance)
    pairs = []
    for i, one in enumerate(hashed):
        if (kept := original[i]) != i:
            bits = int(_distances(_words([one]), _words([hashed[kept]]))[0, 0])
            pairs.append(Pair(hashed[kept].name, one.name, bits, one.digest == hashed[kept].digest))
    return pairs


def _equal_pixels(hashed: Sequence[Hashes], order: Sequence[int]) -> dict[int, int]:
    """Image -> the one that stands for it."""
    first: dict[str, int] = {}
    return {i: first.setdefault(hashed[i].digest, i) for i in order}


def _near(hashed: Sequence[Hashes], order: Sequence[int], distance: int) -> dict[int, int]:
    """Image -> the one that stands for it; blocks of images against all kept ones, then among themselves."""
    words = _words(hashed)
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


def _words(hashed: Sequence[Hashes]) -> np.ndarray:
    return np.array([one.words for one in hashed], np.uint64)  # [N, BITS / 64]


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hamming distances of hashes, uint64 [N, W] and [M, W] -> int [N, M]."""
    total = np.zeros((len(a), len(b)), np.int16)
    for word in range(a.shape[1]):
        total += np.bitwise_count(a[:, None, word] ^ b[None, :, word])
    return total
