/** What a screen shows if its address names no folder: the entries that it opens. */

import { get, thumbnail } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { emptyState, layout } from "./parts.js";
import { address, note } from "./router.js";

/**
 * The id of the entry to open: of the address, or the only one that fits; else a choice is shown.
 * @param {import("../app.js").Context} context
 * @param {string} name of the screen
 * @param {{title: string, text: string}} none shown where nothing fits
 * @returns {Promise<string | null>}
 */
export async function chosenEntry({ root, params, screens }, name, none) {
  if (params.folder) return params.folder;
  const kinds = screens.find((screen) => screen.name === name)?.kinds ?? [];
  const { entries } = await get("/api/home");
  if (!root.isConnected) return null;
  const fitting = entries.filter((/** @type {any} */ entry) => kinds.includes(entry.kind));
  if (fitting.length === 1) {
    note({ folder: fitting[0].id });
    return fitting[0].id;
  }
  const { stage } = layout(root, { title: screens.find((s) => s.name === name)?.title ?? name });
  stage.parentElement?.classList.add("wide");
  stage.classList.add("scroll");
  if (!fitting.length) {
    stage.append(emptyState({ icon: name, ...none, actions: [h("a", { class: "button primary", href: "/", text: "Go to Home" })] }));
  } else {
    stage.append(h("div", { class: "cards" }, fitting.map((/** @type {any} */ entry) =>
      h("a", { class: "card", href: address(name, { folder: entry.id }) },
        h("div", { class: "thumb" }, ["path", "palette", "timeline", "dataset"].includes(entry.kind) ? icon(entry.kind === "dataset" ? "dataset" : "path")
          : h("img", { src: thumbnail(entry.id), alt: "", loading: "lazy" })),
        h("div", { class: "about" }, h("strong", { text: entry.name }), h("span", { text: entry.detail || entry.kind }))))));
  }
  return null;
}

/**
 * What a screen of networks shows without one.
 * @param {HTMLElement} stage
 * @param {any[]} runs
 * @param {string} screen
 */
export function chooseRun(stage, runs, screen) {
  stage.classList.add("scroll");
  const cards = runs.map((run) => h("a", { class: "card run-card", href: address(screen, { folder: run.id }) },
    h("div", { class: "thumb" }, h("img", { src: `/api/thumbnail/${run.id}?side=320`, alt: "", on: { error: (/** @type {any} */ e) => e.target.remove() } })),
    h("div", { class: "about" }, h("strong", { text: run.name }), h("span", { text: run.detail }))));
  fill(stage, runs.length ? h("section", { class: "entries" }, h("h2", { text: "Choose a network" }), h("div", { class: "cards" }, cards))
    : emptyState({ icon: "training", title: "No trained network yet", text: "Train one first: its images appear here from the first snapshot on.", actions: [h("a", { class: "button primary", href: address("training"), text: "Go to Training" })] }));
}
