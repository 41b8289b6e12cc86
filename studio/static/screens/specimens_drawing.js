/** How specimens are drawn on a page: ink boxes, centres, the square of the selected one; and the loupe. */

/** @typedef {import("../core/view.js").View} View */
/** @typedef {import("../core/view.js").Point} Point */
/**
 * The specimens of the open page; lists have one item per specimen.
 * @typedef {{centers: [number, number][], boxes: [number, number, number, number][], reasons: string[][], crop: number,
 *   selected: Set<number>, hovered: number, band: {from: Point, to: Point} | null, onlySuspicious: boolean}} Scene
 */

const INK = { accent: "#0f8090", warn: "#d07a0b", chosen: "#d0392b", halo: "rgb(255 255 255 / 85%)" };
export const HIT_PX = 12; // CSS px around a centre

/**
 * @param {CanvasRenderingContext2D} context unit: page px
 * @param {View} view
 * @param {Scene} scene
 */
export function drawSpecimens(context, view, scene) {
  const px = 1 / view.scale;
  scene.centers.forEach((center, i) => {
    const isSuspicious = scene.reasons[i]?.length > 0;
    const isChosen = scene.selected.has(i);
    context.globalAlpha = scene.onlySuspicious && !isSuspicious && !isChosen ? 0.3 : 1;
    const color = isChosen ? INK.chosen : isSuspicious ? INK.warn : INK.accent;
    const box = scene.boxes[i];
    if (box) outline(context, box, color, (isChosen ? 2 : 1.25) * px);
    cross(context, center, color, px, i === scene.hovered || isChosen);
    if (view.scale > 0.09) label(context, String(i + 1), box ?? [center[0], center[1], center[0], center[1]], color, px);
  });
  context.globalAlpha = 1;
  const shown = scene.selected.size === 1 ? [...scene.selected][0] : scene.hovered;
  if (scene.centers[shown]) {
    const [x, y] = scene.centers[shown];
    const half = scene.crop / 2;
    context.setLineDash([6 * px, 4 * px]);
    outline(context, [x - half, y - half, x + half, y + half], INK.chosen, 1.25 * px);
    context.setLineDash([]);
  }
  if (scene.band) {
    const { from, to } = scene.band;
    context.fillStyle = "rgb(15 128 144 / 15%)";
    context.fillRect(from.x, from.y, to.x - from.x, to.y - from.y);
    outline(context, [from.x, from.y, to.x, to.y], INK.accent, px);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number, number, number]} box
 * @param {string} color
 * @param {number} width
 */
function outline(context, [x0, y0, x1, y1], color, width) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.strokeRect(x0, y0, x1 - x0, y1 - y0);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} center
 * @param {string} color
 * @param {number} px
 * @param {boolean} isLarge
 */
function cross(context, [x, y], color, px, isLarge) {
  const reach = (isLarge ? 9 : 6) * px;
  for (const [style, width] of /** @type {[string, number][]} */ ([[INK.halo, 3.5], [color, 1.5]])) {
    context.beginPath();
    context.moveTo(x - reach, y);
    context.lineTo(x + reach, y);
    context.moveTo(x, y - reach);
    context.lineTo(x, y + reach);
    context.strokeStyle = style;
    context.lineWidth = width * px;
    context.stroke();
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number[]} box
 * @param {string} color
 * @param {number} px
 */
function label(context, text, [x0, y0], color, px) {
  context.font = `600 ${11 * px}px system-ui, sans-serif`;
  context.lineWidth = 3 * px;
  context.strokeStyle = INK.halo;
  context.strokeText(text, x0, y0 - 4 * px);
  context.fillStyle = color;
  context.fillText(text, x0, y0 - 4 * px);
}

/**
 * The specimen under a point: the nearest centre in reach, else the smallest box around it; -1: none.
 * @param {View} view
 * @param {Scene} scene
 * @param {Point} at
 */
export function specimenAt(view, scene, { x, y }) {
  let best = -1;
  let least = HIT_PX / view.scale;
  scene.centers.forEach(([cx, cy], i) => {
    const distance = Math.hypot(cx - x, cy - y);
    if (distance < least) [best, least] = [i, distance];
  });
  return best;
}

/**
 * Draw the loupe: device pixels of the page at 400 %, with a cross in the middle.
 * @param {HTMLCanvasElement} canvas
 * @param {import("../core/tiles.js").PageTiles | null} tiles
 * @param {Point} at
 */
export function drawLoupe(canvas, tiles, at) {
  const { width, height } = canvas.getBoundingClientRect();
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (!context || !tiles || !width) return;
  const scale = 4;
  const [x, y] = [width / 2 - at.x * scale, height / 2 - at.y * scale];
  context.setTransform(scale * ratio, 0, 0, scale * ratio, x * ratio, y * ratio);
  const visible = { x0: -x / scale, y0: -y / scale, x1: (width - x) / scale, y1: (height - y) / scale };
  tiles.draw(context, /** @type {any} */ ({ deviceScale: scale * ratio, visible }));
  cross(context, [at.x, at.y], INK.chosen, 1 / scale, true);
}
