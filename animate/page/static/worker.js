/**
 * A renderer in a thread of its own: loads the networks, and turns inputs into images.
 *
 * It receives {kind: "open", ...} once, then {kind: "draw", number, request, colors, buffer}, and answers
 * {kind: "ready"}, {kind: "image", number, width, height, buffer} or {kind: "error", message}. Buffers travel
 * back and forth, so that playing allocates no memory.
 */

// @ts-expect-error: onnxruntime is put beside the page when it is exported
import * as ort from "./runtime/ort.js";
import { colorTable, paint } from "./colors.js";

/** @typedef {import("./latents.js").Request} Request */

/** @type {any} */
let network = null;
/** @type {any} */
let mapping = null;

/** @param {{network: string, map: string | null}} files */
async function open(files) {
  ort.env.wasm.numThreads = 1; // more need headers that a plain static host does not send
  ort.env.wasm.wasmPaths = { wasm: new URL("./runtime/ort.wasm", import.meta.url).href };
  const load = async (/** @type {string} */ name) => {
    const answer = await fetch(new URL(name, import.meta.url));
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    const data = new Uint8Array(await answer.arrayBuffer());
    return ort.InferenceSession.create(data, { executionProviders: ["wasm"] });
  };
  network = await load(files.network);
  mapping = files.map === null ? null : await load(files.map);
}

/**
 * @param {Request} request
 * @returns {Promise<any>} images, a tensor [1, C, H, W]
 */
async function synthesize({ inputs, isLatent, truncation, label }) {
  /** @type {Record<string, any>} */
  const feeds = {};
  for (const [name, { data, dims }] of Object.entries(inputs)) feeds[name] = new ort.Tensor("float32", data, dims);
  if (!isLatent) return (await network.run(feeds)).images;
  feeds.truncation = new ort.Tensor("float32", Float32Array.of(truncation), []);
  if (mapping.inputNames.includes("label")) {
    feeds.label = new ort.Tensor("int64", BigInt64Array.of(BigInt(label)), [1]);
  }
  const { w } = await mapping.run(feeds);
  const { images } = await network.run({ w });
  w.dispose();
  return images;
}

self.onmessage = async ({ data: message }) => {
  try {
    if (message.kind === "open") {
      await open(message);
      self.postMessage({ kind: "ready" });
      return;
    }
    const images = await synthesize(message.request);
    const [, channels, height, width] = images.dims;
    const size = 4 * height * width;
    const buffer = message.buffer?.byteLength === size ? message.buffer : new ArrayBuffer(size);
    paint(new Uint8ClampedArray(buffer), images.data, channels, colorTable(message.colors));
    images.dispose();
    const answer = { kind: "image", number: message.number, width, height, buffer };
    self.postMessage(answer, { transfer: [buffer] });
  } catch (error) {
    self.postMessage({ kind: "error", message: error instanceof Error ? error.message : String(error) });
  }
};
