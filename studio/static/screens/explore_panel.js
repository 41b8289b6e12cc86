/** Groups of the side panel of Explore: mixing, projecting an image, and making a web page. */

import { post, upload, url } from "../core/api.js";
import { h, icon } from "../core/dom.js";
import { jobs } from "../core/jobs.js";
import { button, choice, group, numberField, showError } from "../core/parts.js";
import { publish } from "../core/results.js";
import { named } from "./explore_tray.js";

/** @typedef {import("./explore.js").Source} Source */
/** @typedef {import("./explore.js").Network} Network */

/**
 * Layers or parts of another latent.
 * @param {{network: Network, edit: import("./explore.js").Edit, onChange: (mixed: Source | null, layers: string) => void}} options
 */
export function mixGroup({ network, edit, onChange }) {
  if (network.layers === 1 && !network.parts.length) return null;
  const { mixed, layers } = edit;
  const first = network.parts[0] ?? `0-${Math.max(0, Math.floor(network.layers / 3))}`;
  const set = (/** @type {Source | null} */ source) => onChange(source, source ? layers || first : "");
  const places = network.parts.length ? network.parts : [first, `${Math.floor(network.layers / 3) + 1}-${network.layers - 1}`, `0-${network.layers - 1}`];
  return group("Mix with", numberField("Seed", { value: mixed && "seed" in mixed ? mixed.seed : "", min: 0, max: 2 ** 32 - 1, placeholder: mixed ? named(mixed) : "none" }, (v) => set(Number.isNaN(v) ? null : { seed: v })),
    mixed ? choice(network.parts.length ? "Part" : "Layers", { value: layers, choices: places.map((text) => [text, text]) }, (v) => onChange(mixed, v)) : null,
    h("div", { class: "row" }, button("Random", () => set({ seed: Math.floor(Math.random() * 100_000) }), { icon: "again" }), mixed ? button("None", () => set(null), { kind: "quiet" }) : null));
}

/**
 * Search for the latent of an image: a job.
 * @param {{id: string, network: Network, onOpen: (source: Source) => void}} options
 */
export function projectGroup({ id, network, onOpen }) {
  /** @param {File} file */
  async function send(file) {
    try {
      jobs.changed(await upload(url("/api/upload/explore", { run: id, name: file.name }), file));
    } catch (error) {
      showError(error);
    }
  }
  const input = h("input", { type: "file", accept: "image/*,.tif,.tiff", hidden: true, on: { change: () => input.files?.[0] && send(input.files[0]) } });
  const zone = h("div", { class: "drop small", on: {
    dragover: (/** @type {DragEvent} */ e) => { e.preventDefault(); zone.classList.add("over"); },
    dragleave: () => zone.classList.remove("over"),
    drop: (/** @type {DragEvent} */ e) => { e.preventDefault(); zone.classList.remove("over"); if (e.dataTransfer?.files[0]) send(e.dataTransfer.files[0]); },
  } }, icon("upload"), button("Choose an image", () => input.click()), input);
  return group("Find an image of yours", h("p", { class: "hint", text: "Drop a drawing: the latent that comes closest to it is searched for. It takes minutes." }), zone,
    network.files.map((file) => Array.from({ length: Math.min(file.count, 20) }, (_, index) => button(`Open ${file.name}${file.count > 1 ? ` ${index}` : ""}`, () => onOpen({ file: file.id, index }), { kind: "quiet" }))));
}

/**
 * A web page that draws by itself: a job.
 * @param {string} path of the request
 * @param {() => any} body
 * @param {string} about
 */
export function pageGroup(path, body, about) {
  return group("Web page", h("p", { class: "hint", text: about }), button("Make a web page", async () => {
    const job = await publish(path, body());
    if (job) jobs.changed(job);
  }, { icon: "upload", title: "inkloop export page: files for any web server" }));
}
