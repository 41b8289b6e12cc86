"""Log lines and grids."""

import numpy as np

from gan.runs.log import Log, image_grid, read_log


def test_resume_drops_lines_of_lost_work_and_a_torn_last_line(tmp_path):
    log = Log(tmp_path, nimg=0)
    for nimg in (10, 20, 30):
        log.write(nimg=nimg)
    with log.path.open("a") as file:
        file.write('{"nimg": 4')
    assert [line["nimg"] for line in read_log(tmp_path)] == [10, 20, 30]
    Log(tmp_path, nimg=20).write(nimg=25)
    assert [line["nimg"] for line in read_log(tmp_path)] == [10, 20, 25]


def test_grid_places_images_row_by_row():
    images = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1) * np.ones((5, 2, 3, 1), np.uint8)
    grid = image_grid(images, columns=3)
    assert grid.shape == (4, 9, 1)
    np.testing.assert_array_equal(grid[::2, ::3, 0], [[0, 1, 2], [3, 4, 255]])


def test_grid_of_floats_is_clipped():
    grid = image_grid(np.array([-3.0, 0.0, 3.0], np.float32).reshape(3, 1, 1, 1), columns=3)
    np.testing.assert_array_equal(grid[0, :, 0], [0, 128, 255])
