/** Grid: drag the lattice of tiles into place on each page. */

import { get, post, url } from "../core/api.js";
import { chosenEntry } from "../core/chooser.js";
import { fill, h } from "../core/dom.js";
import { VersionedFile } from "../core/file.js";
import { jobs } from "../core/jobs.js";
import { latest } from "../core/latest.js";
import { button, choice, commandBar, counted, facts, group, layout, numberField, showError, size, slider, toast, toggle, zoomBar, zoomKeys } from "../core/parts.js";
import { note } from "../core/router.js";
import { PageTiles } from "../core/tiles.js";
import { UndoStack } from "../core/undo.js";
import { View } from "../core/view.js";
import { drawGrid, edgeAt } from "./grid_drawing.js";

/** @typedef {import("./grid_drawing.js").Plan} Plan */
/** @typedef {{id: string, name: string, offset_cell: [number, number]}} Page */

const SNAP = 8; // parts of a cell
const DEFAULTS = { dpi: "300", rows: "auto", cols: "auto", tile_px: "256", steps: "2", outside: "skip" };

/** @param {import("../app.js").Context} context */
export async function open(context) {
  const { root, params, keys } = context;
  const folder = await chosenEntry(context, "grid", { title: "No pages yet", text: "Put a folder of scans into the project; Home shows how." });
  if (!folder) return;
  const listing = await get(`/api/grid/${folder}`);
  if (!root.isConnected) return undefined; // left meanwhile
  /** @type {Page[]} */
  let pages = listing.pages;
  /** @type {Record<string, string>} */
  const config = { ...DEFAULTS, dpi: String(Math.round(listing.dpi ?? 300)) };
  for (const name of Object.keys(DEFAULTS)) if (params[name]) config[name] = params[name];
  let index = Math.max(0, pages.findIndex((page) => page.id === params.page));
  /** @type {[number, number]} */
  let offset = [...pages[index].offset_cell];
  /** @type {Plan | null} */
  let plan = null;
  /** @type {PageTiles | null} */
  let tiles = null;
  let showsCenters = true;
  /** @type {{x: number, y: number} | null} */
  let hovered = null;

  const { stage, side, bar } = layout(root, { title: "Grid", subtitle: listing.name });
  const canvas = h("canvas", { tabIndex: 0, "aria-label": "Page with its grid; arrow keys move the grid" });
  const view = new View(canvas, { draw, onChange: () => zoom.update() });
  const zoom = zoomBar(view);
  const command = commandBar();
  const undo = new UndoStack({ onChange: showUndo });
  const file = new VersionedFile(listing.version, { undo, restore: `/api/adjustments/${folder}/restore`, onConflict: reload, onError: reload });
  stage.append(canvas, zoom, command);

  /** @param {CanvasRenderingContext2D} context */
  function draw(context) {
    tiles?.draw(context, view);
    if (plan) drawGrid(context, view, plan, offset, { showsCenters, hovered, tilePx: Number(config.tile_px) });
  }

  const askPlan = latest(
    (/** @type {{id: string, at: [number, number]}} */ { id, at }) => get(`/api/grid/${folder}/page/${id}`, { ...config, x: at[0], y: at[1] }),
    (result, { id }) => {
      if (id !== pages[index].id) return;
      plan = result;
      showFacts();
      view.draw();
    },
    showError,
  );
  const askTotal = latest((/** @type {any} */ _) => get(`/api/grid/${folder}/total`, config), showTotal, showError);
  const refresh = () => askPlan({ id: pages[index].id, at: offset });

  // the grid moves
  /** @param {[number, number]} to @param {string} label */
  function move(to, label) {
    const page = pages[index];
    const from = page.offset_cell;
    setOffset(to);
    if (to[0] === from[0] && to[1] === from[1]) return;
    page.offset_cell = to;
    const show = (/** @type {[number, number]} */ at) => () => {
      setOffsets([page], [at]);
      showPage(Math.max(0, pages.findIndex(({ id }) => id === page.id)));
      askTotal(0);
    };
    file.save(`/api/adjustments/${folder}/grid`, { offset_cell: to, pages: [page.id] }, { label, show: show(to), hide: show(from) }).then(() => askTotal(0));
  }

  /** The pages may have been loaded again since. @param {Page[]} of @param {[number, number][]} offsets */
  function setOffsets(of, offsets) {
    const found = new Map(of.map(({ id }, i) => [id, offsets[i]]));
    for (const page of pages) page.offset_cell = found.get(page.id) ?? page.offset_cell;
  }

  /** @param {[number, number]} to */
  function setOffset(to) {
    offset = to;
    offsetX.input.value = show(to[0]);
    offsetY.input.value = show(to[1]);
    refresh();
    view.draw();
  }

  /** @param {number} dx page px @param {number} dy */
  function nudge(dx, dy) {
    if (!plan) return;
    move([offset[0] + dx / plan.cell_px, offset[1] + dy / plan.cell_px], "nudge");
  }

  async function applyToFollowing() {
    const following = pages.slice(index + 1);
    if (!following.length) return toast("This is the last page.");
    const to = /** @type {[number, number]} */ ([...offset]);
    const before = following.map((page) => page.offset_cell);
    const put = (/** @type {[number, number][]} */ offsets) => () => { setOffsets(following, offsets); showPage(index); };
    const [show, hide] = [put(following.map(() => to)), put(before)];
    show();
    const isSaved = await file.save(`/api/adjustments/${folder}/grid`, { offset_cell: to, pages: following.map((page) => page.id) }, { label: "apply to following pages", show, hide });
    askTotal(0);
    if (isSaved) toast(`Offset applied to ${counted(following.length, "page")}.`, { action: ["Undo", undoStep] });
  }

  view.tool = {
    down(at) {
      if (!plan?.box_px) return false;
      drag = { edge: edgeAt(view, plan, offset, at), from: [...offset], rows: config.rows, cols: config.cols };
      const [x0, y0, x1, y1] = plan.box_px;
      return drag.edge !== "" || (at.x > x0 && at.x < x1 && at.y > y0 && at.y < y1);
    },
    move(at, event, start) {
      if (!plan?.box_px) return;
      const cell = plan.cell_px;
      if (drag.edge === "cols") return setCells("cols", Math.round((at.x - offset[0] * cell) / cell));
      if (drag.edge === "rows") return setCells("rows", Math.round((at.y - offset[1] * cell) / cell));
      const to = [drag.from[0] + Math.round(at.x - start.x) / cell, drag.from[1] + Math.round(at.y - start.y) / cell];
      setOffset(event.shiftKey ? [Math.round(to[0] * SNAP) / SNAP, Math.round(to[1] * SNAP) / SNAP] : [to[0], to[1]]);
    },
    up() {
      if (drag.edge) configure({}, { rows: drag.rows, cols: drag.cols });
      else move(offset, "move the grid");
    },
    cancel() {
      if (drag.edge === "") return setOffset([drag.from[0], drag.from[1]]);
      Object.assign(config, { rows: drag.rows, cols: drag.cols });
      for (const name of ["rows", "cols"]) fields[name].input.value = config[name] === "auto" ? "" : config[name];
      refresh();
    },
    hover(at) {
      hovered = at;
      canvas.style.cursor = plan?.box_px ? { cols: "ew-resize", rows: "ns-resize", "": "move" }[edgeAt(view, plan, offset, at)] : "";
      view.draw();
    },
    leave() {
      hovered = null;
      view.draw();
    },
  };
  /** @type {{edge: "" | "rows" | "cols", from: number[], rows: string, cols: string}} */
  let drag = { edge: "", from: [], rows: "auto", cols: "auto" };

  /** @param {"rows" | "cols"} name @param {number} count */
  function setCells(name, count) {
    config[name] = String(Math.max(1, count));
    fields[name].input.value = config[name];
    refresh();
  }

  /**
   * Settings of the command; `before` are older values that the page already left.
   * @param {Record<string, string>} changes
   * @param {Record<string, string>} [before]
   */
  function configure(changes, before = Object.fromEntries(Object.keys(changes).map((name) => [name, config[name]]))) {
    const after = { ...Object.fromEntries(Object.keys(before).map((name) => [name, config[name]])), ...changes };
    if (Object.keys(after).every((name) => after[name] === before[name])) return;
    const apply = (/** @type {Record<string, string>} */ values) => {
      Object.assign(config, values);
      for (const name of Object.keys(values)) if (fields[name]) fields[name].input.value = config[name] === "auto" ? "" : config[name];
      note(Object.fromEntries(Object.entries(config).map(([k, v]) => [k, v === /** @type {any} */ (DEFAULTS)[k] ? "" : v])));
      refresh();
      askTotal(0);
    };
    apply(after);
    undo.push({ label: "settings", undo: () => apply(before), redo: () => apply(after) });
  }

  // pages
  /** @param {number} to */
  async function showPage(to) {
    index = to;
    const page = pages[index];
    note({ page: page.id });
    fill(position, page.name, h("span", { class: "hint", text: ` ${index + 1} of ${pages.length}` }));
    [previous.disabled, next.disabled] = [index === 0, index === pages.length - 1];
    if (tiles?.id !== page.id) {
      tiles = plan = null;
      PageTiles.open(page.id, () => view.draw()).then((opened) => {
        if (pages[index].id !== page.id) return;
        tiles = opened;
        view.setPage(opened.image.width_px, opened.image.height_px, { keep: true });
      }).catch(showError);
    }
    setOffset([...page.offset_cell]);
  }
  const step = (/** @type {number} */ by) => pages[index + by] && showPage(index + by);

  /** Show what is stored. @param {Error} error */
  async function reload(error) {
    showError(error);
    const now = await file.settled(() => get(`/api/grid/${folder}`)).catch(showError);
    if (!now) return;
    pages = now.pages;
    file.version = now.version;
    undo.clear();
    showPage(Math.min(index, pages.length - 1));
    askTotal(0);
  }

  // panel
  const show = (/** @type {number} */ value) => String(Math.round(value * 1e4) / 1e4);
  const position = h("span", { class: "position" });
  const previous = button("Previous page", () => step(-1), { icon: "left", kind: "quiet", iconOnly: true });
  const next = button("Next page", () => step(1), { icon: "right", kind: "quiet", iconOnly: true });
  const undoButton = button("Undo", undoStep, { icon: "undo", kind: "quiet", iconOnly: true });
  const redoButton = button("Redo", redoStep, { icon: "redo", kind: "quiet", iconOnly: true });
  bar.append(undoButton, redoButton, previous, position, next);
  const offsetX = numberField("Across", { value: 0, step: "any", unit: "cells" }, (v) => move([v, offset[1]], "offset"));
  const offsetY = numberField("Down", { value: 0, step: "any", unit: "cells" }, (v) => move([offset[0], v], "offset"));
  /** @type {Record<string, any>} */
  const fields = {
    dpi: numberField("Resolution", { value: config.dpi, min: 2, max: 4800, unit: "dpi" }, (v) => configure({ dpi: String(v) })),
    rows: numberField("Rows", { value: config.rows === "auto" ? "" : config.rows, min: 1, max: 999, placeholder: "auto" }, (v) => configure({ rows: v ? String(v) : "auto" })),
    cols: numberField("Columns", { value: config.cols === "auto" ? "" : config.cols, min: 1, max: 999, placeholder: "auto" }, (v) => configure({ cols: v ? String(v) : "auto" })),
    tile_px: numberField("Tile side", { value: config.tile_px, min: 2, max: 8192, step: 2, unit: "px" }, (v) => configure({ tile_px: String(v) })),
    steps: slider("Tiles per cell and axis", { value: Number(config.steps), min: 1, max: 16 }, (v) => configure({ steps: String(v) })),
  };
  const outside = choice("At the page edge", { value: config.outside, choices: [["skip", "skip tiles"], ["paper", "fill with paper"]] }, (v) => configure({ outside: v }));
  const here = h("div", {});
  const all = h("div", { class: "group-body" });
  side.append(
    group("Offset of the grid", offsetX, offsetY, h("div", { class: "row" },
      button("To following pages", applyToFollowing, { title: "apply this offset to all following pages (f)" }), button("Reset", () => move([0, 0], "reset"), { kind: "quiet" }))),
    group("Grid", fields.dpi, fields.cols, fields.rows),
    group("Tiles", fields.tile_px, fields.steps, outside, toggle("Show tile centres", true, (v) => { showsCenters = v; view.draw(); })),
    group("This page", here), group("All pages", all, button("Cut tiles", cut, { kind: "primary", icon: "play" })));

  function showFacts() {
    if (plan?.error) return fill(here, h("p", { class: "note bad", text: plan.error }));
    fill(here, facts([["Cells", `${plan?.cols} x ${plan?.rows}`], ["Tiles", plan?.count.toLocaleString("en")],
      ["Leave the page", plan?.leaving ? h("span", { class: "bad", text: plan.leaving.toLocaleString("en") }) : "none"]]));
  }

  /** @param {any} total */
  function showTotal(total) {
    command.show(total.command);
    if (total.error) return fill(all, h("p", { class: "note bad", text: total.error }));
    fill(all, facts([["Tiles", total.count.toLocaleString("en")], ["Size, at most", size(total.bytes)]]),
      total.warnings.map((/** @type {string} */ text) => h("p", { class: "note warn", text })));
  }

  async function cut() {
    try {
      jobs.changed(await post(url(`/api/grid/${folder}/cut`, config)));
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

  for (const [name, dx, dy] of /** @type {[string, number, number][]} */ ([["ArrowLeft", -1, 0], ["ArrowRight", 1, 0], ["ArrowUp", 0, -1], ["ArrowDown", 0, 1]])) {
    keys.bind(name, name === "ArrowLeft" ? "move the grid 1 px (arrows)" : "", () => nudge(dx, dy));
    keys.bind(`Shift+${name}`, name === "ArrowLeft" ? "move the grid 10 px" : "", () => nudge(10 * dx, 10 * dy));
  }
  keys.bind("PageDown, n", "next page", () => step(1)).bind("PageUp, p", "previous page", () => step(-1));
  keys.bind("Mod+z", "undo", undoStep).bind("Mod+Shift+z, Mod+y", "redo", redoStep);
  keys.bind("f", "apply the offset to following pages", applyToFollowing);
  zoomKeys(keys, view);
  showUndo();
  await showPage(index);
  askTotal(0);
  return { close: () => view.close() };
}
