"""Classes of images that are packed: those that their source brings, its folders', a file's, or none."""

from collections.abc import Callable, Sequence
from pathlib import Path

from data_prep.errors import InputError
from data_prep.progress import counted
from data_prep.records.labels import MAX_CLASSES, Labels, folder_labels, read_labels
from data_prep.records.writer import DATASET_JSON
from data_prep.sources import image_files
from data_prep.sources.image_files import Look

LABELS_BYTES = 1e9  # of a JSON of labels, at most


def refuse(source: Path, wanted: str, why: str) -> None:
    """Raise InputError if classes are wanted from elsewhere than the source, which cannot be; `why`."""
    if wanted not in ("auto", "none"):
        raise InputError(f"{source}: --labels is {wanted}, but {why}; give auto or none")


def of_examples(source: Path, looks: Sequence[Look], wanted: str) -> Labels:
    """The names of the classes of Examples that were looked at; the class of each is read with it.

    Raises: InputError: there are more than a dataset can hold.
    """
    found = [seen.label for seen in looks if seen.label is not None and wanted == "auto"]
    if (top := max(found, default=-1)) >= MAX_CLASSES:
        raise InputError(
            f"{source} has a label {top}; classes are 0 to {MAX_CLASSES - 1}: give --labels none"
        )
    return Labels(names=tuple(map(str, range(top + 1))))


def of_files(source: Path, names: Sequence[str], wanted: str, warn: Callable[[str], None]) -> Labels:
    """The classes of image files, by name.

    Args:
        source: folder or zip.
        names: of its images.
        wanted: `PackConfig.labels`.
        warn: told of labels and images that do not match.

    Raises: InputError: there is no such file of labels, or it cannot be used.
    """
    if wanted == "none":
        return Labels()
    if wanted == "subfolders":
        return folder_labels(names)
    if wanted == "auto":
        where = source / DATASET_JSON
        text = image_files.read_member(source, DATASET_JSON, max_bytes=LABELS_BYTES)
        if text is None:
            return Labels()
    else:
        where = Path(wanted)
        if not where.is_file():
            raise InputError(f"--labels is {where}: no such file; give it, or auto, subfolders or none")
        text = where.read_bytes()
    labels = read_labels(text, where)
    if not labels.by_name:
        return labels
    without = [name for name in names if name not in labels.by_name]
    if len(without) == len(names):
        raise InputError(f"{where} names none of the images of {source}, e.g. {names[0]}; repair it")
    if without:
        warn(f"{where} gives no class to {len(without)} of {len(names)} images, e.g. {without[0]}")
    if strange := len(labels.by_name.keys() - set(names)):
        warn(f"{where} names {counted(strange, 'image')} that {'is' if strange == 1 else 'are'} not there")
    return labels
