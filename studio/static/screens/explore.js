/** Explore: seeds, a pad and sliders over directions, mixtures, the nearest training tiles, kept latents. */

import { get, post } from "../core/api.js";
import { chooseRun } from "../core/chooser.js";
import { fill, h } from "../core/dom.js";
import { jobList, jobs } from "../core/jobs.js";
import { button, choice, commandBar, emptyState, group, layout, numberField, quoted, showError, slider, toast } from "../core/parts.js";
import { note } from "../core/router.js";
import { UndoStack } from "../core/undo.js";
import { CanvasView } from "./explore_canvas.js";
import { EditView } from "./explore_edit.js";
import { mixGroup, pageGroup, projectGroup } from "./explore_panel.js";
import { SeedGrid } from "./explore_seeds.js";
import { named, Tray } from "./explore_tray.js";

/**
 * A latent: a seed, a kept one, or one of a file.
 * @typedef {{seed: number} | {kept: string} | {file: string, index: number}} Source
 * @typedef {{source: Source, mixed: Source | null, layers: string, moves: [number, number][]}} Edit
 * @typedef {{height: number, width: number, layers: number, w_dim: number, parts: string[], endless: boolean, classes: string[], nimg: number,
 *   name: string, directions: {id: string, name: string, count: number}[], files: {id: string, name: string, count: number}[],
 *   kept: {name: string, version: string, entries: {id: string, note: string}[]}}} Network
 */

const SLIDERS = 8;
const RANGE = 3; // standard deviations
const tab = String(Math.random()).slice(2);

/** @param {import("../app.js").Context} context */
export async function open({ root, params, keys }) {
  const { stage, side, heading, bar } = layout(root, { title: "Explore" });
  const runs = (await get("/api/training")).runs;
  const id = params.folder;
  if (!runs.some((/** @type {any} */ run) => run.id === id)) return chooseRun(stage, runs, "explore");
  fill(stage, emptyState({ icon: "explore", title: "Loading the network", text: "The first images take a few seconds: programs are compiled once." }));
  /** @type {Network} */
  let network = await get(`/api/explore/${id}`);
  if (!root.isConnected) return undefined; // left meanwhile
  /** @type {HTMLElement} */ (heading.lastChild).textContent = `${network.name} · ${network.nimg.toLocaleString("en")} images seen`;
  stage.classList.add("explore");
  const command = commandBar();
  const undo = new UndoStack();
  const state = {
    mode: params.mode === "edit" || (params.mode === "canvas" && network.endless) ? params.mode : "seeds",
    truncation: Number(params.psi ?? 1),
    label: Number(params.label ?? 0),
    directions: network.directions[0]?.id ?? null,
    edit: /** @type {Edit} */ (readEdit(params.edit)),
  };
  /** What every request holds besides its edits. @param {any} more */
  const request = (more) => ({ tab, truncation: state.truncation, label: state.label, directions: state.directions, ...more });

  const tray = new Tray({ id, kept: network.kept, tab, request, undo, onOpen: (source) => { setEdit({ source, mixed: null, layers: "", moves: [] }, "open"); setMode("edit"); }, onChange: () => { grid.mark(); showCommand(); } });
  const grid = new SeedGrid({ id, network, request, tray, keys, first: Number(params.first ?? 0), onEdit: (seed) => { setEdit({ source: { seed }, mixed: null, layers: "", moves: [] }, `seed ${seed}`); setMode("edit"); }, onChange: (first) => { note({ first }); showCommand(); } });
  const view = new EditView({ id, network, request, edit: () => state.edit, onMove: (moves, isDone) => change({ moves }, "move", isDone) });
  const endless = new CanvasView({ id, name: network.name, params, request, truncation: () => state.truncation, onCommand: (text) => command.show(text) });
  const names = [["seeds", "Seeds"], ["edit", "Edit"], ...(network.endless ? [["canvas", "Canvas"]] : [])];
  const modes = names.map(([mode, text]) => button(text, () => setMode(mode), { kind: "quiet" }));
  fill(bar, h("div", { class: "segments", role: "group", "aria-label": "View" }, modes),
    button("Undo", () => undo.undo().catch(showError), { icon: "undo", kind: "quiet", iconOnly: true, title: "Undo (Ctrl+Z)" }),
    button("Redo", () => undo.redo().catch(showError), { icon: "redo", kind: "quiet", iconOnly: true, title: "Redo (Ctrl+Shift+Z)" }));
  const main = h("div", { class: "explore-main" });
  fill(stage, main, tray.element, command);
  const panel = h("div");
  const jobBox = h("div", { class: "jobs" });
  side.append(panel, group("Jobs", jobBox));
  const endJobs = jobList(jobBox, ({ words }) => (words[0] === "gan" && ["directions", "project", "sample"].includes(words[1]) && words.includes(network.name)) || (words[0] === "export" && (words[1] === "runtime" || words.includes(network.name))));
  const ended = () => get(`/api/explore/${id}`).then((now) => { Object.assign(network, now); state.directions ??= network.directions[0]?.id ?? null; showPanel(); if (state.mode === "edit") view.update(); }).catch(showError);
  jobs.addEventListener("ended", ended);

  keys.bind("Mod+z", "undo", () => undo.undo().catch(showError));
  keys.bind("Mod+Shift+z, Mod+y", "redo", () => undo.redo().catch(showError));
  keys.bind("r", "randomise", () => randomise());
  keys.bind("k", "keep the image", () => keep());
  keys.bind("s", "seeds", () => setMode("seeds"));
  keys.bind("e", "edit", () => setMode("edit"));
  if (network.endless) keys.bind("c", "canvas", () => setMode("canvas"));
  /** Numbers of directions that randomising leaves. @type {Set<number>} */
  const locked = new Set();

  /** @param {string} mode */
  function setMode(mode) {
    state.mode = mode;
    note({ mode: mode === "seeds" ? "" : mode });
    modes.forEach((one, i) => one.setAttribute("aria-pressed", String(names[i][0] === mode)));
    fill(main, mode === "seeds" ? grid.element : mode === "edit" ? view.element : endless.element);
    showPanel();
    refresh();
  }

  function refresh() {
    if (state.mode === "seeds") grid.load();
    else if (state.mode === "edit") view.update();
    else endless.load();
    showCommand();
  }

  /** Edit as it was when the gesture began. */
  let before = JSON.stringify(state.edit);
  /**
   * @param {Partial<Edit>} changes
   * @param {string} label
   * @param {boolean} [isDone] the gesture has ended: a step of undo
   */
  function change(changes, label, isDone = true) {
    Object.assign(state.edit, changes);
    view.update({ isDragging: !isDone });
    showCommand();
    if (isDone) commit(label);
  }

  /** @param {string} label */
  function commit(label) {
    const [from, to] = [before, JSON.stringify(state.edit)];
    if (from === to) return;
    before = to;
    note({ edit: to });
    const set = (/** @type {string} */ text) => () => { state.edit = JSON.parse(text); before = text; note({ edit: text }); showPanel(); view.update(); showCommand(); };
    undo.push({ label, undo: set(from), redo: set(to) });
  }

  /**
   * @param {Edit} edit
   * @param {string} label
   */
  function setEdit(edit, label) {
    state.edit = edit;
    commit(label);
    showPanel();
    view.update();
    showCommand();
  }

  function randomise() {
    if (state.mode === "seeds") return grid.randomise();
    if (state.mode === "canvas") { endless.set({ seed: Math.floor(Math.random() * 100_000) }); return showPanel(); }
    const direction = network.directions.find((one) => one.id === state.directions);
    const moves = state.edit.moves.filter(([k]) => locked.has(k));
    if (direction && locked.size) {
      for (let k = 0; k < Math.min(SLIDERS, direction.count); k++) if (!locked.has(k)) moves.push([k, Math.round((Math.random() * 2 - 1) * 20) / 10]);
      setEdit({ ...state.edit, moves }, "randomise");
    } else setEdit({ ...state.edit, source: { seed: Math.floor(Math.random() * 100_000) } }, "randomise");
  }

  function keep() {
    if (state.mode !== "edit") return toast("Click an image of the grid to keep it.");
    const { source, moves, mixed } = state.edit;
    const changes = [mixed && `mixed with ${named(mixed)}`, moves.filter(([, v]) => v).length && "moved"].filter(Boolean);
    tray.add(state.edit, [named(source), ...changes].join(", "));
  }

  function showCommand() {
    if (state.mode === "canvas") return; // the canvas shows its own
    const { source, mixed, layers, moves } = state.edit;
    const psi = state.truncation === 1 ? "" : ` --truncation ${state.truncation}`;
    const run = quoted(network.name);
    const label = network.classes.length ? ` --label ${state.label}` : "";
    if (state.mode === "seeds") command.show(`inkloop animate explore ${run} --seeds ${ranges(grid.seeds)}${label}${psi} --out seeds.png`);
    else if ("seed" in source && mixed && "seed" in mixed) command.show(`inkloop gan mix ${run} --rows ${source.seed} --cols ${mixed.seed} --layers ${layers}${label}${psi} --out mixed.png`);
    else if ("seed" in source && !mixed && !moves.some(([, v]) => v)) command.show(`inkloop gan sample ${run} --seeds ${source.seed}${label}${psi} --out samples`);
    else command.show(!tray.entries.length ? "" : `inkloop animate keyframes ${run} --keys ${quoted(network.kept.name)} --out video.mp4`);
  }

  function showPanel() {
    const start = () => { const { source } = state.edit; return { truncation: state.truncation, seed: state.mode === "seeds" ? grid.first : state.mode === "canvas" ? endless.canvas.seed : "seed" in source ? source.seed : 0 }; };
    const page = pageGroup(`/api/explore/${id}/publish`, start, "A page that draws new images for ever, from this seed on, in any browser.");
    if (state.mode === "canvas") return fill(panel, endless.panel((value) => { state.truncation = value; note({ psi: value === 1 ? "" : value }); endless.load(); }), page);
    const truncation = slider("Truncation", { value: state.truncation, min: 0, max: 1.5, step: 0.05, show: (v) => v.toFixed(2) }, (value) => {
      state.truncation = value;
      note({ psi: value === 1 ? "" : value });
      if (state.mode === "seeds") grid.load({ isDragging: true });
      else view.update({ isDragging: true });
      showCommand();
    });
    truncation.input.addEventListener("change", refresh);
    fill(panel, group(state.mode === "seeds" ? "Seeds" : "Image",
      state.mode === "seeds" ? numberField("First seed", { value: grid.first, min: 0, max: 2 ** 32 - 100 }, (value) => grid.show(value)) : sourceFields(),
      truncation,
      network.classes.length ? choice("Class", { value: String(state.label), choices: network.classes.map((name, i) => [String(i), name]) }, (value) => { state.label = Number(value); note({ label: value }); refresh(); }) : null,
      h("div", { class: "row" }, button("Randomise", randomise, { icon: "again", title: "Randomise (R): kept seeds and locked sliders stay" }),
        state.mode === "edit" ? button("Keep", keep, { icon: "plus", kind: "primary", title: "Keep (K)" }) : null),
      state.mode === "seeds" ? h("p", { class: "hint", text: "Click an image to keep it. Kept seeds stay when you randomise." }) : null),
    state.mode === "edit" ? [directionGroup(), mixGroup({ network, edit: state.edit, onChange: (mixed, layers) => { change({ mixed, layers }, "mix"); showPanel(); } })] : null,
    projectGroup({ id, network, onOpen: (source) => { setEdit({ source, mixed: null, layers: "", moves: [] }, "open"); setMode("edit"); } }), page);
  }

  function sourceFields() {
    const { source } = state.edit;
    return numberField("Seed", { value: "seed" in source ? source.seed : "", min: 0, max: 2 ** 32 - 1, placeholder: named(source) }, (value) => Number.isNaN(value) || change({ source: { seed: value } }, "seed"));
  }

  function directionGroup() {
    if (!network.directions.length) {
      return group("Directions", h("p", { class: "hint", text: "Directions along which images change most. They are found once for a network." }),
        button("Find directions", async () => { try { jobs.changed(await post(`/api/explore/${id}/directions`)); } catch (error) { showError(error); } }, { icon: "explore", kind: "primary" }));
    }
    const found = network.directions.find((one) => one.id === state.directions) ?? network.directions[0];
    const value = (/** @type {number} */ k) => state.edit.moves.find(([number]) => number === k)?.[1] ?? 0;
    const set = (/** @type {number} */ k, /** @type {number} */ v, /** @type {boolean} */ isDone) => change({ moves: [...state.edit.moves.filter(([number]) => number !== k), /** @type {[number, number]} */ ([k, v])] }, `direction ${k}`, isDone);
    const rows = Array.from({ length: Math.min(SLIDERS, found.count) }, (_, k) => {
      const field = slider(`Direction ${k}`, { value: value(k), min: -RANGE, max: RANGE, step: 0.1, show: (v) => (v > 0 ? "+" : "") + v.toFixed(1) }, (v) => set(k, v, false));
      field.input.addEventListener("change", () => commit(`direction ${k}`));
      field.input.addEventListener("change", () => view.update());
      const lock = button(`Lock direction ${k}`, () => { if (!locked.delete(k)) locked.add(k); lock.setAttribute("aria-pressed", String(locked.has(k))); }, { icon: "lock", kind: "quiet", iconOnly: true });
      lock.setAttribute("aria-pressed", String(locked.has(k)));
      return h("div", { class: "locked-row" }, field, lock);
    });
    return group("Directions", network.directions.length > 1 ? choice("File", { value: found.id, choices: network.directions.map((one) => [one.id, one.name]) }, (v) => { state.directions = v; showPanel(); view.update(); }) : null,
      rows, button("All to 0", () => { change({ moves: [] }, "reset"); showPanel(); }, { kind: "quiet" }));
  }

  setMode(state.mode);
  tray.draw();
  return { close() { endJobs(); jobs.removeEventListener("ended", ended); view.close(); endless.close(); } };
}

/**
 * @param {string | undefined} text of the address
 * @returns {Edit}
 */
function readEdit(text) {
  try {
    const value = JSON.parse(text ?? "");
    if (value.source) return { mixed: null, layers: "", moves: [], ...value };
  } catch {
    // none, or not of this page
  }
  return { source: { seed: 0 }, mixed: null, layers: "", moves: [] };
}

/** "0-3,7" @param {number[]} seeds */
function ranges(seeds) {
  const parts = [];
  for (let i = 0; i < seeds.length; ) {
    let j = i;
    while (seeds[j + 1] === seeds[j] + 1) j++;
    parts.push(j > i ? `${seeds[i]}-${seeds[j]}` : `${seeds[i]}`);
    i = j + 1;
  }
  return parts.join(",");
}
