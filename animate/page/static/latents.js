/**
 * From a place on a curve to the inputs of the network: which latents a drawing takes, normalised as the
 * family does, and for family field the map of cells that fills a window.
 */

import { curveOf, through } from "./paths.js";

/**
 * @typedef {import("./paths.js").Curve} Curve
 * @typedef {{rows: number, columns: number}} Cells
 * @typedef {{file: string, space: "z" | "w", size: number, frames: number, scale: number, isClosed: boolean,
 *   seconds: number, truncation: number}} PathFile
 * @typedef {{style: string, seed: number, truncation: number, label: number, isFilled: boolean,
 *   across: number}} Settings style may be "file"
 * @typedef {{family: string, shape: [number, number, number], z: number, styles: number, w: number,
 *   globalDim: number, statistics: number, localDim: number, cellPx: number, cells: Cells,
 *   classes: string[], isMapped: boolean, network: string, map: string | null}} Network
 * @typedef {{inputs: Record<string, {data: Float32Array, dims: number[]}>, isLatent: boolean,
 *   truncation: number, label: number}} Request what a renderer needs for an image; isLatent: in z, to be
 *   mapped by the mapping network
 */

/**
 * Map of cells that fills a window, at least that of an image of the network.
 * @param {Network} network
 * @param {number} across cells along the shorter side
 * @param {number} aspect width over height of the window
 * @returns {Cells}
 */
export function fillingCells(network, across, aspect) {
  const { rows, columns } = network.cells;
  const height = aspect >= 1 ? across : Math.ceil(across / aspect),
    width = aspect >= 1 ? Math.ceil(across * aspect) : across;
  return { rows: Math.max(rows, height), columns: Math.max(columns, width) };
}

/**
 * Place of every cell of a map in the order in which cells are drawn: those of an image of the network first,
 * in the middle, as `gan sample` draws them, then the others by rows. So the middle of a window does not
 * depend on its size.
 * @param {Cells} cells of the map
 * @param {Cells} middle of an image
 * @returns {Uint32Array} for each place by rows, its number
 */
export function cellOrder(cells, middle) {
  const top = (cells.rows - middle.rows) >> 1,
    left = (cells.columns - middle.columns) >> 1;
  const order = new Uint32Array(cells.rows * cells.columns);
  let next = middle.rows * middle.columns;
  for (let y = 0; y < cells.rows; y++) {
    for (let x = 0; x < cells.columns; x++) {
      const isInside = y >= top && y < top + middle.rows && x >= left && x < left + middle.columns;
      order[y * cells.columns + x] = isInside ? (y - top) * middle.columns + (x - left) : next++;
    }
  }
  return order;
}

/**
 * Divide each group of `size` numbers by its root mean square, in place, and multiply by `factor`.
 * @param {Float32Array} values
 * @param {number} size
 * @param {number} factor
 */
export function normalize(values, size, factor) {
  for (let start = 0; start < values.length; start += size) {
    let power = 0;
    for (let i = start; i < start + size; i++) power += values[i] ** 2;
    const scale = factor / Math.sqrt(power / size + 1e-8);
    for (let i = start; i < start + size; i++) values[i] *= scale;
  }
  return values;
}

/** Inputs of the network along a curve. */
export class Latents {
  /**
   * @param {Network} network
   * @param {Settings} settings
   * @param {import("./paths.js").Options} options of the styles
   * @param {{rows: Float32Array, path: PathFile} | null} file latents of a path file
   * @param {Cells | null} cells of the map that fills the window; null: as many as an image has
   */
  constructor(network, settings, options, file, cells) {
    this.network = network;
    this.settings = settings;
    this.isInW = settings.style === "file" && file?.path.space === "w";
    const { style, seed } = settings;
    const { rows, columns } = network.cells;
    /** @type {Cells} */
    this.cells = cells ?? { rows, columns };
    if (style === "file" && file) this.cells = { rows, columns };
    /** @type {Curve} */
    this.curve =
      style === "file" && file
        ? through(file.rows, file.path.size, file.path.isClosed)
        : curveOf(style, seed, network.z, options);
    const more = this.cells.rows * this.cells.columns - rows * columns;
    /** @type {Curve | null} */
    this.others = more > 0 ? curveOf(style, seed, more * network.localDim, options, 1) : null;
    this.order = cellOrder(this.cells, { rows, columns });
  }

  /** Height and width of the image, px. */
  get size() {
    const { family, shape, cellPx } = this.network;
    if (family !== "field") return { height: shape[0], width: shape[1] };
    return { height: this.cells.rows * cellPx, width: this.cells.columns * cellPx };
  }

  /**
   * @param {number} u place on the curve, in [0, 1)
   * @returns {Request}
   */
  at(u) {
    const { truncation, label } = this.settings,
      { family, z, w, styles, isMapped } = this.network;
    const found = Float32Array.from(this.curve(u));
    if (family === "field") return this.request(this.field(found, u));
    if (this.isInW) {
      const data = new Float32Array(styles * w);
      for (let start = 0; start < data.length; start += found.length) data.set(found, start);
      return this.request({ w: { data, dims: [1, styles, w] } });
    }
    if (isMapped) return { inputs: { z: { data: found, dims: [1, z] } }, isLatent: true, truncation, label };
    return this.request({ w: { data: normalize(found, z, truncation), dims: [1, 1, z] } });
  }

  /**
   * @param {Float32Array} found the global vector and the cells of an image
   * @param {number} u
   * @returns {Request["inputs"]}
   */
  field(found, u) {
    const { globalDim, localDim, statistics } = this.network,
      { rows, columns } = this.cells,
      { truncation } = this.settings;
    const style = found.slice(0, globalDim),
      drawn = found.subarray(globalDim),
      more = this.others?.(u) ?? new Float32Array(0);
    const cells = new Float32Array(rows * columns * localDim);
    this.order.forEach((number, place) => {
      const start = number * localDim;
      const from = start < drawn.length ? drawn : more,
        offset = start < drawn.length ? start : start - drawn.length;
      cells.set(from.subarray(offset, offset + localDim), place * localDim);
    });
    if (!this.isInW) {
      for (let i = 0; i < statistics; i++) style[i] *= truncation;
      normalize(style.subarray(statistics), globalDim - statistics, truncation);
      normalize(cells, localDim, truncation);
    }
    return {
      style: { data: style, dims: [1, globalDim] },
      cells: { data: cells, dims: [1, rows, columns, localDim] },
    };
  }

  /**
   * @param {Request["inputs"]} inputs
   * @returns {Request}
   */
  request(inputs) {
    return { inputs, isLatent: false, truncation: 1, label: 0 };
  }
}
