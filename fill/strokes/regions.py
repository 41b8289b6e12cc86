"""Regions of a drawing as closed shapes, with the colours that `fill blob` gives them."""

import dataclasses
from collections.abc import Iterator

import cv2
import numpy as np
from scipy import ndimage

from data_prep.video.sources import Frames
from fill.config import BlobConfig, VideoConfig
from fill.strokes.bezier import fit_curves

TOLERANCE_PX = 0.7  # of outlines; strokes cover them
INSIDE_PX = 0.25  # by which contours of half pixels lie inside their shapes


@dataclasses.dataclass(frozen=True)
class ColoredRegions:
    """Regions between the lines."""

    labels: np.ndarray  # int32 [H, W], 0 on lines
    extended: np.ndarray  # int32 [H, W], lines have the label of the nearest region
    colors: np.ndarray  # uint8 [K + 1, 3], of each label


def find_colored_regions(
    image: np.ndarray, palette: np.ndarray, *, threshold: int, seed: int, item_id: int
) -> ColoredRegions | None:
    """Find the regions of a drawing and their colours, as `fill_blob` does; None: there are none.

    Args:
        image: uint8 [H, W, C], dark lines on light paper.
        palette: uint8 [h, w, 3].
        threshold: luminance above which a pixel is paper.
        seed: as --seed of `fill blob`.
        item_id: as Drawing.item_id.
    """
    import jax
    import jax.numpy as jnp

    from fill.lines import nearest_region
    from fill.palette import draw_colors
    from fill.regions import find_regions

    found = find_regions(jnp.asarray(image)[None], BlobConfig(threshold=threshold))
    labels = np.asarray(found[0])
    if not labels.any():
        return None
    key = jax.random.fold_in(jax.random.key(seed), jnp.uint32(item_id))
    colors = draw_colors(key, jnp.asarray(palette), count=int(labels.max()))
    return ColoredRegions(labels, np.asarray(nearest_region(found)[0]), np.asarray(colors))


class VideoRegions:
    """Regions of the frames of a video; they keep their colours, as with `fill film`.

    Args:
        frames: opens the frames, uint8 [H, W, C], dark lines on light paper.
        palette: uint8 [h, w, 3].
        config: its threshold is a number.
        seed: as --seed of `fill film`.

    Raises: InputError: frames of different sizes, or too large.
    """

    def __init__(self, frames: Frames, palette: np.ndarray, config: VideoConfig, *, seed: int) -> None:
        from fill.video.recolor import track

        self.config = config
        self.tracking = track(frames, palette, config, seed=seed)

    def of_frame(self, image: np.ndarray, index: int) -> ColoredRegions | None:
        """Regions of frame `index`, uint8 [H, W, C]; None: there are none."""
        import jax.numpy as jnp

        from fill.lines import nearest_region
        from fill.video.frames import label_frames

        found, _ = label_frames(jnp.asarray(image)[None], self.config)
        labels = np.asarray(found[0])
        if not labels.any():
            return None
        colors = self.tracking.colors[self.tracking.of_frames[index]]
        return ColoredRegions(labels, np.asarray(nearest_region(found)[0]), colors)


def outlines(
    labels: np.ndarray, *, tolerance_px: float = TOLERANCE_PX
) -> Iterator[tuple[int, tuple[np.ndarray, ...]]]:
    """Outlines of regions, int32 [H, W]: label, and closed cubics [K, 4, 2] in px of each part and hole."""
    contours: list[np.ndarray] = []
    owners: list[int] = []
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        part = np.pad((labels[box] == label).astype(np.uint8), 1)
        twice = part.repeat(2, axis=0).repeat(2, axis=1)
        found, _ = cv2.findContours(twice, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        for contour in found:
            if len(contour) < 8:
                continue
            points = (contour[:, 0] + 0.5) / 2 - 1 + (box[1].start, box[0].start)
            smooth = ndimage.gaussian_filter1d(points, 2.0, axis=0, mode="wrap")
            along = np.roll(smooth, -1, axis=0) - np.roll(smooth, 1, axis=0)
            outward = np.stack([-along[:, 1], along[:, 0]], axis=1)  # of outer contours and of holes
            smooth += INSIDE_PX * outward / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
            contours.append(np.concatenate([smooth, smooth[:1]]))
            owners.append(label)
    ends = np.cumsum([len(contour) for contour in contours])
    breaks = [np.array([end - len(contour), end - 1]) for contour, end in zip(contours, ends, strict=True)]
    if not contours:
        return
    fitted = fit_curves(
        np.concatenate(contours), breaks, closed=[True] * len(breaks), tolerance_px=tolerance_px
    )
    shapes: dict[int, list[np.ndarray]] = {}
    for owner, cubics in zip(owners, fitted, strict=True):
        shapes.setdefault(owner, []).append(cubics)
    for owner, parts in shapes.items():
        yield owner, tuple(parts)


def hatching(
    labels: np.ndarray, *, spacing_px: float, angle_deg: float, margin_px: float
) -> list[tuple[int, np.ndarray]]:
    """Parallel lines within regions.

    Args:
        labels: int32 [H, W], 0: no region.
        spacing_px: distance of the lines.
        angle_deg: counter-clockwise from horizontal.
        margin_px: by which lines end before the border of a region; shorter ones are left out.

    Returns:
        Label and ends, float64 [2, 2] in px, of each line, line by line, alternating in direction.
    """
    height, width = labels.shape
    turn = np.radians(angle_deg)
    along = np.array([np.cos(turn), -np.sin(turn)])  # y points down
    across = np.array([np.sin(turn), np.cos(turn)])
    middle = np.array([width, height]) / 2
    reach = float(np.hypot(width, height)) / 2
    step = 0.5
    at = np.arange(-reach, reach, step)
    lines: list[tuple[int, np.ndarray]] = []
    rows = np.arange(-np.floor(reach / spacing_px), np.floor(reach / spacing_px) + 1)
    for number, row in enumerate(rows):
        base = middle + row * spacing_px * across
        points = base + at[:, None] * along
        x, y = np.floor(points).astype(np.int64).T
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        own = np.where(inside, labels[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)], 0)
        edges = np.flatnonzero(np.diff(own, prepend=0, append=0))
        found = []
        for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            first, last = at[a] + margin_px, at[min(b, len(at) - 1)] - step - margin_px
            if own[a] and last - first > margin_px:
                found.append((int(own[a]), base + np.array([[first], [last]]) * along))
        if number % 2:
            found = [(label, ends[::-1]) for label, ends in found[::-1]]
        lines += found
    return lines
