"""The whole fill against its plain implementation; what colours depend on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, PartitionSpec

from configs.fill import CONFIGS, TINY
from fill import pipeline
from fill.config import BlobConfig
from fill.masked_palette import MaskedPalette
from fill.palette import blend_images, draw_colors, from_hex, resize
from fill.pipeline import fill_blob
from tests.fill import plain
from tests.slow_cases import slow, slow_rows

KEY = jax.random.key(7)
PALETTE = from_hex(["#000000", "#ffffff", "#d03020", "#2060a0", "#e0c040"])
PICTURE = np.random.default_rng(0).integers(0, 256, (23, 31, 3), np.uint8)


def drawn(item_id: int, count: int) -> np.ndarray:
    return np.asarray(draw_colors(jax.random.fold_in(KEY, item_id), jnp.asarray(PALETTE), count=count))


@pytest.mark.parametrize("config", [CONFIGS["blob"], TINY["blob"]], ids=["plain", "blended"])
def test_equals_the_plain_fill(drawing, config):
    labels = plain.label(plain.luminance(drawing) > config.standard_threshold)
    assert labels.max() > 10
    expected = plain.fill(drawing, drawn(0, labels.max()), blended=config.blend)
    np.testing.assert_array_equal(fill_blob(KEY, drawing, PALETTE, config), expected)


def test_overlay_equals_the_plain_fill(drawing):
    photo = np.asarray(resize(PICTURE, height_px=64, width_px=80))
    expected = plain.fill(drawing, plain.means(plain.label(drawing[..., 0] > 160), photo))
    np.testing.assert_array_equal(fill_blob(KEY, drawing, PICTURE, BlobConfig(overlay=True)), expected)


def test_a_mask_mixes_in_a_second_palette_by_regions(drawing):
    """Black: the first palette as without a mask; white: the second; half: about half of the regions."""
    reds, blues = from_hex(["#d00000", "#e00000", "#f00000"]), from_hex(["#0000d0", "#0000f0"])
    plain_red = np.asarray(fill_blob(KEY, drawing, reds, BlobConfig()))
    labels = plain.label(drawing[..., 0] > 160)

    def filled(mask):
        masked = MaskedPalette(
            blues, np.broadcast_to(mask, (64, 80))[..., None].repeat(3, 2).astype(np.uint8)
        )
        return np.asarray(fill_blob(KEY, drawing, reds, BlobConfig(), masked=masked))

    np.testing.assert_array_equal(filled(np.uint8(0)), plain_red)
    assert not filled(np.uint8(255))[..., 0].any()
    halves = np.where(np.arange(80) < 40, 0, 255)
    found = filled(halves)
    blue = [
        (found[labels == k][0, 2] > 0, halves[np.where(labels == k)[1]].mean())
        for k in range(1, labels.max())
    ]
    assert {chosen for chosen, amount in blue if amount == 255} == {True}
    assert {chosen for chosen, amount in blue if amount == 0} == {False}
    some = [(filled(np.uint8(128))[labels == k][0, 2] > 0) for k in range(1, labels.max())]
    assert 0.25 < np.mean(some) < 0.75


def test_overlays_are_blended_by_a_mask(drawing):
    mask = np.broadcast_to(np.linspace(0, 255, 80).astype(np.uint8)[None, :, None], (64, 80, 3))
    other = 255 - PICTURE
    size = {"height_px": 64, "width_px": 80}
    one, two = (np.asarray(resize(image, **size)).astype(float) for image in (PICTURE, other))
    expected = np.floor((one * (255 - mask.astype(int)) + two * mask + 127) / 255)
    blended = blend_images(PICTURE, other, mask, **size)
    np.testing.assert_array_equal(blended, expected)
    found = fill_blob(KEY, drawing, PICTURE, BlobConfig(overlay=True), masked=MaskedPalette(other, mask))
    np.testing.assert_array_equal(found, fill_blob(KEY, drawing, blended, BlobConfig(overlay=True)))


def test_colours_come_from_the_palette_only(drawing):
    colors = np.unique(np.asarray(fill_blob(KEY, drawing, PALETTE, BlobConfig())).reshape(-1, 3), axis=0)
    assert {tuple(c) for c in colors} <= {tuple(c) for c in PALETTE[0]}
    assert len(colors) > 3


@pytest.mark.slow
def test_gray_rgb_and_rgba_are_the_same_drawing(drawing):
    rgb = np.repeat(drawing, 3, axis=-1)
    ink = np.concatenate([np.zeros_like(rgb), 255 - drawing], axis=-1)
    expected = fill_blob(KEY, drawing, PALETTE, BlobConfig())
    for image in (rgb, ink):
        np.testing.assert_array_equal(fill_blob(KEY, image, PALETTE, BlobConfig()), expected)


def test_neither_batch_nor_order_changes_an_image(drawing):
    images = np.stack([np.roll(drawing, 5 * i, axis=0) for i in range(4)])
    ids = np.array([11, 5, 2**32 - 1, 5], np.uint32)
    together = np.asarray(fill_blob(KEY, images, PALETTE, BlobConfig(), item_ids=ids))
    for image, item_id, filled in zip(images, ids, together, strict=True):
        alone = fill_blob(KEY, image, PALETTE, BlobConfig(), item_ids=item_id)
        np.testing.assert_array_equal(alone, filled)
    turned = fill_blob(KEY, images[::-1].reshape(2, 2, 64, 80, 1), PALETTE, BlobConfig(), item_ids=ids[::-1])
    np.testing.assert_array_equal(np.asarray(turned).reshape(together.shape)[::-1], together)
    assert np.any(together[0] != np.asarray(fill_blob(KEY, images[:1], PALETTE, BlobConfig()))[0])


@pytest.mark.slow
def test_one_by_one_equals_all_at_once(drawing):
    """The form for CPUs and the form for accelerators give the same bits."""
    images = np.stack([drawing, np.zeros_like(drawing), np.full_like(drawing, 255), drawing[::-1]])
    ids = jnp.arange(4, dtype=jnp.uint32)
    limits = jnp.array([160, 160, 120, 200], jnp.int32)
    config = BlobConfig(blend=True)
    pins = pipeline.flat_pins(None, (4,))
    fill = jax.jit(pipeline._fill_blob, static_argnums=6)
    at_once = fill(KEY, images, ids, limits, pins, PALETTE, config)
    np.testing.assert_array_equal(at_once, fill_blob(KEY, images, PALETTE, config, thresholds=limits))


@pytest.mark.parametrize("config", [BlobConfig(), *slow(BlobConfig(blend=True))], ids=["plain", "blended"])
def test_an_image_of_ink_is_returned_unchanged(config):
    ink = np.full((64, 80, 3), (90, 20, 160), np.uint8)
    ink[:9] = 0
    np.testing.assert_array_equal(fill_blob(KEY, ink, PALETTE, config), ink)


def test_an_image_of_paper_takes_one_colour():
    filled = np.asarray(fill_blob(KEY, np.full((64, 80, 1), 255, np.uint8), PALETTE, BlobConfig()))
    np.testing.assert_array_equal(filled, np.broadcast_to(drawn(0, 1)[1], (64, 80, 3)))


@pytest.mark.parametrize(
    ("shape", "config"),
    [
        ((1, 1), BlobConfig(blend=True)),
        *slow_rows(
            ((1, 90), BlobConfig(overlay=True)),
            ((1, 90), BlobConfig(blend=True)),
            ((1, 1), BlobConfig(overlay=True)),
        ),
    ],
    ids=str,
)
def test_odd_sizes(shape, config):
    image = np.random.default_rng(1).choice(np.array([0, 255], np.uint8), (*shape, 1), p=[0.3, 0.7])
    image[0, 0] = 255
    labels = plain.label(image[..., 0] > 160)
    colors = plain.means(labels, np.asarray(resize(PICTURE, height_px=shape[0], width_px=shape[1])))
    expected = plain.fill(image, colors if config.overlay else drawn(0, labels.max()), blended=config.blend)
    np.testing.assert_array_equal(
        fill_blob(KEY, image, PICTURE if config.overlay else PALETTE, config), expected
    )


@pytest.mark.slow
def test_more_regions_than_the_small_table(monkeypatch, masks):
    image = np.where(masks["checkerboard"], 255, 0).astype(np.uint8)[..., None]
    expected = fill_blob(KEY, image, PALETTE, BlobConfig())  # 4608 regions
    assert masks["checkerboard"].sum() > pipeline.SMALL_COUNT
    np.testing.assert_array_equal(expected, plain.fill(image, drawn(0, 4608)))


@pytest.mark.slow
def test_sharded_over_devices(drawing):
    devices = jax.devices()[:4]
    images = np.stack([np.roll(drawing, 3 * i, axis=1) for i in range(8)])
    ids = np.arange(8, dtype=np.uint32)

    def fill(images, ids):
        return fill_blob(KEY, images, PALETTE, BlobConfig(), item_ids=ids)

    rows = PartitionSpec("data")
    mesh = Mesh(np.array(devices), ("data",))
    sharded = jax.jit(jax.shard_map(fill, mesh=mesh, in_specs=rows, out_specs=rows, check_vma=False))
    np.testing.assert_array_equal(sharded(images, ids), fill(images, ids))


@pytest.mark.parametrize(
    ("images", "palette", "message"),
    [
        (np.zeros((4, 4, 2), np.uint8), PALETTE, "1, 3 or 4"),
        (np.zeros((4, 4, 3), np.float32), PALETTE, "uint8"),
        (np.zeros((0, 4, 3), np.uint8), PALETTE, "sides"),
        (np.zeros((1, 30_000, 1), np.uint8), PALETTE, "23170"),
        (np.zeros((4, 4, 3), np.uint8), PALETTE[..., :2], "palette"),
    ],
)
def test_invalid_arrays_are_named(images, palette, message):
    with pytest.raises(ValueError, match=message):
        fill_blob(KEY, images, palette, BlobConfig())


@pytest.mark.slow
def test_real_drawings(real_data):
    from data_prep.images import list_images, read_image

    page = read_image(list_images(real_data / "pages" / "blob-membranes")[0], mode="gray")[:128, :160]
    labels = plain.label(page[..., 0] > 160)
    filled = fill_blob(KEY, page, PALETTE, BlobConfig())
    np.testing.assert_array_equal(filled, plain.fill(page, drawn(0, labels.max())))
