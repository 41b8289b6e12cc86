/** Keys of a screen, with the list that `?` shows. */

import { h } from "./dom.js";

/** @typedef {{keys: string, about: string, run: (event: KeyboardEvent) => void}} Binding */

/** Keys that are written differently in the list. @type {Record<string, string>} */
const SHOWN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space", Mod: "Ctrl" };

/** Keys that are listed last: those that work on every screen. */
const COMMON = ["?", "Alt+1"];

/** A set of keys that can be switched off as a whole. */
export class KeyMap {
  constructor() {
    /** @type {Binding[]} */
    this.bindings = [];
    /** @param {KeyboardEvent} event */
    this.listener = (event) => this.handle(event);
    addEventListener("keydown", this.listener);
  }

  /**
   * Add keys.
   * @param {string} keys e.g. "Delete", "Shift+ArrowLeft", "Mod+z" (Ctrl, or Command); several: "a, b"
   * @param {string} about what they do, for the list; "" leaves them out of it
   * @param {(event: KeyboardEvent) => void} run
   */
  bind(keys, about, run) {
    this.bindings.push({ keys, about, run });
    return this;
  }

  /** Stop listening. */
  close() {
    removeEventListener("keydown", this.listener);
  }

  /** @param {KeyboardEvent} event */
  handle(event) {
    if (event.defaultPrevented || isTyping(event)) return;
    const pressed = name(event);
    for (const { keys, run } of this.bindings) {
      if (keys.split(", ").includes(pressed)) {
        event.preventDefault();
        run(event);
        return;
      }
    }
  }

  /** Show the list of keys. */
  help() {
    document.querySelector("dialog.keys")?.remove();
    const listed = this.bindings.filter((binding) => binding.about);
    /** @param {boolean} isCommon */
    const rows = (isCommon) => listed.filter(({ keys }) => isCommon === COMMON.includes(keys)).map(({ keys, about }) =>
      h("div", { class: "key-row" }, h("span", {}, about), h("span", {}, keys.split(", ").map(drawn))));
    const dialog = h("dialog", { class: "keys" }, h("h2", { text: "Keys" }), h("div", { class: "key-list" }, rows(false)),
      h("h3", { text: "On every screen" }), h("div", { class: "key-list" }, rows(true)),
      h("p", { class: "hint", text: "Escape closes this list." }));
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }
}

/** @param {KeyboardEvent} event */
function name(event) {
  const mod = event.ctrlKey || event.metaKey ? "Mod+" : "";
  const alt = event.altKey ? "Alt+" : "";
  const named = event.key.length > 1 || event.key === " ";
  const shift = event.shiftKey && (named || mod) ? "Shift+" : "";
  return mod + alt + shift + (mod ? event.key.toLowerCase().replace(/^arrow(.)/, (_, c) => `Arrow${c.toUpperCase()}`) : event.key);
}

/** @param {KeyboardEvent} event */
function isTyping(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (document.querySelector("dialog[open]")) return true;
  if (target.isContentEditable || target.matches?.("textarea, select")) return true;
  if (target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type)) return target.type !== "range" || event.key.startsWith("Arrow");
  return event.key === " " && target.matches?.("button, a, summary, input") && target.matches(":focus-visible");
}

/** @param {string} keys */
function drawn(keys) {
  const isShifted = /^[A-Z]$/.test(keys); // letters are drawn as on the keyboard
  return h("kbd", {}, (isShifted ? ["Shift", keys] : keys.split("+")).map((key) => SHOWN[key] ?? (key.length === 1 ? key.toUpperCase() : key || "+")).join(" "));
}
