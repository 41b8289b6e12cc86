"""`video index` and `video reformat` from the command line; what is no video is named in one line."""

import pytest
from PIL import Image

from data_prep.__main__ import main
from data_prep.video.codec import read_video
from tests.data_prep import generated_videos as generated


def test_copies_are_listed(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    generated.pattern(tmp_path / "in" / "1.mp4", frames=4)
    (tmp_path / "in" / "2.mp4").touch()
    assert main(["video", "index", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 1
    printed = capsys.readouterr()
    assert (
        printed.out.splitlines()[0] == f"{tmp_path / 'out' / '0001.mp4'}  copied: {tmp_path / 'in' / '1.mp4'}"
    )
    assert "2.mp4" in printed.err
    one = str(tmp_path / "in" / "1.mp4")
    assert main(["video", "reformat", one, "--out", str(tmp_path / "b"), "--container", "mkv"]) == 0
    assert len(list(read_video(tmp_path / "b" / "1.mkv"))) == 4


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    generated.audio_only(folder / "audio.mp4")
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("words\n" * 50)
    Image.new("RGB", (8, 8)).save(folder / "still.gif")
    generated.truncated(folder / "cut.mp4", generated.pattern(folder / "whole.mp4", frames=30))
    return folder


@pytest.mark.parametrize("name", ["audio.mp4", "empty.mp4", "text.mp4", "cut.mp4", "none.mp4"])
@pytest.mark.parametrize("command", ["video index", "video reformat", "frames", "cuts", "find --yes", "tags"])
def test_what_is_no_video_is_one_line_and_writes_nothing(bad, tmp_path, capsys, name, command):
    words = command.split()
    pages = [str(bad / "still.gif")] if command == "tags" else []
    out = tmp_path / ("out.json" if command.split()[0] in ("cuts", "find", "tags") else "out")
    image = ["--image", str(bad / "still.gif")] if "find" in words else []
    assert main([*words, str(bad / name), *pages, *image, "--out", str(out)]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len([line for line in error if line.startswith("inkloop")]) == 1
    assert name in error[-1]
    assert not list(tmp_path.iterdir())


def test_animated_images_are_videos(tmp_path):
    for name, options in (("a.gif", ["-loop", "0"]), ("a.webp", ["-c:v", "libwebp_anim", "-loop", "0"])):
        video = generated.pattern(tmp_path / name, *options, frames=12)
        out = tmp_path / f"{name}-out"
        assert main(["frames", str(video), "--out", str(out), "--fps", "all", "--format", "png"]) == 0
        assert len(list(out.glob("*.png"))) == len(list(read_video(video)))
