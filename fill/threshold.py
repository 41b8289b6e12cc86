"""Prepare drawings for filling: light on dark, uneven light, and the threshold of each. Free of jax."""

import dataclasses
import itertools
from collections.abc import Iterable
from typing import Literal

import numpy as np

from data_prep.pages.illumination import find_background, flatten, is_shade
from data_prep.pages.polarity import invert, is_light_on_dark
from data_prep.pages.sheet import luma
from data_prep.specimens.ink import ink_levels
from fill.config import FillConfig, VideoConfig

Choice = Literal["auto", "on", "off"]
BELOW, ABOVE = 0.22, 0.16  # the standard threshold is used within this of its place between ink and paper
LEAST_CONTRAST, NOISE_SIGMAS = 12, 6  # between paper and ink; less is grain
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
        invert_it, flatten_it: "auto": where it is light on dark, where its light is uneven.
    """
    inverted = invert_it == "on" or (invert_it == "auto" and is_light_on_dark(image))
    if inverted:
        image = invert(image)
    flattened = False
    if flatten_it != "off":
        background = find_background(image)
        flattened = flatten_it == "on" or (background.is_uneven and is_shade(image, background))
        if flattened:
            image = flatten(image, background)
    tones = find_tones(luma(image))
    threshold = find_threshold(tones, standard=config.standard_threshold)
    return Prepared(
        image, threshold if config.threshold == "auto" else config.threshold, tones, inverted, flattened
    )


def with_threshold(config: VideoConfig, frames: Iterable[np.ndarray]) -> VideoConfig:
    """Replace threshold="auto" by one threshold for a video, from its first frames, uint8 [H, W, C]."""
    if config.threshold != "auto":
        return config
    first = [luma(frame) for frame in itertools.islice(frames, FRAMES)]
    if not first:
        return config
    first = [gray for gray in first if gray.shape == first[0].shape]  # others are refused when they are drawn
    threshold = find_threshold(find_tones(np.concatenate(first)), standard=config.standard_threshold)
    return dataclasses.replace(config, threshold=threshold)


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
