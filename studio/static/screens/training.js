/** Training: snapshots on one slider, curves, alarms; a run is started, stopped and resumed as a job. */

import { get } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { isActive, jobList, jobs } from "../core/jobs.js";
import { commandBar, choice, emptyState, facts, group, layout, showError } from "../core/parts.js";
import { address, go, note } from "../core/router.js";
import { chart } from "./training_charts.js";
import { newTraining, settings } from "./training_forms.js";
import { SnapshotView } from "./training_snapshots.js";

/**
 * @typedef {{name: string, nimg: number[], values: number[]}} Curve
 * @typedef {{title: string, log_scale: boolean, curves: Curve[]}} Panel
 * @typedef {{nimg: number, values: Record<string, number>, v: number | null}} Shot
 * @typedef {{name: string, value: string, choices: string[]}} Field
 * @typedef {{same?: boolean, version: string, name: string, recipe: string, preset: string, data: any, nimg: number,
 *   total_nimg: number, images_per_sec: number | null, left_sec: number | null, panels: Panel[], snapshots: Shot[],
 *   best_nimg: number | null, best_by: string, alarms: {kind: string, nimg: number, text: string}[],
 *   notes: [number, string][], job: string | null, command: string, fields: Field[]}} Run
 */

const POLL_MS = 1500;
/** Panels that come first. */
const FIRST = ["distance at snapshots", "losses", "precision, recall", "augmentation p, sign of D", "variety, ratio to reals (1 is right)", "images per second"];

/** @param {import("../app.js").Context} context */
export async function open(context) {
  const { runs, datasets, presets, name } = await get("/api/training");
  if (!context.root.isConnected) return undefined; // left meanwhile
  const isRun = runs.some((/** @type {any} */ run) => run.id === context.params.folder);
  return isRun ? openRun(context, runs) : openList(context, { runs, datasets, presets, name });
}

/**
 * Runs to choose from, and a form for a new one.
 * @param {import("../app.js").Context} context
 * @param {{runs: any[], datasets: any[], presets: any[], name: string}} found name: a free one
 */
function openList({ root, params }, { runs, datasets, presets, name }) {
  const { stage, side } = layout(root, { title: "Training" });
  stage.classList.add("scroll");
  const command = commandBar();
  const jobBox = h("div", { class: "jobs" });
  /** Name of the run that was started here. */
  let wanted = "";
  const timer = setInterval(async () => {
    if (!wanted) return;
    const found = (await get("/api/training").catch(() => ({ runs: [] }))).runs.find((/** @type {any} */ run) => run.name === wanted);
    if (found) go("training", { folder: found.id });
  }, POLL_MS);
  if (!datasets.length) {
    fill(side, group("New training", h("p", { class: "hint", text: "Training needs a dataset. On Home, make one of scans, or start with drawn sample pages." })));
  } else {
    newTraining(side, { datasets, presets, name, chosen: params.folder, command, onStart: (name) => { wanted = name; } });
  }
  side.append(group("Jobs", jobBox));
  const end = jobList(jobBox, (job) => isActive(job) || job.state === "failed");
  const cards = runs.map((run) => h("a", { class: "card run-card", href: address("training", { folder: run.id }) },
    h("div", { class: "thumb" }, h("img", { src: `/api/thumbnail/${run.id}?side=320`, alt: "", loading: "lazy", on: { error: (/** @type {any} */ e) => e.target.remove() } })),
    h("div", { class: "about" }, h("strong", { text: run.name }), h("span", { text: run.detail }))));
  fill(stage, runs.length
    ? h("section", { class: "entries" }, h("h2", { text: "Runs" }), h("div", { class: "cards" }, cards))
    : emptyState({ icon: "training", title: "No run yet", text: datasets.length ? "Choose a preset and a dataset on the right, then start: images appear here at every snapshot." : "A run learns from a dataset of tiles.", actions: datasets.length ? [] : [h("a", { class: "button primary", href: "/", text: "Go to Home" })] }), command);
  return { close() { end(); clearInterval(timer); } };
}

/**
 * One run.
 * @param {import("../app.js").Context} context
 * @param {any[]} runs
 */
async function openRun({ root, params, keys }, runs) {
  const id = params.folder;
  const { stage, side, heading, bar } = layout(root, { title: "Training" });
  stage.classList.add("training");
  fill(bar, h("a", { class: "button quiet", href: address("training"), text: "All runs and new training" }));
  const command = commandBar();
  const charts = h("div", { class: "charts" });
  /** @type {Map<string, ReturnType<typeof chart>>} */
  const drawn = new Map();
  const state = h("div", { class: "run-state" });
  const shotBox = h("div");
  const jobBox = h("div", { class: "jobs" });
  const formBox = h("div");
  const notes = h("div");
  /** @type {Run} */
  let run = await get(`/api/training/${id}`);
  if (!root.isConnected) return undefined; // left meanwhile
  /** @type {Run | null} */
  let other = null;
  let timer = 0;
  let isClosed = false;
  let hasFailed = false;

  const view = new SnapshotView({ keys, onChange: (nimg) => {
    note({ nimg });
    for (const one of drawn.values()) one.mark(nimg);
    showShot(nimg);
  } });
  fill(stage, view.element, charts, command);
  const form = settings(formBox, { id, command, current: () => run });
  const jobGroup = group("", jobBox);
  const end = jobList(jobBox, (job) => job.id === run.job);
  const compare = choice("Beside it", { value: params.with ?? "", choices: [["", "nothing"], ["reals", "training images"], ...runs.filter((r) => r.id !== id).map((r) => /** @type {[string, string]} */ ([r.id, r.name]))] }, (value) => {
    note({ with: value });
    params.with = value;
    loadOther().catch(showError);
  });
  fill(side, state, jobGroup, formBox,
    group("Compare", compare, h("p", { class: "hint", text: "Drag the line in the image to swipe between the two." })), shotBox, notes);

  async function loadOther() {
    const value = params.with ?? "";
    other = value && value !== "reals" ? await get(`/api/training/${value}`) : null;
    view.setOther(value === "reals" ? { id, name: "training images", snapshots: [], isReals: true } : other && { ...other, id: value });
    for (const [title, one] of drawn) one.update(panelOf(run, title), panelOf(other, title));
  }

  function show() {
    /** @type {HTMLElement} */ (heading.lastChild).textContent = `${run.name} · ${run.preset || run.recipe}`;
    view.setRun({ ...run, id }, Number(params.nimg ?? NaN));
    const order = (/** @type {Panel} */ panel) => (FIRST.includes(panel.title) ? FIRST.indexOf(panel.title) : FIRST.length);
    const panels = [...run.panels].sort((a, b) => order(a) - order(b));
    for (const panel of panels) {
      const one = drawn.get(panel.title) ?? chart((nimg) => view.show(nimg));
      drawn.set(panel.title, one);
      one.update(panel, panelOf(other, panel.title));
      if (!one.element.isConnected) charts.append(one.element);
    }
    charts.hidden = !panels.length;
    for (const one of drawn.values()) one.mark(view.nimg);
    showState();
    showShot(view.nimg);
    jobGroup.hidden = run.job === null;
    form.update();
    fill(notes, run.notes.length ? group("Messages", h("ol", { class: "messages" }, run.notes.slice(-6).reverse().map(([nimg, text]) => h("li", {}, h("span", { text: counts(nimg) }), text)))) : null);
  }

  function showState() {
    const part = run.total_nimg ? Math.min(1, run.nimg / run.total_nimg) : 0;
    const best = run.best_nimg;
    fill(state, group("Progress",
      h("div", { class: "progress", role: "progressbar", "aria-valuenow": String(Math.round(part * 100)) }, h("div", { style: { width: `${part * 100}%` } })),
      facts([["Images seen", `${counts(run.nimg)} of ${counts(run.total_nimg)}`],
        ["Images per second", run.images_per_sec === null ? "–" : run.images_per_sec.toFixed(1)],
        ["Time left", run.nimg >= run.total_nimg ? "finished" : run.left_sec === null ? "–" : duration(run.left_sec)],
        ["Best snapshot", best === null ? "–" : h("button", { type: "button", class: "link", text: counts(best), title: `the best by ${run.best_by}`, on: { click: () => view.show(best) } })]]),
      run.alarms.map((alarm) => h("p", { class: `note ${["disk", "margin"].includes(alarm.kind) ? "warn" : "bad"}`, role: "alert", text: `${alarm.text} (at ${counts(alarm.nimg)} images).` }))));
  }

  /** @param {number} nimg */
  function showShot(nimg) {
    const shot = run.snapshots.find((s) => s.nimg === nimg);
    const values = Object.entries(shot?.values ?? {});
    fill(shotBox, values.length ? group(`Snapshot ${counts(nimg)}`, facts(values.map(([name, value]) => [name.replaceAll("_", " "), significant(value)]))) : null);
  }

  async function poll() {
    try {
      if (document.hidden) return;
      /** @type {Run} */
      const next = await get(`/api/training/${id}`, { version: run.version });
      hasFailed = false;
      if (isClosed || next.same) return;
      run = next;
      params.nimg = view.isLast ? "NaN" : String(view.nimg);
      show();
      jobs.dispatchEvent(new Event("change")); // a new job of this run
    } catch (error) {
      if (!isClosed && !hasFailed) showError(error); // once, not at every poll
      hasFailed = true;
    } finally {
      if (!isClosed) timer = window.setTimeout(poll, POLL_MS);
    }
  }

  show();
  await loadOther().catch(showError);
  timer = window.setTimeout(poll, POLL_MS);
  return { close() { isClosed = true; clearTimeout(timer); end(); view.close(); } };
}

/**
 * @param {Run | null} run
 * @param {string} title
 */
const panelOf = (run, title) => run?.panels.find((panel) => panel.title === title) ?? null;

/** @param {number} nimg */
const counts = (nimg) => Math.round(nimg).toLocaleString("en");

/** @param {number} value */
const significant = (value) => (value === null ? "–" : Math.abs(value) >= 1000 ? counts(value) : String(Number(value.toPrecision(4))));

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${(seconds / 3600).toFixed(1)} h` : `${Math.round(seconds / 86400)} days`;
}
