import numpy as np
import pytest

from data_prep.errors import WorkError
from data_prep.images import read_image
from data_prep.video.image_sequence import frame_path, missing_frames, write_frames


def numbered(count, shape=(8, 6, 3)):
    rng = np.random.default_rng(0)
    return [(i, rng.integers(0, 256, shape, np.uint8)) for i in range(count)]


@pytest.mark.parametrize(("channels", "mode"), [(1, "gray"), (3, "rgb"), (4, "rgba")])
def test_frames_are_stored_by_number_without_loss(tmp_path, channels, mode):
    frames = numbered(40, (8, 6, channels))
    assert list(write_frames(iter(frames), tmp_path)) == list(range(40))
    for i, frame in frames:
        np.testing.assert_array_equal(read_image(tmp_path / f"{i:06d}.png", mode=mode), frame)
    assert len(list(tmp_path.iterdir())) == 40


def test_missing_frames_are_those_without_a_file(tmp_path):
    list(write_frames(iter(numbered(5)), tmp_path))
    frame_path(tmp_path, 1).unlink()
    frame_path(tmp_path, 3).rename(tmp_path / ".partial-000003.png")
    assert missing_frames(tmp_path, 7) == [1, 3, 5, 6]


def test_frames_are_drawn_only_a_little_ahead_of_the_files(tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    drawn = 0

    def frames():
        nonlocal drawn
        for drawn, item in enumerate(numbered(60), start=1):  # noqa: B007
            yield item

    for index in write_frames(frames(), tmp_path):
        assert frame_path(tmp_path, index).exists()
        assert drawn <= index + 1 + 4 * 2


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    frame_path(tmp_path, 2).mkdir()
    with pytest.raises((WorkError, OSError), match=r"000002\.png"):
        list(write_frames(iter(numbered(30)), tmp_path))
    assert frame_path(tmp_path, 0).exists()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".partial-")]


def test_gray_frames_of_two_values_have_one_bit_per_pixel(tmp_path):
    from PIL import Image

    bits = np.zeros((5, 9, 3), np.uint8)
    bits[2, 3:] = 255
    gray = bits // 2 + 3
    three = gray.copy()
    three[0, 0] = 7
    for _ in write_frames(enumerate([bits, gray, bits[..., :1], three]), tmp_path, one_bit=True):
        pass
    for index, mode in ((0, "1"), (1, "P"), (2, "1"), (3, "RGB")):
        with Image.open(frame_path(tmp_path, index)) as image:
            assert image.mode == mode
    np.testing.assert_array_equal(read_image(frame_path(tmp_path, 0), mode="rgb"), bits)
    np.testing.assert_array_equal(read_image(frame_path(tmp_path, 1), mode="rgb"), gray)
