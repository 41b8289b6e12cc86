/** The timeline of keyframes with the speed of the path; drag a keyframe for its time, its end for its pause. */

import { postForImage } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { button, numberField, showError } from "../core/parts.js";
import { drawPart } from "./explore_tray.js";

const SIDE_PX = 96;
const LEAST_SEC = 0.1;
const NEW_MOVE_SEC = 2;

export class Timeline {
  /**
   * @param {{id: string, kept: {id: string, note: string}[], state: import("./path.js").PathState,
   *   keys: import("../core/keys.js").KeyMap, onSeek: (sec: number) => void,
   *   onChange: (label: string, isDone: boolean) => void, time: () => number}} options
   */
  constructor({ id, kept, state, keys, onSeek, onChange, time }) {
    this.kept = kept;
    this.state = state;
    this.onSeek = onSeek;
    this.onChange = onChange;
    this.time = time;
    this.selected = 0;
    this.total = 1;
    /** @type {import("./path.js").Preview | null} */
    this.preview = null;
    /** @type {Map<string, HTMLCanvasElement>} */
    this.thumbs = new Map(kept.map((entry) => [entry.id, h("canvas")]));
    this.palette = h("div", { class: "palette-of-keys" }, kept.map((entry) => {
      const canvas = h("canvas", { data: { kept: entry.id } });
      return h("button", { type: "button", class: "pick", title: `Add ${entry.note}`, "aria-label": `Add ${entry.note}`, on: { click: () => this.add(entry.id) } }, canvas);
    }));
    this.fields = h("div", { class: "fields" });
    this.graph = h("canvas", { class: "speed", role: "img", "aria-label": "Speed along the path" });
    this.track = h("div", { class: "track" });
    this.head = h("div", { class: "playhead" });
    this.area = h("div", { class: "time-area", data: { keys: "ArrowLeft ArrowRight" } }, this.graph, this.track, this.head);
    this.element = h("section", { class: "path-timeline", "aria-label": "Timeline" }, this.area);
    this.area.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.scrub(event));
    keys.bind("<", "keyframe before", () => this.jump(-1));
    keys.bind(">", "next keyframe", () => this.jump(1));
    keys.bind("Delete, Backspace", "remove the keyframe", () => this.remove(this.selected));
    new ResizeObserver(() => this.drawSpeed()).observe(this.graph);
    this.graph.addEventListener("redraw", () => this.drawSpeed());
    if (kept.length) {
      const shown = kept.slice(0, 64);
      postForImage(`/api/explore/${id}/images`, { use: "keys", side_px: SIDE_PX, edits: shown.map((entry) => ({ source: { kept: entry.id } })) }).then(({ image }) => {
        shown.forEach((entry, i) => {
          drawPart(/** @type {HTMLCanvasElement} */ (this.thumbs.get(entry.id)), image, i, shown.length);
          drawPart(this.palette.querySelectorAll("canvas")[i], image, i, shown.length);
        });
        this.draw();
      }).catch(showError);
    }
  }

  /** Times at which keyframes are reached, and the end. @returns {number[]} */
  get times() {
    const times = [0];
    for (const { hold, move } of this.state.keys) times.push(times[times.length - 1] + hold + move);
    if (this.state.open && times.length > 1) times[times.length - 1] -= this.state.keys[this.state.keys.length - 1].move;
    return times;
  }

  get seconds() {
    return Math.max(LEAST_SEC, this.times.at(-1) ?? LEAST_SEC);
  }

  /** @param {import("./path.js").Preview} preview */
  setPreview(preview) {
    this.preview = preview;
    this.total = preview.seconds;
    this.element.dataset.preview = preview.id;
    this.draw();
    this.setTime(this.time());
  }

  /** @param {number} sec */
  setTime(sec) {
    this.head.style.left = `${(sec / this.length) * 100}%`;
  }

  /** Seconds of the whole width. */
  get length() {
    return this.state.mode === "keyframes" ? this.seconds : this.total;
  }

  /**
   * Add a kept image at the playhead: the segment there is split.
   * @param {string} id
   */
  add(id) {
    const { keys } = this.state;
    const [sec, times] = [this.time(), this.times];
    let at = keys.findIndex((_, i) => sec < times[i + 1] - 1e-6);
    const key = { id, hold: 0, move: NEW_MOVE_SEC };
    if (at < 0 || sec <= 1e-6 || keys.length < 2) at = keys.push(key) - 1;
    else {
      const before = keys[at];
      const gone = Math.min(before.move - LEAST_SEC, Math.max(LEAST_SEC, sec - times[at] - before.hold));
      if (before.move < 2 * LEAST_SEC) before.move = 2 * LEAST_SEC;
      key.move = round(before.move - gone);
      before.move = round(gone);
      keys.splice(++at, 0, key);
    }
    this.selected = at;
    this.onChange("add a keyframe", true);
  }

  /** @param {number} index */
  remove(index) {
    const { keys, mode } = this.state;
    if (mode !== "keyframes" || !keys[index]) return;
    const [gone] = keys.splice(index, 1);
    if (index > 0) keys[index - 1].move = round(keys[index - 1].move + gone.hold + gone.move);
    this.selected = Math.max(0, index - 1);
    this.onChange("remove a keyframe", true);
  }

  /** @param {number} by */
  jump(by) {
    const count = this.state.keys.length;
    if (!count || this.state.mode !== "keyframes") return;
    const [sec, times] = [this.time(), this.times.slice(0, count)];
    const next = by > 0 ? times.findIndex((t) => t > sec + 1e-3) : times.findLastIndex((t) => t < sec - 1e-3);
    this.selected = next < 0 ? (by > 0 ? 0 : count - 1) : next;
    this.onSeek(times[this.selected]);
    this.draw();
  }

  /**
   * Move a keyframe in time; its neighbours stay.
   * @param {number} index
   * @param {number} sec
   */
  moveTo(index, sec) {
    const { keys, open } = this.state;
    if (index < 1) return;
    const before = keys[index - 1];
    const start = this.times[index - 1] + before.hold;
    const both = before.move + keys[index].move;
    const isEnd = open && index === keys.length - 1;
    const most = isEnd ? 3600 : both - LEAST_SEC;
    before.move = round(Math.max(LEAST_SEC, Math.min(most, sec - start)));
    if (!isEnd) keys[index].move = round(both - before.move);
  }

  draw() {
    if (this.state.mode === "keyframes") this.drawKeys();
    else fill(this.track);
    this.drawSpeed();
    this.setTime(this.time());
  }

  drawKeys() {
    const [times, length] = [this.times, this.length];
    const place = (/** @type {number} */ sec) => `${(sec / length) * 100}%`;
    const boxes = this.state.keys.map((key, i) => {
      const known = this.kept.find((entry) => entry.id === key.id);
      const image = h("canvas");
      const source = this.thumbs.get(key.id);
      if (source?.width) copy(source, image);
      const edge = h("span", { class: "hold-edge", title: "Drag for a pause", on: { pointerdown: (/** @type {PointerEvent} */ e) => this.drag(e, i, true) } });
      return h("div", { class: `key ${i === this.selected ? "selected" : ""} ${known ? "" : "gone"}`, style: { left: place(times[i]) }, data: { key: i, time: times[i].toFixed(2) } },
        h("button", { type: "button", "aria-label": `Keyframe ${i + 1}: ${known?.note ?? "no longer kept"}, ${times[i].toFixed(1)} s`, on: {
          pointerdown: (/** @type {PointerEvent} */ e) => this.drag(e, i, false),
          click: () => this.select(i),
          keydown: (/** @type {KeyboardEvent} */ e) => this.nudge(e, i),
        } }, image),
        h("span", { class: "hold", style: { width: `${(key.hold / length) * this.track.clientWidth}px` } }, edge),
        h("span", { class: "at", text: `${times[i].toFixed(1)} s` }));
    });
    const seam = !this.state.open && this.state.keys.length ? h("div", { class: "key seam", style: { left: "100%" }, title: "The loop closes here" }, h("button", { type: "button", tabIndex: -1, disabled: true }, seamImage(this.thumbs.get(this.state.keys[0].id)))) : null;
    fill(this.track, boxes, seam);
    this.showFields();
  }

  showFields() {
    const key = this.state.keys[this.selected];
    const isLast = this.selected === this.state.keys.length - 1;
    if (!key) return fill(this.fields);
    fill(this.fields, h("h3", { text: `Keyframe ${this.selected + 1} of ${this.state.keys.length}` }),
      numberField("Pause", { value: key.hold, min: 0, max: 600, step: /** @type {any} */ ("any"), unit: "s" }, (value) => { key.hold = value; this.onChange("pause", true); }),
      this.state.open && isLast ? null : numberField(isLast ? "To the first" : "To the next", { value: key.move, min: LEAST_SEC, max: 3600, step: /** @type {any} */ ("any"), unit: "s" }, (value) => { key.move = value; this.onChange("duration", true); }),
      button("Remove keyframe", () => this.remove(this.selected), { kind: "quiet", icon: "close" }));
  }

  /** @param {number} index */
  select(index) {
    this.selected = index;
    this.onSeek(this.times[index]);
    this.draw();
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} index
   */
  nudge(event, index) {
    const by = event.key === "ArrowLeft" ? -0.1 : event.key === "ArrowRight" ? 0.1 : 0;
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    this.moveTo(index, this.times[index] + by * (event.shiftKey ? 10 : 1));
    this.onChange("move a keyframe", true);
    /** @type {HTMLElement | null} */ (this.track.querySelector(`[data-key="${index}"] button`))?.focus();
  }

  /**
   * @param {PointerEvent} event
   * @param {number} index
   * @param {boolean} isHold drag the end of the pause
   */
  drag(event, index, isHold) {
    event.preventDefault();
    event.stopPropagation();
    const [x, scale] = [event.clientX, this.length / this.track.clientWidth];
    const key = this.state.keys[index];
    const [start, hold] = [this.times[index], key.hold];
    let hasMoved = false;
    const move = (/** @type {PointerEvent} */ e) => {
      const by = (e.clientX - x) * scale;
      hasMoved ||= Math.abs(e.clientX - x) > 3;
      if (!hasMoved) return;
      if (isHold) key.hold = round(Math.max(0, hold + by));
      else this.moveTo(index, start + by);
      this.selected = index;
      this.onChange("drag", false);
    };
    const up = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      if (hasMoved) this.onChange(isHold ? "pause" : "move a keyframe", true);
      else this.select(index);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
  }

  /** @param {PointerEvent} event */
  scrub(event) {
    const seek = (/** @type {PointerEvent} */ e) => {
      const { left, width } = this.track.getBoundingClientRect();
      this.onSeek(Math.min(0.9999, Math.max(0, (e.clientX - left) / width)) * this.length);
    };
    seek(event);
    const up = () => { removeEventListener("pointermove", seek); removeEventListener("pointerup", up); };
    addEventListener("pointermove", seek);
    addEventListener("pointerup", up);
  }

  drawSpeed() {
    const { width, height } = this.graph.getBoundingClientRect();
    const speed = this.preview?.speed;
    if (!width || !speed?.length) return;
    this.graph.width = width * devicePixelRatio;
    this.graph.height = height * devicePixelRatio;
    const context = /** @type {CanvasRenderingContext2D} */ (this.graph.getContext("2d"));
    context.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(this.graph);
    const most = Math.max(...speed, 1e-9) * 1.08;
    context.beginPath();
    context.moveTo(0, height);
    speed.forEach((value, i) => {
      context.lineTo((i / speed.length) * width, height - (value / most) * height);
      context.lineTo(((i + 1) / speed.length) * width, height - (value / most) * height);
    });
    context.lineTo(width, height);
    context.fillStyle = style.getPropertyValue("--accent-soft");
    context.fill();
    context.fillStyle = style.getPropertyValue("--muted");
    context.font = "11px system-ui, sans-serif";
    context.fillText("speed", 4, 12);
  }
}

/** @param {number} sec */
const round = (sec) => Math.round(sec * 100) / 100;

/**
 * @param {HTMLCanvasElement} from
 * @param {HTMLCanvasElement} to
 */
function copy(from, to) {
  to.width = from.width;
  to.height = from.height;
  /** @type {CanvasRenderingContext2D} */ (to.getContext("2d")).drawImage(from, 0, 0);
}

/** @param {HTMLCanvasElement | undefined} source */
function seamImage(source) {
  const image = h("canvas");
  if (source?.width) copy(source, image);
  return image;
}
