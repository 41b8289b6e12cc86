/** The palette editor: swatches, hexadecimal values, an eyedropper, files. */

import { get, put, thumbnail } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { button, choice, group, showError, toast } from "../core/parts.js";

/** @typedef {{name: string, colors: string[], id: string | null, version?: string}} Palette */

const HEX = /^#[0-9a-f]{6}$/;
const ABSENT = "absent"; // version of a file that does not exist

export class PaletteEditor {
  /**
   * @param {{colors: string[] | null, images: {id: string, name: string}[], onChange: () => void}} options
   *   colors: null: the default; images: whose colours can be picked; onChange: after every edit and selection
   */
  constructor({ colors, images, onChange }) {
    this.colors = colors ?? [];
    this.images = images;
    this.onChange = onChange;
    this.selected = 0;
    /** @type {Palette[]} */
    this.palettes = [];
    this.menu = h("div");
    this.swatches = h("div", { class: "swatches", role: "listbox", "aria-label": "Colours" });
    this.editor = h("div", { class: "row hex" });
    this.dropper = h("div", { class: "dropper", hidden: true });
    this.element = group("Palette", this.menu, this.swatches, this.editor,
      h("div", { class: "row" }, button("From an image", () => this.toggleDropper(), { icon: "colour" }), button("Save", () => this.save(), { title: "Save as a palette file" })),
      this.dropper);
  }

  /** Load the palettes; takes the default if none was chosen. */
  async load() {
    const { palettes, default: standard } = await get("/api/colour/palettes");
    this.palettes = palettes;
    if (!this.colors.length) this.colors = [...(palettes.find((/** @type {Palette} */ p) => p.name === standard)?.colors ?? ["#0f2a3d"])];
    this.draw();
  }

  /** @returns {string} the selected colour */
  get color() {
    return this.colors[this.selected];
  }

  /** @returns {Palette | undefined} the stored palette of these colours */
  get stored() {
    return this.palettes.find(({ colors }) => colors.join() === this.colors.join());
  }

  /** @param {string[]} colors */
  set(colors) {
    this.colors = [...colors];
    this.select(Math.min(this.selected, colors.length - 1));
  }

  /** @param {number} place */
  select(place) {
    this.selected = (place + this.colors.length) % this.colors.length;
    this.draw();
    this.onChange();
  }

  /** @param {string} color */
  add(color) {
    if (this.colors.length >= 256) return toast("A palette has at most 256 colours.", { kind: "error" });
    this.colors.push(color);
    this.select(this.colors.length - 1);
  }

  draw() {
    const stored = this.stored;
    fill(this.menu, choice("Palette", {
      value: stored?.name ?? "", choices: [...(stored ? [] : [/** @type {[string, string]} */ (["", "Edited"])]), ...this.palettes.map(({ name }) => /** @type {[string, string]} */ ([name, name.replace(/^palettes\/|\.json$/g, "")]))],
    }, (name) => {
      const palette = this.palettes.find((p) => p.name === name);
      if (palette) this.set(palette.colors);
    }));
    fill(this.swatches, this.colors.map((color, i) => h("button", {
      type: "button", class: "swatch", title: color, "aria-label": `colour ${color}`, role: "option", "aria-selected": String(i === this.selected),
      style: { background: color }, on: { click: () => this.select(i) },
    })), h("button", { type: "button", class: "swatch add", title: "Add a colour", "aria-label": "Add a colour", text: "+", on: { click: () => this.add(this.color) } }));
    const hex = h("input", { type: "text", value: this.color, maxLength: 7, spellcheck: false, "aria-label": "Hexadecimal colour" });
    hex.addEventListener("change", () => {
      const value = `#${hex.value.trim().toLowerCase().replace(/^#/, "")}`;
      if (HEX.test(value)) this.replace(value);
      else {
        toast(`${hex.value} is no colour; write # and six digits, such as #1b4d5c.`, { kind: "error" });
        hex.value = this.color;
      }
    });
    const wheel = h("input", { type: "color", value: this.color, "aria-label": "Choose the colour", title: "Choose the colour" });
    wheel.addEventListener("change", () => this.replace(wheel.value));
    fill(this.editor, wheel, hex, h("span", { class: "grow" }), button("Remove this colour", () => this.remove(), { icon: "minus", kind: "quiet", iconOnly: true }));
  }

  /** @param {string} color */
  replace(color) {
    this.colors[this.selected] = color;
    this.select(this.selected);
  }

  remove() {
    if (this.colors.length === 1) return toast("A palette needs one colour at least.", { kind: "error" });
    this.colors.splice(this.selected, 1);
    this.select(Math.min(this.selected, this.colors.length - 1));
  }

  async save() {
    const old = this.stored;
    const suggested = old?.id ? old.name.replace(/^palettes\/|\.json$/g, "") : "my palette";
    const name = h("input", { type: "text", value: suggested, "aria-label": "Name of the palette", required: true, maxLength: 60 });
    const dialog = h("dialog", { class: "small" }, h("form", { method: "dialog" }, h("h2", { text: "Save the palette" }), name,
      h("div", { class: "row" }, h("button", { class: "button", type: "button", text: "Cancel", on: { click: () => dialog.close() } }), h("button", { class: "button primary", text: "Save", value: "save" }))));
    dialog.addEventListener("close", async () => {
      dialog.remove();
      if (dialog.returnValue !== "save") return;
      const title = name.value.trim();
      const file = this.palettes.find((p) => p.name === `palettes/${title}.json`);
      try {
        const saved = await put("/api/colour/palettes", { name: title, colors: this.colors }, file?.version ?? ABSENT);
        toast(`Saved as ${saved.name}.`);
        await this.load();
        this.onChange();
      } catch (error) {
        showError(error);
      }
    });
    document.body.append(dialog);
    dialog.showModal();
    name.select();
  }

  toggleDropper() {
    this.dropper.hidden = !this.dropper.hidden;
    if (!this.dropper.hidden && !this.dropper.children.length) this.openDropper();
    this.dropper.scrollIntoView({ block: "nearest" });
  }

  openDropper() {
    const canvas = h("canvas", { tabIndex: 0, "aria-label": "Image to pick colours from" });
    const under = h("span", { class: "swatch", "aria-hidden": "true" });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    let id = this.images[0]?.id;
    const show = async () => {
      const image = new Image();
      image.src = thumbnail(id, 640);
      await image.decode().catch(() => toast("This image cannot be read.", { kind: "error" }));
      [canvas.width, canvas.height] = [image.naturalWidth || 1, image.naturalHeight || 1];
      context.drawImage(image, 0, 0);
    };
    /** @param {PointerEvent} event */
    const at = ({ offsetX, offsetY }) => {
      const [x, y] = [offsetX * canvas.width / canvas.clientWidth, offsetY * canvas.height / canvas.clientHeight];
      const [r, g, b] = context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data;
      return `#${[r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("")}`;
    };
    canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => { under.style.background = under.title = at(event); });
    canvas.addEventListener("click", (/** @type {PointerEvent} */ event) => this.add(at(event)));
    fill(this.dropper,
      choice("Image", { value: id, choices: this.images.map(({ id: value, name }) => [value, name]) }, (value) => { id = value; show(); }),
      canvas, h("div", { class: "row" }, under, h("span", { class: "hint", text: "Click adds a colour." }), h("span", { class: "grow" }),
        button("Main colours", async () => {
          try {
            this.set((await get(`/api/colour/reduced/${id}`, { count: 8 })).colors);
          } catch (error) {
            showError(error);
          }
        }, { title: "Replace the palette by the eight main colours of the image" })));
    show();
  }
}
