"""Measured errors equal plain sums; the model is compared with both baselines."""

import itertools

import numpy as np
import pytest

from data_prep.errors import InputError
from gan.next_frame.episodes import Source
from gan.next_frame.measure import LIMIT, LINEAR, MODEL, REPEAT, Measured, Scores, measure_next_frame
from gan.next_frame.pairs import NO_PAGE


@pytest.fixture(scope="module")
def measured(next_frame_run):
    return measure_next_frame(next_frame_run)


def test_repeating_the_frame_has_the_error_of_neighbouring_frames(measured, tagged_clip):
    from data_prep.video.codec import read_video
    from gan.projection.inputs import fit

    frames = [fit(f, (8, 8, 1)).astype(float) for f in read_video(tagged_clip / "clip.mp4", mode="gray")]
    held_out = frames[24:]
    expected = np.mean([np.square(a - b).mean() for a, b in itertools.pairwise(held_out)])
    scores = {score.name: score for score in measured.scores}
    assert list(scores) == [MODEL, REPEAT, LINEAR, LIMIT]
    assert scores[REPEAT].mse == pytest.approx(expected)
    assert scores[REPEAT].psnr_db == pytest.approx(10 * np.log10(255**2 / expected))
    assert measured.pairs == 11
    assert all(np.isfinite([score.mse, score.distance]).all() for score in measured.scores)


@pytest.mark.slow
def test_recipe_pixels_is_measured_against_the_same_baselines(pixels_run, measured):
    scores = measure_next_frame(pixels_run).scores
    assert [s.name for s in scores] == [s.name for s in measured.scores]
    for mine, other in zip(scores[1:], measured.scores[1:], strict=True):
        assert (mine.mse, mine.distance) == pytest.approx((other.mse, other.distance), rel=1e-4)


def test_other_videos_are_measured_whole(next_frame_run, tagged_clip):
    source = Source(tagged_clip / "clip.mp4", tagged_clip / "tags.json", tagged_clip / "pages")
    assert measure_next_frame(next_frame_run, sources=[source]).pairs == 35
    assert NO_PAGE < 0


def test_the_verdict_is_plain(tmp_path):
    def verdict(*errors):
        names = (MODEL, REPEAT, LINEAR, LIMIT)
        scores = tuple(Scores(n, mse, far) for n, (mse, far) in zip(names, errors, strict=True))
        return Measured(tmp_path, 1, 1, "d", scores).verdict()

    found = verdict((5.0, 0.2), (6.0, 0.2), (7.0, 0.1), (0.0, 0.0))
    assert (
        "does not beat 'repeat the last frame and extrapolate linearly in w' in perceptual distance" in found
    )
    assert "beats both baselines in mean squared error" in found


def test_a_folder_without_a_model_is_named(tmp_path, frames_gan):
    with pytest.raises(InputError, match="no run folder"):
        measure_next_frame(tmp_path)
    with pytest.raises(InputError, match="run of a GAN"):
        measure_next_frame(frames_gan)
