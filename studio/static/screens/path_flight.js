/** Flights: fields of the camera, and the frame that it sees at a time. */

import { post, postForImage } from "../core/api.js";
import { h } from "../core/dom.js";
import { latest } from "../core/latest.js";
import { button, slider } from "../core/parts.js";

/** @typedef {{fields: Record<string, any>, seed: number}} Flight */

export class FlightView {
  /** @param {{id: string, tab: string, onCommand: (command: string) => void, onError: (error: any) => void}} options */
  constructor({ id, tab, onCommand, onError }) {
    this.tab = tab;
    this.at = 0;
    /** @type {Flight} */
    this.flight = { fields: {}, seed: 0 };
    this.canvas = h("canvas", { class: "flight-frame", role: "img", "aria-label": "Frame of the flight" });
    this.about = h("span", { class: "hint" });
    this.time = slider("Time", { value: 0, min: 0, max: 0.99, step: 0.01, show: (at) => `${Math.round(at * 100)} %` }, (at) => { this.at = at; this.draw(); });
    this.seconds = 1;
    this.isPlaying = false;
    this.last = 0;
    this.playButton = button("Play the flight", () => this.play(), { icon: "play", kind: "quiet", iconOnly: true });
    this.element = h("div", { class: "flight-view", hidden: true }, this.canvas, h("div", { class: "transport" }, this.playButton, this.time, this.about));
    this.frame = latest((/** @type {any} */ body) => postForImage(`/api/path/${id}/flight/frame`, body), (/** @type {{image: ImageBitmap}} */ { image }, body) => {
      this.canvas.width = image.width;
      this.canvas.height = image.height;
      this.canvas.getContext("2d")?.drawImage(image, 0, 0);
      this.canvas.dataset.drawn = String(body.at);
      if (this.isPlaying) this.step();
    }, (error) => { this.isPlaying = false; onError(error); });
    this.ask = latest((/** @type {any} */ body) => post(`/api/path/${id}/flight`, body), (/** @type {any} */ found) => {
      this.seconds = found.seconds;
      onCommand(found.command);
      const end = found.closed ? "closes" : "does not close";
      this.about.textContent = `${found.seconds.toFixed(1)} s, ${Math.round(found.speed)} px per second, ${end}`;
      this.draw();
    }, onError);
  }

  /** @param {Flight} flight */
  load(flight) {
    this.flight = flight;
    this.ask(flight);
  }

  /** Play at the speed of the video, as many frames as are drawn in time; or pause. */
  play() {
    this.isPlaying = !this.isPlaying;
    this.playButton.setAttribute("aria-pressed", String(this.isPlaying));
    this.last = performance.now();
    if (this.isPlaying) this.step();
  }

  /** Ask for the frame of now. */
  step() {
    if (!this.element.isConnected || this.element.hidden) { this.isPlaying = false; return; }
    const now = performance.now();
    this.at = (this.at + (now - this.last) / 1000 / this.seconds) % 1;
    this.last = now;
    this.time.input.value = String(this.at);
    this.time.input.style.setProperty("--part", `${this.at * 100}%`);
    this.draw();
  }

  draw() {
    this.frame({ ...this.flight, tab: this.tab, at: this.at });
  }
}
