"""All records of a dataset at a glance: page, class, ink, sharpness and duplicates of each."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from data_prep.errors import WorkError
from data_prep.records.dataset import Dataset
from data_prep.records.quality import SurveyConfig, survey

CONFIG = SurveyConfig()


@dataclasses.dataclass(frozen=True)
class RecordsOverview:
    """Measurements by position among all stored records."""

    pages: tuple[str, ...]  # names, in order of appearance; "" of records without one
    page: np.ndarray  # int32 [N], number of its page in `pages`
    label: np.ndarray  # int32 [N], class; -1: none
    first: np.ndarray  # int32 [N], the first record with the same pixels, or its own position
    ink_fraction: np.ndarray  # float32 [N], 0 to 1
    sharpness: np.ndarray  # float32 [N], 0 to 8
    is_sound: np.ndarray  # bool [N]


def overview(
    folder: Path, *, config: SurveyConfig = CONFIG, on_record: Callable[[int], None] = lambda count: None
) -> RecordsOverview:
    """Read every record of a dataset twice: for its source and class, and to measure it.

    Args:
        folder: dataset folder.
        config: thresholds.
        on_record: called with the number of records read since the last call; 2 N in all.

    Raises: InputError: not a dataset.
    """
    dataset = Dataset(folder, everything=True)
    numbers: dict[str, int] = {}
    page, label = np.zeros(len(dataset), np.int32), np.full(len(dataset), -1, np.int32)
    for position in range(len(dataset)):
        name = ""
        try:
            record = dataset.read_stored(position)
        except WorkError:
            pass  # the survey finds it
        else:
            name = str(record.source.get("page", ""))
            label[position] = -1 if record.label is None else record.label
        page[position] = numbers.setdefault(name, len(numbers))
        on_record(1)
    found = survey(folder, config, measure=True, workers=1, on_record=on_record)
    first = found.first.astype(np.int32)
    return RecordsOverview(
        tuple(numbers), page, label, first, found.ink_fraction, found.sharpness, found.sound
    )
