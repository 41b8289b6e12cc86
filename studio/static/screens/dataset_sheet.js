/** A virtual contact sheet: a canvas draws the visible rows; images arrive in sheets of one row each. */

import { bitmap } from "../core/api.js";
import { perFrame } from "../core/latest.js";

const GAP_PX = 6;
const STORED = 240; // rows in memory
const AT_ONCE = 3; // requests in flight

export class ContactSheet {
  /**
   * @param {HTMLElement} scroller scrolls; its height is ours
   * @param {HTMLCanvasElement} canvas stays in view
   * @param {HTMLElement} spacer has the height of all rows
   * @param {{path: string, isOut: (record: number) => boolean, onPick: (record: number, event: MouseEvent) => void, onHover: (record: number) => void}} options
   */
  constructor(scroller, canvas, spacer, options) {
    this.scroller = scroller;
    this.canvas = canvas;
    this.spacer = spacer;
    this.options = options;
    /** Records in the order shown. @type {Int32Array | number[]} */
    this.order = [];
    this.cell = 96;
    this.cursor = 0; // place in the order
    /** @type {Map<string, ImageBitmap | null>} */
    this.rows = new Map();
    this.inFlight = 0;
    this.draw = perFrame(() => this.drawNow());
    this.sizes = new ResizeObserver(() => this.layout());
    this.sizes.observe(scroller);
    canvas.addEventListener("redraw", () => this.draw());
    scroller.addEventListener("scroll", () => this.draw());
    canvas.addEventListener("click", (event) => { const place = this.at(event); if (place >= 0) { this.cursor = place; options.onPick(this.order[place], event); } });
    canvas.addEventListener("pointermove", (event) => { const place = this.at(event); if (place >= 0) options.onHover(this.order[place]); canvas.style.cursor = place >= 0 ? "pointer" : "default"; });
  }

  get columns() {
    return Math.max(1, Math.floor((this.scroller.clientWidth - GAP_PX) / (this.cell + GAP_PX)));
  }

  get pitch() {
    return this.cell + GAP_PX;
  }

  /** CSS px left of the first column. */
  get left() {
    return Math.floor((this.scroller.clientWidth - this.columns * this.pitch + GAP_PX) / 2);
  }

  /** @param {Int32Array | number[]} order */
  show(order) {
    this.order = order;
    this.cursor = 0;
    this.scroller.scrollTop = 0;
    this.layout();
  }

  /** @param {number} cell side of an image, CSS px */
  zoom(cell) {
    const first = Math.floor(this.scroller.scrollTop / this.pitch) * this.columns;
    this.cell = cell;
    this.layout();
    this.scroller.scrollTop = Math.floor(first / this.columns) * this.pitch;
  }

  layout() {
    this.spacer.style.height = `${Math.ceil(this.order.length / this.columns) * this.pitch + GAP_PX}px`;
    this.draw();
  }

  /** The place in the order under a pointer; -1: none. @param {MouseEvent} event */
  at({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [clientX - box.left - this.left, clientY - box.top + this.scroller.scrollTop - GAP_PX];
    const [column, row] = [Math.floor(x / this.pitch), Math.floor(y / this.pitch)];
    const inside = x >= 0 && y >= 0 && column < this.columns && x % this.pitch < this.cell && y % this.pitch < this.cell;
    const place = row * this.columns + column;
    return inside && place < this.order.length ? place : -1;
  }

  /** Move the cursor by places, and show it. @param {number} by */
  move(by) {
    this.cursor = Math.min(this.order.length - 1, Math.max(0, this.cursor + by));
    const y = Math.floor(this.cursor / this.columns) * this.pitch;
    const { scrollTop, clientHeight } = this.scroller;
    if (y < scrollTop) this.scroller.scrollTop = y;
    else if (y + this.pitch + GAP_PX > scrollTop + clientHeight) this.scroller.scrollTop = y + this.pitch + GAP_PX - clientHeight;
    this.draw();
  }

  close() {
    this.sizes.disconnect();
  }

  drawNow() {
    const { clientWidth: width, clientHeight: height, scrollTop } = this.scroller;
    if (!width || !height) return;
    const ratio = devicePixelRatio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.height = `${height}px`;
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.scale(ratio, ratio);
    const style = getComputedStyle(this.canvas);
    const [accent, danger, empty] = ["--accent", "--danger", "--sunken"].map((name) => style.getPropertyValue(name));
    const { columns, pitch, cell, left } = this;
    context.imageSmoothingEnabled = cell * ratio < 200;
    const first = Math.max(0, Math.floor((scrollTop - GAP_PX) / pitch));
    const last = Math.min(Math.ceil(this.order.length / columns), Math.ceil((scrollTop + height) / pitch));
    for (let row = first; row < last; row++) {
      const image = this.row(row);
      for (let column = 0; column < columns; column++) {
        const place = row * columns + column;
        if (place >= this.order.length) break;
        const [x, y] = [left + column * pitch, GAP_PX + row * pitch - scrollTop];
        const isOut = this.options.isOut(this.order[place]);
        context.globalAlpha = isOut ? 0.25 : 1;
        if (image) context.drawImage(image, column * image.height, 0, image.height, image.height, x, y, cell, cell);
        else {
          context.fillStyle = empty;
          context.fillRect(x, y, cell, cell);
        }
        context.globalAlpha = 1;
        if (isOut) {
          context.strokeStyle = danger;
          context.lineWidth = 2;
          context.beginPath();
          context.moveTo(x + 5, y + 5);
          context.lineTo(x + cell - 5, y + cell - 5);
          context.moveTo(x + cell - 5, y + 5);
          context.lineTo(x + 5, y + cell - 5);
          context.stroke();
        }
        if (place === this.cursor) {
          context.strokeStyle = accent;
          context.lineWidth = 2.5;
          context.strokeRect(x - 2, y - 2, cell + 4, cell + 4);
        }
      }
    }
    this.canvas.dataset.rows = `${first}-${last}`;
  }

  /** The images of a row; null until they arrive. @param {number} row */
  row(row) {
    const records = Array.from(this.order.slice(row * this.columns, (row + 1) * this.columns));
    const side = Math.min(512, Math.round(this.cell * Math.min(2, devicePixelRatio)));
    const key = `${side}:${records.join()}`;
    const stored = this.rows.get(key);
    if (stored !== undefined) return stored;
    if (this.inFlight >= AT_ONCE || !records.length) return null;
    this.rows.set(key, null);
    this.inFlight++;
    bitmap(this.options.path, { positions: records.join(), side, v: 1 })
      .then((image) => this.rows.set(key, image), () => this.rows.delete(key))
      .finally(() => { this.inFlight--; this.draw(); });
    if (this.rows.size > STORED) this.rows.delete(/** @type {string} */ (this.rows.keys().next().value));
    return null;
  }
}
