/** A grid of seeds: a click keeps an image. */

import { postForImage } from "../core/api.js";
import { fill, h, icon } from "../core/dom.js";
import { latest } from "../core/latest.js";
import { button, showError } from "../core/parts.js";
import { drawPart } from "./explore_tray.js";

const COUNT = 24;
const SIDE_PX = 160;

export class SeedGrid {
  /**
   * @param {{id: string, network: import("./explore.js").Network, request: (more: any) => any,
   *   tray: import("./explore_tray.js").Tray, keys: import("../core/keys.js").KeyMap, first: number,
   *   onEdit: (seed: number) => void, onChange: (first: number) => void}} options
   */
  constructor({ id, request, tray, keys, first, onEdit, onChange }) {
    this.tray = tray;
    this.request = request;
    this.onChange = onChange;
    this.first = first;
    this.seeds = Array.from({ length: COUNT }, (_, i) => first + i);
    this.cells = this.seeds.map((_, i) => {
      const canvas = h("canvas");
      const label = h("span", { class: "seed" });
      const cell = h("button", { type: "button", class: "pick", "aria-label": `Seed ${this.seeds[i]}`, on: { click: () => { cell.setAttribute("aria-pressed", String(cell.getAttribute("aria-pressed") !== "true")); tray.toggleSeed(this.seeds[i]); } } }, canvas, label, icon("check"));
      const edit = button("Edit", () => onEdit(this.seeds[i]), { kind: "quiet" });
      return { canvas, label, cell, box: h("div", { class: "cell-box" }, cell, edit) };
    });
    this.element = h("div", { class: "seed-grid" }, h("div", { class: "cells" }, this.cells.map(({ box }) => box)),
      h("div", { class: "pager" }, button("Previous seeds (Page Up)", () => this.show(this.first - COUNT), { icon: "left", kind: "quiet", iconOnly: true }), this.label = h("span", { class: "hint" }),
        button("Next seeds (Page Down)", () => this.show(this.first + COUNT), { icon: "right", kind: "quiet", iconOnly: true })));
    keys.bind("PageDown", "next seeds", () => this.element.isConnected && this.show(this.first + COUNT));
    keys.bind("PageUp", "previous seeds", () => this.element.isConnected && this.show(this.first - COUNT));
    this.ask = latest((/** @type {number[]} */ seeds) => postForImage(`/api/explore/${id}/images`, request({ use: "grid", side_px: SIDE_PX, edits: seeds.map((seed) => ({ source: { seed } })) })),
      ({ image }, seeds) => this.draw(image, seeds), (error) => error.status === 412 || showError(error));
  }

  /** @param {number} first */
  show(first) {
    this.first = Math.max(0, Math.min(2 ** 32 - COUNT, first));
    this.seeds = this.seeds.map((_, i) => this.first + i);
    this.onChange(this.first);
    this.load();
  }

  /** New seeds at random; kept ones stay. */
  randomise() {
    const kept = new Set(this.tray.seeds);
    this.seeds = this.seeds.map((seed) => (kept.has(seed) ? seed : Math.floor(Math.random() * 100_000)));
    this.onChange(this.first);
    this.load();
  }

  load(_ = {}) {
    this.ask([...this.seeds]);
  }

  /**
   * @param {ImageBitmap} image
   * @param {number[]} seeds
   */
  draw(image, seeds) {
    this.cells.forEach(({ canvas, label, cell }, i) => {
      drawPart(canvas, image, i, seeds.length);
      label.textContent = String(seeds[i]);
      cell.dataset.seed = String(seeds[i]);
      cell.setAttribute("aria-label", `Seed ${seeds[i]}`);
    });
    image.close();
    this.element.dataset.ready = String(seeds[0]);
    this.mark();
  }

  /** Show which seeds are kept. */
  mark() {
    const kept = new Set(this.tray.seeds);
    this.cells.forEach(({ cell }, i) => cell.setAttribute("aria-pressed", String(kept.has(this.seeds[i]))));
    fill(this.label, `seeds ${Math.min(...this.seeds).toLocaleString("en")} to ${Math.max(...this.seeds).toLocaleString("en")}`);
  }
}
