/** The timeline of a video: cuts as ticks, tags as bars, a guess as ghost bars, ranges that are left out. */

import { perFrame } from "../core/latest.js";

const RULER_PX = 18;
const BAR_PX = 26;
const GRAB_PX = 6;

/** @typedef {{frames: number, fps: number, frame: number, page: number, lasts: (number | null)[], guess: number[], cuts: number[],
 *   exclusions: {first_frame: number, last_frame: number}[], found: {first_frame: number, last_frame: number}[], mark: number | null}} State */

export class Timeline {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{state: () => State, onScrub: (frame: number) => void, onRelease: (frame: number) => void, onBoundary: (page: number, frame: number) => void}} options
   */
  constructor(canvas, options) {
    this.canvas = canvas;
    this.options = options;
    this.from = 0;
    this.to = options.state().frames;
    /** A boundary that is dragged. @type {{page: number, frame: number} | null} */
    this.drag = null;
    this.draw = perFrame(() => this.drawNow());
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(canvas);
    canvas.addEventListener("redraw", () => this.draw());
    this.listen();
  }

  close() {
    this.sizes.disconnect();
  }

  get width() {
    return this.canvas.clientWidth || 1;
  }

  /** @param {number} frame @returns {number} CSS px of its start */
  x(frame) {
    return ((frame - this.from) / (this.to - this.from)) * this.width;
  }

  /** @param {number} x CSS px @returns {number} the frame */
  frameAt(x) {
    const frame = Math.floor(this.from + (x / this.width) * (this.to - this.from));
    return Math.min(this.options.state().frames - 1, Math.max(0, frame));
  }

  /** Show a frame if it is out of sight. @param {number} frame */
  reveal(frame) {
    const span = this.to - this.from;
    if (frame < this.from || frame >= this.to) this.window(frame - span / 2, span);
    this.draw();
  }

  /** @param {number} from @param {number} span */
  window(from, span) {
    const { frames } = this.options.state();
    const length = Math.min(frames, Math.max(20, span));
    this.from = Math.min(frames - length, Math.max(0, from));
    this.to = this.from + length;
    this.draw();
  }

  /** The neighbours of a page's tag. @param {number} page @returns {[number, number]} */
  bounds(page) {
    const { lasts, frames } = this.options.state();
    const before = lasts.slice(0, page).filter((last) => last !== null);
    const after = lasts.slice(page + 1).filter((last) => last !== null);
    return [before.at(-1) ?? 0, after[0] ?? frames - 1];
  }

  /** The page whose end is under a pointer; -1: none. @param {number} x */
  boundaryAt(x) {
    return this.options.state().lasts.findIndex((last) => last !== null && Math.abs(this.x(last + 1) - x) <= GRAB_PX);
  }

  listen() {
    const { canvas, options } = this;
    let isScrubbing = false;
    canvas.addEventListener("pointerdown", (event) => {
      const page = event.offsetY > RULER_PX ? this.boundaryAt(event.offsetX) : -1;
      canvas.setPointerCapture(event.pointerId);
      if (page >= 0) this.drag = { page, frame: options.state().lasts[page] ?? 0 };
      else {
        isScrubbing = true;
        options.onScrub(this.frameAt(event.offsetX));
      }
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.drag) {
        const [low, high] = this.bounds(this.drag.page);
        this.drag.frame = Math.min(high, Math.max(low, this.frameAt(event.offsetX) - 1));
        options.onScrub(this.drag.frame);
        this.draw();
      } else if (isScrubbing) options.onScrub(this.frameAt(event.offsetX));
      else canvas.style.cursor = event.offsetY > RULER_PX && this.boundaryAt(event.offsetX) >= 0 ? "ew-resize" : "default";
    });
    const end = (/** @type {PointerEvent} */ event) => {
      if (this.drag) {
        const { page, frame } = this.drag;
        this.drag = null;
        options.onBoundary(page, frame);
        options.onRelease(frame);
      } else if (isScrubbing) options.onRelease(this.frameAt(event.offsetX));
      isScrubbing = false;
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const span = this.to - this.from;
      if (event.ctrlKey || event.metaKey) {
        const place = this.from + (event.offsetX / this.width) * span;
        const next = span * Math.exp(event.deltaY * 0.003);
        this.window(place - (event.offsetX / this.width) * next, next);
      } else this.window(this.from + ((event.deltaX || event.deltaY) / this.width) * span, span);
    }, { passive: false });
  }

  drawNow() {
    const { canvas } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(canvas);
    /** @param {string} name */
    const color = (name) => style.getPropertyValue(name);
    const state = this.options.state();
    const lasts = state.lasts.map((last, page) => (this.drag?.page === page ? this.drag.frame : last));
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    this.ruler(context, state, color);
    const top = RULER_PX + 6;
    for (const [ranges, fill] of /** @type {[typeof state.found, string][]} */ ([[state.found, color("--warn")], [state.exclusions, color("--danger")]])) {
      context.globalAlpha = 0.28;
      context.fillStyle = fill;
      for (const { first_frame: a, last_frame: b } of ranges) context.fillRect(this.x(a), RULER_PX, Math.max(2, this.x(b + 1) - this.x(a)), height - RULER_PX);
    }
    context.globalAlpha = 1;
    this.bars(context, lasts, top, state.page, [color("--accent"), color("--accent-soft"), color("--accent-strong"), color("--panel")]);
    if (state.guess.length) {
      context.globalAlpha = 0.5;
      context.strokeStyle = context.fillStyle = color("--faint");
      state.guess.forEach((last, page) => {
        const [a, b] = [this.x(page ? state.guess[page - 1] + 1 : 0), this.x(last + 1)];
        context.strokeRect(a + 0.5, top + BAR_PX + 6.5, Math.max(1, b - a - 2), 13);
        if (b - a > 22) context.fillText(String(page + 1), a + 5, top + BAR_PX + 13.5);
      });
      context.globalAlpha = 1;
    }
    context.fillStyle = color("--muted");
    for (const cut of state.cuts) context.fillRect(Math.round(this.x(cut)), height - 14, 1, 12);
    if (state.mark !== null) {
      context.fillStyle = color("--danger");
      context.fillRect(this.x(state.mark), RULER_PX, 2, height);
    }
    const [x, w] = [this.x(state.frame), Math.max(2, this.x(state.frame + 1) - this.x(state.frame))];
    context.fillStyle = color("--text");
    context.globalAlpha = 0.25;
    context.fillRect(x, RULER_PX, w, height);
    context.globalAlpha = 1;
    context.fillRect(x, RULER_PX - 4, 1.5, height);
    context.beginPath();
    context.moveTo(x - 5, 4);
    context.lineTo(x + 6, 4);
    context.lineTo(x + 0.5, RULER_PX - 3);
    context.fill();
  }

  /** @param {CanvasRenderingContext2D} context @param {State} state @param {(name: string) => string} color */
  ruler(context, { fps }, color) {
    const seconds = (this.to - this.from) / (fps || 1);
    const step = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600].find((s) => (s / seconds) * this.width > 70) ?? 1200;
    context.fillStyle = color("--muted");
    for (let t = Math.ceil(this.from / fps / step) * step; t * fps < this.to; t += step) {
      const x = this.x(t * fps);
      context.fillRect(x, RULER_PX - 5, 1, 5);
      context.fillText(`${Math.floor(t / 60)}:${(step < 1 ? (t % 60).toFixed(1) : String(Math.round(t % 60))).padStart(step < 1 ? 4 : 2, "0")}`, x + 4, 8);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {(number | null)[]} lasts @param {number} top @param {number} current @param {string[]} colors */
  bars(context, lasts, top, current, [accent, soft, strong, line]) {
    let start = 0;
    lasts.forEach((last, page) => {
      if (last === null) return;
      const [a, b] = [this.x(start), this.x(last + 1)];
      context.fillStyle = page === current ? accent : soft;
      context.fillRect(a, top, Math.max(1, b - a), BAR_PX);
      context.fillStyle = line;
      context.fillRect(b - 1, top, 1.5, BAR_PX);
      context.fillStyle = page === current ? line : strong;
      if (b - a > 16) context.fillText(String(page + 1), Math.max(a, 0) + 6, top + BAR_PX / 2);
      start = last + 1;
    });
  }
}
