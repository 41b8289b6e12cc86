/** Colour: fill drawings and videos with a palette, and pin the colours of regions. */

import { bitmap, get, post, put } from "../core/api.js";
import { chosenEntry } from "../core/chooser.js";
import { fill, h } from "../core/dom.js";
import { jobList, jobs } from "../core/jobs.js";
import { latest } from "../core/latest.js";
import { button, choice, commandBar, counted, group, layout, numberField, showError, slider, toast, toggle, zoomBar, zoomKeys } from "../core/parts.js";
import { address, note } from "../core/router.js";
import { Strip } from "../core/strip.js";
import { UndoStack } from "../core/undo.js";
import { View } from "../core/view.js";
import { PaletteEditor } from "./colour_palette.js";
import { drawPin, isSame, PIN_PX } from "./colour_pins.js";

/** @typedef {import("./colour_pins.js").Pin} Pin */

const DRAG_PX = 4; // a press that moves further pans

/** @param {import("../app.js").Context} context */
export async function open(context) {
  const { params, keys, root } = context;
  const folder = await chosenEntry(context, "colour", { title: "Nothing to colour yet", text: "Put line drawings into this folder, or render a video of a trained network." });
  if (!folder) return undefined;
  const { entries } = await get("/api/colour");
  const source = await get(`/api/colour/${folder}`);
  if (!root.isConnected) return undefined; // left meanwhile
  const isVideo = source.frames !== undefined;
  const at = `/api/colour/${folder}`;
  const tab = Math.random().toString(36).slice(2);
  const settings = {
    method: params.method === "spec" ? "spec" : "blob", close_gaps_px: Number(params.gaps) || 0, min_region_px: Number(params.small) || 0,
    keep_lines: params.lines === "1", blend: params.blend === "1", seed: Number(params.seed) || 0,
  };
  /** @type {{images: Record<string, Pin[]>, videos: Record<string, Pin[]>}} */
  let pins = source.pins;
  let version = source.version;
  let frame = Math.min(Number(params.frame) || 0, (source.tracked ?? 1) - 1);
  /** @type {ImageBitmap | null} */
  let shown = null;
  let isDrawing = false;
  let isPlaying = false;
  let chosen = -1; // number of the selected pin

  const { stage, side, bar } = layout(root, { title: "Colour", subtitle: source.name });
  stage.classList.add("with-strip");
  const canvas = h("canvas", { tabIndex: 0, "aria-label": "Coloured drawing; click pins the colour of a region" });
  const view = new View(canvas, { draw: paint, onChange: () => zoom.update(), barPx: 0 });
  const zoom = zoomBar(view);
  const busy = h("div", { class: "busy", role: "status", hidden: true });
  const command = commandBar();
  const jobBox = h("div", { class: "jobs" });
  const undo = new UndoStack({ onChange: showBar });
  const palette = new PaletteEditor({
    colors: params.colors ? params.colors.split("-").map((hex) => `#${hex}`) : null,
    images: entries.filter((/** @type {any} */ e) => e.kind !== "video"), onChange: changed,
  });
  await palette.load();
  const strip = isVideo ? null : new Strip(source.images, (item) => { note({ image: item.id }); chosen = -1; showPins(); refresh(); });
  const scrub = isVideo ? slider("Frame", { value: frame, min: 0, max: source.tracked - 1, show: (v) => `${v} of ${source.frames}` }, (v) => goTo(v, true)) : null;
  stage.append(canvas, h("div", { class: "lower" }, strip?.element ?? h("div", { class: "scrubber" }, button("Play", () => play(), { icon: "play", kind: "quiet", iconOnly: true, title: "Play (Space)" }), scrub)), zoom, busy, command);
  const pinBox = h("div", { class: "pins" });
  fill(side, palette.element,
    group("Fill",
      isVideo ? null : choice("Drawings", { value: settings.method, choices: [["blob", "webs of lines"], ["spec", "symmetric"]] }, (v) => set({ method: v })),
      slider("Close gaps in lines", { value: settings.close_gaps_px, min: 0, max: 16, unit: " px" }, (v) => set({ close_gaps_px: v })),
      slider("Smallest region", { value: settings.min_region_px, min: 0, max: 400, step: 5, unit: " px" }, (v) => set({ min_region_px: v })),
      toggle("Keep the lines", settings.keep_lines, (v) => set({ keep_lines: v })),
      toggle("Blend edges", settings.blend, (v) => set({ blend: v })),
      h("div", { class: "row" }, seedField(), button("Shuffle", shuffle, { title: "Other random colours (S)" }))),
    group("Pins", h("p", { class: "hint", text: `Click a region to give it the selected colour${isVideo ? " in every frame" : ""}.` }), pinBox),
    group("", button(isVideo ? "Colour the video" : `Colour ${counted(source.images.length, "drawing")}`, () => start("start"), { kind: "primary", icon: "play" }),
      button("Trace strokes to SVG", () => start("strokes", {}), { title: "Centre lines for plotters and vector programs" }), jobBox));

  function seedField() {
    const field = numberField("Seed", { value: settings.seed, min: 0, max: 2 ** 32 - 1 }, (v) => set({ seed: v }));
    field.input.dataset.name = "seed";
    return field;
  }

  function shuffle() {
    const input = /** @type {HTMLInputElement} */ (side.querySelector("[data-name=seed]"));
    input.value = String(settings.seed + 1);
    set({ seed: settings.seed + 1 });
  }

  /** @param {Partial<typeof settings>} changes */
  function set(changes) {
    Object.assign(settings, changes);
    changed();
  }

  /** What is asked of the server: settings, colours and place. */
  function request() {
    return { ...settings, colors: palette.colors.join(), ...(isVideo ? { frame } : { image: strip?.item?.id }) };
  }

  function changed() {
    note({
      colors: palette.stored?.name === "harbor" ? "" : palette.colors.map((c) => c.slice(1)).join("-"), method: settings.method === "blob" ? "" : settings.method,
      gaps: settings.close_gaps_px || "", small: settings.min_region_px || "", lines: settings.keep_lines ? 1 : "", blend: settings.blend ? 1 : "", seed: settings.seed || "",
    });
    refresh();
  }

  let timer = 0;
  const load = latest(
    (/** @type {any} */ wanted) => bitmap(`${at}/preview`, wanted),
    (image, wanted) => {
      clearTimeout(timer);
      busy.hidden = true;
      shown?.close();
      shown = image;
      view.setPage(image.width, image.height, { keep: true });
      canvas.dataset.shown = JSON.stringify(wanted.frame ?? wanted.image);
      if (isPlaying) goTo((frame + 1) % source.tracked);
    },
    (error) => {
      clearTimeout(timer);
      busy.hidden = true;
      isPlaying = false;
      if (error.status !== 412) showError(error);
    },
  );
  const showCommand = latest((/** @type {any} */ wanted) => get(`${at}/command`, wanted), ({ command: text }) => command.show(text), showError);

  function refresh() {
    if (!isVideo && !strip?.item) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      busy.textContent = isVideo && !shown ? `Following the regions through ${counted(source.tracked, "frame")} …` : "Colouring …";
      busy.hidden = false;
    }, 400);
    load({ ...request(), drawing: isDrawing ? 1 : undefined, tab });
    showCommand(request());
  }

  /** @param {number} number @param {boolean} [fromSlider] */
  function goTo(number, fromSlider = false) {
    frame = Math.min(source.tracked - 1, Math.max(0, number));
    if (scrub && !fromSlider) {
      scrub.input.value = String(frame);
      /** @type {Element} */ (scrub.querySelector("output")).textContent = `${frame} of ${source.frames}`;
      scrub.input.style.setProperty("--part", `${(frame / Math.max(1, source.tracked - 1)) * 100}%`);
    }
    if (!isPlaying) note({ frame: frame || "" });
    showPins();
    load({ ...request(), drawing: isDrawing ? 1 : undefined, tab });
  }

  function play() {
    isPlaying = !isPlaying;
    if (isPlaying) goTo((frame + 1) % source.tracked);
  }

  const openName = () => (isVideo ? source.name.split("/").at(-1) : strip?.item?.name);
  /** @returns {Pin[]} of the open drawing, or the video */
  const own = (name = openName()) => (isVideo ? pins.videos : pins.images)[name] ?? [];

  /** @param {Pin} pin */
  const isHere = (pin) => !isVideo || pin.frame === frame;

  /**
   * Write a change of the pins after the ones before it.
   * @param {string} path
   * @param {() => any} body asked when the ones before are done; null: nothing is left to do
   * @param {string} label
   */
  function edit(path, body, label) {
    const asked = request();
    return undo.queue(() => current(async () => {
      const before = version;
      const change = body();
      if (!change) return;
      take(await put(path, { ...asked, ...change }, before));
      const after = version;
      const restore = (/** @type {string} */ from, /** @type {string} */ to) => current(async () => take(await post(`${at}/restore`, { version: to, if_match: from })));
      undo.push({ label, undo: () => restore(after, before), redo: () => restore(before, after) });
    })).catch(showError);
  }

  /** @param {Pin} pin */
  function unpin(pin) {
    const name = openName();
    return edit(`${at}/unpin`, () => {
      const number = own(name).findIndex((one) => isSame(one, pin));
      return number < 0 ? null : { number };
    }, "Remove a pin");
  }

  /**
   * Write to the pins; if they were changed elsewhere, load them again.
   * @param {() => Promise<void>} write
   */
  async function current(write) {
    try {
      await write();
    } catch (error) {
      if (/** @type {any} */ (error).status === 412) {
        undo.clear();
        take(await get(at));
      }
      throw error;
    }
  }

  /** @param {{version: string, pins: typeof pins}} result */
  function take(result) {
    ({ version, pins } = result);
    showPins();
    refresh();
  }

  function showPins() {
    const listed = own();
    fill(pinBox, listed.length ? listed.map((pin, i) => h("div", { class: "row pin", data: { chosen: String(i === chosen) } },
      h("span", { class: "swatch", style: { background: pin.color } }), h("span", { class: "hint", text: `${isVideo ? `frame ${pin.frame}, ` : ""}${pin.x_px}, ${pin.y_px}` }), h("span", { class: "grow" }),
      isVideo && !isHere(pin) ? button("Go to its frame", () => goTo(pin.frame ?? 0), { icon: "right", kind: "quiet", iconOnly: true }) : null,
      button("Remove this pin", () => unpin(pin), { icon: "close", kind: "quiet", iconOnly: true }))) : h("p", { class: "hint", text: "None yet." }));
    if (!isVideo) source.images.forEach((/** @type {any} */ image, /** @type {number} */ i) => strip?.mark(i, pins.images[image.name]?.length ? "done" : ""));
    view.draw();
  }

  /** @param {CanvasRenderingContext2D} context @param {View} v */
  function paint(context, v) {
    if (!shown) return;
    context.imageSmoothingEnabled = v.deviceScale < 3;
    context.drawImage(shown, 0, 0);
    if (isDrawing) return;
    own().forEach((pin, i) => isHere(pin) && drawPin(context, v.scale, pin, i === chosen));
  }

  let isPan = false;
  view.tool = {
    down: () => { isPan = false; return true; },
    move: (to, event, start) => {
      isPan ||= Math.hypot(to.x - start.x, to.y - start.y) * view.scale > DRAG_PX;
      if (isPan) view.pan((to.x - start.x) * view.scale, (to.y - start.y) * view.scale);
    },
    up: (to) => {
      if (isPan || !shown) return;
      const [x, y] = [Math.floor(to.x), Math.floor(to.y)];
      if (x < 0 || y < 0 || x >= shown.width || y >= shown.height) return;
      const hit = own().findIndex((pin) => isHere(pin) && Math.hypot(pin.x_px + 0.5 - to.x, pin.y_px + 0.5 - to.y) * view.scale <= PIN_PX);
      chosen = hit;
      if (hit >= 0) return showPins();
      const pin = { x_px: x, y_px: y, color: palette.color };
      edit(`${at}/pin`, () => pin, "Pin a colour");
    },
  };

  /** @param {string} what @param {Record<string, any>} [body] */
  async function start(what, body = request()) {
    const job = await post(`${at}/${what}`, body).catch(showError);
    if (!job) return;
    jobs.changed(job);
    command.show(["inkloop", ...job.words].join(" "));
  }

  /** @param {"undo" | "redo"} way */
  async function step(way) {
    const done = await undo[way]().catch(showError);
    if (done) toast(`${way === "undo" ? "Undone" : "Done again"}: ${done.label.toLowerCase()}.`);
  }

  function showBar() {
    const [back, forth] = [button("Undo", () => step("undo"), { icon: "undo", kind: "quiet", iconOnly: true }), button("Redo", () => step("redo"), { icon: "redo", kind: "quiet", iconOnly: true })];
    back.disabled = !undo.done.length;
    forth.disabled = !undo.undone.length;
    const compare = button("Drawing", () => compareTo(!isDrawing), { title: "Show the drawing (D)" });
    compare.setAttribute("aria-pressed", String(isDrawing));
    fill(bar, back, forth, compare, h("a", { class: "button", href: address("colour"), text: "Other drawings" }));
  }

  /** @param {boolean} on */
  function compareTo(on) {
    isDrawing = on;
    showBar();
    refresh();
  }

  strip?.bind(keys, "drawing");
  if (isVideo) {
    keys.bind(" ", "play and pause", play);
    keys.bind("ArrowRight", "next frame", () => goTo(frame + 1)).bind("ArrowLeft", "previous frame", () => goTo(frame - 1));
    keys.bind("Shift+ArrowRight", "ten frames on", () => goTo(frame + 10)).bind("Shift+ArrowLeft", "ten frames back", () => goTo(frame - 10));
  }
  keys.bind("s", "shuffle the colours", shuffle).bind("d", "the drawing, or its colours", () => compareTo(!isDrawing));
  keys.bind(".", "next colour", () => palette.select(palette.selected + 1)).bind(",", "previous colour", () => palette.select(palette.selected - 1));
  keys.bind("Delete, Backspace", "remove the selected pin", () => own()[chosen] && unpin(own()[chosen]));
  keys.bind("Mod+z", "undo", () => step("undo")).bind("Mod+Shift+z, Mod+y", "redo", () => step("redo"));
  zoomKeys(keys, view);
  showBar();
  showPins();
  if (strip) strip.open(Math.max(0, source.images.findIndex((/** @type {any} */ image) => image.id === params.image)));
  else refresh();
  const end = jobList(jobBox, (job) => /^inkloop (fill|vector) /.test(job.command) && job.command.includes(` ${source.name} `));
  return { close() { isPlaying = false; end(); view.close(); clearTimeout(timer); shown?.close(); shown = null; } };
}
