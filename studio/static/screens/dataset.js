/** Dataset: look through all records, sort and filter them, exclude some. */

import { get, post, url } from "../core/api.js";
import { chosenEntry } from "../core/chooser.js";
import { fill, h } from "../core/dom.js";
import { VersionedFile } from "../core/file.js";
import { jobList, jobs } from "../core/jobs.js";
import { button, choice, commandBar, counted, facts, group, layout, numberField, showError, slider, toast } from "../core/parts.js";
import { address, note } from "../core/router.js";
import { UndoStack } from "../core/undo.js";
import { ContactSheet } from "./dataset_sheet.js";

const POLL_MS = 400;
/** @type {[string, string][]} */
const SORTS = [["position", "stored order"], ["ink", "ink fraction"], ["sharpness", "sharpness"], ["cluster", "duplicate cluster"], ["page", "page"], ["label", "class"]];
/** @type {[string, string][]} */
const STATES = [["all", "all records"], ["in", "included"], ["out", "excluded"], ["duplicates", "duplicates"], ["blank", "blank"], ["blurred", "blurred"]];

/** @param {import("../app.js").Context} context */
export async function open(context) {
  const { params, keys, root } = context;
  const folder = await chosenEntry(context, "dataset", { title: "No dataset yet", text: "Cut tiles of pages (Grid, Specimens) or squares of photos (Crops); their datasets are listed here." });
  if (!folder) return undefined;
  const at = `/api/dataset/${folder}`;
  let info = await get(at);
  if (!root.isConnected) return undefined; // left meanwhile
  const n = info.count;
  const excluded = new Uint8Array(n);
  const view = { sort: params.sort ?? "position", down: params.down === "1", state: params.state ?? "all", page: params.page ?? "", label: params.label ?? "", low: params.low ?? "", high: params.high ?? "" };
  /** @type {{ink: Float32Array, sharpness: Float32Array, first: Int32Array, page: Int32Array, label: Int32Array, twins: Int32Array} | null} */
  let values = null;
  /** @type {string[]} */
  let pages = [];
  let isClosed = false;

  const { stage, side, bar } = layout(root, { title: "Dataset", subtitle: info.name });
  const canvas = h("canvas", { tabIndex: 0, "aria-label": "Records; click excludes one" });
  const spacer = h("div");
  const scroller = h("div", { class: "sheet-scroll" }, canvas, spacer);
  const command = commandBar();
  command.show(info.command);
  stage.append(scroller, command);
  const undo = new UndoStack({ onChange: showBar });
  const file = new VersionedFile(info.version, { undo, restore: `${at}/restore`, onError: failed, onConflict: failed });
  const sheet = new ContactSheet(scroller, canvas, spacer, { path: `${at}/sheet`, isOut: (i) => excluded[i] > 0, onPick: (i) => toggleRecord(i), onHover: describe });
  sheet.cell = Number(params.cell) || 96;
  const [summary, about, filters, busy, jobBox] = ["", "", "", "note", "jobs"].map((name) => h("div", { class: name }));
  busy.hidden = true;
  fill(side, group("", summary), group("Show", filters, busy), group("Exclude", h("p", { class: "hint", text: "Click a record to exclude or include it. Nothing is deleted." }),
    h("div", { class: "row" }, button("Exclude shown", () => changeShown(true), { title: "Exclude all records that are shown" }), button("Include shown", () => changeShown(false))),
    h("p", { class: "hint", text: "By the command verify, as a job:" }),
    h("div", { class: "row" }, ["duplicates", "blank", "blurred"].map((what) => button(what[0].toUpperCase() + what.slice(1), () => verify(what), { title: `inkloop data-prep verify ${info.name} --exclude-${what}` }))), jobBox),
  group("Record", about));

  function setExcluded() {
    excluded.fill(0);
    for (const i of info.excluded) excluded[i] = 1;
  }

  /** Mean of nothing is shown as a dash. @param {number} value @param {number} digits */
  const shown = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : "–");

  function showSummary() {
    const out = excluded.reduce((sum, v) => sum + v, 0);
    const [height, width, channels] = info.image_shape;
    fill(summary, facts([["Records", n.toLocaleString("en")], ["Size", `${width} × ${height}${channels === 1 ? ", gray" : channels === 3 ? ", RGB" : ""}`], ["Excluded", out.toLocaleString("en")], ["Shown", sheet.order.length.toLocaleString("en")]]));
  }

  async function measure() {
    busy.hidden = false;
    while (!isClosed) {
      const state = await get(`${at}/measures`);
      if (state.ready) {
        ({ pages } = state);
        break;
      }
      busy.textContent = `Measuring ink and sharpness: ${Math.round(state.fraction * 100)} %`;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    if (isClosed) return;
    const data = await (await fetch(url(`${at}/values`))).arrayBuffer();
    const part = (/** @type {number} */ k) => 4 * n * k;
    values = {
      ink: new Float32Array(data, part(0), n), sharpness: new Float32Array(data, part(1), n), first: new Int32Array(data, part(2), n),
      page: new Int32Array(data, part(3), n), label: new Int32Array(data, part(4), n), twins: new Int32Array(n),
    };
    for (const first of values.first) values.twins[first]++;
    busy.hidden = true;
    described = -1;
    showFilters();
    arrange();
  }

  function medianSharpness() {
    const v = values;
    if (!v) return 0;
    const drawn = Array.from(v.sharpness).filter((_, i) => Math.min(v.ink[i], 1 - v.ink[i]) >= info.blank_fraction).sort((a, b) => a - b);
    return drawn[drawn.length >> 1] ?? 0;
  }

  /** Whether a record is shown. @returns {(i: number) => boolean} */
  function filter() {
    const v = values;
    const below = view.state === "blurred" ? medianSharpness() * info.blurred_fraction : 0;
    const [low, high] = [view.low === "" ? -Infinity : Number(view.low), view.high === "" ? Infinity : Number(view.high)];
    const measured = v && view.sort === "sharpness" ? v.sharpness : v?.ink;
    return (i) => {
      if (view.state === "in" && excluded[i]) return false;
      if (view.state === "out" && !excluded[i]) return false;
      if (!v) return true;
      if (view.state === "duplicates" && v.twins[v.first[i]] < 2) return false;
      const isBlank = Math.min(v.ink[i], 1 - v.ink[i]) < info.blank_fraction;
      if (view.state === "blank" && !isBlank) return false;
      if (view.state === "blurred" && (isBlank || v.sharpness[i] >= below)) return false;
      if (view.page !== "" && v.page[i] !== Number(view.page)) return false;
      if (view.label !== "" && v.label[i] !== Number(view.label)) return false;
      return !measured || (measured[i] >= low && measured[i] <= high);
    };
  }

  function arrange() {
    const v = values;
    const order = Int32Array.from({ length: n }, (_, i) => i).filter(filter());
    /** @type {Record<string, ArrayLike<number> | undefined>} */
    const columns = { ink: v?.ink, sharpness: v?.sharpness, cluster: v?.first, page: v?.page, label: v?.label };
    const column = columns[view.sort];
    const sign = view.down ? -1 : 1;
    if (column && view.sort === "cluster" && v) order.sort((a, b) => v.twins[v.first[b]] - v.twins[v.first[a]] || v.first[a] - v.first[b] || a - b);
    else if (column) order.sort((a, b) => sign * (column[a] - column[b]) || a - b);
    else if (view.down) order.reverse();
    sheet.show(order);
    canvas.dataset.shown = String(order.length);
    showSummary();
    if (order.length) describe(order[0]);
  }

  /** @param {Partial<typeof view>} changes */
  function set(changes) {
    Object.assign(view, changes);
    note({ sort: view.sort === "position" ? "" : view.sort, down: view.down ? 1 : "", state: view.state === "all" ? "" : view.state, page: view.page, label: view.label, low: view.low, high: view.high });
    if ("sort" in changes) showFilters();
    arrange();
  }

  function showFilters() {
    /** @param {"low" | "high"} name @param {string} label */
    const limit = (name, label) => numberField(label, { value: view[name], min: 0, max: 8, step: 0.001, placeholder: "any" }, (v) => set({ [name]: Number.isNaN(v) ? "" : String(v) }));
    const labels = info.label_names;
    fill(filters, h("div", { class: "fields" },
      choice("Sort by", { value: view.sort, choices: SORTS.filter(([key]) => key === "position" || (values && (key !== "label" || labels.length))) }, (v) => set({ sort: v, low: "", high: "" })),
      choice("Order", { value: view.down ? "1" : "", choices: [["", "ascending"], ["1", "descending"]] }, (v) => set({ down: v === "1" })),
      choice("Filter", { value: view.state, choices: STATES.filter(([key]) => values || ["all", "in", "out"].includes(key)) }, (v) => set({ state: v })),
      values && pages.length > 1 ? choice("Page", { value: view.page, choices: [["", "all pages"], ...pages.map((name, i) => /** @type {[string, string]} */ ([String(i), name || "none"]))] }, (v) => set({ page: v })) : null,
      values && labels.length ? choice("Class", { value: view.label, choices: [["", "all classes"], ...labels.map((/** @type {string} */ name, /** @type {number} */ i) => /** @type {[string, string]} */ ([String(i), name])), ["-1", "none"]] }, (v) => set({ label: v })) : null,
      values && ["ink", "sharpness"].includes(view.sort) ? [limit("low", `Least ${view.sort}`), limit("high", `Most ${view.sort}`)] : null,
      slider("Size", { value: sheet.cell, min: 32, max: 320, step: 8, unit: " px" }, (v) => { sheet.zoom(v); note({ cell: v === 96 ? "" : v }); })));
  }

  let described = -1;
  /** @param {number} i */
  function describe(i) {
    if (i === described) return;
    described = i;
    const v = values;
    fill(about, facts([["Number", i.toLocaleString("en")], ...(v ? /** @type {[string, any][]} */ ([["Page", pages[v.page[i]] || "–"], ...(info.label_names.length ? [["Class", info.label_names[v.label[i]] ?? "–"]] : []), ["Ink", `${shown(100 * v.ink[i], 2)} %`], ["Sharpness", shown(v.sharpness[i], 2)], ["Copies", String(v.twins[v.first[i]] - 1)]]) : []), ["State", excluded[i] ? "excluded" : "included"]]));
  }

  /**
   * @param {number[]} list
   * @param {boolean} out exclude or include
   * @param {string} label
   */
  function change(list, out, label) {
    const changed = list.filter((i) => Boolean(excluded[i]) !== out);
    if (!changed.length) return;
    /** @param {boolean} to */
    const put = (to) => () => {
      for (const i of changed) excluded[i] = Number(to);
      described = -1;
      sheet.draw();
      showSummary();
      describe(changed[0]);
    };
    put(out)();
    file.save(at, out ? { exclude: changed } : { include: changed }, { label, show: put(out), hide: put(!out) });
  }

  /** @param {number} i */
  const toggleRecord = (i) => change([i], !excluded[i], excluded[i] ? "Include a record" : "Exclude a record");

  /** @param {boolean} out */
  function changeShown(out) {
    const list = Array.from(sheet.order);
    change(list, out, `${out ? "Exclude" : "Include"} ${counted(list.length, "record")}`);
  }

  /** @param {string} what */
  async function verify(what) {
    try {
      jobs.changed(await post(`${at}/verify`, { judged: [what] }));
    } catch (error) {
      showError(error);
    }
  }

  /** @param {Error} error */
  function failed(error) {
    showError(error);
    reload().catch(showError);
  }

  async function reload() {
    info = await file.settled(() => get(at));
    undo.clear();
    file.version = info.version;
    setExcluded();
    described = -1;
    arrange();
  }

  /** @param {"undo" | "redo"} way */
  async function step(way) {
    const done = await undo[way]().catch(() => undefined);
    if (done) toast(`${way === "undo" ? "Undone" : "Done again"}: ${done.label.toLowerCase()}.`);
  }

  function showBar() {
    const [back, forth] = [button("Undo", () => step("undo"), { icon: "undo", kind: "quiet", iconOnly: true }), button("Redo", () => step("redo"), { icon: "redo", kind: "quiet", iconOnly: true })];
    back.disabled = !undo.done.length;
    forth.disabled = !undo.undone.length;
    fill(bar, back, forth, h("a", { class: "button", href: address("dataset"), text: "Other datasets" }));
  }

  const move = (/** @type {number} */ by) => { sheet.move(by); describe(sheet.order[sheet.cursor]); };
  keys.bind("ArrowRight", "next record", () => move(1)).bind("ArrowLeft", "previous record", () => move(-1));
  keys.bind("ArrowDown", "one row down", () => move(sheet.columns)).bind("ArrowUp", "one row up", () => move(-sheet.columns));
  keys.bind("PageDown", "a page down", () => move(sheet.columns * Math.floor(scroller.clientHeight / sheet.pitch))).bind("PageUp", "a page up", () => move(-sheet.columns * Math.floor(scroller.clientHeight / sheet.pitch)));
  keys.bind("Home", "first record", () => move(-n)).bind("End", "last record", () => move(n));
  keys.bind("x, Delete, Enter", "exclude or include the record", () => sheet.order.length && toggleRecord(sheet.order[sheet.cursor]));
  keys.bind("+, =", "larger", () => sheet.zoom(Math.min(320, sheet.cell + 16))).bind("-", "smaller", () => sheet.zoom(Math.max(32, sheet.cell - 16)));
  keys.bind("Mod+z", "undo", () => step("undo")).bind("Mod+Shift+z, Mod+y", "redo", () => step("redo"));
  setExcluded();
  showBar();
  showFilters();
  arrange();
  measure().catch(showError);
  const end = jobList(jobBox, (job) => job.command.startsWith(`inkloop data-prep verify ${info.name}`));
  const ended = () => reload().catch(showError);
  jobs.addEventListener("ended", ended);
  return { close() { isClosed = true; end(); jobs.removeEventListener("ended", ended); sheet.close(); } };
}
