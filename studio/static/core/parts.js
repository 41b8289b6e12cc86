/** Parts that all screens share: layout, buttons, fields, command bar, messages, empty states. */

import { fill, h, icon } from "./dom.js";

/**
 * Image area left, controls right.
 * @param {HTMLElement} root
 * @param {{title: string, subtitle?: string}} options
 * @returns {{stage: HTMLElement, side: HTMLElement, bar: HTMLElement, heading: HTMLElement}}
 *   stage: image area; side: panel of controls; bar: right end of the header
 */
export function layout(root, { title, subtitle = "" }) {
  const heading = h("div", { class: "heading" }, h("h1", { text: title }), h("span", { class: "subtitle", text: subtitle }));
  const bar = h("div", { class: "bar" });
  const stage = h("section", { class: "stage", "aria-label": title });
  const side = h("aside", { class: "side", "aria-label": "Controls" });
  fill(root, h("header", { class: "top" }, heading, bar), h("div", { class: "body" }, stage, side));
  return { stage, side, bar, heading };
}

/**
 * @param {string} label
 * @param {() => void} run
 * @param {{icon?: string, kind?: "" | "primary" | "quiet" | "danger", title?: string, iconOnly?: boolean}} [options]
 * @returns {HTMLButtonElement}
 */
export function button(label, run, { icon: name, kind = "", title = "", iconOnly = false } = {}) {
  const content = [name ? icon(name) : null, iconOnly ? null : h("span", { text: label })];
  return h("button", {
    type: "button", class: `button ${kind} ${iconOnly ? "icon-only" : ""}`, title: title || (iconOnly ? label : ""),
    "aria-label": label, on: { click: run },
  }, content);
}

/** A word of a command line as a shell reads it, as Python's shlex.quote. @param {string} word */
export const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\"'\"'")}'`);

/**
 * A titled group of controls in the side panel.
 * @param {string} title
 * @param {...any} children
 */
export function group(title, ...children) {
  return h("section", { class: "group" }, title ? h("h2", { text: title }) : null, ...children);
}

/**
 * A labelled number.
 * @param {string} label
 * @param {{value: number | string, min?: number, max?: number, step?: number | "any", unit?: string, hint?: string,
 *   placeholder?: string}} options
 * @param {(value: number, input: HTMLInputElement) => void} onChange not called for invalid or empty values,
 *   NaN for an empty one with a placeholder
 * @returns {HTMLElement & {input: HTMLInputElement}}
 */
export function numberField(label, { value, min, max, step = 1, unit = "", hint = "", placeholder = "" }, onChange) {
  const input = h("input", { type: "number", value: String(value), min: min ?? "", max: max ?? "", step, placeholder, inputMode: "decimal" });
  input.addEventListener("change", () => {
    if (input.checkValidity() && (input.value !== "" || placeholder)) onChange(input.value === "" ? NaN : Number(input.value), input);
  });
  return labelled(label, input, { unit, hint });
}

/**
 * A slider with its value.
 * @param {string} label
 * @param {{value: number, min: number, max: number, step?: number, unit?: string, show?: (v: number) => string}} options
 * @param {(value: number) => void} onInput
 * @returns {HTMLElement & {input: HTMLInputElement}}
 */
export function slider(label, { value, min, max, step = 1, unit = "", show = String }, onInput) {
  const shown = h("output", { text: show(value) + unit });
  const input = h("input", { type: "range", min, max, step, value: String(value), "aria-label": label });
  const paint = () => input.style.setProperty("--part", `${((Number(input.value) - min) / (max - min)) * 100}%`);
  input.addEventListener("input", () => {
    shown.textContent = show(Number(input.value)) + unit;
    paint();
    onInput(Number(input.value));
  });
  paint();
  return Object.assign(h("label", { class: "field slider" }, h("span", { class: "label" }, label, shown), input), { input });
}

/**
 * A menu of choices.
 * @param {string} label
 * @param {{value: string, choices: [string, string][]}} options choices: value and text
 * @param {(value: string) => void} onChange
 * @returns {HTMLElement & {input: HTMLSelectElement}}
 */
export function choice(label, { value, choices }, onChange) {
  const input = h("select", { on: { change: () => onChange(input.value) } },
    choices.map(([key, text]) => h("option", { value: key, text, selected: key === value })));
  return labelled(label, input, {});
}

/**
 * A switch.
 * @param {string} label
 * @param {boolean} value
 * @param {(value: boolean) => void} onChange
 * @returns {HTMLElement & {input: HTMLInputElement}}
 */
export function toggle(label, value, onChange) {
  const input = h("input", { type: "checkbox", checked: value, on: { change: () => onChange(input.checked) } });
  return Object.assign(h("label", { class: "field toggle" }, input, h("span", { text: label })), { input });
}

/**
 * @param {string} label
 * @param {any} input
 * @param {{unit?: string, hint?: string}} options
 */
function labelled(label, input, { unit = "", hint = "" }) {
  const element = h("label", { class: "field" }, h("span", { class: "label", text: label.charAt(0).toUpperCase() + label.slice(1) }),
    h("span", { class: "value" }, input, unit ? h("span", { class: "unit", text: unit }) : null),
    hint ? h("span", { class: "hint", text: hint }) : null);
  return Object.assign(element, { input });
}

/**
 * Rows of names and values.
 * @param {[string, any][]} rows
 */
export function facts(rows) {
  return h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", { text: name }), h("dd", {}, value)]));
}

/**
 * The command line that does the same as the screen, ready to copy.
 * @returns {HTMLElement & {show: (command: string) => void}}
 */
export function commandBar() {
  const code = h("code", { tabIndex: 0, title: "the same in a shell" });
  const copy = button("Copy command", async () => {
    await navigator.clipboard.writeText(code.textContent ?? "");
    toast("Command copied.");
  }, { icon: "copy", kind: "quiet", iconOnly: true });
  const bar = h("div", { class: "command", hidden: true, "aria-label": "Equivalent command" }, h("span", { class: "prompt", text: "$" }), code, copy);
  return Object.assign(bar, {
    /** @param {string} command */
    show(command) {
      code.textContent = command;
      bar.hidden = !command;
    },
  });
}

/**
 * @param {string} message
 * @param {{kind?: "" | "error", seconds?: number, action?: [string, () => void]}} [options]
 */
export function toast(message, { kind = "", seconds = kind ? 8 : 3, action } = {}) {
  const box = h("div", { class: `toast ${kind}`, role: kind ? "alert" : "status" }, h("span", { text: message }),
    action ? button(action[0], () => { action[1](); box.remove(); }, { kind: "quiet" }) : null,
    button("Close", () => box.remove(), { icon: "close", kind: "quiet", iconOnly: true }));
  document.getElementById("toasts")?.append(box);
  setTimeout(() => box.remove(), seconds * 1000);
}

/** Show an error in one sentence. @param {any} error */
export function showError(error) {
  toast(error?.message ?? String(error), { kind: "error" });
}

/**
 * What a screen shows where it has nothing to show.
 * @param {{icon?: string, title: string, text: string, actions?: HTMLElement[]}} options
 */
export function emptyState({ icon: name = "folder", title, text, actions = [] }) {
  return h("div", { class: "empty" }, icon(name), h("h2", { text: title }), h("p", { text }),
    actions.length ? h("div", { class: "actions" }, actions) : null);
}

/**
 * Buttons for zooming, at the lower edge of the stage.
 * @param {import("./view.js").View} view
 * @returns {HTMLElement & {update: () => void}}
 */
export function zoomBar(view) {
  const shown = h("button", { type: "button", class: "button quiet zoom", title: "100 % (1)", on: { click: () => view.zoomTo(1 / devicePixelRatio) } });
  const bar = h("div", { class: "zoombar", role: "group", "aria-label": "Zoom" },
    button("Zoom out", () => view.zoomTo(view.scale / 1.25), { icon: "minus", kind: "quiet", iconOnly: true }), shown,
    button("Zoom in", () => view.zoomTo(view.scale * 1.25), { icon: "plus", kind: "quiet", iconOnly: true }),
    button("Whole page (0)", () => view.fit(), { icon: "fit", kind: "quiet", iconOnly: true }));
  const update = () => { shown.textContent = view.pageWidth > 1 ? `${Math.round(view.deviceScale * 100)} %` : "–"; };
  update();
  return Object.assign(bar, { update });
}

/**
 * Keys of every view.
 * @param {import("./keys.js").KeyMap} keys
 * @param {import("./view.js").View} view
 */
export function zoomKeys(keys, view) {
  keys.bind("+, =", "zoom in", () => view.zoomTo(view.scale * 1.25));
  keys.bind("-", "zoom out", () => view.zoomTo(view.scale / 1.25));
  keys.bind("0", "whole page", () => view.fit());
  keys.bind("1", "100 %", () => view.zoomTo(1 / devicePixelRatio));
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${["B", "kB", "MB", "GB", "TB"][power]}`;
}

/**
 * "1 page", "2 pages"
 * @param {number} count
 * @param {string} noun
 */
export const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
