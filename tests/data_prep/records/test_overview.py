"""The overview of a dataset equals measurements of each record."""

import numpy as np

from data_prep.images import with_mode
from data_prep.records.dataset import Dataset
from data_prep.records.overview import overview
from data_prep.records.quality import SurveyConfig, ink_fraction, laplacian_sharpness
from data_prep.records.writer import Record, write_dataset


def test_every_record_has_its_page_class_and_measures(tmp_path, rng):
    images = [rng.integers(0, 256, (8, 8, 1), np.uint8) for _ in range(4)]
    images.append(images[1])
    records = [
        Record(image, {"page": f"{i // 2}.png"}, label=i % 2 or None) for i, image in enumerate(images)
    ]
    write_dataset(records, tmp_path / "set", label_names=["a", "b"])
    steps = []
    found = overview(tmp_path / "set", config=SurveyConfig(ink_threshold=100), on_record=steps.append)
    assert sum(steps) == 2 * len(images)
    assert [found.pages[number] for number in found.page] == [f"{i // 2}.png" for i in range(5)]
    assert found.label.tolist() == [-1, 1, -1, 1, -1]
    assert found.first.tolist() == [0, 1, 2, 3, 1]
    for record, ink, sharpness in zip(
        Dataset(tmp_path / "set"), found.ink_fraction, found.sharpness, strict=True
    ):
        gray = with_mode(record.image, "gray")[..., 0]
        assert np.isclose(ink, ink_fraction(gray, 100))
        assert np.isclose(sharpness, laplacian_sharpness(gray))
