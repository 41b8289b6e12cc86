/** Forms of trainings: a new run, and what may change when a run is resumed. */

import { post } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { isActive, jobs } from "../core/jobs.js";
import { latest } from "../core/latest.js";
import { button, choice, group, showError } from "../core/parts.js";

/** @typedef {import("./training.js").Field} Field */

/** Shown at once; the other fields fold out. */
const MAIN = ["total_nimg", "batch_size", "seed", "learning_rate", "r1_gamma", "snapshot_nimg", "on_collapse"];

/**
 * @param {Field} field
 * @param {(value: string) => void} onChange
 */
function editor({ name, value, choices }, onChange) {
  const words = name.replaceAll("_nimg", " (images)").replaceAll("_", " ");
  const label = words.charAt(0).toUpperCase() + words.slice(1);
  if (choices.length) return choice(label, { value, choices: choices.map((text) => [text, text]) }, onChange);
  const input = h("input", { type: "text", value, name, spellcheck: false, on: { input: () => onChange(input.value.trim()) } });
  return h("label", { class: "field" }, h("span", { class: "label", text: label }), h("span", { class: "value" }, input));
}

/**
 * @param {Field[]} fields
 * @param {(name: string, value: string) => void} onChange
 */
function editors(fields, onChange) {
  const make = (/** @type {Field} */ field) => editor(field, (value) => onChange(field.name, value));
  const rest = fields.filter((field) => !MAIN.includes(field.name));
  return [...MAIN.map((name) => fields.find((field) => field.name === name)).filter((f) => f !== undefined).map(make),
    rest.length ? h("details", {}, h("summary", { text: "More settings" }), h("div", { class: "fields" }, rest.map(make))) : null];
}

/**
 * Show the command of a form as it changes; the sentence of what is wrong instead, if anything is.
 * @param {ReturnType<typeof import("../core/parts.js").commandBar>} command
 * @param {HTMLElement} fault
 * @param {HTMLButtonElement} start
 */
function follow(command, fault, start) {
  return latest((body) => post("/api/training/command", body), (result) => {
    command.show(result.command);
    fault.hidden = true;
    start.disabled = !result.command;
  }, (error) => {
    fault.textContent = error.message;
    fault.hidden = false;
    start.disabled = true;
  });
}

/**
 * @param {HTMLElement} box
 * @param {{datasets: any[], presets: {name: string, about: string, fields: Field[]}[], name: string, chosen: string | undefined,
 *   command: ReturnType<typeof import("../core/parts.js").commandBar>, onStart: (name: string) => void}} options
 */
export function newTraining(box, { datasets, presets, name: free, chosen, command, onStart }) {
  const data = datasets.find((entry) => entry.id === chosen) ?? datasets[0];
  const body = { preset: presets.some(({ name }) => name === "small") ? "small" : presets[0].name, data: data.id, name: free, fields: /** @type {Record<string, string>} */ ({}) };
  const about = h("p", { class: "hint" });
  const fields = h("div", { class: "fields" });
  const fault = h("p", { class: "note bad", hidden: true, role: "alert" });
  const start = button("Start training", async () => {
    try {
      jobs.changed(await post("/api/training/start", body));
      onStart(body.name);
    } catch (error) {
      showError(error);
    }
  }, { kind: "primary", icon: "play" });
  const show = follow(command, fault, start);
  const showPreset = () => {
    const preset = presets.find(({ name }) => name === body.preset);
    body.fields = {};
    about.textContent = preset?.about ?? "";
    fill(fields, editors(preset?.fields ?? [], (name, value) => { body.fields[name] = value; show(body); }));
    show(body);
  };
  fill(box, group("New training",
    choice("Dataset", { value: body.data, choices: datasets.map((entry) => [entry.id, entry.name]) }, (value) => { body.data = value; show(body); }),
    choice("Preset", { value: body.preset, choices: presets.map(({ name }) => [name, name]) }, (value) => { body.preset = value; showPreset(); }), about,
    editor({ name: "name", value: body.name, choices: [] }, (value) => { body.name = value; show(body); }), fields, fault, start));
  showPreset();
}

/**
 * @param {HTMLElement} box
 * @param {{id: string, command: ReturnType<typeof import("../core/parts.js").commandBar>,
 *   current: () => import("./training.js").Run}} options
 */
export function settings(box, { id, command, current }) {
  /** @type {Record<string, string>} */
  const fields = {};
  const fault = h("p", { class: "note bad", hidden: true, role: "alert" });
  const resume = button("Resume training", async () => {
    try {
      jobs.changed(await post("/api/training/start", { run: id, fields }));
    } catch (error) {
      showError(error);
    }
  }, { kind: "primary", icon: "play" });
  const show = follow(command, fault, resume);
  let shown = "";
  return {
    /** Follow the run: fields that its config has now. */
    update() {
      const run = current();
      command.show(run.command);
      if (!run.command) return fill(box);
      const job = jobs.list.find((one) => one.id === run.job);
      const isRunning = Boolean(job && isActive(job));
      const now = JSON.stringify([run.fields, isRunning]);
      if (now === shown) return;
      shown = now;
      if (isRunning) return fill(box);
      for (const name of Object.keys(fields)) delete fields[name];
      fill(box, group("Continue", h("p", { class: "hint", text: "These settings may change when a run is resumed. It continues from its newest checkpoint." }),
        editors(run.fields, (name, value) => { fields[name] = value; show({ run: id, fields }); }), fault, resume));
    },
  };
}
