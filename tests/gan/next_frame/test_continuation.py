"""Continuations: the end of the clip, then predicted frames, re-anchored once per second."""

import dataclasses

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.video.codec import read_video, video_info
from gan.next_frame.continuation import _in_latents, continue_clip
from gan.next_frame.measure import open_model
from gan.recipes.next_latent import drawn_w, predicted_w
from tests.slow_cases import slow


@pytest.mark.slow
@pytest.mark.parametrize("fixture", ["next_frame_run", *slow("pixels_run")])
def test_a_video_has_the_end_of_the_clip_and_the_continuation(fixture, request, tagged_clip, tmp_path):
    run, clip = request.getfixturevalue(fixture), tagged_clip / "clip.mp4"
    options = {"page": "1", "frames": 14, "context_sec": 0.5}
    result = continue_clip(run, clip, out=tmp_path / "a.mp4", **options)
    assert (result.context, result.frames) == (6, 14)
    assert video_info(result.video).frames == 20
    assert video_info(result.video).fps == 12
    page = str(tagged_clip / "pages" / "2.png")  # the same page by its file
    continue_clip(run, clip, out=tmp_path / "b.mp4", **options | {"page": page})
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    context = np.stack(list(read_video(result.video, mode="gray"))[:6]).astype(float)
    clip_end = np.stack(list(read_video(clip, mode="gray"))[-6:]).astype(float)
    assert np.abs(context - clip_end.reshape(6, 8, 2, 8, 2, 1).mean((2, 4))).mean() < 30


@pytest.mark.parametrize("truncation", [1.0, 0.5])
def test_frames_follow_each_other_in_w(next_frame_run, truncation):
    opened, weights = open_model(next_frame_run)
    opened = dataclasses.replace(
        opened, config=dataclasses.replace(opened.config, fps=2.0, add_residual=False)
    )
    rng = np.random.default_rng(0)
    w, page = rng.normal(size=(2, 16)).astype(np.float32), np.zeros((16, 16), np.float32)
    last = np.zeros((8, 8, 1), np.uint8)
    frames = list(_in_latents(opened, weights, last, w, page, frames=3, truncation=truncation))
    networks = opened.networks(step=weights.step)
    before, now = w[:1], w[1:]
    for number, frame in enumerate(frames, 1):
        after = predicted_w(networks, weights.params, before, now, page[None])
        moved = after - now
        now = after * (truncation if number == 2 else 1)  # once per second: every second frame
        before = now - moved  # the velocity stays
        expected = ((drawn_w(networks, now)[0] + 1) * 127.5).round().clip(0, 255)
        assert np.abs(frame - expected).max() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frames": 0}, "--frames 0"),
        ({"truncation": 1.5}, "--truncation 1.5"),
        ({"context_sec": 0}, "--context-sec 0"),
        ({"page": "7"}, "--page 7: the training has pages 0 to 1"),
        ({"out": "a.gif"}, "must end in .mp4"),
    ],
)
def test_bad_options_are_named_before_the_work(options, message, next_frame_run, tagged_clip, tmp_path):
    given = {"page": "0", "frames": 2, "out": "a.mp4"} | options
    with pytest.raises(InputError, match=message):
        continue_clip(next_frame_run, tagged_clip / "clip.mp4", **given | {"out": tmp_path / given["out"]})
    assert not list(tmp_path.iterdir())
