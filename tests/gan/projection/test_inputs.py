"""What is to be projected: sorted, cut about the middle, sized."""

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.video.codec import write_video
from gan.projection.inputs import fit, open_clip, read_fitted, sort_sources
from gan.projection.project import open_inputs


def test_the_middle_is_kept_in_the_networks_proportions():
    image = np.zeros((40, 100, 3), np.uint8)
    image[:, 30:70] = (200, 100, 50)
    np.testing.assert_array_equal(fit(image, (20, 20, 3)), np.broadcast_to((200, 100, 50), (20, 20, 3)))
    assert fit(image, (8, 16, 1)).shape == (8, 16, 1)
    assert fit(image, (16, 16, 4))[..., 3].min() == 255
    small = np.full((3, 3, 1), 7, np.uint8)
    np.testing.assert_array_equal(fit(small, (8, 8, 1)), np.full((8, 8, 1), 7))


def test_an_image_of_the_right_size_is_itself(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 1), dtype=np.uint8)
    write_image(tmp_path / "a.png", image)
    np.testing.assert_array_equal(read_fitted(tmp_path / "a.png", (16, 16, 1)), image)


def test_folders_stand_for_their_pictures_and_what_moves_is_a_clip(tmp_path):
    folder = tmp_path / "some"
    folder.mkdir()
    still = np.zeros((8, 8, 1), np.uint8)
    for name in ("2", "10"):
        write_image(folder / f"{name}.png", still)
    frames = [Image.fromarray(np.full((8, 8), v, np.uint8)) for v in (0, 200, 90)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "still.gif")
    write_video(iter([np.full((8, 8, 1), v, np.uint8) for v in range(0, 200, 20)]), tmp_path / "v.mp4", fps=5)
    sources = [folder, tmp_path / "moving.gif", tmp_path / "still.gif", tmp_path / "v.mp4"]
    pictures, clips = sort_sources(sources)
    assert [path.name for path in pictures] == ["2.png", "10.png", "still.gif"]
    assert [path.name for path in clips] == ["moving.gif", "v.mp4"]


def test_clips_are_read_in_windows_from_any_frame(tmp_path):
    film = tmp_path / "v.mp4"
    write_video(iter([np.full((8, 8, 1), v, np.uint8) for v in range(0, 200, 20)]), film, fps=5, crf=0)
    clip = open_clip(film, seconds=1)
    assert (clip.count, clip.fps) == (5, pytest.approx(5))
    assert open_clip(film, seconds=None).count == 10
    whole = np.concatenate(list(clip.windows((8, 8, 1), 2)))
    assert whole.shape == (5, 8, 8, 1)
    parts = list(clip.windows((8, 8, 1), 2, first=2))
    assert [len(part) for part in parts] == [2, 1]
    np.testing.assert_array_equal(np.concatenate(parts), whole[2:])
    with pytest.raises(InputError, match="1 frames to project; must be at least 2"):
        open_clip(film, seconds=0.2)
    for seconds in (-1.0, 0.0, float("nan")):
        with pytest.raises(InputError, match="--seconds"):
            open_clip(film, seconds=seconds)


def test_names_of_results_are_refused(tmp_path):
    for name in ("latents", "sheet", "descent-0001", "a.partial"):
        write_image(tmp_path / f"{name}.png", np.zeros((8, 8, 1), np.uint8))
        with pytest.raises(InputError, match="reserved for an output"):
            sort_sources([tmp_path / f"{name}.png"])


def test_missing_files_and_equal_names_are_told(tmp_path):
    with pytest.raises(InputError, match="no file or folder"):
        sort_sources([tmp_path / "none.png"])
    for name in ("a.png", "a.jpg"):
        write_image(tmp_path / name, np.zeros((8, 8, 1), np.uint8))
    with pytest.raises(InputError, match="same name"):
        sort_sources([tmp_path / "a.png", tmp_path / "a.jpg"])
    with pytest.raises(InputError, match="same name"):
        sort_sources([tmp_path / "a.png", tmp_path / "a.png"])


def test_held_frames_of_clips_are_repeated_and_reported(tmp_path):
    frames = [Image.new("L", (8, 8), 80 * k) for k in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[100, 400, 500])
    messages: list[str] = []
    (clip,) = open_inputs([tmp_path / "a.gif"], warn=messages.append).clips
    assert (clip.count, clip.fps) == (10, 10)
    found = np.concatenate(list(clip.windows((8, 8, 1), 4)))
    assert [round(frame.mean() / 80) for frame in found] == [0, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    assert len(messages) == 1
    assert open_clip(tmp_path / "a.gif", seconds=0.5).count == 5
