"""Classes of packed images: from the source itself, its folders, a file, or none."""

from collections.abc import Callable, Sequence
from pathlib import Path

from data_prep.errors import InputError
from data_prep.progress import counted
from data_prep.records.labels import MAX_CLASSES, Labels, folder_labels, read_labels
from data_prep.records.writer import DATASET_JSON
from data_prep.sources import image_files
from data_prep.sources.image_files import Inspection

LABELS_BYTES = 1e9  # maximum size of a JSON file of labels


def refuse(source: Path, requested: str, why: str) -> None:
    """Raise InputError, with the reason `why`, if `--labels` requests classes from outside the source."""
    if requested not in ("auto", "none"):
        raise InputError(f"--labels {requested}: must be auto or none for {source}, because {why}")


def of_examples(source: Path, inspected: Sequence[Inspection], requested: str) -> Labels:
    """Names of the classes of Examples; the class of each is read with its image.

    Raises: InputError: more classes than a dataset can hold.
    """
    found = [seen.label for seen in inspected if seen.label is not None and requested == "auto"]
    if (top := max(found, default=-1)) >= MAX_CLASSES:
        raise InputError(f"{source} has a label {top}; classes are 0 to {MAX_CLASSES - 1}: use --labels none")
    return Labels(names=tuple(map(str, range(top + 1))))


def of_files(source: Path, names: Sequence[str], requested: str, warn: Callable[[str], None]) -> Labels:
    """Classes of image files, by name.

    Args:
        source: folder or zip.
        names: names of its images.
        requested: `PackConfig.labels`.
        warn: called with a message about labels and images that do not match.

    Raises: InputError: the file of labels is missing or invalid.
    """
    if requested == "none":
        return Labels()
    if requested == "subfolders":
        return folder_labels(names)
    if requested == "auto":
        where = source / DATASET_JSON
        text = image_files.read_member(source, DATASET_JSON, max_bytes=LABELS_BYTES)
        if text is None:
            return Labels()
    else:
        where = Path(requested)
        if not where.is_file():
            raise InputError(f"--labels {where}: must be auto, subfolders, none or an existing file")
        text = where.read_bytes()
    labels = read_labels(text, where)
    if not labels.by_name:
        return labels
    without = [name for name in names if name not in labels.by_name]
    if len(without) == len(names):
        raise InputError(f"{where} lists none of the images of {source}, e.g. {names[0]}; correct it")
    if without:
        warn(f"{where} has no class for {len(without)} of {len(names)} images, e.g. {without[0]}")
    if unknown := len(labels.by_name.keys() - set(names)):
        warn(f"{where} lists {counted(unknown, 'image')} that {'does' if unknown == 1 else 'do'} not exist")
    return labels
