"""Changes of adjustments.json in all its forms; values that are no places."""

import json
import os

import pytest

from data_prep.errors import InputError
from data_prep.pages.adjustments import Adjustment, read_adjustments
from studio.page_adjustments import point


def put(client, folder, page, offset):
    listed = client.get(f"/api/grid/{folder}").json()
    body = {"pages": [listed["pages"][page]["id"]], "offset_cell": offset}
    headers = {"if-match": listed["version"]}
    return client.put(f"/api/adjustments/{folder}/grid", json=body, headers=headers)


@pytest.mark.parametrize(
    "older",
    [
        [{"index": 0, "x": 0.0, "y": 0.0}, {"index": 1, "x": 0.5, "y": 1.5}],
        [{"index": 1, "x": 0.5, "y": 1.5}],
    ],
)
def test_a_list_of_an_older_tool_can_be_changed(client, studio, root, older):
    file = root / "pages" / "adjustments.json"
    file.write_text(json.dumps(older))
    folder = studio.project.id_of(root / "pages")
    assert put(client, folder, 0, [0.25, 0.75]).status_code == 200
    found = read_adjustments(file, ["01.png", "02.png"])
    assert found == {"01.png": Adjustment((0.25, 0.75)), "02.png": Adjustment((0.5, 1.5))}


def test_a_file_outside_of_root_is_not_read(client, studio, root, tmp_path):
    file = root / "pages" / "adjustments.json"
    file.rename(tmp_path / "mine.json")
    os.symlink(tmp_path / "mine.json", file)
    assert client.get(f"/api/grid/{studio.project.id_of(root / 'pages')}").status_code == 404


@pytest.mark.parametrize(
    "value", [[float("inf"), 0], [0, float("nan")], [10**400, 0], [0, 5], [0], [True, 0], "x"]
)
def test_points_are_finite_and_in_range(value):
    with pytest.raises(InputError, match="offset"):
        point(value, low=-4, high=4, name="offset")
