"""The command writes a video of the end of the clip and its continuation."""

from data_prep.video.codec import video_info
from gan.__main__ import main


def test_a_clip_is_continued(pixels_run, tagged_clip, tmp_path, capsys):
    out = tmp_path / "next.mp4"
    words = ["next-frame", "generate", str(pixels_run), str(tagged_clip / "clip.mp4"), "--page", "0"]
    assert main([*words, "--frames", "6", "--out", str(out)]) == 0
    assert "12 frames of the clip and 6 predicted" in capsys.readouterr().out
    assert video_info(out).frames == 18
    assert main([*words, "--frames", "6", "--out", str(out)]) == 2
    assert "exists" in capsys.readouterr().err
    assert main([*words, "--frames", "0", "--out", str(out)]) == 2
    assert "--frames 0" in capsys.readouterr().err
