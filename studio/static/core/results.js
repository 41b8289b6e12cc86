/** Results, shown over the screen: videos, exported web pages, strokes; others open their screen. */

import { get, post } from "./api.js";
import { fill, h } from "./dom.js";
import { button, showError, toast } from "./parts.js";
import { go } from "./router.js";

/** @typedef {{id: string, kind: string, name: string}} Entry */

/** Screens of kinds that need one; the first kinds are the results that people wait for. @type {Record<string, string>} */
const OPENS = { video: "", site: "", strokes: "", images: "colour", run: "training", dataset: "dataset", pages: "specimens", path: "path", timeline: "path", scans: "grid" };

/**
 * Open what a job made.
 * @param {{id: string, title: string}} job
 */
export async function openJob({ id, title }) {
  try {
    /** @type {{entries: Entry[]}} */
    const { entries } = await get(`/api/jobs/${id}/result`);
    const order = Object.keys(OPENS);
    const found = entries.filter(({ kind }) => kind in OPENS).sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    if (found.length) await openEntry(found[0]);
    else toast(`${title}: its result is a file that no screen shows, or it was moved.`);
  } catch (error) {
    showError(error);
  }
}

/** Show an entry: over the screen, or on its own screen. @param {Entry} entry */
export async function openEntry(entry) {
  if (entry.kind === "video") playVideo(entry);
  else if (entry.kind === "site") openSite(entry);
  else if (entry.kind === "strokes") await openStrokes(entry);
  else go(OPENS[entry.kind], { folder: entry.id });
}

/**
 * @param {string} title
 * @param {string} kind class of the dialog
 * @param {any[]} actions
 * @param {...any} children
 * @returns {HTMLDialogElement}
 */
function dialogOf(title, kind, actions, ...children) {
  /** @type {HTMLDialogElement} */
  const dialog = h("dialog", { class: `player ${kind}`, on: { close: () => dialog.remove() } },
    h("header", { class: "row" }, h("h2", { text: title }), h("span", { class: "grow" }), actions,
      button("Close", () => dialog.close(), { icon: "close", kind: "quiet", iconOnly: true })), ...children);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Play a video or an animated image in a loop. @param {Entry} entry */
export function playVideo(entry) {
  const source = `/api/file/${entry.id}`;
  const isImage = /\.(gif|apng)$/i.test(entry.name);
  dialogOf(entry.name, "video", [h("a", { class: "button", href: source, download: entry.name.split("/").at(-1), text: "Save" })],
    isImage ? h("img", { src: source, alt: entry.name }) : h("video", { src: source, controls: true, loop: true, autoplay: true, muted: true }));
}

/** Show an exported web page. @param {Entry} entry */
function openSite(entry) {
  const source = `/site/${entry.id}/index.html`;
  dialogOf(entry.name, "site", [h("a", { class: "button", href: source, target: "_blank", text: "Open in a tab" })],
    h("iframe", { src: source, title: `Web page ${entry.name}` }),
    h("p", { class: "hint", text: `Put the folder ${entry.name} on any web server: it needs no program there, and no network.` }));
}

/** Leaf through the SVG files of a folder. @param {Entry} entry */
async function openStrokes(entry) {
  /** @type {{name: string, files: string[]}} */
  const { name, files } = await get(`/api/strokes/${entry.id}`);
  let at = 0;
  const image = h("img", { class: "strokes" });
  const label = h("span", { class: "position" });
  const save = h("a", { class: "button", text: "Save SVG" });
  const show = (/** @type {number} */ to) => {
    at = (to + files.length) % files.length;
    const source = `/api/strokes/${entry.id}/${encodeURIComponent(files[at])}`;
    Object.assign(image, { src: source, alt: files[at] });
    Object.assign(save, { href: source, download: files[at] });
    fill(label, files[at], files.length > 1 ? h("span", { class: "hint", text: ` ${at + 1} of ${files.length}` }) : "");
  };
  const turn = files.length > 1 ? [button("Previous drawing", () => show(at - 1), { icon: "left", kind: "quiet", iconOnly: true }), label, button("Next drawing", () => show(at + 1), { icon: "right", kind: "quiet", iconOnly: true })] : [label];
  const dialog = dialogOf(name, "svg", [turn, save], image);
  dialog.addEventListener("keydown", (event) => {
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (by) show(at + by);
  });
  show(0);
}

/**
 * Start the job that makes a web page; offers to get what it needs.
 * @param {string} path
 * @param {any} body
 * @returns {Promise<any>} the job, or null
 */
export async function publish(path, body) {
  try {
    const { ready } = await get("/api/sites");
    if (ready) return await post(path, body);
    const fetchIt = async () => { await post("/api/sites/runtime").catch(showError); };
    toast("Web pages need onnxruntime (14 MB), which npm downloads once.", { kind: "error", seconds: 20, action: ["Get it", fetchIt] });
  } catch (error) {
    showError(error);
  }
  return null;
}
