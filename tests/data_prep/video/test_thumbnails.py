"""Thumbnails equal reduced frames; similarity is the zero-mean cosine."""

import numpy as np

from data_prep.images.resize import resize
from data_prep.video.codec import read_video
from data_prep.video.frame_index import read_index
from data_prep.video.thumbnails import directions, read_thumbnails, thumbnail
from tests.data_prep import generated_videos as generated


def test_thumbnails_are_reduced_frames(tmp_path):
    video = generated.pattern(tmp_path / "a.mp4", *generated.X264, frames=30, size="64x48")
    frames = list(read_video(video, mode="gray"))
    steps = []
    small = read_thumbnails(
        read_index(video), frames=range(20, 30, 3), size_px=(12, 16), on_frame=steps.append
    )
    assert small.shape == (4, 12, 16, 1)
    assert steps == [1] * 4
    for made, number in zip(small, range(20, 30, 3), strict=True):
        assert np.abs(made.astype(int) - resize(frames[number], 12, 16)).mean() < 3
        assert np.abs(made.astype(int) - resize(frames[number - 4], 12, 16)).mean() > 4
    assert read_thumbnails(read_index(video), mode="rgb").shape == (30, 32, 32, 3)


def test_similarity_is_the_zero_mean_cosine():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, 32, 32, 1), np.uint8)
    got = directions(images) @ directions(images).T
    flat = images.reshape(5, -1).astype(float)
    np.testing.assert_allclose(got, np.corrcoef(flat), atol=1e-5)
    dimmed = np.rint(images * 0.5 + 40).astype(np.uint8)
    assert ((directions(images) * directions(dimmed)).sum(axis=1) > 0.999).all()


def test_blank_images_resemble_nothing():
    blank = np.full((2, 32, 32, 1), 7, np.uint8)
    assert not directions(blank).any()
    assert not directions(blank, center=np.random.default_rng(0).uniform(0, 255, (32, 32, 1))).any()
    assert thumbnail(np.zeros((100, 50, 1), np.uint8)).shape == (32, 32, 1)
