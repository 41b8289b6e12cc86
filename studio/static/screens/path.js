/** Path: kept images as keyframes on a timeline, styles and files; a loop preview; the video as a job. */

import { get, post } from "../core/api.js";
import { chooseRun } from "../core/chooser.js";
import { fill, h } from "../core/dom.js";
import { jobList, jobs } from "../core/jobs.js";
import { latest } from "../core/latest.js";
import { button, choice, commandBar, emptyState, group, layout, numberField, showError, slider, toast, toggle } from "../core/parts.js";
import { address, note } from "../core/router.js";
import { UndoStack } from "../core/undo.js";
import { pageGroup } from "./explore_panel.js";
import { FlightView } from "./path_flight.js";
import { Player } from "./path_player.js";
import { Timeline } from "./path_timeline.js";

/**
 * @typedef {{id: string, hold: number, move: number}} Key seconds on the image, and to the next one
 * @typedef {{mode: "keyframes" | "style" | "flight" | "file", keys: Key[], interpolation: string, easing: string, open: boolean,
 *   style: string, fields: Record<string, any>, seed: number, truncation: number, constant: boolean, file: string, flight: Record<string, any>, layout: Record<string, any>}} PathState
 * @typedef {{id: string, count: number, frames: number, fps: number, seconds: number, closed: boolean, speed: number[],
 *   command: string}} Preview
 * @typedef {{name: string, value: any, kind: string, choices: string[]}} Field
 */

const FRAMES_PER_SEC = 10; // of the preview
const MOST_FRAMES = 240;
const NEW_MOVE_SEC = 2;
const tab = String(Math.random()).slice(2);

/** @param {import("../app.js").Context} context */
export async function open({ root, params, keys }) {
  const { stage, side, heading, bar } = layout(root, { title: "Path" });
  const runs = (await get("/api/training")).runs;
  let id = params.folder;
  if (!runs.some((/** @type {any} */ run) => run.id === id)) {
    if (!id || !runs.length) return chooseRun(stage, runs, "path");
    params.state ??= JSON.stringify({ mode: "file", file: id }); // a path or timeline: shown by the first run
    id = runs[0].id;
  }
  const found = await get(`/api/path/${id}`);
  if (!root.isConnected) return undefined; // left meanwhile
  /** @type {HTMLElement} */ (heading.lastChild).textContent = found.name;
  stage.classList.add("path");
  const undo = new UndoStack();
  /** @type {PathState} */
  const state = {
    mode: found.kept.length > 1 ? "keyframes" : "style",
    keys: found.kept.slice(0, 12).map((/** @type {any} */ entry) => ({ id: entry.id, hold: 0, move: NEW_MOVE_SEC })),
    interpolation: "spline", easing: "linear", open: false,
    style: "bezier", fields: {}, seed: 0, truncation: 1, constant: false, file: found.files[0]?.id ?? "", flight: {}, layout: {},
    ...read(params.state),
  };
  let before = JSON.stringify(state);
  let name = `${found.name.replaceAll("/", "-")}-${state.mode}`;

  const command = commandBar();
  const player = new Player({ id, keys, onTime: (sec) => timeline.setTime(sec) });
  const timeline = new Timeline({ id, kept: found.kept, state, keys, onSeek: (sec) => player.seek(sec), onChange: (label, isDone) => changed(label, isDone), time: () => player.time });
  const warning = h("p", { class: "note warn", hidden: true, role: "alert" });
  const fail = (/** @type {any} */ error) => {
    if (error.status === 412) return;
    warning.textContent = error.message;
    warning.hidden = false;
    command.show("");
  };
  const flight = new FlightView({ id, tab, onCommand: (text) => { warning.hidden = true; command.show(text); }, onError: fail });
  const ask = latest((/** @type {any} */ body) => post(`/api/path/${id}/preview`, body), (/** @type {Preview} */ preview) => {
    warning.hidden = true;
    command.show(preview.command);
    player.load(preview);
    timeline.setPreview(preview);
  }, fail);

  function body() {
    const common = { tab, constant_speed: state.constant };
    if (state.mode === "flight") return { style: "flight", fields: state.flight, seed: state.seed };
    if (state.mode === "file") return { ...common, file: state.file };
    if (state.mode === "style") return { ...common, style: state.style, fields: state.fields, seed: state.seed, truncation: state.truncation, layout: state.layout };
    return { ...common, style: "keyframes", keys: state.keys, fields: { interpolation: state.interpolation, easing: state.easing, open: state.open } };
  }

  /** Seconds of the path, as far as the page knows. */
  const seconds = () => (state.mode === "keyframes" ? timeline.seconds : state.fields.seconds ?? 12);

  /**
   * @param {string} label
   * @param {boolean} [isDone] the gesture has ended
   */
  function changed(label, isDone = true) {
    timeline.draw();
    if (!isDone) return;
    const [from, to] = [before, JSON.stringify(state)];
    if (from !== to) {
      before = to;
      note({ state: to });
      const set = (/** @type {string} */ text) => () => { Object.assign(state, JSON.parse(text)); before = text; note({ state: text }); showPanel(); timeline.draw(); load(); };
      undo.push({ label, undo: set(from), redo: set(to) });
    }
    load();
  }

  function load() {
    flight.element.hidden = state.mode !== "flight";
    player.element.hidden = timeline.element.hidden = state.mode === "flight";
    if (state.mode === "flight") { flight.load({ fields: state.flight, seed: state.seed }); return; }
    const isReady = state.mode === "keyframes" ? state.keys.length > 1 : state.mode === "style" || state.file;
    player.element.classList.toggle("idle", !isReady);
    if (isReady) ask({ ...body(), count: Math.max(8, Math.min(MOST_FRAMES, Math.round(seconds() * FRAMES_PER_SEC))) });
    else command.show("");
  }

  /** @param {PathState["mode"]} mode */
  function setMode(mode) {
    state.mode = mode;
    showPanel();
    changed("mode");
  }

  const modes = h("div", { class: "segments", role: "group", "aria-label": "Kind of path" });
  fill(bar, modes, button("Undo", () => undo.undo().catch(showError), { icon: "undo", kind: "quiet", iconOnly: true, title: "Undo (Ctrl+Z)" }),
    button("Redo", () => undo.redo().catch(showError), { icon: "redo", kind: "quiet", iconOnly: true, title: "Redo (Ctrl+Shift+Z)" }));
  keys.bind("Mod+z", "undo", () => undo.undo().catch(showError));
  keys.bind("Mod+Shift+z, Mod+y", "redo", () => undo.redo().catch(showError));
  const panel = h("div");
  const jobBox = h("div", { class: "jobs" });
  fill(side, warning, panel, group("Videos and pages", jobBox));
  fill(stage, player.element, timeline.element, flight.element, command);
  const endJobs = jobList(jobBox, ({ words }) => (["animate", "export"].includes(words[0]) && words.includes(found.name)) || (words[0] === "export" && words[1] === "runtime"));
  const ended = async (/** @type {any} */ event) => {
    const words = /** @type {import("../core/jobs.js").Job} */ (event.detail).words;
    const video = words[words.indexOf("--out") + 1];
    const { videos } = await get(`/api/path/${id}`);
    const entry = videos.find((/** @type {any} */ one) => one.name === video);
    if (entry && words[0] === "animate") toast(`${video} is rendered.`, { seconds: 20, action: ["Play", () => player.showVideo(entry.id)] });
  };
  jobs.addEventListener("ended", ended);

  function showPanel() {
    const names = /** @type {[PathState["mode"], string][]} */ ([["keyframes", "Keyframes"], ["style", "Style"], ...(found.flight ? [["flight", "Flight"]] : []), ["file", "File"]]);
    fill(modes, names.map(([mode, text]) => {
      const one = button(text, () => setMode(mode), { kind: "quiet" });
      one.setAttribute("aria-pressed", String(mode === state.mode));
      return one;
    }));
    timeline.element.classList.toggle("plain", state.mode !== "keyframes");
    const parts = { keyframes: keyframeFields, style: styleFields, flight: flightFields, file: fileFields };
    const out = h("input", { type: "text", value: name, spellcheck: false, on: { input: () => { name = out.value.trim(); } } });
    fill(panel, parts[state.mode](), group("Render",
      state.mode === "flight" ? null : toggle("Constant speed", state.constant, (value) => { state.constant = value; changed("constant speed"); }),
      h("label", { class: "field" }, h("span", { class: "label", text: "Name" }), h("span", { class: "value wide" }, out)),
      h("div", { class: "row" }, button("Render video", render, { kind: "primary", icon: "play" }),
        state.mode === "file" || state.mode === "flight" || Object.keys(state.layout).length ? null : button("Save timeline", save, { title: "Write a timeline file, for inkloop animate timeline" }))),
      state.mode === "flight" ? null : pageGroup(`/api/path/${id}/publish`, body, "A page that plays this path in any browser, drawn there."));
  }

  function keyframeFields() {
    if (!found.kept.length) return group("Keyframes", h("p", { class: "hint", text: "Keyframes are images that you keep in Explore." }), h("a", { class: "button primary", href: address("explore", { folder: id }), text: "Go to Explore" }));
    const set = (/** @type {"interpolation" | "easing"} */ field) => (/** @type {string} */ value) => { state[field] = value; changed(field); };
    return [group("Kept images", timeline.palette, h("p", { class: "hint", text: "Click one to add it at the playhead." })),
      group("Keyframes", choice("Curve", { value: state.interpolation, choices: [["spline", "smooth"], ["linear", "straight lines"], ["spherical", "arcs"]] }, set("interpolation")),
        choice("Easing", { value: state.easing, choices: [["linear", "none"], ["smooth", "slow at both ends"], ["in", "accelerating"], ["out", "decelerating"]] }, set("easing")),
        toggle("Closed loop", !state.open, (value) => { state.open = !value; changed("closed"); }), timeline.fields)];
  }

  function styleFields() {
    const style = found.styles.find((/** @type {any} */ one) => one.name === state.style) ?? found.styles[0];
    const editor = editors(() => state.fields, (fields) => { state.fields = fields; });
    return group("Style", choice("Style", { value: style.name, choices: found.styles.map((/** @type {any} */ one) => [one.name, one.name]) }, (value) => { state.style = value; state.fields = state.fields.seconds ? { seconds: state.fields.seconds } : {}; showPanel(); changed("style"); }),
      h("p", { class: "hint", text: style.about }), numberField("Seed", { value: state.seed, min: 0, max: 2 ** 32 - 1 }, (value) => { state.seed = value; changed("seed"); }),
      style.fields.map(editor), truncation(), h("h3", { text: "Frame" }), layoutFields());
  }

  /** One image, several side by side, or a canvas of a network without a frame. */
  function layoutFields() {
    const { layout } = state;
    const kind = layout.canvas ? "canvas" : layout.mosaic ? "mosaic" : "";
    const set = (/** @type {Record<string, any>} */ changed_) => { state.layout = changed_; showPanel(); changed("frame"); };
    const starts = /** @type {Record<string, any>} */ ({ "": {}, canvas: { canvas: "640x360" }, mosaic: { mosaic: "3x2" } });
    const size = (/** @type {string} */ name, /** @type {string} */ label) => h("label", { class: "field" }, h("span", { class: "label", text: label }), h("span", { class: "value" }, h("input", { type: "text", value: layout[name], pattern: "[0-9]+x[0-9]+", on: { change: (/** @type {any} */ e) => set({ ...layout, [name]: e.target.value.trim() }) } })));
    return [choice("Shows", { value: kind, choices: [["", "one image"], ...(found.flight ? [/** @type {[string, string]} */ (["canvas", "a canvas"])] : []), ["mosaic", "several paths"]] }, (v) => set(starts[v])),
      kind === "canvas" ? [size("canvas", "Canvas, px"), choice("Moves", { value: layout.still ? "still" : layout.global_still ? "global_still" : "", choices: [["", "all of it"], ["global_still", "the cells"], ["still", "the style"]] }, (v) => set({ canvas: layout.canvas, ...(v ? { [v]: true } : {}) })), h("p", { class: "hint", text: "The preview shows a small canvas of this shape." })] : null,
      kind === "mosaic" ? size("mosaic", "Columns x rows") : null];
  }

  function flightFields() {
    const editor = editors(() => state.flight, (fields) => { state.flight = fields; });
    return group("Flight", h("p", { class: "hint", text: "A camera over an endless drawing. Canvas is the size of the video, pan in px per second, turn in degrees." }),
      numberField("Seed", { value: state.seed, min: 0, max: 2 ** 32 - 1 }, (value) => { state.seed = value; changed("seed"); }), found.flight.map(editor));
  }

  /**
   * Editors of the fields of a config.
   * @param {() => Record<string, any>} values
   * @param {(values: Record<string, any>) => void} store
   */
  function editors(values, store) {
    const set = (/** @type {string} */ field, /** @type {any} */ value) => { store({ ...values(), [field]: value }); changed(field); };
    return (/** @type {Field} */ field) => {
      const value = values()[field.name] ?? field.value;
      const label = field.name.replaceAll("_", " ");
      if (field.kind === "choice") return choice(label, { value, choices: field.choices.map((text) => [text, text]) }, (v) => set(field.name, v));
      if (field.kind === "bool") return toggle(label, value, (v) => set(field.name, v));
      if (field.kind === "str") return h("label", { class: "field" }, h("span", { class: "label", text: label }), h("span", { class: "value" }, h("input", { type: "text", value, on: { change: (/** @type {any} */ e) => set(field.name, e.target.value) } })));
      return numberField(label, { value: value ?? "", step: field.kind === "int" ? 1 : /** @type {any} */ ("any"), placeholder: field.value === null ? "auto" : "" }, (v) => set(field.name, Number.isNaN(v) ? null : v));
    };
  }

  function truncation() {
    const field = slider("Truncation", { value: state.truncation, min: 0, max: 1.5, step: 0.05, show: (v) => v.toFixed(2) }, (value) => { state.truncation = value; });
    field.input.addEventListener("change", () => changed("truncation"));
    return field;
  }

  function fileFields() {
    if (!found.files.length) return group("File", h("p", { class: "hint", text: "No path or timeline file is in this folder yet." }));
    return group("File", choice("File", { value: state.file, choices: found.files.map((/** @type {any} */ file) => [file.id, file.name]) }, (value) => { state.file = value; changed("file"); }),
      runs.length > 1 ? choice("Network", { value: id, choices: runs.map((/** @type {any} */ run) => [run.id, run.name]) }, (value) => { location.assign(address("path", { folder: value, state: JSON.stringify(state) })); }) : null);
  }

  async function render() {
    try {
      jobs.changed(await post(`/api/path/${id}/render`, { ...body(), name }));
    } catch (error) {
      showError(error);
    }
  }

  async function save() {
    try {
      const saved = await post(`/api/path/${id}/timeline`, { ...body(), name });
      command.show(saved.command);
      found.files = (await get(`/api/path/${id}`)).files;
      toast(`Saved as ${saved.name}.`);
    } catch (error) {
      showError(error);
    }
  }

  showPanel();
  timeline.draw();
  load();
  if (state.mode === "keyframes" && state.keys.length < 2) player.say(emptyState({ icon: "path", title: "A path needs two images", text: "Keep images in Explore, then add them here.", actions: [h("a", { class: "button primary", href: address("explore", { folder: id }), text: "Go to Explore" })] }));
  return { close() { endJobs(); jobs.removeEventListener("ended", ended); player.close(); } };
}

/** @param {string | undefined} text of the address */
function read(text) {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
}
