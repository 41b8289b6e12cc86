/** One image: large, with a pad over two directions and the training tiles that are nearest to it. */

import { postForImage } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { latest } from "../core/latest.js";
import { button, choice, showError } from "../core/parts.js";
import { drawPart } from "./explore_tray.js";

const RANGE = 3; // standard deviations at the edges of the pad
const DRAG_PX = 256;
const FULL_PX = 1024;
const SETTLE_MS = 600;

export class EditView {
  /**
   * @param {{id: string, network: import("./explore.js").Network, request: (more: any) => any,
   *   edit: () => import("./explore.js").Edit, onMove: (moves: [number, number][], isDone: boolean) => void}} options
   */
  constructor({ id, network, request, edit, onMove }) {
    this.network = network;
    this.edit = edit;
    this.onMove = onMove;
    this.axes = [0, 1];
    this.canvas = h("canvas", { class: "large", role: "img", "aria-label": "Image" });
    this.pad = h("div", { class: "pad", tabIndex: 0, role: "application", "aria-label": "Pad over two directions; arrow keys move" }, this.dot = h("i"));
    this.padBox = h("section", { class: "pad-box" });
    this.nearestBox = h("div", { class: "nearest" });
    this.follows = false; // the nearest tiles follow the image once they were asked for
    const find = button("Nearest training tiles", () => { this.follows = true; this.askNearest(request({ edits: [this.edit()] })); }, { title: "Compare with the training tiles by the discriminator's features" });
    this.element = h("div", { class: "edit-view" }, h("div", { class: "large-box" }, this.canvas), h("div", { class: "edit-side" }, this.padBox, h("section", {}, find, this.nearestBox)));
    this.askImage = latest((body) => postForImage(`/api/explore/${id}/images`, body), ({ image }, body) => {
      drawPart(this.canvas, image, 0, 1);
      image.close();
      this.canvas.dataset.edit = JSON.stringify(body.edits[0]);
    }, (error) => error.status === 412 || showError(error));
    this.askNearest = latest((body) => {
      if (!this.nearestBox.querySelector("figure")) fill(this.nearestBox, h("p", { class: "hint", text: "Comparing with the training tiles …" }));
      return postForImage(`/api/explore/${id}/nearest`, body);
    }, ({ image, headers }, body) => {
      this.nearestBox.dataset.edit = JSON.stringify(body.edits[0]);
      const distances = (headers.get("x-distances") ?? "").split(" ");
      fill(this.nearestBox, distances.map((distance, i) => {
        const canvas = h("canvas");
        drawPart(canvas, image, i, distances.length);
        return h("figure", {}, canvas, h("figcaption", { text: distance }));
      }));
      image.close();
    }, (error) => {
      fill(this.nearestBox);
      if (error.status !== 412) showError(error);
    });
    this.request = request;
    this.timer = this.waiting = 0;
    this.listen();
  }

  /** @param {{isDragging?: boolean}} [options] isDragging: a quick image first */
  update({ isDragging = false } = {}) {
    clearTimeout(this.timer);
    const longer = Math.max(this.network.width, this.network.height);
    const send = (/** @type {number} */ side_px) => this.askImage(this.request({ use: "edit", side_px, edits: [this.edit()] }));
    if (isDragging && longer > DRAG_PX) {
      send(DRAG_PX);
      this.timer = window.setTimeout(() => send(FULL_PX), 300);
    } else send(FULL_PX);
    clearTimeout(this.waiting);
    if (this.follows && !isDragging) this.waiting = window.setTimeout(() => this.askNearest(this.request({ edits: [this.edit()] })), SETTLE_MS);
    this.showPad();
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.waiting);
  }

  showPad() {
    const count = this.network.directions[0]?.count ?? 0;
    this.padBox.hidden = count < 2;
    if (count < 2) return;
    if (!this.padBox.firstChild) {
      const axis = (/** @type {number} */ i) => choice(i ? "Up" : "Right", { value: String(this.axes[i]), choices: Array.from({ length: count }, (_, k) => [String(k), `direction ${k}`]) }, (value) => { this.axes[i] = Number(value); this.showPad(); });
      fill(this.padBox, this.pad, axis(0), axis(1));
    }
    const [x, y] = this.axes.map((k) => this.edit().moves.find(([number]) => number === k)?.[1] ?? 0);
    this.dot.style.left = `${(x / RANGE + 1) * 50}%`;
    this.dot.style.top = `${(1 - y / RANGE) * 50}%`;
  }

  /**
   * @param {number} x standard deviations
   * @param {number} y
   * @param {boolean} isDone
   */
  move(x, y, isDone) {
    const limit = (/** @type {number} */ value) => Math.round(Math.max(-RANGE, Math.min(RANGE, value)) * 20) / 20;
    const others = this.edit().moves.filter(([k]) => !this.axes.includes(k));
    this.onMove([...others, [this.axes[0], limit(x)], [this.axes[1], limit(y)]], isDone);
    this.showPad();
  }

  listen() {
    const at = (/** @type {PointerEvent} */ event) => {
      const { left, top, width, height } = this.pad.getBoundingClientRect();
      return [(((event.clientX - left) / width) * 2 - 1) * RANGE, (1 - ((event.clientY - top) / height) * 2) * RANGE];
    };
    this.pad.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => { this.pad.setPointerCapture(event.pointerId); this.move(at(event)[0], at(event)[1], false); });
    this.pad.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => { if (event.buttons) this.move(at(event)[0], at(event)[1], false); });
    this.pad.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => this.move(at(event)[0], at(event)[1], true));
    this.pad.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = /** @type {Record<string, number[]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] })[event.key];
      if (!step) return;
      event.preventDefault();
      const size = event.shiftKey ? 1 : 0.1;
      const [x, y] = this.axes.map((k) => this.edit().moves.find(([number]) => number === k)?.[1] ?? 0);
      this.move(x + step[0] * size, y + step[1] * size, true);
    });
  }
}
