/** A row of thumbnails along the lower edge of the stage; one of them is open. */

import { thumbnail } from "./api.js";
import { h } from "./dom.js";

/** @typedef {{id: string, name: string}} Item */

export class Strip {
  /**
   * @param {Item[]} items
   * @param {(item: Item, place: number) => void} onOpen
   */
  constructor(items, onOpen) {
    this.items = items;
    this.onOpen = onOpen;
    this.place = -1;
    /** @type {HTMLElement[]} */
    this.buttons = items.map((item, place) => h("button", {
      type: "button", class: "frame", title: item.name, "aria-label": item.name, data: { id: item.id }, tabIndex: -1,
      on: { click: () => this.open(place) },
    }, h("img", { src: thumbnail(item.id, 160), alt: "", loading: "lazy", draggable: false }), h("span", { class: "mark" })));
    this.element = h("div", { class: "strip", role: "listbox", "aria-label": "Images", tabIndex: 0 }, this.buttons);
  }

  /** @returns {Item} the open one */
  get item() {
    return this.items[this.place];
  }

  /**
   * Open an item; places beyond the ends are those of the ends.
   * @param {number} place
   */
  open(place) {
    const next = Math.min(this.items.length - 1, Math.max(0, place));
    if (next === this.place) return;
    this.buttons[this.place]?.removeAttribute("aria-current");
    this.place = next;
    this.buttons[next].setAttribute("aria-current", "true");
    this.buttons[next].scrollIntoView({ block: "nearest", inline: "center" });
    this.onOpen(this.items[next], next);
  }

  /**
   * Mark an item.
   * @param {number} place
   * @param {string} mark "", "done", "out"
   */
  mark(place, mark) {
    this.buttons[place].dataset.mark = mark;
  }

  /**
   * Keys that move to the next and previous item.
   * @param {import("./keys.js").KeyMap} keys
   * @param {string} noun
   */
  bind(keys, noun) {
    keys.bind("ArrowRight, PageDown", `next ${noun}`, () => this.open(this.place + 1));
    keys.bind("ArrowLeft, PageUp", `previous ${noun}`, () => this.open(this.place - 1));
    keys.bind("Home", `first ${noun}`, () => this.open(0));
    keys.bind("End", `last ${noun}`, () => this.open(this.items.length - 1));
    return this;
  }
}
