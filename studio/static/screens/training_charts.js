/** Small charts of a run over images seen. A second run is drawn dashed. */

import { h } from "../core/dom.js";

/** @typedef {import("./training.js").Panel} Panel */

const COLORS = ["--accent", "--warn", "--good", "--danger", "--faint"];
const PAD = { left: 38, right: 8, top: 8, bottom: 16 };
const MOST_POINTS = 1500;

/**
 * @param {(nimg: number) => void} onPick called with the images seen under the pointer
 * @returns {{element: HTMLElement, update: (panel: Panel | null, other: Panel | null) => void, mark: (nimg: number) => void}}
 */
export function chart(onPick) {
  const title = h("h3");
  const legend = h("div", { class: "legend" });
  const canvas = h("canvas", { role: "img", data: { keys: "ArrowLeft ArrowRight" } }); // as a click on it
  const element = h("figure", { class: "chart" }, title, canvas, legend);
  /** @type {Panel | null} */
  let panel = null;
  /** @type {Panel | null} */
  let second = null;
  let marked = NaN;
  let edge = PAD.left; // room for the labels
  const sizes = new ResizeObserver(() => draw());
  sizes.observe(canvas);
  canvas.addEventListener("redraw", draw);

  const range = () => [...(panel?.curves ?? []), ...(second?.curves ?? [])].reduce((most, curve) => Math.max(most, curve.nimg.at(-1) ?? 0), 1);
  canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => { canvas.setPointerCapture(event.pointerId); pick(event); });
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => event.buttons && pick(event));

  /** @param {PointerEvent} event */
  function pick(event) {
    const { left, width } = canvas.getBoundingClientRect();
    const part = (event.clientX - left - edge) / (width - edge - PAD.right);
    onPick(Math.min(1, Math.max(0, part)) * range());
  }

  function draw() {
    const { width, height } = canvas.getBoundingClientRect();
    if (!width || !panel) return;
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(canvas);
    const color = (/** @type {string} */ name) => style.getPropertyValue(name);
    const isLog = panel.log_scale && panel.curves.every((curve) => curve.values.every((v) => v === null || v > 0));
    const scale = (/** @type {number} */ v) => (isLog ? Math.log10(v) : v);
    const all = [...panel.curves, ...(second?.curves ?? [])].flatMap((curve) => curve.values).filter((v) => v !== null && Number.isFinite(scale(v))).map(scale);
    let [low, high] = [Math.min(...all), Math.max(...all)];
    if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
    const most = range();
    const real = (/** @type {number} */ v) => (isLog ? 10 ** v : v);
    const [least, greatest] = [short(real(low)), short(real(high))];
    context.font = "10px system-ui, sans-serif";
    edge = Math.ceil(Math.max(PAD.left, ...[least, greatest].map((text) => context.measureText(text).width + 8)));
    const x = (/** @type {number} */ nimg) => edge + (nimg / most) * (width - edge - PAD.right);
    const y = (/** @type {number} */ v) => height - PAD.bottom - ((scale(v) - low) / (high - low)) * (height - PAD.top - PAD.bottom);
    context.strokeStyle = color("--line");
    context.lineWidth = 1;
    for (const part of [0, 0.5, 1]) line(context, edge, PAD.top + part * (height - PAD.top - PAD.bottom), width - PAD.right, NaN);
    [panel, second].forEach((one, run) => one?.curves.forEach((curve) => {
      const number = /** @type {Panel} */ (panel).curves.findIndex((c) => c.name === curve.name);
      if (number < 0) return;
      context.strokeStyle = color(COLORS[number % COLORS.length]);
      context.lineWidth = 1.5;
      context.setLineDash(run ? [4, 3] : []);
      context.beginPath();
      const step = Math.max(1, Math.ceil(curve.nimg.length / MOST_POINTS));
      for (let i = 0; i < curve.nimg.length; i += i + step < curve.nimg.length || i === curve.nimg.length - 1 ? step : curve.nimg.length - 1 - i) {
        if (curve.values[i] !== null) context.lineTo(x(curve.nimg[i]), y(curve.values[i]));
      }
      context.stroke();
    }));
    context.setLineDash([]);
    if (Number.isFinite(marked)) {
      context.strokeStyle = color("--text");
      context.lineWidth = 1;
      line(context, x(Math.min(marked, most)), PAD.top - 4, NaN, height - PAD.bottom);
    }
    context.fillStyle = color("--muted");
    context.textAlign = "right";
    context.fillText(greatest, edge - 6, PAD.top + 4);
    context.fillText(least, edge - 6, height - PAD.bottom + 3);
    context.fillText(short(most), width - PAD.right, height - 4);
  }

  function label() {
    legend.replaceChildren(...(panel?.curves ?? []).slice(0, 5).map((curve, i) => {
      const at = Number.isFinite(marked) ? curve.nimg.findLastIndex((nimg) => nimg <= marked) : curve.nimg.length - 1;
      const value = curve.values[at < 0 ? 0 : at];
      return h("span", {}, h("i", { style: { background: `var(${COLORS[i % COLORS.length]})` } }), curve.name.replaceAll("_", " "), h("b", { text: value === null ? "" : short(value) }));
    }));
  }

  return {
    element,
    update(now, other) {
      [panel, second] = [now, other];
      title.textContent = title.title = panel?.title ?? "";
      canvas.setAttribute("aria-label", panel?.title ?? "");
      label();
      draw();
    },
    mark(nimg) {
      marked = nimg;
      label();
      draw();
    },
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1 NaN: vertical
 * @param {number} y1 NaN: horizontal
 */
function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
  context.lineTo(Math.round(Number.isNaN(x1) ? x0 : x1) + 0.5, Math.round(Number.isNaN(y1) ? y0 : y1) + 0.5);
  context.stroke();
}

/** @param {number} value */
export function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}
