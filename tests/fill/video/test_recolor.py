"""Coloured videos: colours are stable, loops close, cuts are respected; each frame is a fill."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.errors import InputError
from fill.config import VideoConfig
from fill.masked_palette import MaskedPalette
from fill.palette import from_hex
from fill.pipeline import lay_on
from fill.regions import find_regions
from fill.video.recolor import Changes, color, track
from tests.fill import plain
from tests.fill.conftest import draw_web

PALETTE = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)  # hardly a colour twice
LENGTH = 12
PLAIN = VideoConfig()


@pytest.fixture(scope="module")
def loop():
    return [draw_web(96, i / LENGTH) for i in range(LENGTH)]


def run(frames, config=PLAIN, palette=PALETTE, **how):
    tracking = track(lambda: iter(frames), palette, config, batch=4, **how)
    return tracking, list(color(lambda: iter(frames), tracking, config, batch=4))


def test_a_mask_decides_between_palettes_in_the_first_frame_of_a_region(loop):
    """At the left the colours of one palette, at the right those of the other."""
    reds, blues = from_hex(["#d00000", "#f00000"]), from_hex(["#0000d0", "#0000f0"])
    mask = np.broadcast_to((np.arange(96) >= 48)[None, :, None] * np.uint8(255), (96, 96, 3))
    masked = MaskedPalette(blues, mask)
    tracking, filled = run(loop[:4], palette=reds, masked=masked)
    labels = plain.label(loop[0][..., 0] > 160)
    for k in range(1, labels.max() + 1):
        columns = np.where(labels == k)[1]
        if columns.max() < 48 or columns.min() >= 48:
            is_blue = filled[0][labels == k][0, 2] > 0
            assert is_blue == (columns.min() >= 48), k
    np.testing.assert_array_equal(tracking.colors, run(loop[:4], palette=reds, masked=masked)[0].colors)


def steadiness(frames, tracking, config=PLAIN, batch=4, **how):
    """Reported changes, and the same counted on the drawings and the coloured frames: fractions of
    the paper that change colour, all of them, and though their region persists."""
    changes = Changes()
    filled = list(color(lambda: iter(frames), tracking, config, batch=batch, changes=changes, **how))
    labels = [plain.label(frame[..., 0] > 160) for frame in frames]
    px = changed = broken = 0
    for i in range(0 if tracking.is_loop else 1, len(frames)):
        if i in tracking.cuts:
            continue
        before, now = labels[i - 1], labels[i]
        both = (before > 0) & (now > 0)
        other = (filled[i - 1] != filled[i]).any(-1) & both
        px += both.sum()
        changed += other.sum()
        broken += sum((other & shared).sum() for shared in plain.persisting(before, now))
    assert (changes.px, changes.changed_px, changes.broken_px) == (px, changed, broken)
    return changes.fraction, changes.broken_fraction


def stays(before, now, drawing_before, drawing_now):
    """Fraction of pixels, paper in both frames, whose colour is unchanged where regions persist."""
    a, b = (plain.label(d[..., 0] > 160) for d in (drawing_before, drawing_now))
    same = total = 0
    for k in range(1, b.max() + 1):
        others = np.bincount(a[b == k], minlength=a.max() + 1)
        others[0] = 0
        j = others.argmax()
        if 3 * others[j] > (a == j).sum() + (b == k).sum():
            both = (a == j) & (b == k)
            same += (before[both] == now[both]).all(-1).sum()
            total += both.sum()
    return same / total


def test_every_frame_is_a_fill_of_its_drawing(loop):
    tracking, filled = run(loop)
    assert len(filled) == len(tracking.of_frames) == LENGTH
    for drawing, tracks, frame in zip(loop, tracking.of_frames, filled, strict=True):
        np.testing.assert_array_equal(frame, plain.fill(drawing, tracking.colors[tracks]))


def test_colours_are_stable_around_the_loop(loop):
    tracking, filled = run(loop)
    assert tracking.is_loop
    assert tracking.seam_changes == 0
    part, broken = steadiness(loop, tracking)
    assert part < 0.02
    assert broken == 0
    for i in range(LENGTH):  # from the last to the first as well
        assert stays(filled[i - 1], filled[i], loop[i - 1], loop[i]) == 1.0, i


def test_a_persisting_region_that_changes_colour_is_counted(loop):
    """Its track is given to another colour from frame 6 on: once there, and again at the seam."""
    tracking, _ = run(loop)
    track = tracking.of_frames[6][np.bincount(plain.label(loop[6][..., 0] > 160).ravel())[1:].argmax() + 1]
    lost = [np.where((tracks == track) & (i >= 6), 0, tracks) for i, tracks in enumerate(tracking.of_frames)]
    part, broken = steadiness(loop, dataclasses.replace(tracking, of_frames=lost))
    assert broken > 0.01
    assert part < broken + 0.02


def test_other_videos_are_not_joined_at_the_seam(loop):
    assert not run(loop, dataclasses.replace(VideoConfig(), loop="no"))[0].is_loop
    assert not run(loop[:5])[0].is_loop
    rng = np.random.default_rng(0)
    hopping = []
    for _ in range(8):
        frame = np.full((96, 96, 1), 255, np.uint8)
        for _ in range(3):
            y, x = rng.integers(2, 82, 2)
            frame[y : y + 12, x : x + 12] = 0
            frame[y + 2 : y + 10, x + 2 : x + 10] = 255
        hopping.append(frame)
    assert not run(hopping)[0].is_loop


@pytest.mark.slow
def test_a_loop_from_few_regions_to_more_than_small_tables_hold():
    """The last of many rooms is alone at the end: a track of its own, joined to the first across the seam."""
    rooms = np.full((55, 55, 1), 255, np.uint8)
    rooms[::3] = rooms[:, ::3] = 0
    alone = np.zeros_like(rooms)
    alone[52:54, 52:54] = 255
    frames = [rooms, np.zeros_like(rooms), alone, alone]
    config = dataclasses.replace(VideoConfig(), loop="yes", memory_frames=0)
    tracking = track(lambda: iter(frames), PALETTE, config, batch=1)
    assert [len(tracks) - 1 for tracks in tracking.of_frames] == [324, 0, 1, 1]
    assert tracking.of_frames[-1][1] == 325
    np.testing.assert_array_equal(tracking.colors[325], tracking.colors[324])


def test_regions_that_swap_places_have_stable_colours():
    """Bars that scroll by one period: to close without a change all would have to be of one colour."""
    frames = []
    for i in range(11):
        x = (np.arange(96) - i) % 11
        frames.append(np.broadcast_to(np.where(x < 2, 0, 255).astype(np.uint8)[None, :, None], (96, 96, 1)))
    tracking, filled = run(frames)
    assert tracking.is_loop
    assert tracking.seam_changes > 5
    assert len(np.unique(filled[0].reshape(-1, 3), axis=0)) > 5
    part, broken = steadiness(frames, tracking)
    assert 0.05 < broken <= part < 0.2  # the seam is one of eleven steps


def test_flicker_is_counted(loop):
    """Two rooms whose wall comes and goes: a merger and a split in every frame, and the larger persists."""
    closed = np.full((96, 96, 1), 255, np.uint8)
    closed[:, 38:40] = 0
    broken = closed.copy()
    broken[10:20] = 255
    frames = [closed, broken] * 4
    tracking = track(lambda: iter(frames), PALETTE, dataclasses.replace(VideoConfig(), loop="no"), batch=4)
    part, broken = steadiness(frames, tracking)
    assert part == pytest.approx(38 / 94, abs=0.01)
    assert broken == 0


def test_the_first_frame_of_a_loop_follows_from_its_last(loop):
    """Twice around gives the same frames twice."""
    _, once = run(loop)
    _, twice = run(loop + loop)
    for a, b in zip(twice[:LENGTH], twice[LENGTH:], strict=True):
        same = (a == b).all(-1).mean()
        assert same > 0.99
    assert np.any(once[0] != once[3])


@pytest.mark.slow
def test_neither_batch_nor_skipping_changes_a_frame(loop):
    tracking, filled = run(loop)
    other = track(lambda: iter(loop), PALETTE, VideoConfig(), batch=5)
    np.testing.assert_array_equal(other.colors, tracking.colors)
    some = list(color(lambda: iter(loop), tracking, VideoConfig(), batch=3, skip=lambda i: i % 2 == 0))
    np.testing.assert_array_equal(some, filled[1::2])


def test_the_seed_decides_the_colours(loop):
    assert np.any(run(loop[:2], seed=1)[1][0] != run(loop[:2])[1][0])
    np.testing.assert_array_equal(run(loop[:2], seed=1)[1], run(loop[:2], seed=1)[1])


def test_a_cut_may_bring_new_colours(loop):
    clip = [*loop[:4], *[draw_web(96, i / LENGTH, seed=5) for i in range(4)]]
    stored, _ = run(clip)
    assert stored.cuts == [4]
    assert steadiness(clip, stored)[0] < 0.02
    config = dataclasses.replace(VideoConfig(), new_colors_on_cut=True)
    fresh, _ = run(clip, config)
    assert fresh.cuts == [4]
    assert steadiness(clip, fresh, config)[1] == 0  # the cut is left out
    assert not set(fresh.of_frames[3]) & set(fresh.of_frames[4]) - {0}


def test_a_briefly_broken_line_does_not_change_colours(loop):
    still = [loop[0]] * 6
    broken = loop[0].copy()
    broken[20:76, 40:44] = 255
    clip = [*still[:2], broken, *still[:3]]
    found, filled = run(clip)
    assert found.found_again > 0
    np.testing.assert_array_equal(filled[0], filled[-1])
    _, forgetful = run(clip, dataclasses.replace(VideoConfig(), memory_frames=0, loop="no"))
    np.testing.assert_array_equal(forgetful[0], forgetful[1])
    assert np.any(forgetful[0] != forgetful[-1])


@pytest.mark.slow
def test_drawn_lines_do_not_flicker():
    """Thin lines that drift by an eighth of a pixel: as much ink in every frame."""
    frames = []
    for i in range(16):
        x = (np.arange(96) - i / 8 + 4) % 12
        line = np.clip(1 - np.abs(x - 6), 0, 1)
        frames.append(np.broadcast_to(np.rint(255 * (1 - line)).astype(np.uint8)[None, :, None], (32, 96, 1)))
    config = dataclasses.replace(VideoConfig(), keep_lines=True)
    _, filled = run(frames, config, from_hex(["#ffffff"]))
    ink = np.array([(255 - frame.astype(int)).sum() for frame in filled])
    true = np.array([(255 - frame.astype(int)).sum() for frame in frames])
    np.testing.assert_allclose(ink / ink.mean(), true / true.mean(), atol=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"close_gaps_px": 4}, {"min_region_px": 60}, {"blend": True}])
def test_options_of_blob_apply_to_videos(loop, options):
    config = dataclasses.replace(VideoConfig(), **options)
    tracking, filled = run(loop[:3], config)
    table = tracking.colors[tracking.of_frames[1]]
    padded = jnp.asarray(np.pad(table, ((0, 300), (0, 0))))[None]
    frame = jnp.asarray(loop[1])[None]
    expected = lay_on(frame, find_regions(frame, config), padded, config)[0]
    np.testing.assert_array_equal(filled[1], expected)


def test_overlay_colours_come_from_the_first_frame_of_a_region(loop):
    config = dataclasses.replace(VideoConfig(), overlay=True)
    image = np.random.default_rng(2).integers(0, 256, (96, 96, 3), np.uint8)
    tracking, filled = run(loop, config, image)
    labels = plain.label(loop[0][..., 0] > 160)
    np.testing.assert_array_equal(tracking.colors[tracking.of_frames[0]], plain.means(labels, image))
    assert stays(filled[0], filled[1], loop[0], loop[1]) == 1.0


def test_invalid_videos_are_refused(loop):
    with pytest.raises(InputError, match="no frames"):
        track(lambda: iter([]), PALETTE, VideoConfig())
    with pytest.raises(InputError, match="frame 2 is 90 x 96 px with 1 channel, frame 0 is 96 x 96 px"):
        track(lambda: iter([*loop[:2], loop[2][:, :90]]), PALETTE, VideoConfig())
    with pytest.raises(InputError, match=r"frame 0 is 24000 x 2 px.* 23170 px a side"):
        track(lambda: iter([np.zeros((2, 24000, 1), np.uint8)]), PALETTE, VideoConfig())


@pytest.mark.slow
def test_videos_of_one_pixel_and_of_one_row():
    for shape in ((1, 1, 1), (1, 40, 3)):
        frames = [np.full(shape, 255, np.uint8)] * 3
        tracking, filled = run(frames)
        np.testing.assert_array_equal(filled, [np.broadcast_to(tracking.colors[1], (*shape[:2], 3))] * 3)


@pytest.mark.slow
def test_videos_of_ink_and_of_paper_only():
    for value, palette in ((0, PALETTE), (255, from_hex(["#102030"]))):
        frames = [np.full((20, 30, 3), value, np.uint8)] * 3
        tracking, filled = run(frames, palette=palette)
        assert tracking.cuts == []
        assert (np.stack(filled) == (0 if value == 0 else np.array([16, 32, 48]))).all()
