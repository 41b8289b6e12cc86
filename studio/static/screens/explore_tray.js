/** Kept latents of a run, in a file that the command line reads: add, remove, undo. */

import { get, post, postForImage, put } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { latest } from "../core/latest.js";
import { button, showError } from "../core/parts.js";
import { address } from "../core/router.js";

/** @param {import("./explore.js").Source} source */
export const named = (source) => ("seed" in source ? `seed ${source.seed}` : "kept" in source ? "kept" : `projection ${source.index}`);

const SIDE_PX = 128;
const MOST_SHOWN = 64; // images of one request

/**
 * Draw one of the images that lie side by side in rows of ceil(sqrt(count)).
 * @param {HTMLCanvasElement} canvas
 * @param {ImageBitmap | HTMLImageElement} image
 * @param {number} index
 * @param {number} count
 */
export function drawPart(canvas, image, index, count) {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const [w, high] = [image.width / columns, image.height / rows];
  canvas.width = w;
  canvas.height = high;
  canvas.classList.toggle("coarse", w < 128);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.drawImage(image, (index % columns) * w, Math.floor(index / columns) * high, w, high, 0, 0, w, high);
}

export class Tray {
  /**
   * @param {{id: string, kept: {name: string, version: string, entries: {id: string, note: string}[]},
   *   tab: string, request: (more: any) => any, undo: import("../core/undo.js").UndoStack,
   *   onOpen: (source: import("./explore.js").Source) => void, onChange: () => void}} options
   */
  constructor({ id, kept, tab, request, undo, onOpen, onChange }) {
    this.id = id;
    this.name = kept.name;
    this.version = kept.version;
    this.entries = kept.entries;
    this.request = request;
    this.undo = undo;
    this.onOpen = onOpen;
    this.onChange = onChange;
    this.list = h("div", { class: "kept" });
    this.element = h("section", { class: "tray", "aria-label": "Kept images" }, this.list, h("a", { class: "button", href: address("path", { folder: id }), text: "Make a path", title: "The kept images as keyframes of a video" }));
    this.ask = latest((/** @type {{id: string}[]} */ entries) => postForImage(`/api/explore/${id}/images`, { tab, use: "tray", side_px: SIDE_PX, edits: entries.map((entry) => ({ source: { kept: entry.id } })) }),
      ({ image }, entries) => {
        this.list.querySelectorAll("canvas").forEach((/** @type {HTMLCanvasElement} */ canvas, /** @type {number} */ i) => i < entries.length && drawPart(canvas, image, i, entries.length));
        image.close();
        this.element.dataset.ready = String(entries.length);
      }, (error) => error.status === 412 || showError(error));
  }

  /** Seeds that are kept as they are. */
  get seeds() {
    return this.entries.map((entry) => entry.note.match(/^seed (\d+)$/)).filter((m) => m !== null).map((m) => Number(m[1]));
  }

  /** @param {number} seed */
  toggleSeed(seed) {
    const note = `seed ${seed}`;
    this.save(() => {
      const at = this.entries.findIndex((entry) => entry.note === note);
      return at < 0 ? [...this.stored, { edit: { source: { seed }, mixed: null, layers: "", moves: [] }, note }] : this.stored.filter((_, i) => i !== at);
    }, "keep");
  }

  /**
   * @param {import("./explore.js").Edit} edit
   * @param {string} note
   */
  add(edit, note) {
    const own = structuredClone(edit); // it may change until it is written
    this.save(() => [...this.stored, { edit: own, note }], "keep");
  }

  /** @param {string} id */
  remove(id) {
    this.save(() => {
      const at = this.entries.findIndex((entry) => entry.id === id);
      return this.stored.filter((_, i) => i !== at);
    }, "remove");
  }

  get stored() {
    return this.entries.map((entry) => ({ edit: { source: { kept: entry.id } }, note: entry.note }));
  }

  /**
   * Write the file, one change or step of undo after another.
   * @param {() => any[]} entries asked when the ones before are done
   * @param {string} label
   */
  save(entries, label) {
    this.undo.queue(() => this.current(async () => {
      const before = this.version;
      this.take(await put(`/api/explore/${this.id}/kept`, this.request({ entries: entries() }), before));
      const after = this.version;
      const back = (/** @type {string} */ from, /** @type {string} */ to) => () => this.current(async () => this.take(await post(`/api/explore/${this.id}/kept/restore`, { version: to, if_match: from })));
      this.undo.push({ label, undo: back(after, before), redo: back(before, after) });
    })).catch(showError);
  }

  /**
   * Write; if the file was changed elsewhere, take what it holds now.
   * @param {() => Promise<void>} write
   */
  async current(write) {
    try {
      await write();
    } catch (error) {
      if (/** @type {any} */ (error).status === 412) {
        this.undo.clear();
        this.take((await get(`/api/explore/${this.id}`)).kept);
      }
      throw error;
    }
  }

  /** @param {{version: string, entries: {id: string, note: string}[]}} answer */
  take({ version, entries }) {
    this.version = version;
    this.entries = entries;
    this.draw();
    this.onChange();
  }

  draw() {
    const shown = this.entries.slice(0, MOST_SHOWN);
    this.element.dataset.count = String(this.entries.length);
    fill(this.list, shown.length ? shown.map((entry) => h("div", { class: "kept-one" },
      h("button", { type: "button", class: "pick", title: `${entry.note}: open`, "aria-label": `Open ${entry.note}`, on: { click: () => this.onOpen({ kept: entry.id }) } }, h("canvas")),
      button(`Remove ${entry.note}`, () => this.remove(entry.id), { icon: "close", kind: "quiet", iconOnly: true }))) : h("p", { class: "hint", text: "Kept images appear here. They are the keyframes of a path." }));
    if (shown.length) this.ask(shown);
  }
}
