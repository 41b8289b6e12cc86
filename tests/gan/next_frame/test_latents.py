"""Projected frames are cached: the same frames are read, not projected again; a kill resumes."""

import numpy as np
import pytest

from gan.next_frame import latents
from gan.next_frame.latents import project_runs
from gan.next_frame.networks import open_networks


@pytest.fixture(scope="module")
def opened(frames_gan, next_frame_run):
    from gan.next_frame.training import saved_next_frame

    return open_networks(frames_gan, saved_next_frame(next_frame_run))


@pytest.fixture(scope="module")
def runs(tagged_clip):
    from data_prep.video.codec import read_video
    from gan.projection.inputs import fit

    frames = np.stack([fit(f, (8, 8, 1)) for f in read_video(tagged_clip / "clip.mp4", mode="gray")])
    return [frames[:3], frames[5:9]]


def project(opened, runs, folder):
    return project_runs(opened.projector, opened.generator, runs, folder, label="shot", fps=12)


def test_projections_are_standardised_and_cached(opened, runs, tmp_path, monkeypatch):
    first = project(opened, runs, tmp_path)
    assert [u.shape for u in first] == [(3, 16), (4, 16)]
    assert len(list(tmp_path.glob("*.npz"))) == 2
    monkeypatch.setattr(latents, "project_tied", None)  # would raise
    for again, u in zip(project(opened, runs[::-1], tmp_path)[::-1], first, strict=True):
        np.testing.assert_array_equal(again, u)


def test_a_projection_that_is_stopped_resumes_with_the_same_bits(opened, runs, tmp_path, monkeypatch):
    whole = project(opened, runs[1:], tmp_path / "whole")
    write = latents.write_latents
    written = []

    def stop(path, *args, **options):
        write(path, *args, **options)
        written.append(path)
        raise KeyboardInterrupt

    monkeypatch.setattr("gan.projection.outputs.write_latents", stop)
    with pytest.raises(KeyboardInterrupt):
        project(opened, runs[1:], tmp_path / "stopped")
    assert written[0].name.endswith(".partial.npz")
    monkeypatch.setattr("gan.projection.outputs.write_latents", write)
    np.testing.assert_array_equal(project(opened, runs[1:], tmp_path / "stopped")[0], whole[0])
    assert len(list((tmp_path / "stopped").iterdir())) == 1
