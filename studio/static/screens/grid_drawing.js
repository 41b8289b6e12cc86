/** How the grid is drawn on a page, and where its edges can be taken. */

/**
 * As the server plans a page at an offset; xs and ys are the columns and rows of tile centres, page px.
 * @typedef {{cell_px: number, offset_cell: [number, number], error?: string, box_px?: [number, number, number, number],
 *   rows: number, cols: number, xs: number[], ys: number[], x_kept: boolean[], y_kept: boolean[], reach_px: number,
 *   count: number, leaving: number}} Plan
 */
/** @typedef {import("../core/view.js").View} View */
/** @typedef {import("../core/view.js").Point} Point */

export const INK = { accent: "#0f8090", soft: "rgb(15 128 144 / 55%)", bad: "#d0392b", halo: "rgb(255 255 255 / 75%)" };
const GRIP_PX = 9; // CSS px

/**
 * Where the lattice is now: the plan's, moved to the offset that the pointer has reached meanwhile.
 * @param {Plan} plan
 * @param {[number, number]} offset
 */
function shift(plan, offset) {
  return [(offset[0] - plan.offset_cell[0]) * plan.cell_px, (offset[1] - plan.offset_cell[1]) * plan.cell_px];
}

/**
 * @param {CanvasRenderingContext2D} context unit: page px
 * @param {View} view
 * @param {Plan} plan
 * @param {[number, number]} offset cells
 * @param {{showsCenters: boolean, hovered: Point | null, tilePx: number}} options
 */
export function drawGrid(context, view, plan, offset, { showsCenters, hovered, tilePx }) {
  if (!plan.box_px) return;
  const [dx, dy] = shift(plan, offset);
  const px = 1 / view.scale; // one CSS px
  const [x0, y0, x1, y1] = plan.box_px;
  context.save();
  context.translate(dx, dy);
  lattice(context, plan, px);
  if (showsCenters) centers(context, view, plan, px);
  context.strokeStyle = INK.accent;
  context.lineWidth = 2 * px;
  context.strokeRect(x0, y0, x1 - x0, y1 - y0);
  for (const [x, y] of [[x1, (y0 + y1) / 2], [(x0 + x1) / 2, y1]]) grip(context, x, y, px, x === x1);
  if (hovered) tileAt(context, plan, { x: hovered.x - dx, y: hovered.y - dy }, tilePx, px);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Plan} plan
 * @param {number} px
 */
function lattice(context, plan, px) {
  const [x0, y0, x1, y1] = /** @type {[number, number, number, number]} */ (plan.box_px);
  context.beginPath();
  for (let i = 1; i < plan.cols; i++) {
    context.moveTo(x0 + i * plan.cell_px, y0);
    context.lineTo(x0 + i * plan.cell_px, y1);
  }
  for (let i = 1; i < plan.rows; i++) {
    context.moveTo(x0, y0 + i * plan.cell_px);
    context.lineTo(x1, y0 + i * plan.cell_px);
  }
  context.strokeStyle = INK.soft;
  context.lineWidth = px;
  context.stroke();
}

/**
 * Dots at the centres; red: the tile leaves the page. Only visible ones are drawn.
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Plan} plan
 * @param {number} px
 */
function centers(context, view, plan, px) {
  const gap = plan.xs.length > 1 ? (plan.xs[1] - plan.xs[0]) * view.scale : 99;
  const r = Math.max(0.5, Math.min(2, gap / 7)) * px;
  const { x0, y0, x1, y1 } = view.visible;
  for (const kept of [true, false]) {
    context.beginPath();
    plan.ys.forEach((y, j) => {
      if (y < y0 - 999 || y > y1 + 999) return;
      plan.xs.forEach((x, i) => {
        if ((plan.x_kept[i] && plan.y_kept[j]) === kept && x > x0 - 999 && x < x1 + 999) context.rect(x - r, y - r, 2 * r, 2 * r);
      });
    });
    context.fillStyle = kept ? INK.accent : INK.bad;
    context.fill();
  }
}

/**
 * The tile whose centre is nearest: its square, and the circle in which it may turn.
 * @param {CanvasRenderingContext2D} context
 * @param {Plan} plan
 * @param {Point} at
 * @param {number} side
 * @param {number} px
 */
function tileAt(context, plan, at, side, px) {
  const i = nearest(plan.xs, at.x);
  const j = nearest(plan.ys, at.y);
  const [x, y] = [plan.xs[i], plan.ys[j]];
  if (Math.abs(at.x - x) > plan.cell_px || Math.abs(at.y - y) > plan.cell_px) return;
  const color = plan.x_kept[i] && plan.y_kept[j] ? INK.accent : INK.bad;
  for (const [style, width] of /** @type {[string, number][]} */ ([[INK.halo, 4], [color, 1.5]])) {
    context.strokeStyle = style;
    context.lineWidth = width * px;
    context.strokeRect(x - side / 2, y - side / 2, side, side);
    context.beginPath();
    context.arc(x, y, plan.reach_px, 0, 2 * Math.PI);
    context.stroke();
  }
}

/**
 * @param {number[]} values ascending
 * @param {number} value
 */
function nearest(values, value) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i] - value) < Math.abs(values[best] - value)) best = i;
  return best;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} px
 * @param {boolean} isUpright
 */
function grip(context, x, y, px, isUpright) {
  const [w, h] = isUpright ? [8, 30] : [30, 8];
  context.beginPath();
  context.roundRect(x - (w / 2) * px, y - (h / 2) * px, w * px, h * px, 4 * px);
  context.fillStyle = "#fff";
  context.fill();
  context.strokeStyle = INK.accent;
  context.lineWidth = 2 * px;
  context.stroke();
}

/**
 * The edge under a point that changes the number of columns or rows.
 * @param {View} view
 * @param {Plan} plan
 * @param {[number, number]} offset
 * @param {Point} at
 * @returns {"" | "rows" | "cols"}
 */
export function edgeAt(view, plan, offset, at) {
  if (!plan.box_px) return "";
  const [dx, dy] = shift(plan, offset);
  const [x0, y0, x1, y1] = plan.box_px;
  const reach = GRIP_PX / view.scale;
  const [x, y] = [at.x - dx, at.y - dy];
  if (Math.abs(x - x1) < reach && y > y0 && y < y1) return "cols";
  return Math.abs(y - y1) < reach && x > x0 && x < x1 ? "rows" : "";
}
