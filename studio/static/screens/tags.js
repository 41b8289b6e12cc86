/** Tags: a video beside comic pages; the last frame of each page is marked on the timeline. */

import { bitmap, get, post, put, url } from "../core/api.js";
import { chosenEntry } from "../core/chooser.js";
import { fill, h } from "../core/dom.js";
import { jobList, jobs } from "../core/jobs.js";
import { latest } from "../core/latest.js";
import { button, choice, commandBar, counted, facts, group, layout, numberField, showError, toast } from "../core/parts.js";
import { address, go, note } from "../core/router.js";
import { PageTiles } from "../core/tiles.js";
import { UndoStack } from "../core/undo.js";
import { View } from "../core/view.js";
import { Timeline } from "./tags_timeline.js";

const JUMP_MS = 900; // after the last digit

/** @param {import("../app.js").Context} context */
export async function open(context) {
  const { params, keys, root } = context;
  const folder = await chosenEntry(context, "tags", { title: "No video yet", text: "Put a video and the pages of its comic into this folder." });
  if (!folder) return undefined;
  const lists = await get("/api/tags");
  const at = `/api/tags/${folder}`;
  const chosen = params.pages ?? "";
  const info = await get(at, { pages: chosen });
  if (!root.isConnected) return undefined; // left meanwhile
  const state = {
    ...info, frame: Math.min(info.frames - 1, Number(params.frame) || 0), page: Math.min(Math.max(0, info.pages.length - 1), Number(params.page) || 0),
    mark: /** @type {number | null} */ (null),
  };
  let step = Number(params.step) || 1;
  let version = info.version;
  /** @type {ImageBitmap | null} */
  let shown = null;
  /** @type {PageTiles | null} */
  let tiles = null;

  const { stage, side, bar } = layout(root, { title: "Tags", subtitle: info.name });
  stage.classList.add("tags");
  const film = h("canvas", { tabIndex: 0, "aria-label": "Frame" });
  const paper = h("canvas", { tabIndex: 0, "aria-label": "Page" });
  const line = h("canvas", { class: "timeline", tabIndex: 0, "aria-label": "Timeline" });
  const [filmLabel, pageLabel] = [h("span", { class: "shot-label" }), h("span", { class: "shot-label" })];
  const command = commandBar();
  command.show(info.command);
  stage.append(h("div", { class: "pair" }, h("div", { class: "pane" }, film, filmLabel), h("div", { class: "pane" }, paper, pageLabel)), line, command);
  const filmView = new View(film, { draw: (context) => { if (shown) context.drawImage(shown, 0, 0, filmView.pageWidth, filmView.pageHeight); }, barPx: 0 });
  const pageView = new View(paper, { draw: (context, view) => tiles?.draw(context, view), barPx: 0 });
  const timeline = new Timeline(line, {
    state: () => state, onScrub: (frame) => show(frame, false), onRelease: (frame) => show(frame, true),
    onBoundary: (page, frame) => edit({ kind: "tag", page, frame }, "Move a boundary"),
  });
  const undo = new UndoStack({ onChange: showBar });
  const [position, rangeBox, jobBox] = ["", "ranges", "jobs"].map((name) => h("div", { class: name }));
  fill(side, group("", position, h("div", { class: "row" }, button("Tag (T)", tag, { kind: "primary", title: "This page ends at this frame" }), button("Remove tag", () => edit({ kind: "untag", page: state.page }, "Remove a tag")))),
    group("Pages", choice("Folder", { value: chosen, choices: [["", "choose …"], ...lists.pages.map((/** @type {any} */ e) => /** @type {[string, string]} */ ([e.id, e.name]))] }, (v) => go("tags", { folder, pages: v, frame: state.frame })),
      h("div", { class: "row" }, button("Previous page", () => turn(-1), { icon: "left", iconOnly: true }), button("Next page", () => turn(1), { icon: "right", iconOnly: true })),
      h("div", { class: "row" }, button("Use the guess", () => edit({ kind: "guess" }, "Use the guess"), { title: "Give each page as many frames" }), button("Clear", () => edit({ kind: "clear" }, "Clear the tags"), { kind: "quiet" }))),
    group("Frames", numberField("Step of Shift and arrows", { value: step, min: 1, max: 10000 }, (v) => { step = v; note({ step: v === 1 ? "" : v }); }),
      h("div", { class: "row" }, h("a", { class: "button", text: "Save frame", download: "", on: { click: (/** @type {Event} */ e) => { /** @type {any} */ (e.currentTarget).href = url(`${at}/frame`, { number: state.frame, png: 1 }); } }, href: "#" }),
        h("a", { class: "button", text: "Save page", download: "", on: { click: (/** @type {Event} */ e) => { /** @type {any} */ (e.currentTarget).href = `/api/tags/page/${state.pages[state.page]?.id}`; } }, href: "#" }),
        info.cuts.length ? null : button("Find cuts", () => job("cuts"), { title: "Find the scene cuts, as a job" }))),
    group("Left out", h("p", { class: "hint", text: "I marks the start of a range, O its end." }), rangeBox, h("div", { class: "row" }, button("Find common parts", () => job("find"), { title: "Find what this video shares with others, such as titles" }))),
    group("", jobBox));

  const loadExact = latest((/** @type {number} */ number) => bitmap(`${at}/frame`, { number }), (image, number) => {
    film.dataset.frame = String(number);
    place(image, true);
  }, (error) => error.status !== 412 && showError(error));
  const loadNear = latest((/** @type {number} */ number) => bitmap(`${at}/frame`, { number, near: 1 }), (image) => place(image, false), showError);

  /**
   * @param {ImageBitmap} image
   * @param {boolean} isExact its size is that of the video
   */
  function place(image, isExact) {
    shown = image;
    if (isExact || filmView.pageWidth === 1) filmView.setPage(image.width, image.height, { keep: true });
    filmView.draw();
  }

  /**
   * @param {number} frame
   * @param {boolean} isExact
   */
  function show(frame, isExact) {
    state.frame = Math.min(state.frames - 1, Math.max(0, frame));
    if (isExact) {
      note({ frame: state.frame || "" });
      loadExact(state.frame);
    } else loadNear(state.frame);
    timeline.reveal(state.frame);
    describe();
  }

  async function showPage() {
    const page = state.pages[state.page];
    note({ page: state.page || "" });
    describe();
    timeline.draw();
    if (!page) return;
    const opened = await PageTiles.open(page.id, () => pageView.draw()).catch(showError);
    if (!opened || state.pages[state.page] !== page) return;
    tiles = opened;
    pageView.setPage(tiles.image.width_px, tiles.image.height_px);
    paper.dataset.page = page.name;
  }

  /** @param {number} by */
  function turn(by) {
    if (!state.pages.length) return;
    state.page = Math.min(state.pages.length - 1, Math.max(0, state.page + by));
    showPage();
  }

  function describe() {
    const { frame, fps, page, pages, lasts } = state;
    const seconds = frame / (fps || 1);
    const time = `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(2).padStart(5, "0")}`;
    const own = lasts.findIndex((/** @type {number | null} */ last, /** @type {number} */ i) => last !== null && frame <= last && lasts.slice(0, i).every((/** @type {number | null} */ l) => l === null || l < frame));
    const tagged = lasts.filter((/** @type {number | null} */ last) => last !== null).length;
    fill(position, facts([["Frame", `${frame.toLocaleString("en")} of ${state.frames.toLocaleString("en")}`], ["Time", time], ["Belongs to", own < 0 ? "no page yet" : `page ${own + 1}`], ["Page", pages.length ? `${page + 1} of ${pages.length}` : "–"], ["Ends at", lasts[page] == null ? "not tagged" : `frame ${lasts[page].toLocaleString("en")}`], ["Tagged", `${tagged} of ${pages.length}`]]));
    filmLabel.textContent = `${frame.toLocaleString("en")} · ${time}`;
    pageLabel.textContent = pages.length ? `${page + 1} · ${pages[page].name}` : "Choose a folder of pages";
    const guess = state.guess;
    if (lasts.every((/** @type {number | null} */ last) => last !== null)) state.guess = [];
    else state.guess = guess.length ? guess : info.guess;
  }

  /** @param {any} result */
  function take(result) {
    version = result.version;
    state.lasts = result.lasts;
    describe();
    timeline.draw();
  }

  /**
   * @param {any} event
   * @param {string} label
   */
  async function edit(event, label) {
    if (!state.pages.length) return toast("Choose the folder of pages first.");
    return undo.queue(() => write(event, label)); // after the edits and steps of undo that still run
  }

  /**
   * @param {any} event
   * @param {string} label
   */
  async function write(event, label) {
    const before = version;
    try {
      take(await put(url(at, { pages: chosen }), event, before));
      const after = version;
      /** @param {string} from @param {string} to */
      const restore = async (from, to) => take(await post(url(`${at}/restore`, { pages: chosen }), { version: to, if_match: from }));
      undo.push({ label, undo: () => restore(after, before), redo: () => restore(before, after) });
    } catch (error) {
      showError(error);
      const now = await get(at, { pages: chosen });
      undo.clear();
      take(now);
    }
  }

  function tag() {
    const { page, frame } = state;
    if (state.pages.length) turn(1); // at once: the next T belongs to the next page
    return edit({ kind: "tag", page, frame }, "Tag a page");
  }

  /** @param {any} body */
  function changeRanges(body) {
    const seen = state.exclusions_version; // numbers of ranges are those of this version
    return undo.queue(async () => {
      try {
        Object.assign(state, await put(`${at}/ranges`, body, body.kind === "add" ? state.exclusions_version : seen));
      } catch (error) {
        showError(error);
      }
      showRanges();
    });
  }

  function showRanges() {
    /** @param {any} range @param {number} i @param {boolean} isFound */
    const row = (range, i, isFound) => h("div", { class: `row pin ${isFound ? "found" : ""}` },
      h("button", { type: "button", class: "link", text: `${range.first_frame} – ${range.last_frame}`, on: { click: () => show(range.first_frame, true) } }),
      h("span", { class: "hint", text: [isFound ? "found" : range.reason, range.score === null ? "" : `${Math.round(range.score * 100)} % alike`].filter(Boolean).join(", ") }), h("span", { class: "grow" }),
      isFound ? [button("Accept", () => changeRanges({ kind: "accept", number: i }), { icon: "check", kind: "quiet", iconOnly: true }), button("Reject", () => changeRanges({ kind: "reject", number: i }), { icon: "close", kind: "quiet", iconOnly: true })]
        : button("Remove this range", () => changeRanges({ kind: "remove", number: i }), { icon: "close", kind: "quiet", iconOnly: true }));
    fill(rangeBox, state.exclusions.map((/** @type {any} */ range, /** @type {number} */ i) => row(range, i, false)), state.found.map((/** @type {any} */ range, /** @type {number} */ i) => row(range, i, true)));
    timeline.draw();
  }

  function endRange() {
    if (state.mark === null) return toast("Mark the start of the range with I first.");
    const first = state.mark;
    state.mark = null;
    changeRanges({ kind: "add", first, last: state.frame });
  }

  /** @param {string} what */
  async function job(what) {
    try {
      jobs.changed(await post(`${at}/${what}`));
    } catch (error) {
      showError(error);
    }
  }

  /** @param {1 | -1} way */
  function toCut(way) {
    const cuts = way > 0 ? state.cuts.filter((/** @type {number} */ cut) => cut > state.frame) : state.cuts.filter((/** @type {number} */ cut) => cut < state.frame).reverse();
    if (cuts.length) show(cuts[0], true);
    else toast(state.cuts.length ? "There is no further cut." : "No cuts are known yet; find them first.");
  }

  /** @param {"undo" | "redo"} way */
  async function move(way) {
    const done = await undo[way]().catch(showError);
    if (done) toast(`${way === "undo" ? "Undone" : "Done again"}: ${done.label.toLowerCase()}.`);
  }

  function showBar() {
    const [back, forth] = [button("Undo", () => move("undo"), { icon: "undo", kind: "quiet", iconOnly: true }), button("Redo", () => move("redo"), { icon: "redo", kind: "quiet", iconOnly: true })];
    back.disabled = !undo.done.length;
    forth.disabled = !undo.undone.length;
    fill(bar, back, forth, h("a", { class: "button", href: address("tags"), text: "Other videos" }));
  }

  let digits = "";
  let jump = 0;
  const doJump = () => { clearTimeout(jump); if (digits) show(Number(digits), true); digits = ""; };
  keys.bind("0, 1, 2, 3, 4, 5, 6, 7, 8, 9", "type the number of a frame to go there", (event) => {
    digits += event.key;
    filmLabel.textContent = `Go to ${digits}`;
    clearTimeout(jump);
    jump = setTimeout(doJump, JUMP_MS);
  });
  keys.bind("Enter", "", doJump);
  keys.bind("ArrowRight", "next frame", () => show(state.frame + 1, true)).bind("ArrowLeft", "previous frame", () => show(state.frame - 1, true));
  keys.bind("Shift+ArrowRight", "a step on", () => show(state.frame + step, true)).bind("Shift+ArrowLeft", "a step back", () => show(state.frame - step, true));
  keys.bind("]", "next cut", () => toCut(1)).bind("[", "previous cut", () => toCut(-1));
  keys.bind("t", "this page ends at this frame", tag).bind("Delete, Backspace", "remove the tag of the page", () => edit({ kind: "untag", page: state.page }, "Remove a tag"));
  keys.bind("ArrowDown, PageDown", "next page", () => turn(1)).bind("ArrowUp, PageUp", "previous page", () => turn(-1));
  keys.bind("i", "start of a range that is left out", () => { state.mark = state.frame; timeline.draw(); }).bind("o", "end of the range", endRange);
  keys.bind("Home", "first frame", () => show(0, true)).bind("End", "last frame", () => show(state.frames - 1, true));
  keys.bind("+, =", "timeline: zoom in", () => timeline.window(state.frame - (timeline.to - timeline.from) / 4, (timeline.to - timeline.from) / 2)).bind("-", "timeline: zoom out", () => timeline.window(timeline.from - (timeline.to - timeline.from) / 2, (timeline.to - timeline.from) * 2));
  keys.bind("Mod+z", "undo", () => move("undo")).bind("Mod+Shift+z, Mod+y", "redo", () => move("redo"));
  showBar();
  showRanges();
  show(state.frame, true);
  await showPage();
  const end = jobList(jobBox, ({ command: text }) => /^inkloop data-prep (cuts|find|tags) /.test(text) && text.includes(info.name));
  const ended = async () => {
    const now = await get(at, { pages: chosen }).catch(showError);
    if (now) Object.assign(state, { cuts: now.cuts, found: now.found, exclusions: now.exclusions, exclusions_version: now.exclusions_version });
    showRanges();
  };
  jobs.addEventListener("ended", ended);
  return { close() { clearTimeout(jump); end(); jobs.removeEventListener("ended", ended); filmView.close(); pageView.close(); timeline.close(); } };
}
