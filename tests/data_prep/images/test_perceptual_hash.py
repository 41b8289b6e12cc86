"""Duplicates: equal to a plain one-by-one search, stable under what saving an image again does."""

import io

import numpy as np
import pytest
from PIL import Image

from data_prep.images import perceptual_hash
from data_prep.images.perceptual_hash import BITS, Hashes, Pair, find_duplicates, hash_image
from tests.data_prep.conftest import drawing


def plain_search(hashes: list[Hashes], distance: int) -> dict[str, tuple[str, int]]:
    """Duplicate -> (retained, distance), image by image, bit by bit."""
    bits = {one.name: "".join(f"{word:064b}" for word in one.words) for one in hashes}
    retained: list[Hashes] = []
    found = {}
    for one in sorted(hashes, key=lambda one: -one.size_px[0] * one.size_px[1]):
        far = [sum(a != b for a, b in zip(bits[one.name], bits[k.name], strict=True)) for k in retained]
        if far and min(far) <= distance:
            found[one.name] = (retained[far.index(min(far))].name, min(far))
        else:
            retained.append(one)
    return found


def random_hashes(rng: np.random.Generator, count: int) -> list[Hashes]:
    """Clusters of hashes a few bits apart, of a few sizes."""
    centers = rng.integers(0, 2, (count // 8 + 1, BITS), np.uint8)
    hashes = []
    for i in range(count):
        bits = centers[rng.integers(len(centers))] ^ (rng.random(BITS) < rng.choice([0, 0.02, 0.1]))
        words = np.packbits(bits).view(np.uint64)
        size = int(rng.integers(1, 4))
        hashes.append(Hashes(f"{i}.png", (size, 5), f"{rng.integers(9)}", tuple(map(int, words))))
    return hashes


@pytest.mark.parametrize("block", [1, 7, 512])
def test_equals_a_plain_implementation(rng, monkeypatch, block):
    monkeypatch.setattr(perceptual_hash, "BLOCK", block)
    for distance in (0, 10, 50):
        hashes = random_hashes(rng, 90)
        pairs = find_duplicates(hashes, distance=distance)
        assert {p.duplicate: (p.retained, p.distance) for p in pairs} == plain_search(hashes, distance)
        assert [p.duplicate for p in pairs] == [
            x.name for x in hashes if x.name in {p.duplicate for p in pairs}
        ]
        assert not {p.retained for p in pairs} & {p.duplicate for p in pairs}
        assert pairs


def saved_again(image: np.ndarray) -> list[np.ndarray]:
    photo = Image.fromarray(image)
    jpeg = io.BytesIO()
    photo.save(jpeg, "JPEG", quality=50)
    changed = [Image.open(jpeg), photo.resize((120, 90)), photo.point(lambda v: v * 4 // 5 + 30)]
    return [np.asarray(p) for p in changed]


def test_recompression_changes_few_bits(rng):
    for _ in range(4):
        image = drawing(rng, 180, 240, channels=3)
        one, other = hash_image("a", image), hash_image("b", drawing(rng, 180, 240, channels=3))
        for copy in saved_again(image):
            pair = find_duplicates([one, hash_image("c", copy), other], distance=16)
            assert [(p.retained, p.duplicate, p.exact) for p in pair] == [("a", "c", False)]


def test_exact_means_every_pixel(rng):
    image = drawing(rng, 60, 60, channels=3)
    nearly = image.copy()
    nearly[0, 0] ^= 1
    names = {"a": image, "b": nearly, "c": image.copy(), "d": nearly.copy()}
    hashes = [hash_image(name, pixels) for name, pixels in names.items()]
    assert find_duplicates(hashes, distance=50, exact=True) == [
        Pair("a", "c", 0, True),
        Pair("b", "d", 0, True),
    ]
    near = find_duplicates(hashes, distance=50)
    assert [(p.retained, p.duplicate, p.exact) for p in near] == [("a", n, n == "c") for n in "bcd"]


def test_alpha_distinguishes_hidden_drawings(rng):
    drawings = np.full((3, 60, 60, 4), 255, np.uint8)  # white on nothing
    drawings[..., 3] = rng.integers(0, 2, (3, 60, 60)) * 255
    hashed = [hash_image(f"{i}", image) for i, image in enumerate(drawings)]
    hashed.append(hash_image("again", drawings[1].copy()))
    for exact in (False, True):
        assert find_duplicates(hashed, distance=50, exact=exact) == [Pair("1", "again", 0, True)]


def test_opaque_alpha_does_not_change_the_hash(rng):
    image = drawing(rng, 50, 50, channels=3)
    opaque = np.concatenate([image, np.full((50, 50, 1), 255, np.uint8)], axis=2)
    pairs = find_duplicates([hash_image("rgb", image), hash_image("rgba", opaque)], distance=0, exact=True)
    assert pairs == [Pair("rgb", "rgba", 0, True)]


def test_blank_images_are_duplicates_only_if_equal(rng):
    flat = {str(gray): np.full((70, 50, 3), gray, np.uint8) for gray in (255, 250, 10)}
    flat["grain"] = rng.integers(240, 242, (70, 50, 3)).astype(np.uint8)
    hashed = [hash_image(name, image) for name, image in flat.items()]
    assert all(one.flat for one in hashed)
    assert find_duplicates([*hashed, hash_image("again", flat["250"])], distance=50) == [
        Pair("250", "again", 0, True)
    ]
    line = np.full((2000, 1500, 3), 250, np.uint8)
    line[:, 700:704] = 40
    assert not hash_image("line", line).flat


def test_the_larger_image_is_retained(rng):
    image = drawing(rng, 120, 120, channels=3)
    small = np.asarray(Image.fromarray(image).resize((60, 60)))
    pairs = find_duplicates([hash_image("small", small), hash_image("large", image)], distance=50)
    assert [(p.retained, p.duplicate) for p in pairs] == [("large", "small")]
