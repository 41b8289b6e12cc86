"""A moving drawing and its palette, still or moving: what has to be known first, and then any frames."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from data_prep.video.codec import read_video
from data_prep.video.sources import Frames
from fill.config import FilmConfig
from fill.ink import Levels
from fill.parallel import told_when_full
from fill.video.overlay import measure, sample
from fill.video.palette import FilmPalette
from fill.video.recolor import Changes, Tracking, color, track


@dataclasses.dataclass(frozen=True)
class Coloring:
    """A film that is ready to be coloured."""

    frames: Frames
    palette: FilmPalette
    config: FilmConfig
    batch: int
    count: int  # of frames
    tracking: Tracking | None  # None: colours are those of a film, frame by frame
    ink: Levels | None  # of a film that is not tracked
    changes: Changes = dataclasses.field(default_factory=Changes)  # counted as frames are drawn

    def draw(self, todo: Sequence[int]) -> Iterator[np.ndarray]:
        """These frames, by ascending number, uint8 [H, W, 3]."""
        wanted, film = frozenset(todo), self.palette.film

        def skip(index: int) -> bool:
            return index not in wanted

        with told_when_full(self.batch):
            if self.tracking is not None:
                yield from color(
                    self.frames,
                    self.tracking,
                    self.config,
                    batch=self.batch,
                    skip=skip,
                    changes=self.changes,
                )
            elif film is not None:
                yield from sample(
                    self.frames,
                    lambda: read_video(film),
                    self.config,
                    self.ink,
                    batch=self.batch,
                    skip=skip,
                )


def prepare(
    frames: Frames,
    palette: FilmPalette,
    config: FilmConfig,
    *,
    seed: int = 0,
    batch: int = 8,
    count: int | None = None,
    on_frame: Callable[[], object] = lambda: None,
) -> Coloring:
    """Find out what has to be known before any frame is coloured.

    A film is read for it: its regions are followed, or where colours are a film's, its frames are counted,
    and looked at for their ink. Nothing is read where `count` is given and `looks_first` asks for no more.

    Args:
        frames: the film; it is read once more when frames are drawn.
        palette: checked against the config.
        config: see FilmConfig.
        seed: random colours follow from it.
        batch: frames that are looked at, and later coloured, at once. Changes no frame.
        count: how many frames there are, where that is known; of a film that is read they are counted.
        on_frame: called after each that is read here.

    Raises: InputError: there are no frames, or of different sizes. WorkError: memory is full.
    """
    with told_when_full(batch):
        if palette.film is not None:
            ink = None
            if count is None or looks_first(palette, config):
                count, ink = measure(frames, config, batch=batch, on_frame=on_frame)
            return Coloring(frames, palette, config, batch, count, None, ink)
        tracking = track(frames, palette.picture, config, seed=seed, batch=batch, on_frame=on_frame)
    return Coloring(frames, palette, config, batch, len(tracking.of_frames), tracking, None)


def looks_first(palette: FilmPalette, config: FilmConfig) -> bool:
    """Whether a film has to be read before it is coloured, so that its frames are read twice, though their
    number is known."""
    return palette.film is None or config.keep_lines


def account(coloring: Coloring, *, seconds: float, drawn: int) -> str:
    """What is told of a coloured film: what was found out about it, and the time that its frames took.

    Args:
        coloring: after its frames were drawn.
        seconds: that it took.
        drawn: how many frames were drawn; of a film that went on not all, and colours are told of these.
    """
    tracking, changes = coloring.tracking, coloring.changes
    parts = [f"colours of {coloring.palette.name} in every frame"] if tracking is None else _found(tracking)
    if changes.px:
        some = f" of {drawn} frames" if drawn < coloring.count else ""
        parts.append(
            f"{100 * changes.broken_share:.2f} % of the paper{some} changes colour though its region "
            f"persists, {100 * changes.share:.2f} % with mergers and splits"
        )
    if drawn == coloring.count:
        parts.append(f"{1e3 * seconds / drawn:.0f} ms a frame")
    elif drawn:  # though all may have been followed
        parts.append(f"{drawn} of {coloring.count} frames drawn anew in {seconds:.1f} s")
    return ", ".join(parts)


def _found(tracking: Tracking) -> list[str]:
    parts = [f"{tracking.followed} regions followed"]
    if tracking.found_again:
        parts.append(f"{tracking.found_again} found again")
    if tracking.cuts:
        shown = ", ".join(map(str, tracking.cuts[:5])) + (", ..." if len(tracking.cuts) > 5 else "")
        parts.append(f"cuts at {shown}")
    if tracking.is_loop:
        parts.append("a loop")
    if tracking.seam_changes:
        parts.append(f"{tracking.seam_changes} regions change at its seam")
    return parts
