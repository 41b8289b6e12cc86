/** Pointer gestures on specimens: click adds, drag moves, drag on empty paper selects. */

import { specimenAt } from "./specimens_drawing.js";

/** @typedef {import("./specimens_drawing.js").Scene} Scene */
/** @typedef {import("../core/view.js").Point} Point */

const CLICK_PX = 4; // CSS px; a gesture that stays within is a click

/**
 * @param {import("../core/view.js").View} view
 * @param {Scene} scene
 * @param {{change: (centers: [number, number][], label: string, selected?: number[]) => any, redraw: () => void,
 *   page: () => string, point: (at: Point) => void}} actions page: id of the page that the scene shows, "" for none
 * @returns {import("../core/view.js").Tool}
 */
export function specimenTool(view, scene, { change, redraw, page, point }) {
  let taken = -1;
  let isClick = true;
  let opened = ""; // page on which the gesture began
  /** @type {[number, number][]} */
  let before = [];

  /** @param {Point} at @param {Point} start */
  function moved(at, start) {
    return scene.centers.map((center, i) => {
      if (!scene.selected.has(i)) return center;
      const [x, y] = before[i];
      return /** @type {[number, number]} */ ([rounded(x + at.x - start.x), rounded(y + at.y - start.y)]);
    });
  }

  return {
    down(at, event) {
      opened = page();
      if (!opened) return false;
      taken = specimenAt(view, scene, at);
      isClick = true;
      before = scene.centers;
      if (taken >= 0) {
        if (event.shiftKey && scene.selected.has(taken)) scene.selected.delete(taken);
        else if (event.shiftKey) scene.selected.add(taken);
        else if (!scene.selected.has(taken)) scene.selected = new Set([taken]);
      }
      redraw();
      return true;
    },
    move(at, event, start) {
      point(at);
      if (page() !== opened) return;
      if (Math.hypot(at.x - start.x, at.y - start.y) * view.scale > CLICK_PX) isClick = false;
      if (isClick) return;
      if (taken < 0) scene.band = { from: start, to: at };
      else scene.centers = moved(at, start);
      redraw();
    },
    up(at, event, start) {
      const band = scene.band;
      scene.band = null;
      if (page() !== opened) return redraw();
      if (taken >= 0) {
        if (isClick) return redraw();
        const centers = moved(at, start);
        scene.centers = before; // boxes of those that did not move are found by their centres
        return change(centers, "move", [...scene.selected]);
      }
      if (band) {
        const inside = within(scene, band.from, at);
        scene.selected = new Set(event.shiftKey ? [...scene.selected, ...inside] : inside);
        return redraw();
      }
      const isOnPage = start.x >= 0 && start.y >= 0 && start.x <= view.pageWidth && start.y <= view.pageHeight;
      if (isOnPage) change([...scene.centers, [rounded(start.x), rounded(start.y)]], "add", [scene.centers.length]);
    },
    cancel() {
      scene.band = null;
      if (taken >= 0 && page() === opened) scene.centers = before;
      redraw();
    },
    hover(at) {
      point(at);
      const now = specimenAt(view, scene, at);
      view.canvas.style.cursor = now >= 0 ? "move" : "crosshair";
      if (now !== scene.hovered) {
        scene.hovered = now;
        redraw();
      }
    },
    leave() {
      scene.hovered = -1;
      redraw();
    },
  };
}

/** Hundredths of a page px. @param {number} value */
const rounded = (value) => Math.round(value * 100) / 100;

/**
 * @param {Scene} scene
 * @param {Point} a
 * @param {Point} b
 */
function within(scene, a, b) {
  const [x0, x1] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [y0, y1] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  return [...scene.centers.keys()].filter((i) => {
    const [x, y] = scene.centers[i];
    return x >= x0 && x <= x1 && y >= y0 && y <= y1;
  });
}
