"""Classes of packed images: from the source itself, its folders, a file, or none."""

import dataclasses
import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from data_prep.errors import InputError
from data_prep.progress import counted, some
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
        return _of_folders(source, names, warn)
    top = ""  # folder that the names in a file of labels are relative to
    if requested == "auto":
        found = _find_file(source, names, warn)
        if found is None:
            return Labels()
        top, text = found
        where = source / top / DATASET_JSON
    else:
        where = Path(requested)
        if not where.is_file():
            raise InputError(f"--labels {where}: must be auto, subfolders, none or an existing file")
        text = where.read_bytes()
    labels = read_labels(text, where)
    if not labels.by_name:
        return labels
    by_name = _match(labels.by_name, names, top)
    without = [name for name in names if name not in by_name]
    if not by_name:
        raise InputError(f"{where} lists none of the images of {source}, e.g. {names[0]}; correct it")
    if without:
        warn(f"{where} has no class for {len(without)} of {len(names)} images, e.g. {without[0]}")
    if (unknown := len({_form(name) for name in labels.by_name}) - len(by_name)) > 0:
        warn(f"{where} lists {counted(unknown, 'image')} that {'does' if unknown == 1 else 'do'} not exist")
    if labels.repeated:
        listed = counted(len(labels.repeated), "image")
        warn(f"{where} lists {listed} with two classes, e.g. {labels.repeated[0]}; the last one is used")
    if respelt := _respelt(labels.by_name, {*names}):
        listed = counted(len(respelt), "image")
        warn(
            f"{where} lists {listed} in two spellings with two classes, e.g. {respelt[0]}; the spelling of "
            "the file is used, else the last one"
        )
    if unused := sorted(set(range(len(labels.names))) - set(by_name.values())):
        warn(f"{where}: no image is of {_classes(labels.names[i] for i in unused)}")
    return dataclasses.replace(labels, by_name=by_name)


def _of_folders(source: Path, names: Sequence[str], warn: Callable[[str], None]) -> Labels:
    """Classes from sub-folders; images outside of them and empty folders are reported."""
    labels = folder_labels(names)
    outside = [name for name in names if name not in labels.by_name]
    if outside:
        verb = "lies" if len(outside) == 1 else "lie"
        warn(
            f"{source}: {len(outside)} of {counted(len(names), 'image')} {verb} in no sub-folder and "
            f"{'has' if len(outside) == 1 else 'have'} no class, e.g. {outside[0]}"
        )
    around = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    if empty := [name for name in image_files.list_folders(source) if name not in around]:
        warn(f"{source}: no image in {counted(len(empty), 'folder')}, {some(empty)}: no class")
    return labels


def _find_file(source: Path, names: Sequence[str], warn: Callable[[str], None]) -> tuple[str, bytes] | None:
    """Folder and content of the dataset.json beside the images, or in the folder that holds all of them."""
    for top in _folders_around(names):
        name = f"{top}/{DATASET_JSON}" if top else DATASET_JSON
        text = image_files.read_member(source, name, max_bytes=LABELS_BYTES)
        if text is not None:
            return top, text
    for folder in image_files.list_folders(source):
        if image_files.read_member(source, f"{folder}/{DATASET_JSON}", max_bytes=LABELS_BYTES) is not None:
            warn(f"{source / folder / DATASET_JSON} is not used: it does not lie in the folder of all images")
    return None


def _folders_around(names: Sequence[str]) -> list[str]:
    """Folders that hold all images, from the outermost, which is "", inwards."""
    folders = [PurePosixPath(name).parent.parts for name in names]
    common: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return ["/".join(common[:count]) for count in range(len(common) + 1)]


def _match(labels: Mapping[str, int], names: Sequence[str], top: str) -> dict[str, int]:
    """Classes by name in the source; listed names may be relative to `top`, and written in another form."""
    forms = {_form(name): label for name, label in labels.items()}
    found = {}
    for name in names:
        inner = name.removeprefix(f"{top}/") if top else name
        for candidate in (name, inner):
            label = labels.get(candidate, forms.get(_form(candidate)))
            if label is not None:
                found[name] = label
                break
    return found


def _respelt(labels: Mapping[str, int], names: Container[str]) -> list[str]:
    """Listed names that are no files, and another form of a listed name with another class."""
    classes: dict[str, set[int]] = {}
    for name, label in labels.items():
        classes.setdefault(_form(name), set()).add(label)
    return [name for name in labels if name not in names and len(classes[_form(name)]) > 1]


def _form(name: str) -> str:
    """One form of all spellings of a name: slashes, no "./", composed characters (Unicode NFC)."""
    return unicodedata.normalize("NFC", str(PurePosixPath(name.replace("\\", "/"))))


def _classes(names: Iterable[str]) -> str:
    listed = list(names)
    return ("class " if len(listed) == 1 else "classes ") + some(listed)
