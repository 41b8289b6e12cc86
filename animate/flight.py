"""Flights of a camera over an endless drawing: every frame by itself, and videos of them."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from animate import camera
from animate.config import OutputConfig, check_seed
from animate.flight_config import FlightConfig
from animate.ground import Ground, Phase, Tile, tile_cells
from animate.video import COMMAND, Video, write_frames
from data_prep.errors import InputError
from data_prep.images import Mode, with_mode
from data_prep.progress import Note, Progress, ignore, no_progress
from data_prep.video import export
from fill.video.palette import VideoPalette
from gan.canvas.mask_config import MaskConfig
from gan.canvas.variation import read_variation
from gan.families.field import Field
from gan.sample import Generator

WINDOWS_CACHED = 3  # two segments of a video may be drawn alternately
DIGITS = 6  # of positions in cells
MOST_PX = 1 << 29  # of the drawing below a frame
NO_MASK = MaskConfig()


class Flight:
    """A flight: the camera of each frame, and the drawing below.

    Args:
        generator: of family field.
        config: of the flight.
        seed: of all latents.
        masked: flags of a mask, which mixes in another style or network.
        note: receives lines about the mask.

    Raises: InputError: an invalid setting, or another family.
    """

    def __init__(
        self,
        generator: Generator,
        config: FlightConfig,
        *,
        seed: int,
        masked: MaskConfig = NO_MASK,
        note: Note = ignore,
    ) -> None:
        check_seed(seed)
        config.check()
        if not isinstance(generator.family, Field):
            raise InputError(
                "animate flight: the generator has a fixed frame; only networks of family field draw without "
                "one: train one with --family field"
            )
        if masked.mask is not None and config.close is not None:
            raise InputError("--mask: does not repeat where --close closes; use --course circle")
        self.config = config
        self.variation = read_variation(masked, generator, size_px=config.size_px, note=note)
        self._cell_px = generator.family.config.cell_px
        tile_px = tile_cells(generator.family) * self._cell_px
        self.loop = _loop_tiles(config, tile_px) if config.close is not None else None
        self.loop_px = None if self.loop is None else (self.loop[0] * tile_px, self.loop[1] * tile_px)
        self._extent = camera.extent_px(config)
        self._counts = tuple(-(-2 * extent // tile_px) + 1 for extent in self._extent)
        if (tiles := math.prod(self._counts)) * tile_px**2 > MOST_PX:
            raise InputError(
                f"--canvas {config.canvas}: a frame at this zoom and turn needs {tiles} tiles of {tile_px} "
                f"px, at most {MOST_PX // tile_px**2}; use a smaller --canvas, or a --zoom nearer 1"
            )
        self._ground = Ground(
            generator,
            seed=seed,
            truncation=config.truncation,
            loop=self.loop,
            variation=self.variation,
            cached=WINDOWS_CACHED * math.prod(self._counts),
        )

    @property
    def speed(self) -> float:
        """Speed along the course as flown, px of the drawing per second."""
        if self.loop_px is None:
            return self.config.speed
        return math.hypot(*self.loop_px) / self.config.duration_sec

    def frame(self, number: int) -> np.ndarray:
        """One frame, uint8 [H, W, C]; it depends on no other."""
        at = camera.pose(self.config, number, loop_px=self.loop_px)
        phase: Phase = (0.0, 0.0)
        if self.config.motion == "latents":
            at, phase = self._on_cells(at)
        size, tile_px = self.config.size_px, self._ground.tile_px
        first: Tile = (
            math.floor((at.corner[0] + size[0] / 2 - self._extent[0]) / tile_px),
            math.floor((at.corner[1] + size[1] / 2 - self._extent[1]) / tile_px),
        )
        window = self._ground.window(first, (self._counts[0], self._counts[1]), phase=phase)
        return camera.photograph(window, at, origin=(first[0] * tile_px, first[1] * tile_px), size=size)

    def frames(self, numbers: Sequence[int]) -> Iterator[np.ndarray]:
        """Frames of these numbers."""
        return map(self.frame, numbers)

    def _on_cells(self, at: camera.Pose) -> tuple[camera.Pose, Phase]:
        """The camera on whole cells, and the offset of the latents that brings the drawing there."""
        cells = [round(part / self._cell_px, DIGITS) for part in at.corner]
        whole = [math.floor(part) for part in cells]
        corner = float(whole[0] * self._cell_px), float(whole[1] * self._cell_px)
        phase = round(cells[0] - whole[0], DIGITS), round(cells[1] - whole[1], DIGITS)
        return dataclasses.replace(at, corner=corner), phase


def write_flight(
    generator: Generator,
    config: FlightConfig,
    output: OutputConfig,
    *,
    seed: int = 0,
    masked: MaskConfig = NO_MASK,
    palette: VideoPalette | None = None,
    note: Note = ignore,
    progress: Progress = no_progress,
) -> Video:
    """Fly over the drawing of a seed and write the video, unless the same exists.

    Args:
        generator: of family field.
        config: of the flight.
        output: of the video.
        seed: of all latents and colours.
        masked: flags of a mask.
        palette: of `output.fill`.
        note: receives a line where the pan differs from --pan, and lines about the mask.
        progress: opens a progress bar.

    Raises: InputError: invalid settings, or existing files; nothing is written then. WorkError.
    """
    output.check()
    if output.fill_with.torus:
        raise InputError("--torus: opposite edges of the frames of a flight do not meet; leave it out")
    flight = Flight(generator, config, seed=seed, masked=masked, note=note)
    if config.pan is not None and not math.isclose(config.pan, flight.speed, rel_tol=1e-3):
        note(
            f"the pan is {flight.speed:.1f} px per second, so that the flight closes after {config.close} "
            f"screen{'s' * (config.close != 1)}"
        )
    elif config.close is not None and not math.isclose(config.speed, flight.speed, rel_tol=0.1):
        length = flight.speed * config.duration_sec
        note(f"the flight closes after {length:.0f} px, not {config.loop_px:.0f}: loops are whole tiles")
    settings: dict[str, Any] = {
        "style": "flight",
        "config": dataclasses.asdict(config),
        "seed": seed,
        "fps": config.fps,
        "generator": generator.identity,
        **({} if flight.variation is None else flight.variation.settings),
    }
    if palette is not None:
        settings["fill"] = [*palette.settings(), dataclasses.asdict(output.fill_with)]
    settings |= output.encoding.settings(output.out)
    sources = [] if palette is None or palette.video is None else [palette.video]
    done = export.is_complete(
        output.out, settings, command=COMMAND, overwrite=output.overwrite, sources=sources
    )
    channels = generator.channels
    keeps_alpha = palette is None and export.supports_alpha(output.out, output.encoding)
    mode: Mode = "gray" if channels == 1 else "rgba" if channels == 4 and keeps_alpha else "rgb"
    pace, colors = None, ""
    if not done:
        pace, colors = write_frames(
            lambda numbers: (with_mode(frame, mode) for frame in flight.frames(numbers)),
            output,
            count=config.frame_count,
            fps=config.fps,
            closed=config.closed,
            seed=seed,
            settings=settings,
            palette=palette,
            progress=progress,
        )
    height_px, width_px = export.written_size(output.out, *config.size_px)
    return Video(
        output.out,
        frames=config.frame_count,
        seconds=config.duration_sec,
        height_px=height_px,
        width_px=width_px,
        size_bytes=export.size_bytes(output.out),
        pace=pace,
        colors=colors,
    )


def _loop_tiles(config: FlightConfig, tile_px: int) -> Tile:
    """Rows and columns of tiles after which a flight closes: --close screens along the heading, rounded."""
    down, right = (round(config.loop_px * part / tile_px) for part in config.direction)
    if (down, right) == (0, 0):
        axis = int(abs(config.direction[1]) >= abs(config.direction[0]))
        return ((0, 1) if axis else (1, 0)) if config.direction[axis] > 0 else ((0, -1) if axis else (-1, 0))
    return down, right
