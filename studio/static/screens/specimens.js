/** Specimens: check the detected centres of each page, and correct them by hand. */

import { get, post, url } from "../core/api.js";
import { chosenEntry } from "../core/chooser.js";
import { fill, h, icon } from "../core/dom.js";
import { VersionedFile } from "../core/file.js";
import { jobs } from "../core/jobs.js";
import { perFrame } from "../core/latest.js";
import { button, commandBar, counted, group, layout, numberField, showError, toast, toggle, zoomBar, zoomKeys } from "../core/parts.js";
import { note } from "../core/router.js";
import { PageTiles } from "../core/tiles.js";
import { UndoStack } from "../core/undo.js";
import { View } from "../core/view.js";
import { drawLoupe, drawSpecimens } from "./specimens_drawing.js";
import { specimenTool } from "./specimens_tool.js";

/** @typedef {{id: string, name: string, count: number | null, accepted: boolean}} Page */
/** @typedef {[number, number]} Center */

/** @param {import("../app.js").Context} context */
export async function open(context) {
  const { root, params, keys } = context;
  const folder = await chosenEntry(context, "specimens", { title: "No pages yet", text: "Put a folder of scans into the project; Home shows how." });
  if (!folder) return;
  const base = `/api/specimens/${folder}`;
  /** @type {Record<string, string>} */
  const config = { dpi: params.dpi ?? "", crop_px: params.crop_px ?? "", tile_px: params.tile_px ?? "" };
  const settings = () => Object.fromEntries(Object.entries(config).filter(([, value]) => value));
  let listing = await get(base, settings());
  if (!config.dpi && listing.dpi && Math.round(listing.dpi) !== 300) {
    config.dpi = String(Math.round(listing.dpi));
    listing = await get(base, settings());
  }
  if (!root.isConnected) return undefined; // left meanwhile
  /** @type {Page[]} */
  let pages = listing.pages;
  let index = Math.max(0, pages.findIndex((page) => page.id === params.page));
  /** @type {PageTiles | null} */
  let tiles = null;
  /** Id of the page that the scene shows; "" until it is loaded. */
  let loaded = "";
  let isAccepting = false;
  let isStored = false;
  /** The page is there when this ends. @type {Promise<void>} */
  let loading = Promise.resolve();
  let at = { x: 0, y: 0 };
  /** @type {import("./specimens_drawing.js").Scene} */
  const scene = { centers: [], boxes: [], reasons: [], crop: listing.crop_px, selected: new Set(), hovered: -1, band: null, onlySuspicious: false };

  const { stage, side, bar } = layout(root, { title: "Specimens", subtitle: listing.name });
  const canvas = h("canvas", { tabIndex: 0, "aria-label": "Page with its specimens; click adds one, arrow keys move the selected ones" });
  const view = new View(canvas, { draw, onChange: () => zoom.update() });
  const zoom = zoomBar(view);
  const command = commandBar();
  const busy = h("div", { class: "busy", hidden: true, role: "status" }, "Looking for specimens …");
  const undo = new UndoStack({ onChange: showUndo });
  const file = new VersionedFile(listing.version, { undo, restore: `/api/adjustments/${folder}/restore`, onConflict: reload, onError: (error) => { showError(error); load(); } });
  stage.append(canvas, zoom, command, busy);

  /** @param {CanvasRenderingContext2D} context */
  function draw(context) {
    tiles?.draw(context, view);
    canvas.dataset.tiles = !tiles || tiles.missing ? "loading" : "complete";
    drawSpecimens(context, view, scene);
  }

  /**
   * Show other centres, and store them.
   * @param {Center[]} centers
   * @param {string} label
   * @param {number[]} [selected]
   * @returns {Promise<boolean>} whether they were stored; nothing is before the page is loaded
   */
  async function change(centers, label, selected = []) {
    const page = pages[index];
    if (loaded !== page.id) return false;
    const before = { centers: scene.centers, boxes: scene.boxes, reasons: scene.reasons };
    const byCenter = new Map(scene.centers.map((center, i) => [center, i]));
    const old = centers.map((center) => byCenter.get(center) ?? -1);
    Object.assign(scene, { centers, boxes: old.map((i) => before.boxes[i]), reasons: old.map((i) => before.reasons[i] ?? []), selected: new Set(selected) });
    isStored = true;
    changed();
    const turn = () => { if (pages[index].id !== page.id) showPage(pages.findIndex(({ id }) => id === page.id)); else load(); };
    const isSaved = await file.save(url(`${base}/page/${page.id}`, settings()), { centers_px: centers }, { label, show: turn, hide: turn });
    if (isSaved && !file.waiting && pages[index].id === page.id) await load({ keepSelected: true });
    return isSaved;
  }

  /** Load the specimens of the open page. @param {{keepSelected?: boolean}} [options] */
  async function load({ keepSelected = false } = {}) {
    const page = pages[index];
    busy.hidden = page.count !== null;
    try {
      const found = await file.settled(() => get(`${base}/page/${page.id}`, settings()));
      if (pages[index] !== page) return;
      loaded = page.id;
      isStored = found.stored;
      Object.assign(scene, { centers: found.centers_px, boxes: found.boxes_px, reasons: found.reasons, crop: found.crop_px, hovered: -1 });
      if (!keepSelected) scene.selected.clear();
      fill(doubts, found.doubts.map((/** @type {string} */ text) => h("p", { class: "note warn", text })));
      page.accepted = page.accepted && found.stored;
      changed();
    } catch (error) {
      if (pages[index] === page) showError(error);
    } finally {
      if (pages[index] === page) busy.hidden = true;
    }
  }

  function changed() {
    pages[index].count = scene.centers.length;
    showPanel();
    view.draw();
  }

  // pages
  /** @param {number} to */
  async function showPage(to) {
    index = to;
    const page = pages[index];
    loaded = "";
    note({ page: page.id });
    Object.assign(scene, { centers: [], boxes: [], reasons: [], selected: new Set(), hovered: -1 });
    fill(doubts);
    tiles = null;
    canvas.dataset.tiles = "loading";
    PageTiles.open(page.id, () => { view.draw(); showLoupe(); }).then((opened) => {
      if (pages[index] !== page) return;
      tiles = opened;
      at = { x: opened.image.width_px / 2, y: opened.image.height_px / 2 };
      view.setPage(opened.image.width_px, opened.image.height_px, { keep: true });
      showLoupe();
    }).catch(showError);
    showPanel();
    isStored = false;
    loading = load();
    await loading;
  }
  const step = (/** @type {number} */ by) => pages[index + by] && showPage(index + by);

  async function accept() {
    if (isAccepting) return;
    isAccepting = true;
    await acceptPage(pages[index]).finally(() => { isAccepting = false; });
  }

  /** @param {Page} page */
  async function acceptPage(page) {
    await loading;
    if (loaded !== page.id || pages[index] !== page) return;
    if (!isStored && !(await change([...scene.centers], "accept"))) return;
    try {
      await file.running;
      await post(`${base}/page/${page.id}/accept`);
      page.accepted = true;
    } catch (error) {
      return showError(error);
    }
    if (pages[index] !== page) return showPanel();
    const order = [...pages.keys()].map((i) => (index + 1 + i) % pages.length);
    const next = order.find((i) => !pages[i].accepted);
    if (next === undefined) toast("All pages are accepted.");
    else if (next !== index) showPage(next);
    showPanel();
  }

  /** @param {Error} error */
  async function reload(error) {
    showError(error);
    const now = await file.settled(() => get(base, settings())).catch(showError);
    if (!now) return;
    [pages, file.version] = [now.pages, now.version];
    undo.clear();
    showPage(Math.min(index, pages.length - 1));
  }

  // gestures
  const selected = () => [...scene.selected];
  const removeSelected = () => scene.selected.size && change(scene.centers.filter((_, i) => !scene.selected.has(i)), "remove");
  /** @param {number} dx @param {number} dy */
  const nudge = (dx, dy) => scene.selected.size && change(scene.centers.map((c, i) => (scene.selected.has(i) ? /** @type {Center} */ ([c[0] + dx, c[1] + dy]) : c)), "move", selected());
  view.tool = specimenTool(view, scene, {
    change,
    page: () => loaded,
    redraw: () => { view.draw(); showSelected(); },
    point: (point) => { at = point; showLoupe(); },
  });

  /** @param {number} by @param {boolean} [suspicious] */
  function select(by, suspicious = false) {
    const fitting = [...scene.centers.keys()].filter((i) => !suspicious || scene.reasons[i]?.length);
    if (!fitting.length) return;
    const now = selected().at(-1) ?? (by > 0 ? -1 : scene.centers.length);
    const next = by > 0 ? fitting.find((i) => i > now) ?? fitting[0] : fitting.findLast((i) => i < now) ?? fitting.at(-1);
    scene.selected = new Set([/** @type {number} */ (next)]);
    const [x, y] = scene.centers[/** @type {number} */ (next)];
    at = { x, y };
    view.reveal(at);
    view.draw();
    showSelected();
  }

  // panel
  const position = h("span", { class: "position" });
  const undoButton = button("Undo", undoStep, { icon: "undo", kind: "quiet", iconOnly: true });
  const redoButton = button("Redo", redoStep, { icon: "redo", kind: "quiet", iconOnly: true });
  bar.append(undoButton, redoButton, button("Previous page", () => step(-1), { icon: "left", kind: "quiet", iconOnly: true }), position,
    button("Next page", () => step(1), { icon: "right", kind: "quiet", iconOnly: true }), button("Accept page", accept, { icon: "check", kind: "primary", title: "Space" }));
  const loupe = h("canvas", { class: "loupe", "aria-label": "Loupe, 400 %" });
  const tile = h("img", { class: "tile", alt: "The tile as it will be cut", hidden: true });
  const about = h("p", { class: "hint" });
  const doubts = h("div", { class: "group-body" });
  const summary = h("p", { class: "summary" });
  const list = h("div", { class: "pages", role: "list" });
  const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {any} */ options) => numberField(label, { value: config[name], min: 1, ...options }, (value) => {
    config[name] = value ? String(value) : "";
    note({ [name]: config[name] });
    get(base, settings()).then((now) => { scene.crop = now.crop_px; command.show(now.command); load(); showTile(); }).catch(showError);
  });
  side.append(
    group("Loupe and tile", h("div", { class: "loupes" }, loupe, tile), about),
    group("This page", summary, toggle("Only suspicious ones", false, (v) => { scene.onlySuspicious = v; view.draw(); }),
      h("div", { class: "row" }, button("Next suspicious", () => select(1, true), {}), button("Remove", removeSelected, { kind: "quiet" })), doubts),
    group("Pages", list),
    group("Tiles", field("dpi", "Resolution", { placeholder: "300", unit: "dpi" }), field("crop_px", "Square on the page", { placeholder: String(listing.crop_px), unit: "px" }),
      field("tile_px", "Side of a tile", { placeholder: "256", unit: "px" }), button("Cut tiles", cut, { kind: "primary", icon: "play" })));

  const showLoupe = perFrame(() => drawLoupe(loupe, tiles, at));

  function showTile() {
    const i = selected().length === 1 ? selected()[0] : -1;
    const center = scene.centers[i];
    tile.hidden = !center;
    const source = center ? url(`${base}/page/${pages[index].id}/tile`, { ...settings(), x: center[0], y: center[1] }) : "";
    if (center && tile.getAttribute("src") !== source) tile.src = source;
  }

  function showSelected() {
    const chosen = selected().filter((i) => i < scene.centers.length);
    if (chosen.length === 1) {
      const [x, y] = scene.centers[chosen[0]];
      const reasons = scene.reasons[chosen[0]] ?? [];
      about.textContent = [`Number ${chosen[0] + 1}, centre ${x.toFixed(1)}, ${y.toFixed(1)}`, ...reasons].join("; ");
    } else about.textContent = chosen.length ? `${chosen.length} selected` : "Click adds a centre, drag moves it.";
    showTile();
    showLoupe();
  }

  function showPanel() {
    const page = pages[index];
    fill(position, page.name, h("span", { class: "hint", text: ` ${index + 1} of ${pages.length}` }));
    const suspicious = scene.reasons.filter((reasons) => reasons?.length).length;
    fill(summary, counted(scene.centers.length, "specimen"), suspicious ? h("span", { class: "warn", text: `, ${suspicious} suspicious` }) : "");
    fill(list, pages.map((item, i) => h("button", { type: "button", class: `page-row ${i === index ? "current" : ""}`, on: { click: () => showPage(i) } },
      h("span", { text: item.name }), h("span", { class: "count", text: item.count ?? "–" }), item.accepted ? icon("check") : h("span", { class: "icon" }))));
    showSelected();
  }

  async function cut() {
    try {
      jobs.changed(await post(url(`${base}/cut`, settings())));
      toast("Cutting tiles; Home shows the progress.");
    } catch (error) {
      showError(error);
    }
  }

  function showUndo() {
    [undoButton.disabled, redoButton.disabled] = [!undo.done.length, !undo.undone.length];
  }
  function undoStep() { undo.undo().catch(() => {}); }
  function redoStep() { undo.redo().catch(() => {}); }

  keys.bind(" ", "accept the page, go to the next one that is not", (event) => event.repeat || accept()).bind("Delete, Backspace", "remove the selected ones", removeSelected);
  for (const [name, dx, dy] of /** @type {[string, number, number][]} */ ([["ArrowLeft", -1, 0], ["ArrowRight", 1, 0], ["ArrowUp", 0, -1], ["ArrowDown", 0, 1]])) {
    keys.bind(name, name === "ArrowLeft" ? "move the selected ones 1 px (arrows)" : "", () => nudge(dx, dy));
    keys.bind(`Shift+${name}`, name === "ArrowLeft" ? "move the selected ones 10 px" : "", () => nudge(10 * dx, 10 * dy));
  }
  keys.bind("n", "select the next one", () => select(1)).bind("p", "select the previous one", () => select(-1)).bind("s", "select the next suspicious one", () => select(1, true));
  keys.bind("a, Mod+a", "select all", () => { scene.selected = new Set(scene.centers.keys()); view.draw(); showSelected(); });
  keys.bind("Escape", "select none", () => { scene.selected.clear(); view.draw(); showSelected(); });
  keys.bind("c", "add one at the loupe", () => change([...scene.centers, [at.x, at.y]], "add", [scene.centers.length]));
  keys.bind("PageDown", "next page", () => step(1)).bind("PageUp", "previous page", () => step(-1));
  keys.bind("Mod+z", "undo", undoStep).bind("Mod+Shift+z, Mod+y", "redo", redoStep);
  zoomKeys(keys, view);
  showUndo();
  command.show(listing.command);
  await showPage(index);
  return { close: () => view.close() };
}
