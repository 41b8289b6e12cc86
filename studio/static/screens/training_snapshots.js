/** Sample grids of a run: the same seeds at every snapshot, on one slider; another run under a swipe line. */

import { url } from "../core/api.js";
import { h } from "../core/dom.js";
import { button } from "../core/parts.js";

/**
 * @typedef {{id: string, name: string, snapshots: import("./training.js").Shot[], best_nimg?: number | null,
 *   isReals?: boolean}} Shown
 */

const PLAY_MS = 500;

export class SnapshotView {
  /** @param {{keys: import("../core/keys.js").KeyMap, onChange: (nimg: number) => void}} options */
  constructor({ keys, onChange }) {
    this.onChange = onChange;
    /** @type {Shown | null} */
    this.run = null;
    /** @type {Shown | null} */
    this.other = null;
    this.index = 0;
    this.swipe = 0.5;
    this.timer = 0;
    /** @type {Map<string, HTMLImageElement>} */
    this.images = new Map();
    this.canvas = h("canvas", { class: "samples", role: "img", "aria-label": "Samples", tabIndex: 0 });
    this.labels = [h("span", { class: "shot-label" }), h("span", { class: "shot-label right", hidden: true })];
    this.input = h("input", { type: "range", min: 0, max: 0, step: "any", value: "0", "aria-label": "Images seen", on: { input: () => this.show(Number(this.input.value)) } });
    this.marks = h("div", { class: "marks" });
    this.count = h("output");
    this.playButton = button("Play (P)", () => this.play(), { icon: "play", kind: "quiet", iconOnly: true });
    this.timeline = h("div", { class: "shot-timeline" }, this.playButton, h("div", { class: "shot-slider" }, this.marks, this.input), this.count);
    this.element = h("div", { class: "shots" }, h("div", { class: "shot" }, this.canvas, this.labels), this.timeline);
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.canvas);
    this.canvas.addEventListener("redraw", () => this.draw());
    this.listen();
    keys.bind("ArrowLeft", "snapshot before", () => this.step(-1));
    keys.bind("ArrowRight", "next snapshot", () => this.step(1));
    keys.bind("Home", "first snapshot", () => this.step(-Infinity));
    keys.bind("End", "newest snapshot", () => this.step(Infinity));
    keys.bind("b", "best snapshot", () => this.run?.best_nimg != null && this.show(this.run.best_nimg));
    keys.bind("p", "play, pause", () => this.play());
    keys.bind(",", "swipe line to the left", () => this.setSwipe(this.swipe - 0.05));
    keys.bind(".", "swipe line to the right", () => this.setSwipe(this.swipe + 0.05));
  }

  /** @returns {import("./training.js").Shot[]} snapshots with a sample grid */
  get shots() {
    return this.run?.snapshots.filter((shot) => shot.v !== null) ?? [];
  }

  get nimg() {
    return this.shots[this.index]?.nimg ?? NaN;
  }

  get isLast() {
    return this.index >= this.shots.length - 1;
  }

  /**
   * @param {Shown} run
   * @param {number} nimg to be shown; NaN: the newest
   */
  setRun(run, nimg) {
    this.run = run;
    const shots = this.shots;
    const last = shots.at(-1)?.nimg ?? 0;
    this.input.max = String(last);
    this.timeline.hidden = shots.length < 2;
    this.marks.replaceChildren(...shots.map((shot) => h("i", { class: shot.nimg === run.best_nimg ? "best" : "", style: { left: `${last ? (shot.nimg / last) * 100 : 0}%` }, title: `${shot.nimg.toLocaleString("en")}${shot.nimg === run.best_nimg ? ": the best" : ""}` })));
    this.index = this.nearest(Number.isNaN(nimg) ? last : nimg);
    this.changed();
  }

  /** @param {Shown | null} other */
  setOther(other) {
    this.other = other;
    this.labels[1].hidden = !other;
    this.changed();
  }

  /** @param {number} nimg shows the snapshot nearest to it */
  show(nimg) {
    this.index = this.nearest(nimg);
    this.changed();
    this.onChange(this.nimg);
  }

  /** @param {number} by snapshots */
  step(by) {
    const shots = this.shots;
    if (!shots.length) return;
    this.index = Math.max(0, Math.min(shots.length - 1, this.index + by));
    this.changed();
    this.onChange(this.nimg);
  }

  play() {
    if (this.timer) {
      clearInterval(this.timer);
      this.timer = 0;
    } else {
      if (this.isLast) this.step(-Infinity);
      this.timer = window.setInterval(() => (this.isLast ? this.play() : this.step(1)), PLAY_MS);
    }
    this.playButton.setAttribute("aria-pressed", String(Boolean(this.timer)));
  }

  close() {
    clearInterval(this.timer);
    this.sizes.disconnect();
  }

  /** @param {number} nimg */
  nearest(nimg) {
    const far = this.shots.map((shot) => Math.abs(shot.nimg - nimg));
    return Math.max(0, far.indexOf(Math.min(...far)));
  }

  changed() {
    const shot = this.shots[this.index];
    if (shot) this.input.value = String(shot.nimg);
    this.input.style.setProperty("--part", `${(Number(this.input.value) / Math.max(1, Number(this.input.max))) * 100}%`);
    this.count.textContent = shot ? `${shot.nimg.toLocaleString("en")} images` : "";
    this.labels[0].textContent = shot ? `${this.run?.name} · ${shot.nimg.toLocaleString("en")}${shot.nimg === this.run?.best_nimg ? " · best" : ""}` : "The first samples appear in a moment.";
    for (const near of [this.index, this.index + 1, this.index - 1]) if (this.shots[near]) this.image(/** @type {Shown} */ (this.run), this.shots[near]);
    this.draw();
  }

  /** The snapshot of the other run nearest to the one shown. */
  otherShot() {
    if (!this.other) return null;
    if (this.other.isReals) return { nimg: NaN, v: 0, values: {} };
    const shots = this.other.snapshots.filter((shot) => shot.v !== null);
    return shots.reduce((best, shot) => (Math.abs(shot.nimg - this.nimg) < Math.abs(best.nimg - this.nimg) ? shot : best), shots[0]) ?? null;
  }

  /**
   * @param {Shown} run
   * @param {import("./training.js").Shot} shot
   */
  image(run, shot) {
    const source = url(`/api/training/${run.id}/samples/${run.isReals ? "reals" : shot.nimg}`, { v: shot.v });
    let image = this.images.get(source);
    if (!image) {
      image = new Image();
      image.onload = () => this.draw();
      image.onerror = () => {};
      image.src = source;
      this.images.set(source, image);
    }
    return image;
  }

  /** Where a grid is drawn, CSS px. @param {HTMLImageElement} image */
  place(image) {
    const { width, height } = this.canvas.getBoundingClientRect();
    const scale = Math.min((width - 32) / image.naturalWidth, (height - 32) / image.naturalHeight);
    const [w, h] = [image.naturalWidth * scale, image.naturalHeight * scale];
    return { x: (width - w) / 2, y: (height - h) / 2, w, h, scale };
  }

  draw() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const shot = this.shots[this.index];
    if (!width || !this.run || !shot) return;
    const image = this.image(this.run, shot);
    if (!image.complete || !image.naturalWidth) return;
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.scale(devicePixelRatio, devicePixelRatio);
    context.imageSmoothingQuality = "high";
    const { x, y, w, h: high, scale } = this.place(image);
    context.imageSmoothingEnabled = scale * devicePixelRatio < 3;
    context.drawImage(image, x, y, w, high);
    this.canvas.dataset.nimg = String(shot.nimg);
    this.canvas.dataset.beside = "";
    const second = this.otherShot();
    if (!this.other || !second) return;
    this.labels[1].textContent = this.other.isReals ? this.other.name : `${this.other.name} · ${second.nimg.toLocaleString("en")}`;
    const beside = this.image(this.other, second);
    if (!beside.complete || !beside.naturalWidth) return;
    const line = x + this.swipe * w;
    context.save();
    context.beginPath();
    context.rect(line, y, x + w - line, high);
    context.clip();
    context.drawImage(beside, x, y, w, high);
    context.restore();
    this.canvas.dataset.beside = this.other.isReals ? "reals" : String(second.nimg);
    context.fillStyle = getComputedStyle(this.canvas).getPropertyValue("--accent");
    context.fillRect(Math.round(line) - 1, y, 2, high);
    context.beginPath();
    context.arc(line, y + high / 2, 9, 0, 2 * Math.PI);
    context.fill();
  }

  /** @param {number} part of the width */
  setSwipe(part) {
    this.swipe = Math.min(1, Math.max(0, part));
    this.draw();
  }

  listen() {
    const move = (/** @type {PointerEvent} */ event) => {
      const shot = this.shots[this.index];
      if (!event.buttons || !this.other || !shot || !this.run) return;
      const { x, w } = this.place(this.image(this.run, shot));
      this.setSwipe((event.clientX - this.canvas.getBoundingClientRect().left - x) / w);
    };
    this.canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => { this.canvas.setPointerCapture(event.pointerId); move(event); });
    this.canvas.addEventListener("pointermove", move);
  }
}
