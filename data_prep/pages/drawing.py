"""Make drawings dark on evenly lit paper: the same for pages, specimens and frames of videos. Pure."""

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np

from data_prep.images import Note
from data_prep.pages.illumination import Background, find_background, flatten, is_shade
from data_prep.pages.polarity import invert, is_light_on_dark

Choice = Literal["auto", "on", "off"]


@dataclasses.dataclass(frozen=True)
class Correction:
    """What makes a drawing dark on evenly lit paper."""

    inverts: bool = False
    light_on_dark: bool = False  # the result is light on dark; its light is not estimated
    variation: float = 0.0  # of uneven light, as a fraction of the brightest part; 0: even
    background: Background | None = None  # divided out; None: the light stays as it is


def find_correction(
    page: np.ndarray,
    *,
    invert_it: Choice = "auto",
    flatten_it: Choice = "auto",
    inside: np.ndarray | None = None,
) -> Correction:
    """Judge the polarity and the light of a drawing.

    Args:
        page: uint8 [H, W, C], C = 1 or 3.
        invert_it: "auto": where it is light on dark, see polarity.is_light_on_dark.
        flatten_it: "auto": where its paper is in shade, see illumination.Background.is_uneven and is_shade.
            What stays light on dark is not flattened.
        inside: bool [H, W], where the sheet is, if not everywhere.
    """
    if inside is not None:
        paper = np.median(page[inside], axis=0) if inside.any() else 255
        page = np.where(inside[..., None], page, paper).astype(np.uint8)
    inverts = invert_it == "on" or (invert_it == "auto" and is_light_on_dark(page))
    if inverts:
        page = invert(page)
    if invert_it != "auto" and is_light_on_dark(page):
        return Correction(inverts, light_on_dark=True)
    background = find_background(page)
    is_uneven = background.is_uneven and _is_shade(page, background, inside)
    flattens = flatten_it == "on" or (flatten_it == "auto" and is_uneven)
    variation = background.variation if is_uneven or flattens else 0.0
    return Correction(inverts, False, variation, background if flattens else None)


def _is_shade(page: np.ndarray, background: Background, inside: np.ndarray | None) -> bool:
    if inside is None or not inside.any():
        return is_shade(page, background)
    rows, cols = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    sheet = page[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]  # its border is that of the paper
    return is_shade(sheet, find_background(sheet))


def correct(page: np.ndarray, correction: Correction) -> np.ndarray:
    """Apply a correction to uint8 [H, W, C]; the page itself if there is nothing to do."""
    if correction.inverts:
        page = invert(page)
    return page if correction.background is None else flatten(page, correction.background)


def common_correction(corrections: Sequence[Correction]) -> Correction:
    """One correction for frames of one size: what most of them need; their light is averaged."""
    inverts = 2 * sum(one.inverts for one in corrections) > len(corrections)
    alike = [one for one in corrections if one.inverts == inverts]
    lit = [one.background for one in alike if one.background is not None]
    light_on_dark = 2 * sum(one.light_on_dark for one in corrections) > len(corrections)
    if not lit or 2 * len(lit) <= len(corrections):
        return Correction(inverts, light_on_dark)
    log_light = np.stack([background.log_light for background in lit]).mean(axis=0, dtype=np.float32)
    background = dataclasses.replace(lit[0], log_light=log_light)
    return Correction(inverts, light_on_dark, background.variation, background)


def light_notes(page: np.ndarray) -> list[Note]:
    """Notes about the light of a page, uint8 [H, W, C], that is used as it is."""
    return kept_notes(find_correction(page, invert_it="off", flatten_it="off"))


def kept_notes(correction: Correction) -> list[Note]:
    """Notes about a page that stays light on dark, or unevenly lit, and what changes it."""
    if correction.light_on_dark:
        return [Note("light on dark, kept: `inkloop data-prep scans --invert` writes inverted pages")]
    if correction.variation and correction.background is None:
        varies = f"its light varies by {correction.variation:.0%}"
        return [Note("not evened out here: `inkloop data-prep scans` writes evenly lit pages", varies)]
    return []
