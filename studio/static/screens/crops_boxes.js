/** Rectangles on an image: drawing, moving and resizing them, with or without a fixed aspect. Pure functions. */

/** @typedef {[number, number, number, number]} Box x0, y0, x1, y1 in px, half-open */
/** @typedef {{width_px: number, height_px: number}} Size */
/** @typedef {{x: number, y: number}} Point */

/** Handles: which sides a handle moves, -1 the first, 1 the last, 0 neither. @type {[number, number][]} */
export const HANDLES = [[-1, -1], [0, -1], [1, -1], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0]];

/**
 * The point of a handle.
 * @param {Box} box
 * @param {[number, number]} handle
 * @returns {Point}
 */
export function handlePoint([x0, y0, x1, y1], [i, j]) {
  return { x: i < 0 ? x0 : i > 0 ? x1 : (x0 + x1) / 2, y: j < 0 ? y0 : j > 0 ? y1 : (y0 + y1) / 2 };
}

/**
 * A box between two corners, in whole px within the image.
 * @param {Point} from the corner that stays
 * @param {Point} to
 * @param {Size} size
 * @param {number} aspect width / height; 0: free
 * @returns {Box}
 */
export function between(from, to, size, aspect) {
  const [x, y] = [clamp(from.x, size.width_px), clamp(from.y, size.height_px)];
  let [dx, dy] = [clamp(to.x, size.width_px) - x, clamp(to.y, size.height_px) - y];
  if (aspect) {
    const [right, down] = [to.x >= from.x, to.y >= from.y];
    const most = Math.min(right ? size.width_px - x : x, (down ? size.height_px - y : y) * aspect);
    const width = Math.min(most, Math.max(Math.abs(dx), Math.abs(dy) * aspect));
    [dx, dy] = [right ? width : -width, (down ? width : -width) / aspect];
  }
  return whole([Math.min(x, x + dx), Math.min(y, y + dy), Math.max(x, x + dx), Math.max(y, y + dy)], size);
}

/**
 * A box moved by a distance, within the image.
 * @param {Box} box
 * @param {number} dx
 * @param {number} dy
 * @param {Size} size
 * @returns {Box}
 */
export function moved([x0, y0, x1, y1], dx, dy, size) {
  const x = Math.round(Math.min(size.width_px - x1, Math.max(-x0, dx)));
  const y = Math.round(Math.min(size.height_px - y1, Math.max(-y0, dy)));
  return [x0 + x, y0 + y, x1 + x, y1 + y];
}

/**
 * A box after a handle was dragged to a point.
 * @param {Box} box
 * @param {[number, number]} handle
 * @param {Point} to
 * @param {Size} size
 * @param {number} aspect
 * @returns {Box}
 */
export function resized(box, [i, j], to, size, aspect) {
  const [x0, y0, x1, y1] = box;
  if (i && j) return between({ x: i > 0 ? x0 : x1, y: j > 0 ? y0 : y1 }, to, size, aspect);
  if (aspect) { // an edge moves; the other two grow evenly about their middle
    const length = i ? Math.abs(to.x - (i > 0 ? x0 : x1)) : Math.abs(to.y - (j > 0 ? y0 : y1)) * aspect;
    const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
    const roomX = i ? (i > 0 ? size.width_px - x0 : x1) : 2 * Math.min(cx, size.width_px - cx);
    const roomY = j ? (j > 0 ? size.height_px - y0 : y1) : 2 * Math.min(cy, size.height_px - cy);
    const width = Math.max(1, Math.min(length, roomX, roomY * aspect));
    const height = width / aspect;
    const left = i > 0 ? x0 : i < 0 ? x1 - width : cx - width / 2;
    const top = j > 0 ? y0 : j < 0 ? y1 - height : cy - height / 2;
    return whole([left, top, left + width, top + height], size);
  }
  const sides = [...box];
  if (i) sides[i < 0 ? 0 : 2] = to.x;
  if (j) sides[j < 0 ? 1 : 3] = to.y;
  return whole([Math.min(sides[0], sides[2]), Math.min(sides[1], sides[3]), Math.max(sides[0], sides[2]), Math.max(sides[1], sides[3])], size);
}

/**
 * The largest box of an aspect in the middle.
 * @param {Size} size
 * @param {number} aspect 0: nine tenths of the image
 * @returns {Box}
 */
export function middle(size, aspect) {
  const width = 0.9 * (aspect ? Math.min(size.width_px, size.height_px * aspect) : size.width_px);
  const height = aspect ? width / aspect : 0.9 * size.height_px;
  const [x, y] = [(size.width_px - width) / 2, (size.height_px - height) / 2];
  return whole([x, y, x + width, y + height], size);
}

/**
 * A box in whole px of another image, at least 1 px wide; null: it lies outside.
 * @param {Box} box
 * @param {Size} size
 * @returns {Box | null}
 */
export function clipped([x0, y0, x1, y1], size) {
  return x0 >= size.width_px || y0 >= size.height_px ? null : [x0, y0, Math.min(x1, size.width_px), Math.min(y1, size.height_px)];
}

/** @param {number[]} box @param {Size} size @returns {Box} */
function whole([x0, y0, x1, y1], size) {
  const [x, y] = [Math.min(size.width_px - 1, Math.max(0, Math.round(x0))), Math.min(size.height_px - 1, Math.max(0, Math.round(y0)))];
  return [x, y, Math.min(size.width_px, Math.max(x + 1, Math.round(x1))), Math.min(size.height_px, Math.max(y + 1, Math.round(y1)))];
}

/** @param {number} value @param {number} most */
const clamp = (value, most) => Math.min(most, Math.max(0, value));
