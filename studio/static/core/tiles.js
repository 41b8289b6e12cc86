/** A page drawn from tiles of 256 px at the level of the zoom; coarser tiles fill in until finer ones arrive. */

import { get, url } from "./api.js";

const TILE_PX = 256;
const STORED = 600; // tiles in memory
const SMOOTH_BELOW = 3; // device pixels per page px; above, pixels are shown as squares

/** @typedef {{width_px: number, height_px: number, levels: number, dpi: number | null, version: string}} PageImage */

export class PageTiles {
  /**
   * @param {string} id of the page
   * @param {PageImage} image as /api/page/ID describes it
   * @param {() => void} onLoad called when a tile arrived
   */
  constructor(id, image, onLoad) {
    this.id = id;
    this.image = image;
    this.onLoad = onLoad;
    /** @type {Map<string, HTMLImageElement>} */
    this.tiles = new Map();
    this.hasFailed = false;
    /** Tiles that the last drawing wanted and that are still loading. */
    this.missing = 0;
  }

  /**
   * @param {string} id
   * @param {() => void} onLoad
   */
  static async open(id, onLoad) {
    const { image } = await get(`/api/page/${id}`);
    return new PageTiles(id, image, onLoad);
  }

  /**
   * Draw the visible part; the context's unit is a page px.
   * @param {CanvasRenderingContext2D} context
   * @param {import("./view.js").View} view
   */
  draw(context, view) {
    this.missing = 0;
    const wanted = Math.min(this.image.levels - 1, Math.max(0, Math.floor(Math.log2(1 / view.deviceScale) + 0.1)));
    context.imageSmoothingEnabled = view.deviceScale < SMOOTH_BELOW;
    context.imageSmoothingQuality = "low"; // levels are means; mipmaps of the browser would shift pixels
    const first = Math.ceil(Math.log2(Math.max(this.image.width_px, this.image.height_px) / TILE_PX));
    context.save();
    context.beginPath();
    context.rect(0, 0, this.image.width_px, this.image.height_px);
    context.clip();
    for (let level = Math.max(wanted, first); level >= wanted; level--) {
      const isWanted = level === wanted || level === first; // one tile shows the whole page at once
      this.drawLevel(context, view.visible, level, isWanted);
    }
    context.restore();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {{x0: number, y0: number, x1: number, y1: number}} visible
   * @param {number} level
   * @param {boolean} isWanted load what is missing
   */
  drawLevel(context, visible, level, isWanted) {
    const side = TILE_PX << level;
    const [columns, rows] = [Math.ceil(this.image.width_px / side), Math.ceil(this.image.height_px / side)];
    const column1 = Math.min(columns, Math.ceil(visible.x1 / side));
    const row1 = Math.min(rows, Math.ceil(visible.y1 / side));
    for (let row = Math.max(0, Math.floor(visible.y0 / side)); row < row1; row++) {
      for (let column = Math.max(0, Math.floor(visible.x0 / side)); column < column1; column++) {
        const tile = this.tile(level, column, row, isWanted);
        if (isWanted && !tile?.complete) this.missing++;
        if (!tile?.complete || !tile.naturalWidth) continue;
        const [x, y] = [column * side, row * side];
        // a pixel of the last column or row may stand for less than 2^level page px; it is clipped
        context.drawImage(tile, x, y, tile.naturalWidth << level, tile.naturalHeight << level);
      }
    }
  }

  /**
   * @param {number} level
   * @param {number} column
   * @param {number} row
   * @param {boolean} isWanted
   */
  tile(level, column, row, isWanted) {
    const key = `${level}/${column}/${row}`;
    let tile = this.tiles.get(key);
    if (tile || !isWanted) return tile;
    tile = new Image();
    tile.onload = () => this.onLoad();
    tile.onerror = () => {
      this.hasFailed = true;
      this.onLoad();
    };
    tile.src = url(`/api/page/${this.id}/tile`, { level, column, row, v: this.image.version });
    this.tiles.set(key, tile);
    if (this.tiles.size > STORED) this.tiles.delete(/** @type {string} */ (this.tiles.keys().next().value));
    return tile;
  }
}
