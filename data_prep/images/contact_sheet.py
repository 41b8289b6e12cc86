"""Contact sheets: many images on one, each with an optional label."""

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
    """Lay images out row by row, each scaled to fit a cell.

    Args:
        images: uint8 [H, W, C], C = 1, 3 or 4; sizes and channels may differ. Iterated once.
        columns: images per row; fewer if there are fewer images.
        labels: one line under each image, shortened to fit; may be fewer than `images`. Without labels no
            space is left for them.
        tile_px: height and width of a cell; the aspect ratio of images is preserved.
        background: gray value of the sheet, 0 to 255; transparent images are composited over it.

    Returns:
        uint8 [H, W, 3].

    Raises:
        InputError: no images, or columns or tile_px below 1.
    """
    height_px, width_px = tile_px
    if min(columns, height_px, width_px) < 1:
        raise InputError(
            f"contact sheet: columns {columns}, tile_px {height_px} x {width_px}: each must be at least 1"
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
    canvas = Image.fromarray(sheet)
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(size=TEXT_PX)
    for i, label in enumerate(labels[: len(tiles)]):
        y, x = GAP_PX + i // columns * step_y + height_px, GAP_PX + i % columns * step_x
        draw.text((x, y), _shortened(draw, label, font, width_px), fill=LABEL_RGB, font=font)
    return np.asarray(canvas)


def labelled_rows(rows: Sequence[np.ndarray], *, labels: Sequence[str], background: int = 255) -> np.ndarray:
    """Rows of images at their own size, each below a label.

    Args:
        rows: uint8 [N, H, W, C], C = 1, 3 or 4; sizes, counts and channels may differ.
        labels: one line per row, shortened to the width of the sheet.
        background: gray value of the sheet, 0 to 255; transparent images are composited over it.

    Returns:
        uint8 [H, W, 3].
    """
    text_px, widest = TEXT_PX + 2 * GAP_PX, max(n * (w + GAP_PX) for n, _, w, _ in (r.shape for r in rows))
    height = sum(row.shape[1] + text_px for row in rows) + GAP_PX
    sheet = np.full((height, widest + GAP_PX, 3), background, np.uint8)
    canvas, tops, y = Image.fromarray(sheet), [], 0
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(size=TEXT_PX)
    for row, label in zip(rows, labels, strict=True):
        draw.text((GAP_PX, y + GAP_PX), _shortened(draw, label, font, widest), fill=LABEL_RGB, font=font)
        tops.append(y + text_px)
        y += row.shape[1] + text_px
    sheet = np.array(canvas)
    for row, top in zip(rows, tops, strict=True):
        for i, image in enumerate(row):
            h, w = image.shape[:2]
            left = GAP_PX + i * (w + GAP_PX)
            sheet[top : top + h, left : left + w] = _tile(image, h, w, background)
    return sheet


def _tile(image: np.ndarray, tile_height_px: int, tile_width_px: int, background: int) -> np.ndarray:
    """Scale and centre an image on the background: uint8 [tile_height_px, tile_width_px, 3]."""
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
    """Shorten a label from its start to fit the width: file names differ at their end."""
    if draw.textlength(label, font=font) <= width_px:
        return label
    while label and draw.textlength("…" + label, font=font) > width_px:
        label = label[1:]
    return "…" + label
