/**
 * A canvas that shows a page: pan, zoom and device pixels. Coordinates of content are page px throughout;
 * `scale` is CSS px per page px, (x, y) the CSS px of the page's corner within the canvas.
 */

import { perFrame } from "./latest.js";

/** @typedef {{x: number, y: number}} Point */
/**
 * What pointer gestures do. `down` returns whether the tool takes the gesture; else the drag pans. `cancel` takes
 * back what `move` changed: the browser or another pointer ended the gesture.
 * @typedef {{
 *   down?: (at: Point, event: PointerEvent) => boolean,
 *   move?: (at: Point, event: PointerEvent, start: Point) => void,
 *   up?: (at: Point, event: PointerEvent, start: Point) => void,
 *   cancel?: () => void,
 *   hover?: (at: Point, event: PointerEvent) => void,
 *   leave?: () => void,
 * }} Tool
 */

const MIN_SCALE = 0.02;
const MAX_SCALE = 32;
const MARGIN_PX = 20;
const BAR_PX = 56; // of the command bar, which lies over the lower edge

export class View {
  /**
   * @param {HTMLCanvasElement} canvas fills its parent
   * @param {{draw: (context: CanvasRenderingContext2D, view: View) => void, onChange?: () => void, barPx?: number}} options
   *   draw: called with the transform from page px set; onChange: after pan and zoom; barPx: height of what lies
   *   over the lower edge
   */
  constructor(canvas, { draw, onChange = () => {}, barPx = BAR_PX }) {
    this.barPx = barPx;
    this.canvas = canvas;
    /** @type {any} */ (canvas).view = this; // for tests
    this.paint = draw;
    this.onChange = onChange;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.pageWidth = 1;
    this.pageHeight = 1;
    /** @type {Tool} */
    this.tool = {};
    this.isFitted = true;
    this.draw = perFrame(() => this.drawNow());
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(canvas);
    canvas.addEventListener("redraw", () => this.draw());
    this.listen();
  }

  /**
   * Set the size of the page.
   * @param {number} width page px
   * @param {number} height
   * @param {{keep?: boolean}} [options] keep: the view stays where it is
   */
  setPage(width, height, { keep = false } = {}) {
    const isSame = keep && width === this.pageWidth && height === this.pageHeight;
    this.pageWidth = width;
    this.pageHeight = height;
    if (isSame && !this.isFitted) this.draw();
    else this.fit();
  }

  /** Size of the canvas in CSS px. */
  get size() {
    const box = this.canvas.getBoundingClientRect();
    return { width: box.width, height: box.height, left: box.left, top: box.top };
  }

  /** Device pixels per page px. */
  get deviceScale() {
    return this.scale * devicePixelRatio;
  }

  /**
   * The page point under a pointer.
   * @param {{clientX: number, clientY: number}} event
   * @returns {Point}
   */
  toPage({ clientX, clientY }) {
    const { left, top } = this.size;
    return { x: (clientX - left - this.x) / this.scale, y: (clientY - top - this.y) / this.scale };
  }

  /**
   * The place of a page point in the window, CSS px.
   * @param {Point} point
   * @returns {Point}
   */
  toWindow({ x, y }) {
    const { left, top } = this.size;
    return { x: left + this.x + x * this.scale, y: top + this.y + y * this.scale };
  }

  /** The part of the page that is visible, page px. */
  get visible() {
    const { width, height } = this.size;
    const [x0, y0] = [-this.x / this.scale, -this.y / this.scale];
    return { x0, y0, x1: x0 + width / this.scale, y1: y0 + height / this.scale };
  }

  /** Show the whole page. */
  fit() {
    const { width, height } = this.size;
    if (!width || !height) return;
    const [w, h] = [Math.max(1, width - 2 * MARGIN_PX), Math.max(1, height - 2 * MARGIN_PX - this.barPx)];
    this.scale = clamp(Math.min(w / this.pageWidth, h / this.pageHeight));
    this.x = (width - this.pageWidth * this.scale) / 2;
    this.y = (height - this.barPx - this.pageHeight * this.scale) / 2;
    this.isFitted = true;
    this.changed();
  }

  /**
   * Zoom, leaving a place of the window where it is.
   * @param {number} scale CSS px per page px
   * @param {{clientX: number, clientY: number}} [at] default: the middle
   */
  zoomTo(scale, at) {
    const { left, top, width, height } = this.size;
    const place = at ?? { clientX: left + width / 2, clientY: top + height / 2 };
    const { x, y } = this.toPage(place);
    this.scale = clamp(scale);
    this.x = place.clientX - left - x * this.scale;
    this.y = place.clientY - top - y * this.scale;
    this.isFitted = false;
    this.changed();
  }

  /**
   * @param {number} dx CSS px
   * @param {number} dy
   */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.isFitted = false;
    this.changed();
  }

  /**
   * Move a page point to the middle, if it is not visible.
   * @param {Point} point
   * @param {{always?: boolean}} [options]
   */
  reveal({ x, y }, { always = false } = {}) {
    const { x0, y0, x1, y1 } = this.visible;
    const [mx, my] = [(x1 - x0) * 0.1, (y1 - y0) * 0.1];
    if (!always && x > x0 + mx && x < x1 - mx && y > y0 + my && y < y1 - my) return;
    const { width, height } = this.size;
    this.x = width / 2 - x * this.scale;
    this.y = height / 2 - y * this.scale;
    this.isFitted = false;
    this.changed();
  }

  /** Release what listens outside of the canvas. */
  close() {
    this.sizes.disconnect();
  }

  changed() {
    this.draw();
    this.onChange();
  }

  resized() {
    if (this.isFitted) this.fit();
    else this.draw();
  }

  drawNow() {
    const { width, height } = this.size;
    if (!width || !height) return;
    const [w, h] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
    }
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, w, h);
    const [kx, ky] = [w / width, h / height];
    context.setTransform(kx * this.scale, 0, 0, ky * this.scale, kx * this.x, ky * this.y);
    this.paint(context, this);
  }

  listen() {
    /** @type {{start: Point, client: Point, isTool: boolean} | null} */
    let drag = null;
    const on = this.canvas.addEventListener.bind(this.canvas);
    on("wheel", (/** @type {WheelEvent} */ event) => {
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      if (event.ctrlKey || event.metaKey) {
        this.zoomTo(this.scale * Math.exp(-event.deltaY * unit * 0.004), event);
      } else if (event.shiftKey && !event.deltaX) this.pan(-event.deltaY * unit, 0);
      else this.pan(-event.deltaX * unit, -event.deltaY * unit);
    }, { passive: false });
    on("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (event.button > 1) return;
      const start = this.toPage(event);
      const isTool = event.button === 0 && (this.tool.down?.(start, event) ?? false);
      drag = { start, client: { x: event.clientX, y: event.clientY }, isTool };
      this.canvas.setPointerCapture(event.pointerId);
      this.canvas.classList.toggle("panning", !isTool);
    });
    on("pointermove", (/** @type {PointerEvent} */ event) => {
      if (!drag) return this.tool.hover?.(this.toPage(event), event);
      if (drag.isTool) return this.tool.move?.(this.toPage(event), event, drag.start);
      this.pan(event.clientX - drag.client.x, event.clientY - drag.client.y);
      drag.client = { x: event.clientX, y: event.clientY };
    });
    const end = () => {
      const ended = drag;
      drag = null;
      this.canvas.classList.remove("panning");
      return ended?.isTool ? ended : null;
    };
    on("pointerup", (/** @type {PointerEvent} */ event) => {
      const ended = end();
      if (ended) this.tool.up?.(this.toPage(event), event, ended.start);
    });
    on("pointercancel", () => end() && this.tool.cancel?.());
    on("pointerleave", () => drag || this.tool.leave?.());
  }
}

/** @param {number} scale */
function clamp(scale) {
  return Math.min(MAX_SCALE, Math.max(MIN_SCALE, scale));
}
