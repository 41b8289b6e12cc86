/** The shell: navigation, the open screen, keys that work everywhere. */

import { get } from "./core/api.js";
import { fill, h, icon } from "./core/dom.js";
import { isActive, jobs } from "./core/jobs.js";
import { KeyMap } from "./core/keys.js";
import { emptyState } from "./core/parts.js";
import { address, go, onNavigate, place } from "./core/router.js";

/**
 * What a screen gets. `params` is the state in the address; `keys` ends with the screen.
 * @typedef {{params: Record<string, string>, keys: KeyMap, root: HTMLElement, screens: ScreenInfo[]}} Context
 * @typedef {{name: string, title: string, about: string, kinds: string[], available: boolean}} ScreenInfo
 * @typedef {{close?: () => void} | void} Opened
 */

const nav = /** @type {HTMLElement} */ (document.getElementById("nav"));
const root = /** @type {HTMLElement} */ (document.getElementById("screen"));
/** @type {ScreenInfo[]} */
let screens = [];
/** @type {Opened} */
let opened;
/** @type {KeyMap | undefined} */
let keys;
let number = 0;

async function open() {
  const mine = ++number;
  opened?.close?.();
  keys?.close();
  opened = undefined;
  const { screen, params } = place();
  const info = screens.find(({ name }) => name === screen);
  showNav(screen);
  document.title = `${info?.title ?? "Not found"} · inkloop`;
  if (!info?.available) {
    fill(root, emptyState({ icon: "warning", title: "No such screen", text: "Choose one on the left." }));
    return;
  }
  keys = new KeyMap().bind("?", "this list", () => keys?.help());
  screens.forEach(({ name, title, available }, i) => {
    if (available) keys?.bind(`Alt+${(i + 1) % 10}`, i ? "" : `open ${title}; Alt 2 to Alt 0: the screens below it`, () => go(name));
  });
  try {
    const module = await import(`./screens/${screen}.js`);
    if (mine !== number) return;
    const box = h("div", { class: "screen" }); // one of its own: a screen that was left draws nowhere
    fill(root, box);
    const result = await module.open({ params, keys, root: box, screens });
    if (mine !== number) return result?.close?.();
    opened = result;
    root.dataset.ready = screen;
  } catch (error) {
    if (mine !== number) return;
    fill(root, emptyState({
      icon: "warning", title: "This could not be opened", text: /** @type {any} */ (error).message,
      actions: [h("a", { class: "button primary", href: "/", text: "Go to Home" })],
    }));
  }
}

/** @param {string} current */
function showNav(current) {
  root.dataset.ready = "";
  fill(nav,
    h("a", { class: "brand", href: "/", title: "inkloop studio" }, icon("path"), h("span", { text: "inkloop" })),
    screens.map(({ name, title, about, available }) => available
      ? h("a", { href: address(name), title: about, class: name === current ? "current" : "", "aria-current": name === current ? "page" : false }, icon(name), h("span", { text: title }))
      : h("span", { class: "disabled", title: `${about} (not built yet)`, "aria-disabled": "true" }, icon(name), h("span", { text: title }))),
    h("span", { class: "spacer" }),
    h("span", { class: "running", id: "running", hidden: true }),
    h("button", { type: "button", title: "Keys (?)", on: { click: () => keys?.help() } }, icon("keys"), h("span", { text: "Keys" })));
  showRunning();
}

function showRunning() {
  const box = document.getElementById("running");
  if (!box) return;
  const active = jobs.list.filter(isActive);
  box.hidden = !active.length;
  const part = active[0]?.progress.fraction;
  box.textContent = active.length > 1 ? `${active.length} jobs` : part == null ? "1 job" : `${Math.round(part * 100)} %`;
  box.title = active.map((job) => job.title).join(", ");
}

async function start() {
  try {
    ({ screens } = await get("/api/screens"));
  } catch (error) {
    fill(root, emptyState({ icon: "warning", title: "The studio does not answer", text: /** @type {any} */ (error).message }));
    return;
  }
  jobs.addEventListener("change", showRunning);
  jobs.open();
  onNavigate(open);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  await open();
}

/** Have all canvases drawn again, whose colours are those of the style. */
function redraw() {
  for (const canvas of document.querySelectorAll("canvas")) canvas.dispatchEvent(new Event("redraw"));
}

start();
