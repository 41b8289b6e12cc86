/** Home: what lies in the folder, first steps, jobs. */

import { get, post, thumbnail, upload, url } from "../core/api.js";
import { fill, h, icon } from "../core/dom.js";
import { jobList, jobs } from "../core/jobs.js";
import { button, counted, group, layout, showError, size, toast } from "../core/parts.js";
import { openEntry } from "../core/results.js";
import { address } from "../core/router.js";

/** @typedef {{id: string, kind: string, name: string, count: number, size_bytes: number, modified_sec: number,
 *   command: string, is_done: boolean, detail: string}} Entry */

/** Order and titles of the groups; the noun of what they count. @type {[string, string, string][]} */
const KINDS = [
  ["video", "Videos", ""], ["site", "Web pages", ""], ["images", "Images", "image"], ["run", "Runs", ""], ["dataset", "Datasets", "record"],
  ["pages", "Pages", "page"], ["scans", "Scans", "scan"], ["path", "Latent paths", ""], ["timeline", "Timelines", ""],
  ["strokes", "Strokes", "drawing"], ["palette", "Palettes", ""],
];

/** Icons of entries without an image. @type {Record<string, string>} */
const ICONS = { palette: "colour", site: "explore" };

/** @param {import("../app.js").Context} context */
export async function open({ root, screens }) {
  const { stage, side, heading } = layout(root, { title: "Home" });
  stage.classList.add("scroll");
  const jobBox = h("div", { class: "jobs" });
  const ended = () => load();
  jobs.addEventListener("ended", ended);

  async function load() {
    const { root: name, entries, steps } = await get("/api/home");
    fill(/** @type {HTMLElement} */ (heading.lastChild), name);
    fill(stage, entries.length ? null : firstSteps(), KINDS.map(([kind, title, noun]) => {
      const shown = entries.filter((/** @type {Entry} */ entry) => entry.kind === kind);
      return shown.length ? h("section", { class: "entries" }, h("h2", { text: title }), h("div", { class: "cards" }, shown.map((/** @type {Entry} */ e) => card(e, noun, screens)))) : null;
    }));
    fill(side, steps.length ? next(steps) : null, group("Jobs", jobBox));
  }

  function firstSteps() {
    return h("div", { class: "first" }, h("h2", { text: "From a stack of drawings to a playing video" }),
      h("p", { text: "Put in scans or photos of ink drawings. inkloop cuts them into tiles, trains a small network on them and renders a video that never repeats a frame." }),
      dropZone(), h("p", { class: "or", text: "or" }),
      button("Start with drawn sample pages", () => start("/api/home/samples", {}), { icon: "play" }));
  }

  function dropZone() {
    const input = h("input", { type: "file", multiple: true, accept: "image/*,.tif,.tiff", hidden: true, on: { change: () => send(input.files) } });
    const zone = h("div", { class: "drop", on: {
      dragover: (/** @type {DragEvent} */ e) => { e.preventDefault(); zone.classList.add("over"); },
      dragleave: () => zone.classList.remove("over"),
      drop: (/** @type {DragEvent} */ e) => { e.preventDefault(); zone.classList.remove("over"); send(e.dataTransfer?.files ?? []); },
    } }, icon("upload"), h("p", { text: "Drop scans here" }), button("Choose files", () => input.click(), { kind: "primary" }), input);
    return zone;
  }

  /** @param {ArrayLike<File>} files */
  async function send(files) {
    try {
      for (const file of Array.from(files)) await upload(url("/api/upload/scans", { name: file.name }), file);
      toast(`${counted(files.length, "file")} added to scans.`);
    } catch (error) {
      showError(error);
    }
    await load().catch(showError);
  }

  /** @param {{title: string, text: string, action: string, path: string, body: any, command: string}[]} steps */
  function next(steps) {
    return group("Next steps", steps.map((step) => h("div", { class: "step" }, h("strong", { text: step.title }), h("p", { text: step.text }),
      step.path ? button(step.action, () => start(step.path, step.body), { kind: "primary", icon: "play" }) : null,
      step.command ? h("code", { class: "job-command", text: step.command }) : null)));
  }

  /**
   * @param {string} path
   * @param {any} body
   */
  async function start(path, body) {
    try {
      jobs.changed(await post(path, body));
      await load();
    } catch (error) {
      showError(error);
    }
  }

  await load();
  const end = jobList(jobBox);
  return { close() { end(); jobs.removeEventListener("ended", ended); } };
}

/**
 * @param {Entry} entry
 * @param {string} noun
 * @param {import("../app.js").ScreenInfo[]} screens
 */
function card(entry, noun, screens) {
  const fits = screens.filter((screen) => screen.available && screen.kinds.includes(entry.kind));
  const seen = ["video", "images", "run", "dataset", "pages", "scans"].includes(entry.kind);
  const isShown = ["video", "site", "strokes"].includes(entry.kind);
  const open = { type: "button", "aria-label": `${entry.kind === "video" ? "play" : "open"} ${entry.name}`, on: { click: () => openEntry(entry).catch(showError) } };
  const image = h(isShown ? "button" : "div", { class: "thumb", ...(isShown ? open : {}) },
    entry.kind === "video" ? h("span", { class: "play" }, icon("play")) : null, seen ? h("img", { src: thumbnail(entry.id), alt: "", loading: "lazy", on: { error: (/** @type {Event} */ e) => /** @type {HTMLElement} */ (e.target).remove() } }) : icon(ICONS[entry.kind] ?? "path"));
  const about = [noun && entry.count ? counted(entry.count, noun) : "", entry.detail, size(entry.size_bytes)].filter(Boolean).join(" · ");
  return h("article", { class: "card", data: { kind: entry.kind, name: entry.name } }, image,
    h("div", { class: "about" }, h("strong", { text: entry.name, title: entry.name }), h("span", { text: about }),
      h("span", { class: "made", text: entry.command ? `${entry.command}${entry.is_done ? "" : " (unfinished)"}` : "" })),
    h("div", { class: "opens" }, fits.map((screen) => h("a", { class: "button quiet", href: address(screen.name, { folder: entry.id }), title: screen.about, text: screen.title }))));
}

