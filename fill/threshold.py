"""Prepare drawings for filling: light on dark, uneven light, and the threshold of each. Free of jax."""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np

from data_prep.images import Note
from data_prep.pages.drawing import Choice, Correction, common_correction, correct, find_correction
from data_prep.pages.sheet import luma
from data_prep.specimens.ink import ink_levels
from fill.config import FillConfig, LightConfig, VideoConfig

BELOW, ABOVE = 0.22, 0.16  # the standard threshold is used within this of its place between ink and paper
LEAST_CONTRAST, NOISE_SIGMAS = 12, 6  # between paper and ink; less is grain
LIGHT = LightConfig()
FRAMES = 8  # of a video, from which its threshold is chosen
FEW = 0.0002  # fraction of the pixels that is ink in a drawing
INK_QUANTILE = 0.05  # of the ink: most pixels of a thin line are its soft edges


@dataclasses.dataclass(frozen=True)
class Tones:
    """Luminance of the paper and the ink of a drawing."""

    paper: int
    ink: int | None  # None: no ink


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A drawing, dark on evenly lit paper."""

    image: np.ndarray  # uint8 [H, W, C]
    threshold: int  # luminance above which a pixel is paper
    tones: Tones
    inverted: bool
    flattened: bool
    notes: tuple[Note, ...] = ()  # what was changed on reading

    def doubt(self, flag: int | Literal["auto"]) -> str:
        """One line about ink or paper that the threshold misses, or "".

        Args:
            flag: value of --threshold.
        """
        paper, ink = self.tones.paper, self.tones.ink
        if ink is None:
            return (
                f"no ink found, its paper is about {paper}; if it has faint lines, try --threshold "
                f"{max(0, paper - 6)}, if they are light on dark, --invert on"
            )
        better = ink + round(0.7 * (paper - ink))
        doubt = ""
        if flag != "auto" and flag < ink:
            doubt = f"no line is darker than --threshold {flag}, its ink is about {ink}"
        elif flag != "auto" and flag >= paper:
            doubt = (
                f"copied unchanged: no paper is lighter than --threshold {flag}, its paper is about {paper}"
            )
        return f"{doubt}: try --threshold {better}" if doubt else ""


def prepare(
    image: np.ndarray, config: FillConfig, *, invert_it: Choice = "auto", flatten_it: Choice = "auto"
) -> Prepared:
    """Invert a drawing that is light on dark, divide out uneven light, and choose the threshold.

    Args:
        image: uint8 [H, W, C], C = 1 or 3.
        config: its threshold; "auto": see find_threshold.
        invert_it, flatten_it: as drawing.find_correction.
    """
    correction = find_correction(image, invert_it=invert_it, flatten_it=flatten_it)
    image = correct(image, correction)
    tones = find_tones(luma(image))
    threshold = config.threshold
    if threshold == "auto":
        threshold = find_threshold(tones, standard=config.standard_threshold)
    return Prepared(image, threshold, tones, correction.inverts, correction.background is not None)


@dataclasses.dataclass(frozen=True)
class PreparedVideo:
    """What makes all frames of a video dark on evenly lit paper, and its threshold."""

    config: VideoConfig  # with a number as threshold
    correction: Correction

    def frames(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the corrected frames, uint8 [H, W, C]."""
        background = self.correction.background
        shape: tuple[int, ...] | None = None
        for frame in frames:
            shape = shape or frame.shape
            is_alike = frame.shape == shape  # others are refused when they are drawn
            yield correct(frame, self.correction) if background is None or is_alike else frame

    def __str__(self) -> str:
        """Summary: "light on dark, inverted (--invert off leaves it), threshold 160"."""
        parts = ["light on dark, inverted (--invert off leaves it)"] * self.correction.inverts
        if self.correction.background is not None:
            varies = f"light varies by {self.correction.variation:.0%}, evened out"
            parts.append(f"{varies} (--flatten off leaves it)")
        return ", ".join([*parts, f"threshold {self.config.fixed_threshold}"])


def prepare_video(
    config: VideoConfig, frames: Iterable[np.ndarray], *, light: LightConfig = LIGHT
) -> PreparedVideo:
    """Choose one correction and one threshold for a video, from its first frames, uint8 [H, W, C].

    Args:
        config: its threshold; "auto": see find_threshold.
        frames: only the first FRAMES are read.
        light: "auto": what most of these frames need.
    """
    first = list(itertools.islice(frames, FRAMES))
    first = [frame for frame in first if frame.shape == first[0].shape]
    if not first:
        return PreparedVideo(config, Correction())
    correction = common_correction(
        [find_correction(frame, invert_it=light.invert, flatten_it=light.flatten) for frame in first]
    )
    if config.threshold == "auto":
        gray = np.concatenate([luma(correct(frame, correction)) for frame in first])
        threshold = find_threshold(find_tones(gray), standard=config.standard_threshold)
        config = dataclasses.replace(config, threshold=threshold)
    return PreparedVideo(config, correction)


def find_tones(gray: np.ndarray) -> Tones:
    """Estimate the luminance of paper and ink from the histogram of a drawing, uint8 [H, W], dark on light.

    Paper: as `ink_levels`. Ink: the darkest 5% of the pixels that are clearly darker.
    """
    paper = ink_levels(gray).paper
    counts = np.bincount(gray.ravel(), minlength=256)
    off = np.abs(np.arange(256) - paper)
    near = np.cumsum(np.bincount(off[off < 40], weights=counts[off < 40]))
    sigma = 1.4826 * float(np.searchsorted(near, near[-1] / 2))
    darker = np.cumsum(counts[: max(0, round(paper - max(LEAST_CONTRAST, NOISE_SIGMAS * sigma)))])
    if not len(darker) or darker[-1] < FEW * gray.size:
        return Tones(paper, None)
    return Tones(paper, int(np.searchsorted(darker, max(1, INK_QUANTILE * darker[-1]))))


def find_threshold(tones: Tones, *, standard: int) -> int:
    """Choose the threshold at the place between ink and paper that `standard` has between black and white.

    `standard` itself if its place between this ink and this paper is similar, or without ink.
    """
    if tones.ink is None or tones.paper <= tones.ink:
        return standard
    place, own = standard / 255, (standard - tones.ink) / (tones.paper - tones.ink)
    if place - BELOW <= own <= min(place + ABOVE, 0.97):
        return standard
    return tones.ink + round(place * (tones.paper - tones.ink))
