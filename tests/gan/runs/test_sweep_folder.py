"""The folder of a sweep: its table and its sheet; `gan sweep` tests the rest."""

import numpy as np

from gan.runs import sweep_folder
from gan.runs.sweep import rank
from gan.runs.sweep_folder import sample_sheet, table
from tests.gan.runs.test_sweep import made


def test_a_table_has_a_line_per_setting_and_a_dash_for_what_is_missing(tmp_path):
    runs = [
        made(tmp_path, 10.0, 0, score=60.0, layout=1.5),
        made(tmp_path, 10.0, 1, score=62.0, layout=2.5),
        made(tmp_path, 3.0, 0, score=80.5),
        made(tmp_path, 3.0, 1, is_done=False),
    ]
    assert table(rank(runs)).splitlines() == [
        "r1_gamma  seeds  score          layout",
        "10        2/2    61 (60 to 62)  2",
        "3         1/2    80.5           -",
    ]


def test_a_sheet_has_a_labelled_row_for_each_run_that_is_done(tmp_path, monkeypatch):
    """Rows are in the order of the table; below 64 px, images are enlarged by a whole number."""

    class Flat:
        resolution = (40, 40)

        def __init__(self, folder):
            self.grey = int(float(folder.name.split("-")[0]))

    def sample_seeds(generator, seeds, *, label, truncation, scale):
        yield np.full((len(seeds), 40 * scale, 40 * scale, 1), generator.grey, np.uint8)

    monkeypatch.setattr(sweep_folder, "load_generator", Flat)
    monkeypatch.setattr(sweep_folder, "sample_seeds", sample_seeds)
    runs = [made(tmp_path, 100.0, 0, score=2.0), made(tmp_path, 200.0, 0, score=1.0)]
    runs += [made(tmp_path, 50.0, 0, is_done=False)]
    sheet = sample_sheet(rank(runs), columns=3)
    assert sheet.shape[1] > 3 * 80
    upper, lower = np.split(sheet[:198], 2)  # labels are 19 px high
    for half, grey in ((upper, 200), (lower, 100)):
        assert (half[19:] == grey).all(-1).sum() == 3 * 80 * 80
        assert (half[:19] < 128).any()
    assert sample_sheet(rank(runs[2:]), columns=3) is None
