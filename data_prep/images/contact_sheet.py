"""Many images on one sheet, with a label under each: for the eye."""

from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_prep.errors import InputError
from data_prep.images.resize import resize

LABEL_RGB = (90, 90, 90)
GAP_PX, TEXT_PX = 4, 11


def contact_sheet(
    images: Iterable[np.ndarray],
    *,
    columns: int,
    labels: Sequence[str] = (),
    tile_px: tuple[int, int] = (128, 128),
    background: int = 255,
) -> np.ndarray:
    """Lay images out row by row, each reduced or enlarged to fit a place of its own.

    Args:
        images: uint8 [H, W, C], C = 1, 3 or 4; sizes and channels may differ. Drawn one at a time.
        columns: images per row; fewer where there are fewer images.
        labels: a line under each image, cut where it would run into the next; shorter than `images`: the
            rest have none. No labels: no room for them.
        tile_px: height and width of the place that an image fits into, its proportions kept.
        background: gray value of the sheet, 0 to 255; transparent images lie on it.

    Returns:
        uint8 [H, W, 3].

    Raises:
        InputError: no images, or columns or tile_px below 1.
    """
    height_px, width_px = tile_px
    if min(columns, height_px, width_px) < 1:
        raise InputError(
            f"a contact sheet of {columns} columns of {height_px} x {width_px} px; each should be 1 or more"
        )
    tiles = [_tile(image, height_px, width_px, background) for image in images]
    if not tiles:
        raise InputError("no images for a contact sheet")
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    step_x, step_y = width_px + GAP_PX, height_px + GAP_PX + (TEXT_PX + GAP_PX if labels else 0)
    sheet = np.full((rows * step_y + GAP_PX, columns * step_x + GAP_PX, 3), background, np.uint8)
    for i, tile in enumerate(tiles):
        y, x = GAP_PX + i // columns * step_y, GAP_PX + i % columns * step_x
        sheet[y : y + height_px, x : x + width_px] = tile
    if not labels:
        return sheet
    picture = Image.fromarray(sheet)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=TEXT_PX)
    for i, label in enumerate(labels[: len(tiles)]):
        y, x = GAP_PX + i // columns * step_y + height_px, GAP_PX + i % columns * step_x
        draw.text((x, y), _shortened(draw, label, font, width_px), fill=LABEL_RGB, font=font)
    return np.asarray(picture)


def _tile(image: np.ndarray, tile_height_px: int, tile_width_px: int, background: int) -> np.ndarray:
    """uint8 [tile_height_px, tile_width_px, 3]: the image in the middle, on the background."""
    scale = min(tile_height_px / image.shape[0], tile_width_px / image.shape[1])
    height_px, width_px = (max(1, round(size * scale)) for size in image.shape[:2])
    height_px, width_px = min(height_px, tile_height_px), min(width_px, tile_width_px)
    image = resize(image, height_px, width_px)
    if image.shape[2] == 4:
        opaque = image[..., 3:].astype(np.uint16)
        image = ((image[..., :3] * opaque + background * (255 - opaque) + 127) // 255).astype(np.uint8)
    tile = np.full((tile_height_px, tile_width_px, 3), background, np.uint8)
    y, x = (tile_height_px - height_px) // 2, (tile_width_px - width_px) // 2
    tile[y : y + height_px, x : x + width_px] = image
    return tile


def _shortened(
    draw: ImageDraw.ImageDraw, label: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width_px: int
) -> str:
    """The label, or as much of its end as fits: names of files differ there."""
    if draw.textlength(label, font=font) <= width_px:
        return label
    while label and draw.textlength("…" + label, font=font) > width_px:
        label = label[1:]
    return "…" + label
