"""Many images on one sheet, with a label under each: for the eye."""

from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_prep.errors import InputError
from data_prep.resize import resize

LABEL_RGB = (90, 90, 90)
GAP_PX, TEXT_PX = 4, 11


def contact_sheet(
    images: Iterable[np.ndarray],
    *,
    columns: int,
    labels: Sequence[str] = (),
    tile_px: int = 128,
    background: int = 255,
) -> np.ndarray:
    """Lay images out row by row, each reduced or enlarged to fit a square of its own.

    Args:
        images: uint8 [H, W, C], C = 1, 3 or 4; sizes and channels may differ. Drawn one at a time.
        columns: images per row; fewer where there are fewer images.
        labels: a line under each image, cut where it would run into the next; shorter than `images`: the
            rest have none. No labels: no room for them.
        tile_px: side of the square that an image fits into, its proportions kept.
        background: gray value of the sheet, 0 to 255; transparent images lie on it.

    Returns:
        uint8 [H, W, 3].

    Raises:
        InputError: no images, or columns or tile_px below 1.
    """
    if columns < 1 or tile_px < 1:
        raise InputError(f"a contact sheet of {columns} columns of {tile_px} px; both should be 1 or more")
    squares = [_square(image, tile_px, background) for image in images]
    if not squares:
        raise InputError("no images for a contact sheet")
    columns = min(columns, len(squares))
    rows = -(-len(squares) // columns)
    step_x, step_y = tile_px + GAP_PX, tile_px + GAP_PX + (TEXT_PX + GAP_PX if labels else 0)
    sheet = np.full((rows * step_y + GAP_PX, columns * step_x + GAP_PX, 3), background, np.uint8)
    for i, square in enumerate(squares):
        y, x = GAP_PX + i // columns * step_y, GAP_PX + i % columns * step_x
        sheet[y : y + tile_px, x : x + tile_px] = square
    if not labels:
        return sheet
    picture = Image.fromarray(sheet)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=TEXT_PX)
    for i, label in enumerate(labels[: len(squares)]):
        y, x = GAP_PX + i // columns * step_y + tile_px, GAP_PX + i % columns * step_x
        draw.text((x, y), _shortened(draw, label, font, tile_px), fill=LABEL_RGB, font=font)
    return np.asarray(picture)


def _square(image: np.ndarray, side_px: int, background: int) -> np.ndarray:
    """uint8 [side_px, side_px, 3]: the image in the middle, on the background."""
    scale = side_px / max(image.shape[:2])
    height_px, width_px = (max(1, round(size * scale)) for size in image.shape[:2])
    image = resize(image, height_px, width_px)
    if image.shape[2] == 4:
        opaque = image[..., 3:].astype(np.uint16)
        image = ((image[..., :3] * opaque + background * (255 - opaque) + 127) // 255).astype(np.uint8)
    square = np.full((side_px, side_px, 3), background, np.uint8)
    y, x = (side_px - height_px) // 2, (side_px - width_px) // 2
    square[y : y + height_px, x : x + width_px] = image
    return square


def _shortened(
    draw: ImageDraw.ImageDraw, label: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width_px: int
) -> str:
    """The label, or as much of its end as fits: names of files differ there."""
    if draw.textlength(label, font=font) <= width_px:
        return label
    while label and draw.textlength("…" + label, font=font) > width_px:
        label = label[1:]
    return "…" + label
