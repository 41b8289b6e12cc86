/** Canvases of a network without a frame: any size, pan and zoom, tiles whose opposite edges meet. */

import { post, postForImage } from "../core/api.js";
import { h } from "../core/dom.js";
import { jobs } from "../core/jobs.js";
import { latest } from "../core/latest.js";
import { button, group, numberField, quoted, showError, slider, toggle, zoomBar } from "../core/parts.js";
import { address, note } from "../core/router.js";
import { View } from "../core/view.js";

/** @typedef {{seed: number, width: number, height: number, tileable: boolean}} Canvas */

const REPEATS = 3; // of a tile, each way

export class CanvasView {
  /**
   * @param {{id: string, name: string, params: Record<string, string>, request: (more: any) => any, truncation: () => number,
   *   onCommand: (command: string) => void}} options
   */
  constructor({ id, name, params, request, truncation, onCommand }) {
    this.id = id;
    this.name = name;
    this.request = request;
    this.truncation = truncation;
    this.onCommand = onCommand;
    const size = (params.canvas ?? "").match(/^(\d+)x(\d+)$/);
    /** @type {Canvas} */
    this.canvas = { seed: Number(params.seed) || 0, width: Number(size?.[1] ?? 1280), height: Number(size?.[2] ?? 720), tileable: params.tileable === "1" };
    /** @type {ImageBitmap | null} */
    this.image = null;
    this.box = h("canvas", { class: "endless", tabIndex: 0, "aria-label": "Canvas; drag pans" });
    this.about = h("p", { class: "hint" });
    this.view = new View(this.box, { draw: (context) => this.paint(context), onChange: () => this.zoom.update(), barPx: 0 });
    this.zoom = zoomBar(this.view);
    this.element = h("div", { class: "endless-view" }, this.box, this.zoom);
    this.ask = latest((/** @type {any} */ body) => postForImage(`/api/explore/${id}/canvas`, body), ({ image, headers }, body) => {
      this.image?.close();
      this.image = image;
      const times = body.tileable ? REPEATS : 1;
      this.view.setPage(image.width * times, image.height * times, { keep: true });
      const whole = headers.get("x-size");
      const isPart = whole !== `${image.width}x${image.height}`;
      this.about.textContent = body.tileable ? `A tile of ${whole} px, repeated: opposite edges meet.` : isPart ? `The top left part of ${whole} px.` : `${whole} px`;
      this.box.dataset.drawn = JSON.stringify([body.seed, body.canvas, body.tileable]);
    }, (error) => error.status === 412 || showError(error));
  }

  get size() {
    return `${this.canvas.width}x${this.canvas.height}`;
  }

  /** @param {Partial<Canvas>} changes */
  set(changes) {
    Object.assign(this.canvas, changes);
    const { seed, tileable } = this.canvas;
    note({ seed: seed || "", canvas: this.size, tileable: tileable ? 1 : "" });
    this.load();
  }

  load() {
    const { seed, tileable } = this.canvas;
    this.ask(this.request({ seed, tileable, canvas: this.size }));
    const psi = this.truncation() === 1 ? "" : ` --truncation ${this.truncation()}`;
    this.onCommand(`inkloop gan sample ${quoted(this.name)} --seeds ${seed} --canvas ${this.size}${tileable ? " --tileable" : ""}${psi} --out canvas`);
  }

  /** @param {CanvasRenderingContext2D} context */
  paint(context) {
    if (!this.image) return;
    const { width, height } = this.image;
    const times = this.canvas.tileable ? REPEATS : 1;
    for (let row = 0; row < times; row++) for (let column = 0; column < times; column++) context.drawImage(this.image, column * width, row * height);
  }

  /**
   * Controls of the side panel.
   * @param {(value: number) => void} onTruncation
   */
  panel(onTruncation) {
    const { seed, width, height, tileable } = this.canvas;
    const flight = { mode: "flight", seed, flight: { canvas: this.size } };
    const psi = slider("Truncation", { value: this.truncation(), min: 0, max: 1.5, step: 0.05, show: (v) => v.toFixed(2) }, onTruncation);
    psi.input.addEventListener("change", () => this.load());
    return group("Canvas", h("p", { class: "hint", text: "This network draws without a frame: canvases of any size." }),
      numberField("Seed", { value: seed, min: 0, max: 2 ** 32 - 1 }, (value) => this.set({ seed: value })),
      numberField("Width", { value: width, min: 16, max: 1_000_000, unit: "px" }, (value) => this.set({ width: value })),
      numberField("Height", { value: height, min: 16, max: 1_000_000, unit: "px" }, (value) => this.set({ height: value })),
      toggle("Opposite edges meet", tileable, (value) => this.set({ tileable: value })), psi, this.about,
      h("div", { class: "row" }, button("Write the image", () => this.write(), { kind: "primary", icon: "play" }),
        h("a", { class: "button", href: address("path", { folder: this.id, state: JSON.stringify(flight) }), text: "Fly over it", title: "A camera flight over this drawing" })));
  }

  async write() {
    const { seed, tileable } = this.canvas;
    try {
      jobs.changed(await post(`/api/explore/${this.id}/canvas/write`, this.request({ seed, tileable, canvas: this.size })));
    } catch (error) {
      showError(error);
    }
  }

  close() {
    this.view.close();
    this.image?.close();
    this.image = null;
  }
}
