"""Coloured frames of a video one by one: regions are tracked once, then colours and lines are chosen."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from data_prep.video.clip import Clip
from fill.config import PREVIEW_FRAMES, LightConfig, VideoConfig
from fill.palette_file import parse_color
from fill.pins import FramePin
from fill.regions import table_capacity
from fill.threshold import PreparedVideo, prepare_video
from fill.video import frames as device
from fill.video.recolor import Tracking, group_at, padded, region_at, track, with_palette, with_pins

WHITE = np.full((1, 1, 3), 255, np.uint8)  # until a palette is chosen
LIGHT = LightConfig()


class VideoPreview:
    """A tracked video. Use it in one thread, and close it.

    Frames equal those of `recolor_video` bit for bit if the whole video is tracked.

    Args:
        video: file.
        config: `keep_lines` and `blend` are chosen per frame; `overlay` is not supported.
        light: polarity and light.
        most: frames that are tracked, from the first one.
        on_frame: called after each.

    Raises: InputError: no video, or an invalid setting.
    """

    def __init__(
        self,
        video: Path,
        config: VideoConfig,
        *,
        light: LightConfig = LIGHT,
        most: int = PREVIEW_FRAMES,
        on_frame: Callable[[], object] = lambda: None,
    ) -> None:
        config.check()
        self.clip = Clip(video)
        self.count = min(len(self.clip), most)
        self.prepared: PreparedVideo = prepare_video(
            dataclasses.replace(config, keep_lines=True), (frame.image for frame in self.clip), light=light
        )
        self.config = self.prepared.config

        def frames() -> Iterator[np.ndarray]:
            images = (frame.image for frame in self.clip)
            return itertools.islice(self.prepared.frames(images), self.count)

        self.tracking: Tracking = track(frames, WHITE, self.config, on_frame=on_frame)
        self._regions: dict[tuple[int, int, int], int] = {}

    def frame(self, number: int) -> np.ndarray:
        """A frame as it is tracked, uint8 [H, W, 3]."""
        return next(self.prepared.frames([self.clip[number].image]))

    def draw(
        self,
        number: int,
        palette: np.ndarray,
        *,
        seed: int = 0,
        pins: Sequence[FramePin] = (),
        keep_lines: bool = False,
        blend: bool = False,
    ) -> np.ndarray:
        """One coloured frame, uint8 [H, W, 3].

        Args:
            number: below `count`.
            palette: uint8 [h, w, 3].
            seed: random colours depend on it.
            pins: those beyond the tracked frames are ignored.
            keep_lines, blend: see VideoConfig.
        """
        placed = [(pin.frame, self._region(pin), parse_color(pin.color)) for pin in self._tracked(pins)]
        tracking = with_pins(with_palette(self.tracking, palette, seed=seed), placed)
        tracks = tracking.of_frames[number]
        capacity = table_capacity(len(tracks) - 1)
        colors = padded(tracking.colors, table_capacity(len(tracking.colors)))
        table = colors[padded(tracks, capacity)][None]
        config = dataclasses.replace(self.config, keep_lines=keep_lines, blend=blend)
        ink = tracking.ink if keep_lines else None
        images = jnp.asarray(self.frame(number))[None]
        filled, _ = device.color_frames(images, jnp.asarray(table), config, ink, counted=False)
        return np.asarray(filled)[0]

    def groups(self, pins: Sequence[FramePin]) -> list[int]:
        """For each pin the number of its group of regions with one colour; below 0 if it is not tracked."""
        tracked = {
            id(pin): group_at(self.tracking, pin.frame, self._region(pin)) for pin in self._tracked(pins)
        }
        return [tracked.get(id(pin)) or -1 - place for place, pin in enumerate(pins)]

    def close(self) -> None:
        """Close the video."""
        self.clip.close()

    def _tracked(self, pins: Sequence[FramePin]) -> list[FramePin]:
        return [pin for pin in pins if pin.frame < self.count]

    def _region(self, pin: FramePin) -> int:
        place = pin.frame, pin.x_px, pin.y_px
        if place not in self._regions:
            self._regions[place] = region_at(self.frame(pin.frame), pin.x_px, pin.y_px, self.config)
        return self._regions[place]
