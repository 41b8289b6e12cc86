"""Images and common segments are found where they are, and nowhere else."""

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import with_mode
from data_prep.video.codec import write_video
from data_prep.video.frame_index import read_index
from data_prep.video.similar import FindConfig, common_segments, find_image, windows
from tests.data_prep import generated_videos as generated
from tests.data_prep.comic_videos import draw_pages, render

FPS = 8
CONFIG = FindConfig()


@pytest.fixture(scope="module")
def episodes(tmp_path_factory):
    """Three episodes with opening titles, two without; first and last frames of the titles; the titles."""
    folder, rng = tmp_path_factory.mktemp("episodes"), np.random.default_rng(0)
    titles = render(rng, draw_pages(rng, 1), shot_frames=(8, 20), size=(32, 56)).frames
    indexes, truth = [], []
    for number in range(5):
        before = render(rng, draw_pages(rng, 1), size=(32, 56)).frames[: int(rng.integers(5, 60))]
        after = render(rng, draw_pages(rng, 2), size=(32, 56)).frames
        level = int(rng.integers(-6, 7))
        copied = np.clip(titles.astype(int) + level, 0, 255).astype(np.uint8)
        parts = [before, copied, after] if number < 3 else [before, after]
        path = folder / f"{number}.mp4"
        write_video(iter(np.concatenate(parts)), path, fps=FPS, crf=24, preset="ultrafast")
        indexes.append(read_index(path))
        truth.append((len(before), len(before) + len(titles) - 1) if number < 3 else None)
    return indexes, truth, titles


def test_a_common_segment_is_found_within_two_frames_and_only_where_it_is(episodes):
    indexes, truth, _ = episodes
    for entry, true, index in zip(common_segments(indexes, CONFIG), truth, indexes, strict=True):
        if true is None:
            assert entry is None
            continue
        assert entry is not None
        assert abs(entry.first_frame - true[0]) <= 2
        assert abs(entry.last_frame - true[1]) <= 2
        assert (entry.first_pts, entry.last_pts) == (
            index.pts[entry.first_frame],
            index.pts[entry.last_frame],
        )


def test_the_frame_of_an_image_is_found(episodes):
    indexes, truth, titles = episodes
    moved = np.abs(np.diff(titles.astype(int), axis=0)).mean(axis=(1, 2, 3))
    shown = 1 + int(np.minimum(moved[:-1], moved[1:]).argmax())  # of a shot that moves
    image = with_mode(titles[shown], "gray")
    for index, true in zip(indexes, truth, strict=True):
        match = find_image(index, image, CONFIG)
        if true is None:
            assert match.score < CONFIG.min_score
            continue
        assert match.score > 0.95
        assert abs(match.frame - true[0] - shown) <= 2
        entry = match.exclusion(index, 1.0, 0.5, reason="intro.png")
        assert (entry.first_frame, entry.last_frame) == (max(match.frame - FPS, 0), match.frame + FPS // 2)


def test_only_the_start_and_the_end_are_searched(tmp_path, episodes):
    index = read_index(generated.constant(tmp_path))
    assert windows(index, 0.2) == [range(6), range(58, 64)]
    assert windows(index, 180) == [range(64)]
    indexes, truth, titles = episodes
    image = with_mode(titles[-1], "gray")
    narrow = FindConfig(window_sec=0.5)
    assert find_image(indexes[0], image, narrow).frame not in range(truth[0][0], truth[0][1] + 1)


def test_invalid_settings(tmp_path):
    index = read_index(generated.constant(tmp_path))
    with pytest.raises(InputError, match="--image: the image is blank"):
        find_image(index, np.full((20, 20, 1), 9, np.uint8), CONFIG)
    with pytest.raises(InputError, match="two or more, or --image"):
        common_segments([index], CONFIG)
    with pytest.raises(InputError, match="--min-score"):
        FindConfig(min_score=2).check()
