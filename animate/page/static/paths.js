/**
 * Closed curves in the space of latents, equal to those of `inkloop animate` to about 1e-5: one function per
 * style, which draws its random points once and evaluates the curve anywhere.
 */

import { integers, keyOf, normal, split, uniform } from "./random.js";

/**
 * @typedef {import("./random.js").Key} Key
 * @typedef {{seeds: number, segments: number, cycles: number[]}} Options numbers of keyframes and curves, and
 *   of cycles to choose from
 * @typedef {(u: number) => Float32Array} Curve position in [0, 1) -> latent; the array is used again
 */

/** @type {Record<string, string>} style -> title */
export const STYLES = {
  seeds: "Through drawings",
  bezier: "Bezier curves",
  phase: "Phases",
  period: "Periods",
  circle: "Circle",
};

/**
 * The curve of a style.
 * @param {string} style key of STYLES
 * @param {number} seed
 * @param {number} size length of a latent
 * @param {Options} options
 * @param {number} [first] first word of the key; 1: other numbers for the same seed
 * @returns {Curve}
 */
export function curveOf(style, seed, size, options, first = 0) {
  const [, word] = keyOf(seed);
  /** @type {Key} */
  const key = [first, word];
  if (style === "seeds") return throughSeeds(key, size, options.seeds);
  if (style === "bezier") return bezier(normal(key, 3 * options.segments * size), size);
  if (style === "circle") return circle(key, size);
  const [baseKey, secondKey] = split(key);
  const base = normal(baseKey, size);
  if (style === "phase") return sines(base, new Uint32Array(size).fill(1), uniform(secondKey, size));
  const cycles = integers(secondKey, size, options.cycles.length).map((i) => options.cycles[i]);
  return sines(base, cycles, new Float32Array(size));
}

/**
 * A cubic through the latents of `count` seeds from that of `key` on: `animate keyframes`. The tangent at a
 * latent is half the difference of its neighbours (Catmull and Rom 1974).
 * @param {Key} key
 * @param {number} size
 * @param {number} count
 * @returns {Curve}
 */
function throughSeeds([first, seed], size, count) {
  const points = new Float32Array(count * size);
  for (let i = 0; i < count; i++) points.set(normal([first, (seed + i) >>> 0], size), i * size);
  const found = new Float32Array(size);
  return (u) => {
    const { segment, t } = located(u, count);
    const weights = [
      -t + 2 * t ** 2 - t ** 3,
      2 - 5 * t ** 2 + 3 * t ** 3,
      t + 4 * t ** 2 - 3 * t ** 3,
      -(t ** 2) + t ** 3,
    ];
    const at = (/** @type {number} */ offset) => (segment + offset + count) % count;
    return blend(found, points, [-1, 0, 1, 2].map(at), weights.map((w) => w / 2));
  };
}

/**
 * Quartic Bezier curves whose direction and speed are continuous: `curves.bezier_chain`.
 * @param {Float32Array} points [3 S, size]
 * @param {number} size
 * @returns {Curve}
 */
function bezier(points, size) {
  const count = points.length / size;
  const found = new Float32Array(size);
  return (u) => {
    const { segment, t } = located(u, count / 3);
    const s = 1 - t;
    const [b0, b1, b2, b3, b4] = [s ** 4, 4 * t * s ** 3, 6 * t ** 2 * s ** 2, 4 * t ** 3 * s, t ** 4];
    const at = (/** @type {number} */ offset) => (3 * segment + offset + count) % count;
    return blend(found, points, [-2, -1, 0, 1, 2].map(at), [-b1, b0 + 2 * b1, b2, b3, b4]);
  };
}

/**
 * A circle around the origin in a random plane, of radius sqrt(size).
 * @param {Key} key
 * @param {number} size
 * @returns {Curve}
 */
function circle(key, size) {
  const both = normal(key, 2 * size);
  const across = scaled(both.subarray(0, size), 1e-30);
  const other = both.subarray(size);
  const dot = other.reduce((sum, value, i) => sum + value * across[i], 0);
  const up = scaled(
    other.map((value, i) => value - dot * across[i]),
    1e-6,
  );
  const found = new Float32Array(size),
    radius = Math.sqrt(size);
  return (u) => {
    const x = radius * Math.cos(2 * Math.PI * u),
      y = radius * Math.sin(2 * Math.PI * u);
    for (let i = 0; i < size; i++) found[i] = x * across[i] + y * up[i];
    return found;
  };
}

/**
 * base + sin(2 pi (cycles u + phase)) in every dimension.
 * @param {Float32Array} base
 * @param {Uint32Array} cycles
 * @param {Float32Array} phase in turns
 * @returns {Curve}
 */
function sines(base, cycles, phase) {
  const found = new Float32Array(base.length);
  return (u) => {
    for (let i = 0; i < base.length; i++) {
      found[i] = base[i] + Math.sin(2 * Math.PI * (((cycles[i] * u) % 1) + phase[i]));
    }
    return found;
  };
}

/**
 * The curve through the rows of a file, with straight lines between them. An open one returns the same way,
 * so that it has no seam.
 * @param {Float32Array} rows [count, size]
 * @param {number} size
 * @param {boolean} isClosed
 * @returns {Curve}
 */
export function through(rows, size, isClosed) {
  const count = rows.length / size;
  const found = new Float32Array(size);
  return (u) => {
    const x = isClosed ? (u % 1) * count : (1 - Math.abs(1 - 2 * (u % 1))) * (count - 1);
    const row = Math.min(Math.floor(x), count - 1),
      t = x - row;
    return blend(found, rows, [row, isClosed ? (row + 1) % count : Math.min(row + 1, count - 1)], [1 - t, t]);
  };
}

/**
 * @param {number} u
 * @param {number} count of segments
 */
function located(u, count) {
  const x = (u - Math.floor(u)) * count;
  const segment = Math.min(Math.floor(x), count - 1);
  return { segment, t: x - segment };
}

/**
 * Weighted sum of rows of `points`, in `found`.
 * @param {Float32Array} found
 * @param {Float32Array} points
 * @param {number[]} rows
 * @param {number[]} weights
 */
function blend(found, points, rows, weights) {
  const size = found.length;
  found.fill(0);
  rows.forEach((row, k) => {
    const weight = weights[k],
      start = row * size;
    if (weight) for (let i = 0; i < size; i++) found[i] += weight * points[start + i];
  });
  return found;
}

/**
 * @param {Float32Array} vector
 * @param {number} least of the length it is divided by
 */
function scaled(vector, least) {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / Math.max(length, least));
}
