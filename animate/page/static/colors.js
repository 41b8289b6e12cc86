/**
 * From the network's numbers to colours: grey becomes ink on paper, and colours stay as they were learned
 * unless others are chosen.
 */

/**
 * @typedef {[number, number, number]} Rgb
 * @typedef {{ink: Rgb, paper: Rgb}} Colors
 */

/** @type {Colors} */
export const PLAIN = { ink: [0, 0, 0], paper: [255, 255, 255] };

/**
 * @param {string} text #rrggbb
 * @returns {Rgb}
 */
export function rgb(text) {
  const [red, green, blue] = [1, 3, 5].map((start) => parseInt(text.slice(start, start + 2), 16));
  return [red, green, blue];
}

/** @param {Rgb} color */
export function hex(color) {
  return `#${color.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * RGB of every level of grey, ink to paper: [256 * 3].
 * @param {Colors | null} colors null: black to white
 * @returns {{table: Uint8ClampedArray, isPlain: boolean, paper: Rgb}}
 */
export function colorTable(colors) {
  const { ink, paper } = colors ?? PLAIN;
  const table = new Uint8ClampedArray(768);
  for (let level = 0; level < 256; level++) {
    for (let i = 0; i < 3; i++) table[3 * level + i] = ink[i] + ((paper[i] - ink[i]) * level) / 255;
  }
  return { table, isPlain: colors === null, paper };
}

/**
 * Level of a number of the network, as `data_prep.images.to_uint8` rounds it.
 * @param {number} value
 */
function level(value) {
  const scaled = (value + 1) * 127.5;
  return scaled <= 0 ? 0 : scaled >= 255 ? 255 : Math.round(scaled);
}

/**
 * Write pixels.
 * @param {Uint8ClampedArray} pixels RGBA, [H * W * 4]
 * @param {Float32Array} planes [C * H * W], C = 1, 3 or 4, about -1 to 1
 * @param {number} channels C
 * @param {ReturnType<typeof colorTable>} colors
 */
export function paint(pixels, planes, channels, { table, isPlain, paper }) {
  const count = pixels.length / 4;
  for (let i = 0; i < count; i++) {
    const at = 4 * i;
    pixels[at + 3] = 255;
    if (channels === 1) {
      const grey = 3 * level(planes[i]);
      pixels[at] = table[grey];
      pixels[at + 1] = table[grey + 1];
      pixels[at + 2] = table[grey + 2];
      continue;
    }
    const [red, green, blue] = [level(planes[i]), level(planes[count + i]), level(planes[2 * count + i])];
    const alpha = channels === 4 ? level(planes[3 * count + i]) / 255 : 1;
    const grey = 3 * Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    for (let k = 0; k < 3; k++) {
      const own = k === 0 ? red : k === 1 ? green : blue;
      pixels[at + k] = (isPlain ? own : table[grey + k]) * alpha + paper[k] * (1 - alpha);
    }
  }
}
