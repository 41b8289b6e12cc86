"""A dataset's images back as PNG files whose names say where each one comes from."""

import re
from collections.abc import Callable
from pathlib import Path

from data_prep import images
from data_prep.dataset import Dataset
from data_prep.records import Record


def unpack(dataset: Dataset, folder: Path, *, on_record: Callable[[int], None] = lambda count: None) -> None:
    """Write every image, byte for byte; files that are there already are kept.

    Raises: WorkError: a record is damaged, or a file could not be written.
    """
    for index in range(len(dataset)):
        record = dataset[index]
        path = folder / record_name(index, record, count=len(dataset))
        if not path.exists():
            images.write_image(path, record.image)
        on_record(1)


def record_name(index: int, record: Record, *, count: int) -> str:
    """File name of a record: position, page, centre, mirroring, angle; 042_01_x309_y181_m_a271.33.png."""
    source = record.source
    page = re.sub(r"\.\w+$", "", str(source.get("page", "")))
    parts = [f"{index:0{len(str(count - 1))}d}", re.sub(r"[^\w.-]+", "_", page)[-100:]]
    if "center_px" in source:
        parts += [f"x{source['center_px'][0]}", f"y{source['center_px'][1]}"]
    parts += ["m"] if source.get("mirrored") else []
    parts += [f"a{source['angle_deg']:.2f}"] if "angle_deg" in source else []
    return "_".join(part for part in parts if part) + ".png"
