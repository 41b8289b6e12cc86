"""Names of unpacked files and folders; results."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.errors import WorkError
from data_prep.images import natural_key
from data_prep.records.dataset import Dataset
from data_prep.records.labels import folder_labels
from data_prep.records.unpack import class_folders, record_name, unpack_dataset
from data_prep.records.writer import Record, write_dataset
from tests.data_prep.conftest import bars

NAMES = st.lists(st.text(max_size=6), min_size=1, max_size=5, unique=True)


@given(NAMES)
@settings(max_examples=100, deadline=None)
def test_folders_of_classes_are_found_in_their_order(names):
    folders = class_folders(names)
    assert len({folder.casefold() for folder in folders}) == len(names)
    assert sorted(folders, key=natural_key) == folders
    found = folder_labels([f"{folder}/1.png" for folder in folders] + ["1.png"])
    assert [found.by_name[f"{folder}/1.png"] for folder in folders] == list(range(len(names)))
    for folder in folders:
        assert not any(part.startswith(".") or part in ("", "..") for part in folder.split("/"))


def test_names_contain_the_provenance_of_tiles():
    source = {"page": "x/01.png", "center_px": [309, 181], "angle_deg": 271.333, "mirrored": True}
    record = Record(np.zeros((1, 1, 1), np.uint8), source)
    assert record_name(42, record, count=1000) == "042_x_01_x309_y181_m_a271.33.png"
    assert record_name(42, Record(record.image), count=1000) == "042.png"
    assert (
        record_name(3, Record(record.image, {"page": "1.png", "symmetry": "m_r2"}), count=9) == "3_1_m_r2.png"
    )
    assert record_name(3, Record(record.image, {"page": "a.ndjson", "index": 7}), count=9) == "3_a_i7.png"
    assert "/" not in record_name(0, Record(record.image, {"page": "../../etc/a.png"}), count=1)


def test_a_result_counts_files_and_keeps_failures(tmp_path, rng, capsys, monkeypatch):
    images = rng.integers(0, 256, (3, 6, 6, 1), np.uint8)
    write_dataset([Record(image) for image in images], tmp_path / "d")
    read = Dataset.__getitem__

    def fail(self, index):
        if index == 1:
            raise WorkError("record 1 is damaged")
        return read(self, index)

    monkeypatch.setattr(Dataset, "__getitem__", fail)
    steps = []
    made = unpack_dataset(tmp_path / "d", tmp_path / "out", progress=bars(steps))
    assert (made.folder, made.files, set(made.failures)) == (tmp_path / "out", 2, {"record 1"})
    assert str(made) == f"{tmp_path / 'out'}  2 PNG files"
    assert steps == [("unpack", 3)]
    assert capsys.readouterr() == ("", "")
