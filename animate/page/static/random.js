/**
 * The random numbers of JAX: keys, bits, uniform, normal and integer draws, equal to `jax.random` with
 * threefry2x32 and partitionable bits, JAX's defaults. Bits are the same; floats differ by rounding only.
 *
 * Sources: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Threefry-2x32, 20 rounds);
 * Giles 2010, "Approximating the erfinv function" (single precision).
 */

/** @typedef {[number, number]} Key two uint32 */

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];
const PARITY = 0x1bd11bda;
const SMALL = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
];
const LARGE = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
];

/**
 * `jax.random.key(seed)`, seed from 0 to 2^31 - 1.
 * @param {number} seed
 * @returns {Key}
 */
export function keyOf(seed) {
  return [0, seed >>> 0];
}

/**
 * Encrypt a counter of two words.
 * @param {Key} key
 * @param {number} high
 * @param {number} low
 * @returns {Key}
 */
export function threefry([k0, k1], high, low) {
  const ks = [k0, k1, k0 ^ k1 ^ PARITY];
  let x0 = (high + k0) | 0,
    x1 = (low + k1) | 0;
  for (let group = 0; group < 5; group++) {
    for (const turn of ROTATIONS[group % 2]) {
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << turn) | (x1 >>> (32 - turn))) ^ x0;
    }
    x0 = (x0 + ks[(group + 1) % 3]) | 0;
    x1 = (x1 + ks[(group + 2) % 3] + group + 1) | 0;
  }
  return [x0 >>> 0, x1 >>> 0];
}

/**
 * `jax.random.split(key, count)`.
 * @param {Key} key
 * @param {number} [count]
 * @returns {Key[]}
 */
export function split(key, count = 2) {
  return Array.from({ length: count }, (_, i) => threefry(key, 0, i));
}

/**
 * `jax.random.bits(key, [count])`.
 * @param {Key} key
 * @param {number} count
 * @returns {Uint32Array}
 */
export function bits(key, count) {
  const found = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const [high, low] = threefry(key, 0, i);
    found[i] = high ^ low;
  }
  return found;
}

/**
 * `jax.random.uniform(key, [count])`: 23 random bits each, in [0, 1).
 * @param {Key} key
 * @param {number} count
 * @returns {Float32Array}
 */
export function uniform(key, count) {
  return Float32Array.from(bits(key, count), (word) => (word >>> 9) / 2 ** 23);
}

/**
 * `jax.random.normal(key, [count])`.
 * @param {Key} key
 * @param {number} count
 * @returns {Float32Array}
 */
export function normal(key, count) {
  const low = -1 + 2 ** -24;
  return uniform(key, count).map((u) => {
    const x = Math.max(low, Math.fround(Math.fround(u * 2) + low));
    return Math.fround(Math.SQRT2) * erfInverse(x);
  });
}

/**
 * `jax.random.randint(key, [count], 0, below)`.
 * @param {Key} key
 * @param {number} count
 * @param {number} below at most 2^16
 * @returns {Uint32Array}
 */
export function integers(key, count, below) {
  const [first, second] = split(key);
  const high = bits(first, count),
    low = bits(second, count);
  const factor = (2 ** 16 % below) ** 2 % below;
  return high.map((word, i) => (((word % below) * factor) % 2 ** 32 + (low[i] % below)) % below);
}

/** @param {number} x in (-1, 1) */
function erfInverse(x) {
  let w = -Math.log1p(-x * x);
  const isSmall = w < 5;
  w = isSmall ? w - 2.5 : Math.sqrt(w) - 3;
  return (isSmall ? SMALL : LARGE).reduce((sum, c) => sum * w + c, 0) * x;
}
