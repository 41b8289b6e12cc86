"""Scene cuts: found on rendered videos with pans and fades; flashes and pans are none."""

import dataclasses

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.video import cuts
from data_prep.video.codec import write_video
from data_prep.video.cuts import (
    CutsConfig,
    content_change,
    cosine_cuts,
    detect,
    find_cuts,
    precision_recall,
)
from data_prep.video.frame_index import read_index
from tests.data_prep.comic_videos import blobs, draw_pages, render

CONFIG = CutsConfig()


def detected(frames):
    return [frame for frame, _, _ in detect(frames, content_change(frames), CONFIG)]


@pytest.fixture(scope="module")
def rendered():
    made = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        made.append(render(rng, draw_pages(rng, 4), fade_fraction=0.2))
    return made


def test_precision_and_recall_of_rendered_videos(rendered):
    """Both at least 0.98, and better than the older cosine rule."""
    found, truth, older, offset = [], [], [], 0
    for video in rendered:
        found += [offset + frame for frame in detected(video.frames)]
        older += [offset + frame for frame in cosine_cuts(video.frames, max_cosine=CONFIG.max_cosine)]
        truth += [offset + frame for frame in video.cuts]
        offset += len(video.frames)
    assert len(truth) > 80
    precision, recall = precision_recall(found, truth)
    assert min(precision, recall) >= 0.98
    assert precision_recall(older, truth)[0] < 0.7


def test_parts_do_not_matter(rendered, monkeypatch):
    frames = rendered[0].frames
    whole = cosine_cuts(frames, max_cosine=0.8)
    monkeypatch.setattr(cuts, "PART_FRAMES", 7)
    assert cosine_cuts(frames, max_cosine=0.8) == whole != []


def test_an_encoded_video(tmp_path, rendered):
    video = rendered[0]
    write_video(iter(video.frames[:200]), tmp_path / "a.mp4", fps=12, crf=26, preset="ultrafast")
    index = read_index(tmp_path / "a.mp4")
    found = find_cuts(index, CONFIG)
    truth = [frame for frame in video.cuts if frame < 200]
    assert precision_recall([cut.frame for cut in found.cuts], truth) == (1, 1)
    first = found.cuts[0]
    assert (first.pts, first.time_sec) == (index.pts[first.frame], index.time_sec(first.frame))
    value = found.as_json()
    assert value["cuts"][0] == dataclasses.asdict(first)
    assert set(value) == {"schema", "video", "fps", "cuts", "by_cosine"}


def scene(seed):
    return np.array(blobs(np.random.default_rng(seed), 36, 64))


def test_a_fade_is_one_cut_and_the_ends_are_none():
    one, two = scene(0).astype(float), scene(1).astype(float)
    steps = np.linspace(1, 0, 8)
    parts = [one * s for s in steps[::-1]] + [one] * 9 + [one * s for s in steps] + [two * 0] * 3
    parts += [two * s for s in steps[::-1]] + [two] * 9 + [two * s for s in steps]
    frames = np.rint(np.stack(parts)).astype(np.uint8)
    cuts = detect(frames, content_change(frames), CONFIG)
    assert [kind for _, _, kind in cuts] == ["fade"]
    assert abs(cuts[0][0] - 26) <= 1


def test_a_flash_is_no_cut():
    still = [scene(0)] * 12
    frames = np.stack([*still, 255 - scene(0), *still, *[scene(1)] * 8])
    assert detected(frames) == [25]


def test_a_gray_video_is_cut_by_its_values():
    gray = np.stack([np.repeat(scene(k // 10).mean(-1, keepdims=True), 3, -1) for k in range(30)])
    assert detected(gray.astype(np.uint8)) == [10, 20]


def test_precision_and_recall():
    assert precision_recall([], [5]) == (1, 0)
    assert precision_recall([5, 6], [5]) == (0.5, 1)
    assert precision_recall([10, 23], [12, 20]) == (0.5, 0.5)
    assert precision_recall([10, 23], [12, 20], tolerance=3) == (1, 1)


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"min_change": 0}, "--min-change"),
        ({"min_ratio": 1}, "--min-ratio"),
        ({"neighbors": 0}, "--neighbors"),
    ],
)
def test_invalid_settings(change, flag):
    with pytest.raises(InputError, match=flag):
        dataclasses.replace(CONFIG, **change).check()
