"""Notes about images: what was changed on reading, in one line each, or in one line for many images."""

import dataclasses
from collections.abc import Iterable

from data_prep.progress import counted, some

DARK = 32768  # 16-bit images whose largest sample is lower are noted


@dataclasses.dataclass(frozen=True)
class Note:
    """What was changed about an image, or what may be wrong with it."""

    text: str  # the same for similar images
    detail: str = ""  # of this image

    def __str__(self) -> str:
        return f"{self.detail}, {self.text}" if self.detail else self.text


DARK_TEXT = "dark: `inkloop data-prep scans --white auto` makes its paper white"


def range_note(brightest: int | None, *, bits: int) -> Note | None:
    """Note about the range of 16-bit samples; None: it is used, or samples have fewer bits.

    Args:
        brightest: the largest sample; None: fewer bits, or floats.
        bits: 10 or 12 if the samples were taken for such ones, else 16.
    """
    if brightest is None or brightest >= DARK:
        return None
    detail = f"brightest value {brightest} of 65535"
    return Note(f"scaled as {bits} bits" if bits < 16 else DARK_TEXT, detail)


class Notes(dict[str, dict[str, str]]):
    """Notes about many images: text -> name -> detail."""

    def add(self, name: str, notes: Iterable[Note]) -> None:
        """Add the notes about an image; repeated ones count once."""
        for note in notes:
            self.setdefault(note.text, {})[name] = note.detail

    def lines(self) -> list[str]:
        """One line per text: "2 images, scaled as 12 bits: a.tif (brightest value 4095 of 65535), ..."."""
        return [
            f"{counted(len(images), 'image')}, {text}: "
            + some([f"{name} ({detail})" if detail else name for name, detail in images.items()])
            for text, images in self.items()
        ]
