/** Plays the preview of a path as a loop, or a rendered video. */

import { url } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { button } from "../core/parts.js";
import { drawPart } from "./explore_tray.js";

const CHUNK = 16; // frames of one image
const SIDE_PX = 256;

export class Player {
  /** @param {{id: string, keys: import("../core/keys.js").KeyMap, onTime: (sec: number) => void}} options */
  constructor({ id, keys, onTime }) {
    this.id = id;
    this.onTime = onTime;
    /** @type {import("./path.js").Preview | null} */
    this.preview = null;
    /** @type {HTMLImageElement[]} */
    this.chunks = [];
    this.time = 0;
    this.isPlaying = false;
    this.frame = 0;
    this.last = 0;
    this.canvas = h("canvas", { role: "img", "aria-label": "Preview" });
    this.box = h("div", { class: "path-player-box" }, this.canvas);
    this.playButton = button("Play (Space)", () => this.play(), { icon: "play", kind: "quiet", iconOnly: true });
    this.clock = h("output");
    this.about = h("span", { class: "hint" });
    this.element = h("div", { class: "path-player" }, this.box, h("div", { class: "transport" }, this.playButton, this.clock, this.about));
    keys.bind(" ", "play, pause", () => this.play());
    keys.bind("ArrowLeft", "0.1 s back", () => this.seek(this.time - 0.1));
    keys.bind("ArrowRight", "0.1 s on", () => this.seek(this.time + 0.1));
    keys.bind("Home", "start", () => this.seek(0));
  }

  /** @param {import("./path.js").Preview} preview */
  load(preview) {
    this.preview = preview;
    fill(this.box, this.canvas);
    this.time = Math.min(this.time, preview.seconds);
    this.chunks = [];
    for (let first = 0; first < preview.count; first += CHUNK) {
      const image = new Image();
      image.onload = () => { this.draw(); this.element.dataset.loaded = String(this.chunks.filter((one) => one.complete && one.naturalWidth).length); };
      image.onerror = () => {};
      image.src = url(`/api/path/${this.id}/frames/${preview.id}`, { first, count: Math.min(CHUNK, preview.count - first), side_px: SIDE_PX });
      this.chunks.push(image);
    }
    this.about.textContent = `${preview.seconds.toFixed(1)} s · ${preview.frames.toLocaleString("en")} frames at ${preview.fps} fps · ${preview.closed ? "closed loop" : "open"}`;
    this.draw();
  }

  /** @param {number} sec */
  seek(sec) {
    if (!this.preview) return;
    const { seconds, closed } = this.preview;
    this.time = closed ? ((sec % seconds) + seconds) % seconds : Math.min(seconds, Math.max(0, sec));
    this.draw();
    this.onTime(this.time);
  }

  play() {
    const video = this.box.querySelector("video");
    if (video) return video.paused ? video.play() : video.pause();
    this.isPlaying = !this.isPlaying;
    this.playButton.setAttribute("aria-pressed", String(this.isPlaying));
    this.last = performance.now();
    const step = (/** @type {number} */ now) => {
      if (!this.isPlaying) return;
      const next = this.time + (now - this.last) / 1000;
      this.last = now;
      if (this.preview && !this.preview.closed && next >= this.preview.seconds) this.seek(0);
      else this.seek(next);
      this.frame = requestAnimationFrame(step);
    };
    cancelAnimationFrame(this.frame);
    if (this.isPlaying) this.frame = requestAnimationFrame(step);
  }

  draw() {
    if (!this.preview) return;
    const { count, seconds } = this.preview;
    const number = Math.min(count - 1, Math.floor((this.time / seconds) * count));
    const chunk = this.chunks[Math.floor(number / CHUNK)];
    this.clock.textContent = `${this.time.toFixed(2)} s`;
    if (!chunk?.complete || !chunk.naturalWidth) return;
    const first = Math.floor(number / CHUNK) * CHUNK;
    drawPart(this.canvas, chunk, number - first, Math.min(CHUNK, count - first));
    this.canvas.dataset.frame = String(number);
  }

  /** @param {string} entry id of a video file */
  showVideo(entry) {
    if (this.isPlaying) this.play();
    fill(this.box, h("video", { src: `/api/file/${entry}`, controls: true, loop: true, autoplay: true, muted: true }),
      button("Back to the preview", () => { fill(this.box, this.canvas); this.draw(); }, { icon: "left" }));
  }

  /** @param {HTMLElement} element shown in place of the preview */
  say(element) {
    fill(this.box, element);
  }

  close() {
    this.isPlaying = false;
    cancelAnimationFrame(this.frame);
  }
}
