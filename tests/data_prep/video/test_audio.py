"""Sound of a video: detected, added, cut; streams copied where the format stores them."""

import json

import numpy as np
import pytest

from data_prep.video.audio import add_audio, copy_streams, has_audio
from data_prep.video.codec import read_metadata, read_video, write_video
from data_prep.video.ffmpeg import Ffmpeg
from tests.data_prep import generated_videos as generated


def sound(path):
    with Ffmpeg(["-i", str(path), "-f", "s16le", "-ar", "8000", "-ac", "1", "-"], stdout=-1) as ffmpeg:
        return np.frombuffer(ffmpeg.stdout.read(), np.int16)


@pytest.fixture
def silent(tmp_path):
    frames = [np.full((16, 16, 3), 20 * k, np.uint8) for k in range(8)]
    write_video(iter(frames), tmp_path / "silent.mp4", fps=10, metadata={"made_by": "test"})
    return tmp_path / "silent.mp4"


def test_sound_is_added_and_metadata_stay(tmp_path, silent):
    tone = generated.audio_only(tmp_path / "tone.m4a")
    assert has_audio(tone)
    assert not has_audio(silent)
    assert add_audio(silent, tone, tmp_path / "out.mp4")
    assert len(sound(tmp_path / "out.mp4")) / 8000 == pytest.approx(1, abs=0.1)
    assert read_metadata(tmp_path / "out.mp4") == {"made_by": "test"}
    for one, other in zip(read_video(silent), read_video(tmp_path / "out.mp4"), strict=True):
        np.testing.assert_array_equal(one, other)
    add_audio(silent, tone, tmp_path / "part.mp4", start_sec=0.25, duration_sec=0.5)
    assert len(sound(tmp_path / "part.mp4")) / 8000 == pytest.approx(0.5, abs=0.1)
    add_audio(silent, tone, tmp_path / "again.mp4")
    assert (tmp_path / "again.mp4").read_bytes() == (tmp_path / "out.mp4").read_bytes()


def test_a_name_or_tag_is_no_sound(tmp_path, silent):
    named = silent.rename(tmp_path / "Audio: take.mp4")
    assert not has_audio(named)
    assert len(list(read_video(named))) == 8


def test_sound_that_cannot_be_read(tmp_path, silent):
    (tmp_path / "bad.m4a").write_text("no sound")
    assert not add_audio(silent, tmp_path / "bad.m4a", tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == silent.read_bytes()


def test_streams_are_copied_or_refused(tmp_path, silent):
    assert copy_streams(silent, tmp_path / "a.mp4", comment=json.dumps({"a": 1}), audio=True)
    assert read_metadata(tmp_path / "a.mp4") == {"a": 1}
    assert not copy_streams(silent, tmp_path / "a.webm", comment="", audio=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "silent.mp4"]
