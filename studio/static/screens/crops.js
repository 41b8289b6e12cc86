/** Crops: rectangles of photos and comic pages; every gesture is saved to crops.json. */

import { get, post } from "../core/api.js";
import { chosenEntry } from "../core/chooser.js";
import { fill, h } from "../core/dom.js";
import { VersionedFile } from "../core/file.js";
import { jobList, jobs } from "../core/jobs.js";
import { latest } from "../core/latest.js";
import { button, choice, commandBar, counted, facts, group, layout, numberField, showError, toast, toggle, zoomBar, zoomKeys } from "../core/parts.js";
import { address, note } from "../core/router.js";
import { Strip } from "../core/strip.js";
import { PageTiles } from "../core/tiles.js";
import { UndoStack } from "../core/undo.js";
import { View } from "../core/view.js";
import { between, clipped, handlePoint, HANDLES, middle, moved, resized } from "./crops_boxes.js";

/** @typedef {import("./crops_boxes.js").Box} Box */
/** @typedef {{boxes_px: Box[], exclude: boolean}} Crops */
/** @typedef {{id: string, name: string, width_px: number, height_px: number}} Photo */

const HANDLE_PX = 8; // CSS px within which a handle is grabbed
const LEAST_PX = 4; // CSS px of a drag that makes a box
/** @type {[string, string][]} */
const ASPECTS = [["0", "free"], ["1", "1 : 1"], ["1.3333333333", "4 : 3"], ["0.75", "3 : 4"], ["1.5", "3 : 2"], ["0.6666666667", "2 : 3"], ["1.7777777778", "16 : 9"]];

/** @param {import("../app.js").Context} context */
export async function open(context) {
  const { params, keys, root } = context;
  const folder = await chosenEntry(context, "crops", { title: "No images yet", text: "Put photos or comic pages into a folder here, or drop scans at Home." });
  if (!folder) return undefined;
  const at = `/api/crops/${folder}`;
  const source = await get(at);
  if (!root.isConnected) return undefined; // left meanwhile
  /** @type {Record<string, Crops>} */
  let crops = source.crops;
  let aspect = Number(params.aspect ?? 0) || 0;
  const use = { use: params.use ?? "photos", size: Number(params.size) || 256, pad: params.pad === "1" };
  let selected = -1;
  /** @type {PageTiles | null} */
  let tiles = null;
  /** The boxes while a gesture changes them. @type {Box[] | null} */
  let draft = null;

  const { stage, side, bar } = layout(root, { title: "Crops", subtitle: source.name });
  stage.classList.add("with-strip");
  const canvas = h("canvas", { tabIndex: 0, "aria-label": "Image; drag draws a crop" });
  const view = new View(canvas, { draw: paint, onChange: () => zoom.update(), barPx: 0 });
  const zoom = zoomBar(view);
  const command = commandBar();
  const undo = new UndoStack({ onChange: showBar });
  const file = new VersionedFile(source.version, { undo, restore: `${at}/restore`, onError: failed, onConflict: failed });
  const strip = new Strip(source.images, openImage);
  const boxList = h("div", { class: "pins" });
  const jobBox = h("div", { class: "jobs" });
  stage.append(canvas, h("div", { class: "lower" }, strip.element), zoom, command);
  const exclude = toggle("Leave this image out", false, (v) => change({ exclude: v }, v ? "Leave an image out" : "Use an image"));
  fill(side,
    group("Crops", choice("Aspect", { value: String(ASPECTS.find(([v]) => Math.abs(Number(v) - aspect) < 1e-3)?.[0] ?? "0"), choices: ASPECTS }, (v) => { aspect = Number(v); note({ aspect: aspect || "" }); }),
      h("p", { class: "hint", text: "Drag on the image to draw a crop; several are allowed. Without one, the whole image is used." }), boxList, exclude,
      h("div", { class: "row" }, button("Add", addBox, { icon: "plus", title: "Add a crop in the middle (N)" }), button("Copy forward", copyForward, { title: "Give all following images these crops (C)" }))),
    group("Cut", choice("Command", { value: use.use, choices: [["photos", "squares of photos"], ["comic", "comic pages"], ["pack", "a dataset"]] }, (v) => setUse({ use: v })),
      numberField("Size", { value: use.size, min: 1, max: 8192, unit: "px" }, (v) => setUse({ size: v })),
      toggle("Pad instead of cutting to a square", use.pad, (v) => setUse({ pad: v })),
      button("Cut", start, { kind: "primary", icon: "play" }), jobBox));
  const showCommand = latest(() => get(`${at}/command`, use), ({ command: text }) => command.show(text), showError);

  /** @param {Partial<typeof use>} changes */
  function setUse(changes) {
    Object.assign(use, changes);
    note({ use: use.use === "photos" ? "" : use.use, size: use.size === 256 ? "" : use.size, pad: use.pad ? 1 : "" });
    showCommand(undefined);
  }

  /** @returns {Photo} */
  const photo = () => /** @type {any} */ (strip.item);
  /** @param {string} name @returns {Crops} */
  const of = (name) => crops[name] ?? { boxes_px: [], exclude: false };
  const boxes = () => draft ?? of(photo().name).boxes_px;

  /** @param {import("../core/strip.js").Item} item */
  async function openImage(item) {
    note({ image: item.id });
    selected = -1;
    draft = null;
    show();
    const opened = await PageTiles.open(item.id, () => view.draw()).catch(showError);
    if (!opened || strip.item !== item) return;
    tiles = opened;
    view.setPage(tiles.image.width_px, tiles.image.height_px, { keep: true });
    canvas.dataset.image = item.name;
  }

  /**
   * Change the open image and save.
   * @param {Partial<Crops>} changes
   * @param {string} label
   */
  function change(changes, label) {
    return save({ [photo().name]: { ...of(photo().name), ...changes } }, label);
  }

  /**
   * @param {Record<string, Crops>} next
   * @param {string} label
   */
  function save(next, label) {
    const before = crops;
    const after = { ...crops, ...next };
    /** @param {Record<string, Crops>} state */
    const put = (state) => () => { crops = state; selected = Math.min(selected, boxes().length - 1); show(); };
    put(after)();
    return file.save(at, { crops: next }, { label, show: put(after), hide: put(before) });
  }

  /** Show what is stored. @param {Error} error */
  async function failed(error) {
    showError(error);
    const now = await file.settled(() => get(at)).catch(showError);
    if (!now) return;
    if (now.version !== file.version) undo.clear();
    ({ crops } = now);
    file.version = now.version;
    selected = -1;
    show();
  }

  function addBox() {
    selected = boxes().length;
    change({ boxes_px: [...boxes(), middle(photo(), aspect)] }, "Add a crop");
  }

  /** @param {number} number */
  function removeBox(number) {
    if (number < 0) return;
    selected = -1;
    change({ boxes_px: boxes().filter((_, i) => i !== number) }, "Remove a crop");
  }

  async function copyForward() {
    const own = of(photo().name);
    const following = source.images.slice(strip.place + 1);
    if (!following.length) return toast("This is the last image.");
    const isSaved = await save(Object.fromEntries(following.map((/** @type {Photo} */ image) => [image.name, { ...of(image.name), boxes_px: own.boxes_px.map((box) => clipped(box, image)).filter((box) => box !== null) }])), "Copy crops forward");
    if (isSaved) toast(`Copied to ${counted(following.length, "image")}.`, { action: ["Undo", () => step("undo")] });
  }

  function show() {
    const own = of(photo().name);
    exclude.input.checked = own.exclude;
    fill(boxList, boxes().map(([x0, y0, x1, y1], i) => h("div", { class: "row pin", data: { chosen: String(i === selected) } },
      h("button", { type: "button", class: "link", text: `${x1 - x0} × ${y1 - y0} px`, on: { click: () => { selected = i; show(); } } }), h("span", { class: "hint", text: `at ${x0}, ${y0}` }), h("span", { class: "grow" }),
      button("Remove this crop", () => removeBox(i), { icon: "close", kind: "quiet", iconOnly: true }))));
    source.images.forEach((/** @type {Photo} */ image, /** @type {number} */ i) => strip.mark(i, of(image.name).exclude ? "out" : of(image.name).boxes_px.length ? "done" : ""));
    const listed = /** @type {Crops[]} */ (Object.values(crops));
    const cut = listed.reduce((sum, { boxes_px: list, exclude: out }) => sum + (out ? 0 : list.length), 0);
    fill(summary, facts([["Image", `${strip.place + 1} of ${source.images.length}`], ["Size", `${photo().width_px} × ${photo().height_px} px`], ["Crops in all", String(cut)], ["Left out", String(listed.filter((c) => c.exclude).length)]]));
    view.draw();
  }
  const summary = h("div");
  side.prepend(group("", summary));

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {View} v
   */
  function paint(context, v) {
    if (!tiles || strip.item?.id !== tiles.id) return;
    tiles.draw(context, v);
    const { width_px: w, height_px: height } = tiles.image;
    const list = boxes();
    const isOut = of(photo().name).exclude;
    if (list.length || isOut) {
      context.save();
      for (const [x0, y0, x1, y1] of isOut ? [] : list) { // what lies outside of all boxes
        const outside = new Path2D();
        outside.rect(0, 0, w, height);
        outside.rect(x0, y0, x1 - x0, y1 - y0);
        context.clip(outside, "evenodd");
      }
      context.fillStyle = "rgb(20 20 20 / 58%)";
      context.fillRect(0, 0, w, height);
      context.restore();
    }
    const accent = getComputedStyle(canvas).getPropertyValue("--accent");
    list.forEach((box, i) => {
      const [x0, y0, x1, y1] = box;
      for (const [color, width] of [["rgb(0 0 0 / 50%)", 4], [i === selected ? accent : "#fff", 2]]) {
        context.strokeStyle = String(color);
        context.lineWidth = Number(width) / v.scale;
        context.strokeRect(x0, y0, x1 - x0, y1 - y0);
      }
      if (i !== selected) return;
      const r = 4.5 / v.scale;
      for (const handle of HANDLES) {
        const { x, y } = handlePoint(box, handle);
        context.fillStyle = "#fff";
        context.fillRect(x - r, y - r, 2 * r, 2 * r);
        context.lineWidth = 1.5 / v.scale;
        context.strokeRect(x - r, y - r, 2 * r, 2 * r);
      }
    });
  }

  /** What a gesture does. @type {{kind: "draw" | "move" | "size", handle?: [number, number], number: number, box: Box} | null} */
  let gesture = null;
  view.tool = {
    down: (to) => {
      if (!tiles) return false;
      const near = HANDLE_PX / view.scale;
      const handle = selected >= 0 ? HANDLES.find((one) => { const p = handlePoint(boxes()[selected], one); return Math.abs(p.x - to.x) <= near && Math.abs(p.y - to.y) <= near; }) : undefined;
      const inside = boxes().findLastIndex(([x0, y0, x1, y1]) => to.x >= x0 && to.x < x1 && to.y >= y0 && to.y < y1);
      if (handle) gesture = { kind: "size", handle, number: selected, box: boxes()[selected] };
      else if (inside >= 0) gesture = { kind: "move", number: inside, box: boxes()[inside] };
      else gesture = { kind: "draw", number: boxes().length, box: [0, 0, 1, 1] };
      selected = gesture.kind === "draw" ? -1 : gesture.number;
      show();
      return true;
    },
    move: (to, event, from) => {
      if (!gesture || (!draft && Math.hypot(to.x - from.x, to.y - from.y) * view.scale < LEAST_PX)) return;
      const fixed = event.shiftKey && !aspect ? 1 : aspect;
      const { kind, handle, number, box } = gesture;
      const next = kind === "draw" ? between(from, to, photo(), fixed) : kind === "move" ? moved(box, to.x - from.x, to.y - from.y, photo()) : resized(box, handle ?? [1, 1], to, photo(), fixed);
      draft = [...of(photo().name).boxes_px];
      draft[number] = next;
      selected = number;
      view.draw();
    },
    up: () => {
      const [done, kind] = [draft, gesture?.kind];
      [gesture, draft] = [null, null];
      if (done) change({ boxes_px: done }, kind === "draw" ? "Draw a crop" : kind === "move" ? "Move a crop" : "Resize a crop");
      else show();
    },
    cancel: () => {
      if (gesture?.kind === "draw") selected = -1;
      [gesture, draft] = [null, null];
      show();
    },
  };

  /** @param {number} dx @param {number} dy */
  function nudge(dx, dy) {
    if (selected < 0) return dx && strip.open(strip.place + Math.sign(dx));
    const list = [...boxes()];
    list[selected] = moved(list[selected], dx, dy, photo());
    change({ boxes_px: list }, "Move a crop");
  }

  async function start() {
    try {
      jobs.changed(await post(`${at}/start`, use));
    } catch (error) {
      showError(error);
    }
  }

  /** @param {"undo" | "redo"} way */
  async function step(way) {
    const done = await undo[way]().catch(() => undefined); // reported by the file
    if (done) toast(`${way === "undo" ? "Undone" : "Done again"}: ${done.label.toLowerCase()}.`);
  }

  function showBar() {
    const [back, forth] = [button("Undo", () => step("undo"), { icon: "undo", kind: "quiet", iconOnly: true }), button("Redo", () => step("redo"), { icon: "redo", kind: "quiet", iconOnly: true })];
    back.disabled = !undo.done.length;
    forth.disabled = !undo.undone.length;
    fill(bar, back, forth, h("a", { class: "button", href: address("crops"), text: "Other images" }));
  }

  for (const [name, dx, dy] of /** @type {[string, number, number][]} */ ([["Left", -1, 0], ["Right", 1, 0], ["Up", 0, -1], ["Down", 0, 1]])) {
    keys.bind(`Arrow${name}`, name === "Right" ? "move the selected crop by 1 px; without one, the next image" : "", () => nudge(dx, dy));
    keys.bind(`Shift+Arrow${name}`, name === "Right" ? "move the selected crop by 10 px" : "", () => nudge(10 * dx, 10 * dy));
  }
  strip.bind(keys, "image");
  keys.bind("x", "leave the image out, or use it", () => change({ exclude: !of(photo().name).exclude }, "Leave an image out"));
  keys.bind("n", "add a crop", addBox).bind("c", "copy the crops forward", copyForward);
  keys.bind("b", "select the next crop", () => { selected = boxes().length ? (selected + 1) % boxes().length : -1; show(); });
  keys.bind("Escape", "select no crop", () => { selected = -1; show(); });
  keys.bind("Delete, Backspace", "remove the selected crop", () => removeBox(selected));
  keys.bind("Mod+z", "undo", () => step("undo")).bind("Mod+Shift+z, Mod+y", "redo", () => step("redo"));
  zoomKeys(keys, view);
  showBar();
  for (const message of Object.values(source.failures)) toast(String(message), { kind: "error" });
  strip.open(Math.max(0, source.images.findIndex((/** @type {Photo} */ image) => image.id === params.image)));
  showCommand(undefined);
  const end = jobList(jobBox, (job) => /^inkloop data-prep (photos|comic|pack) /.test(job.command) && job.command.includes(` ${source.name} `));
  return { close() { end(); view.close(); } };
}
