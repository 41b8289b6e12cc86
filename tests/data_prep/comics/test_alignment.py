"""Frames of rendered videos are aligned with their pages; paths never go back."""

import itertools

import numpy as np
import pytest

from data_prep.comics.alignment import align, features, monotone_path, panel_views
from data_prep.errors import InputError
from data_prep.video.codec import write_video
from data_prep.video.frame_index import read_index
from data_prep.video.tags import guess_linear, tags_from_last_frames
from tests.data_prep.comic_videos import draw_pages, render

FPS = 6


@pytest.mark.parametrize("seed", range(5))
def test_the_best_monotone_path_equals_a_search_of_all(seed):
    gain = np.random.default_rng(seed).normal(size=(6, 4))
    paths = [p for p in itertools.product(range(4), repeat=6) if list(p) == sorted(p)]
    best = max(paths, key=lambda path: sum(gain[row, column] for row, column in enumerate(path)))
    assert tuple(monotone_path(gain)) == best


@pytest.mark.slow
def test_at_least_nine_of_ten_frames_are_within_one_page_in_three_minutes(tmp_path):
    """Some shots show nothing of the pages; pages last unequally long, so that the linear guess is off."""
    rng = np.random.default_rng(4)
    pages = draw_pages(rng, 10)
    quick = render(rng, pages[:7], shot_frames=(5, 12), other_fraction=0.15)
    slow = render(rng, pages[7:], shot_frames=(35, 70), other_fraction=0.15)
    frames = np.concatenate([quick.frames, slow.frames])
    truth = np.concatenate([quick.pages, 7 + slow.pages])
    assert len(frames) / FPS > 170
    write_video(iter(frames), tmp_path / "a.mp4", fps=FPS, crf=24, preset="ultrafast")
    index = read_index(tmp_path / "a.mp4")
    found = align(index, [page.image for page in pages])
    names = [f"{k}.png" for k in range(10)]
    assert found.last_frames == sorted(found.last_frames)
    near = np.abs(tags_from_last_frames(found.last_frames, names, index).pages_of(len(index)) - truth) <= 1
    assert near.mean() >= 0.9
    guess = np.abs(guess_linear(names, index).pages_of(len(index)) - truth) <= 1
    assert guess.mean() < near.mean() - 0.1


def test_excluded_frames_do_not_count(tmp_path):
    rng = np.random.default_rng(2)
    pages = draw_pages(rng, 3)
    video = render(rng, pages, shot_frames=(6, 12))
    titles = render(rng, pages[2:], shot_frames=(6, 8))  # the last page, at the start
    write_video(
        iter(np.concatenate([titles.frames, video.frames])), tmp_path / "a.mp4", fps=FPS, preset="ultrafast"
    )
    index = read_index(tmp_path / "a.mp4")
    excluded = np.arange(len(index)) < len(titles.frames)
    found = align(index, [page.image for page in pages], excluded=excluded)
    ends = [len(titles.frames) + np.flatnonzero(video.pages == page)[-1] for page in range(3)]
    assert np.abs(np.array(found.last_frames) - ends).max() <= 12
    with pytest.raises(InputError, match="all frames are excluded"):
        align(index, [pages[0].image], excluded=np.ones(len(index), bool))


def test_similar_views_have_similar_features():
    rng = np.random.default_rng(0)
    one, two = draw_pages(rng, 2)
    views = panel_views(one.image, one.boxes_px[0])
    vectors = features(views)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    darker = features(np.rint(views * 0.7 + 20).astype(np.uint8))
    other = features(panel_views(two.image, two.boxes_px[0]))
    assert (vectors * darker).sum(axis=1).mean() > 0.97
    assert (vectors @ other.T).mean() < 0.8
    with pytest.raises(InputError, match="no pages"):
        align(None, [])  # type: ignore[arg-type]


def test_views_stay_inside_panels_of_any_size():
    for height_px in (10, 11, 20, 103):  # h * 64 / 36 / (64 / 36) is a little more than some h
        for width_px in (10, 3 * height_px):
            page = np.full((height_px, width_px, 3), 99, np.uint8)
            assert (panel_views(page, (0, 0, width_px, height_px)) == 99).all()
