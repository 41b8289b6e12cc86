"""Sources of frames: files and folders in order; fingerprints; images are no videos."""

import numpy as np
import pytest
from PIL import Image

from data_prep.__main__ import main
from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.video import sources
from data_prep.video.codec import write_video

FRAMES = np.random.default_rng(0).integers(0, 256, (3, 8, 10, 3), np.uint8)


def folder_of(frames, folder):
    folder.mkdir()
    for i, frame in enumerate(frames):
        write_image(folder / f"{i}.png", frame)
    return folder


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    source = folder_of(FRAMES, tmp_path / "frames")
    np.testing.assert_array_equal(list(sources.read_frames(source)), FRAMES)
    assert sources.frame_count_and_fps(source, None) == (3, sources.FOLDER_FPS)
    assert sources.frame_count_and_fps(source, 12.5) == (3, 12.5)
    assert sources.count_decoded(source) == 3
    for fps in (0.0, -1.0, 1001.0):
        with pytest.raises(InputError, match="--fps"):
            sources.frame_count_and_fps(source, fps)


def test_a_folder_has_one_size(tmp_path):
    source = folder_of(FRAMES, tmp_path / "frames")
    sources.check_one_size(source)
    write_image(source / "9.png", FRAMES[0][:5])
    with pytest.raises(InputError, match=r"9\.png is 10 x 5 px, the first image is 10 x 8 px"):
        sources.check_one_size(source)


def test_a_changed_source_has_another_fingerprint(tmp_path):
    source = folder_of(FRAMES, tmp_path / "frames")
    before = sources.fingerprint(source)
    assert sources.fingerprint(source) == before
    write_image(source / "3.png", FRAMES[0])
    assert sources.fingerprint(source) != before


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_a_single_image_is_not_a_video_whatever_its_suffix(tmp_path, suffix):
    frames = [Image.fromarray(np.full((8, 8, 3), v, np.uint8)) for v in (10, 200)]
    frames[0].save(tmp_path / f"still{suffix}")
    assert not sources.is_video(tmp_path / f"still{suffix}")
    if suffix != ".png":
        write_video([np.array(frame) for frame in frames], tmp_path / f"moving{suffix}", fps=5)
        assert sources.is_video(tmp_path / f"moving{suffix}")
    assert sources.is_video(tmp_path / "missing.mp4")


def test_other_suffixes_are_judged_by_content(tmp_path):
    write_video(FRAMES, tmp_path / "a.mp4", fps=5)
    (tmp_path / "a.mp4").rename(tmp_path / "clip.dat")
    write_image(tmp_path / "b.png", FRAMES[0])
    (tmp_path / "b.png").rename(tmp_path / "image.dat")
    assert sources.is_video(tmp_path / "clip.dat")
    assert not sources.is_video(tmp_path / "image.dat")
    assert not sources.is_video(tmp_path / "missing.dat")
    assert not sources.is_video(tmp_path)


@pytest.mark.parametrize("bad", [[0], [1], [2], [0, 1], [1, 2], [0, 2]])
def test_a_neighbour_is_shown_in_place_of_an_unreadable_image(tmp_path, bad):
    source = folder_of(FRAMES, tmp_path / "frames")
    for i in bad:
        data = (source / f"{i}.png").read_bytes()
        (source / f"{i}.png").write_bytes(data[: len(data) // 2 * (i % 2)])
    sources.check_one_size(source)
    reports = {}
    good = [i for i in range(3) if i not in bad]
    expected = [FRAMES[max([j for j in good if j <= i], default=good[0])] for i in range(3)]
    np.testing.assert_array_equal(list(sources.read_frames(source, report=reports.__setitem__)), expected)
    assert list(reports) == [f"{i}.png" for i in bad]
    assert sources.count_decoded(source) == 3


@pytest.mark.parametrize(("ink", "ground"), [(255, 0), (20, 255)])
def test_transparent_frames_lie_on_the_paper_of_those_with_ink(tmp_path, ink, ground):
    frames = np.zeros((5, 8, 10, 4), np.uint8)
    frames[..., :3] = ink
    frames[[1, 3], 2:4, 2:8, 3] = 255  # the others are blank
    frames[4, 1:, :, 3] = 255  # mostly ink
    read = np.array(list(sources.read_frames(folder_of(frames, tmp_path / "frames"), mode="gray")))
    alpha = frames[..., 3:].astype(int)
    np.testing.assert_array_equal(read, (ink * alpha + ground * (255 - alpha)) // 255)


def test_a_folder_without_a_readable_image_is_refused(tmp_path):
    (tmp_path / "0.png").touch()
    (tmp_path / "1.png").touch()
    with pytest.raises(InputError, match=r"1\.png is .* \(and no other image can be read\)"):
        list(sources.read_frames(tmp_path))


@pytest.mark.parametrize("command", ["pack", "photos", "doodles", "scans", "blob"])
def test_videos_are_recognised(command, tmp_path, capsys):
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "clip.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42")
    for source in (tmp_path / "clips", tmp_path / "clips" / "clip.mp4"):
        assert main([command, str(source), "--out", str(tmp_path / "out")]) == 2
        printed = capsys.readouterr().err
        assert "video" in printed
        assert "animate compose" in printed
        assert not (tmp_path / "out").exists()
