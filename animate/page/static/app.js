/**
 * The page: reads page.json, plays the animation and connects the controls. `?seed=7&style=bezier&panel=0` and the
 * other names of START set what it starts with, for pages that embed it.
 */

import { hex, PLAIN, rgb } from "./colors.js";
import { bindKeys, choice, field, h, helpDialog, slider } from "./controls.js";
import { Player } from "./player.js";
import { fillingCells, Latents } from "./latents.js";
import { STYLES } from "./paths.js";
import { Recording, savePng } from "./recording.js";

const IDLE_MS = 2500;
const MOST_SEED = 2 ** 31 - 1;
const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 8];

const page = await (await fetch("page.json")).json();
const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById("player"));
const panel = /** @type {HTMLElement} */ (document.getElementById("panel"));
const message = /** @type {HTMLElement} */ (document.getElementById("message"));
const wanted = new URLSearchParams(location.search);
/** @type {import("./latents.js").Network} */
const network = page.network;
const file = page.path === null ? null : { path: page.path, rows: await readRows(page.path) };

/** @type {import("./latents.js").Settings & {ink: string, paper: string}} */
export const settings = { label: 0, isFilled: true, across: 0, ...page.start };
const styles = file ? { file: "The exported path", ...STYLES } : STYLES;
if (Object.hasOwn(styles, wanted.get("style") ?? "")) settings.style = wanted.get("style") ?? "";
settings.seed = whole(wanted.get("seed"), 0, MOST_SEED, settings.seed);
settings.across = Math.min(network.cells.rows, network.cells.columns);
if (wanted.get("canvas") === "one") settings.isFilled = false;
for (const name of /** @type {const} */ (["ink", "paper"])) {
  if (/^[0-9a-f]{6}$/i.test(wanted.get(name) ?? "")) settings[name] = `#${wanted.get(name)}`;
}

export const player = new Player(canvas, network, {
  workers: whole(wanted.get("workers"), 1, 8, Math.max(1, Math.min(3, navigator.hardwareConcurrency - 1))),
  onShown,
  onError: (text) => {
    message.textContent = `The animation stopped: ${text}.`;
    message.className = "is-bad";
  },
});
/** @type {Recording | null} */
let recording = null;

/** @param {any} path */
async function readRows(path) {
  const stored = new DataView(await (await fetch(path.file)).arrayBuffer());
  const rows = new Float32Array(stored.byteLength / 2);
  for (let i = 0; i < rows.length; i++) rows[i] = stored.getInt16(2 * i, true) * path.scale;
  return rows;
}

/**
 * @param {string | null} text
 * @param {number} low
 * @param {number} high
 * @param {number} otherwise
 */
function whole(text, low, high, otherwise) {
  const value = Number(text ?? NaN);
  return text !== null && text !== "" && Number.isInteger(value) && value >= low && value <= high ? value : otherwise;
}

/** Show what the settings describe. */
export function update() {
  const isField = network.family === "field" && settings.style !== "file";
  const isFilled = isField && settings.isFilled;
  const cells = isFilled ? fillingCells(network, settings.across, innerWidth / innerHeight) : null;
  canvas.classList.toggle("fills", isFilled);
  const isFile = settings.style === "file" && file !== null;
  player.seconds = isFile ? file.path.seconds * (file.path.isClosed ? 1 : 2) : page.seconds;
  player.use(new Latents(network, settings, page.options, file, cells));
  const { ink, paper } = settings;
  const isPlain = ink === hex(PLAIN.ink) && paper === hex(PLAIN.paper);
  player.paint(isPlain ? null : { ink: rgb(ink), paper: rgb(paper) });
  document.body.style.background = paper;
  truncation.set(settings.truncation);
  seed.value = String(settings.seed);
  filled.checked = settings.isFilled;
  across.element.closest("label").hidden = filled.closest("label").hidden = !isField;
}

function onShown() {
  if (message.textContent) message.textContent = "";
  recording?.add();
  document.documentElement.dataset.shown = String(player.shown);
}

/** @param {boolean} isPlaying */
export function play(isPlaying) {
  player.isPlaying = isPlaying;
  buttons.play.textContent = isPlaying ? "Pause" : "Play";
}

/** @param {number} by steps of SPEEDS */
function faster(by) {
  const at = SPEEDS.reduce((best, s, i) => (Math.abs(s - player.speed) < Math.abs(SPEEDS[best] - player.speed) ? i : best), 0);
  player.speed = SPEEDS[Math.min(Math.max(at + by, 0), SPEEDS.length - 1)];
  speed.set(SPEEDS.indexOf(player.speed));
}

/** @param {number} to */
function reseed(to) {
  settings.seed = ((to % (MOST_SEED + 1)) + MOST_SEED + 1) % (MOST_SEED + 1);
  update();
}

function name() {
  return `${page.name}-seed${settings.seed}`;
}

async function record() {
  if (recording) {
    const ended = recording;
    recording = null;
    buttons.record.textContent = "Record";
    await ended.save(`${name()}.webm`);
  } else if (Recording.isPossible) {
    recording = new Recording(canvas);
    buttons.record.textContent = "Stop and save";
  }
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

/** @type {import("./controls.js").Command[]} */
const commands = [
  { keys: [" ", "k"], help: "Play or pause", run: () => play(!player.isPlaying) },
  { keys: ["ArrowLeft"], help: "Back by a second", run: () => player.seek(player.position - 1 / player.seconds) },
  { keys: ["ArrowRight"], help: "Forward by a second", run: () => player.seek(player.position + 1 / player.seconds) },
  { keys: ["ArrowUp", "+"], help: "Faster", run: () => faster(1) },
  { keys: ["ArrowDown", "-"], help: "Slower", run: () => faster(-1) },
  { keys: ["0"], help: "To the start", run: () => player.seek(0) },
  { keys: ["n"], help: "Next seed", run: () => reseed(settings.seed + 1) },
  { keys: ["b"], help: "Seed before", run: () => reseed(settings.seed - 1) },
  { keys: ["r"], help: "Random seed", run: () => reseed(Math.floor(Math.random() * 100_000)) },
  { keys: ["s"], help: "Save the image as PNG", run: () => void savePng(canvas, `${name()}.png`) },
  { keys: ["v"], help: "Record WebM; again: stop and save", run: () => void record() },
  { keys: ["f"], help: "Full screen", run: fullScreen },
  { keys: ["m"], help: "Settings", run: () => showFields(fields.hidden) },
  { keys: ["h", "?"], help: "These keys", run: () => help.showModal() },
];
const help = helpDialog(commands);
document.body.append(help);

/**
 * @param {string} key
 * @param {string} text
 */
function button(key, text) {
  const command = commands.find(({ keys }) => keys.includes(key));
  return h("button", { type: "button", textContent: text, title: command?.help, onclick: command?.run });
}

const buttons = {
  play: button("k", "Play"),
  record: button("v", "Record"),
  settings: button("m", "Settings"),
};
const rate = h("span", { className: "rate" });
const seed = h("input", { type: "number", min: 0, max: MOST_SEED, value: settings.seed });
seed.onchange = () => reseed(whole(seed.value, 0, MOST_SEED, settings.seed));
const speed = slider(
  { min: 0, max: SPEEDS.length - 1, step: 1, value: SPEEDS.indexOf(1), text: (i) => `${SPEEDS[i]}×` },
  (i) => (player.speed = SPEEDS[i]),
);
const truncation = slider(
  { min: 0, max: 1.5, step: 0.05, value: settings.truncation, text: (value) => value.toFixed(2) },
  (value) => {
    settings.truncation = value;
    update();
  },
);
const across = slider(
  { min: settings.across, max: 4 * settings.across, step: 1, value: settings.across, text: String },
  (value) => {
    settings.across = value;
    update();
  },
);
const filled = h("input", { type: "checkbox", checked: settings.isFilled });
filled.onchange = () => {
  settings.isFilled = filled.checked;
  update();
};

/** @param {"ink" | "paper"} key */
function color(key) {
  const input = h("input", { type: "color", value: settings[key], aria: { label: key } });
  input.oninput = () => {
    settings[key] = input.value;
    update();
  };
  return input;
}

/** @param {string} style */
function restyle(style) {
  settings.style = style;
  truncation.input.disabled = style === "file" && file?.path.space === "w";
  update();
}

const fields = h(
  "div",
  { className: "fields", hidden: true },
  field("Path", choice(styles, settings.style, restyle), "How the animation moves through the drawings"),
  field("Seed", seed, "The drawing at the start of Through drawings is that of gan sample"),
  field("Speed", speed.element),
  field("Truncation", truncation.element, "1: off; 0: the mean image"),
  field("Ink", h("span", { className: "pair" }, color("ink"), "Paper", color("paper"))),
  field("Fill the window", filled, "Otherwise one drawing, as the network was trained"),
  field("Cells", across.element, "Size of the drawing: cells along the shorter side; more are slower"),
);
if (network.classes.length) {
  const names = Object.fromEntries(network.classes.map((text, i) => [String(i), text]));
  const pick = choice(names, String(settings.label), (value) => {
    settings.label = Number(value);
    update();
  });
  fields.append(field("Class", pick));
}

/** @param {boolean} isShown */
function showFields(isShown) {
  fields.hidden = !isShown;
  buttons.settings.setAttribute("aria-pressed", String(isShown));
  wake();
}

buttons.record.hidden = !Recording.isPossible;
panel.append(
  h(
    "div",
    { className: "bar" },
    buttons.play,
    button("n", "Next seed"),
    buttons.settings,
    button("s", "Save PNG"),
    buttons.record,
    button("f", "Full screen"),
    button("h", "Keys"),
    rate,
  ),
  fields,
);
if (wanted.get("panel") === "0") panel.remove();

let idle = 0;
/** Show the panel until nothing has moved for a while. */
function wake() {
  clearTimeout(idle);
  panel.classList.remove("is-hidden");
  document.body.classList.remove("is-idle");
  idle = setTimeout(() => {
    if (!fields.hidden || panel.contains(document.activeElement) || help.open) return;
    panel.classList.add("is-hidden");
    document.body.classList.add("is-idle");
  }, IDLE_MS);
}

for (const kind of ["pointermove", "pointerdown", "keydown", "focusin"]) addEventListener(kind, wake);
canvas.onclick = () => {
  /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
  play(!player.isPlaying);
};
addEventListener("resize", () => update());
setInterval(() => (rate.textContent = `${player.rate.toFixed(0)} images/s`), 500);
bindKeys(commands);
wake();
restyle(settings.style);
play(!matchMedia("(prefers-reduced-motion: reduce)").matches && wanted.get("play") !== "0");
