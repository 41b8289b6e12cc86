"""`tags` from the command line: guess, import, check, align."""

import json

import numpy as np
import pytest

from data_prep.__main__ import main
from data_prep.images import write_image
from data_prep.video.codec import write_video
from data_prep.video.tags import read_tags
from tests.data_prep.comic_videos import draw_pages, render


@pytest.fixture
def comic(tmp_path):
    rng = np.random.default_rng(0)
    pages = draw_pages(rng, 3)
    for number, page in enumerate(pages):
        write_image(tmp_path / "pages" / f"{number}.png", page.image)
    video = render(rng, pages, shot_frames=(5, 9))
    write_video(iter(video.frames), tmp_path / "a.mp4", fps=6, preset="ultrafast")
    return video


def test_guess_align_check_and_import(tmp_path, comic, capsys):
    words = ["tags", str(tmp_path / "a.mp4"), str(tmp_path / "pages")]
    assert main([*words, "--out", str(tmp_path / "guess.json")]) == 0
    assert "0.png  to frame" in capsys.readouterr().out
    assert main([*words, "--align", "--out", str(tmp_path / "aligned.json")]) == 0
    tags = read_tags(tmp_path / "aligned.json")
    assert np.mean(tags.pages_of(len(comic.pages)) == comic.pages) > 0.8
    assert main([*words, "--tags", str(tmp_path / "aligned.json")]) == 0
    assert "3 pages: valid" in capsys.readouterr().out
    (tmp_path / "list.json").write_text(json.dumps([span.last_frame for span in tags.spans]))
    assert main([*words, "--tags", str(tmp_path / "list.json"), "--out", str(tmp_path / "b.json")]) == 0
    assert read_tags(tmp_path / "b.json") == tags


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[9, 3, 20]", "span 1"),
        ("[9, 3000]", "beyond the end"),
        ('{"video": 1}', "is missing"),
        ("[", "not JSON"),
    ],
)
def test_bad_tags_are_one_line(tmp_path, comic, capsys, content, reason):
    (tmp_path / "bad.json").write_text(content)
    words = ["tags", str(tmp_path / "a.mp4"), str(tmp_path / "pages"), "--tags", str(tmp_path / "bad.json")]
    assert main([*words, "--out", str(tmp_path / "out.json")]) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()
