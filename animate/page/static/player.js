/**
 * The playing animation: a clock along a closed curve, renderers in workers, and the canvas that shows the newest
 * image. Images are asked for at the position of the clock, so the animation keeps its speed on slow machines and
 * shows fewer images.
 */

/**
 * @typedef {import("./latents.js").Latents} Latents
 * @typedef {import("./colors.js").Colors} Colors
 * @typedef {{network: string, map: string | null}} Files
 */

const MOST_PENDING = 2; // while it draws one image, the next is waiting

/** A worker that renders one image after the other. */
class Renderer {
  /**
   * @param {Files} files
   * @param {(image: any) => void} onImage
   * @param {(message: string) => void} onError
   */
  constructor(files, onImage, onError) {
    /** images that it was asked for */
    this.pending = Infinity;
    /** @type {ArrayBuffer[]} */
    this.buffers = [];
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.ready = new Promise((done) => {
      this.worker.onmessage = ({ data: message }) => {
        if (message.kind === "error") return onError(message.message);
        if (message.kind === "ready") {
          this.pending = 0;
          return done(null);
        }
        this.pending -= 1;
        onImage(message);
        this.buffers.push(message.buffer);
      };
      this.worker.onerror = (event) => onError(event.message || "a script could not be loaded");
    });
    this.worker.postMessage({ kind: "open", ...files });
  }

  /**
   * @param {number} number
   * @param {import("./latents.js").Request} request
   * @param {Colors | null} colors
   */
  draw(number, request, colors) {
    this.pending += 1;
    const buffer = this.buffers.pop() ?? null;
    const moved = buffer ? [buffer] : [];
    this.worker.postMessage({ kind: "draw", number, request, colors, buffer }, { transfer: moved });
  }
}

/** The animation. */
export class Player {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Files} files
   * @param {{workers: number, onShown: () => void, onError: (message: string) => void}} options
   */
  constructor(canvas, files, { workers, onShown, onError }) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    this.onShown = onShown;
    this.isPlaying = false;
    this.speed = 1;
    this.seconds = 60;
    this.position = 0;
    /** images that were asked for, and the newest that is shown */
    this.sent = 0;
    this.shown = 0;
    /** position of the newest image */
    this.shownAt = -1;
    this.isStale = true;
    /** @type {Latents | null} */
    this.latents = null;
    /** @type {Colors | null} */
    this.colors = null;
    /** @type {Map<number, number>} position of images that are on their way */
    this.waiting = new Map();
    /** @type {number[]} times at which images were shown, of the last second */
    this.times = [];
    const open = () => new Renderer(files, (image) => this.show(image), onError);
    this.renderers = [open()];
    this.ready = this.renderers[0].ready;
    this.ready.then(() => {
      while (this.renderers.length < workers) this.renderers.push(open());
    });
    let before = performance.now();
    const tick = (/** @type {number} */ now) => {
      if (this.isPlaying) this.advance(Math.min(now - before, 250) / 1000);
      before = now;
      this.request();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  /** Images shown per second, of the last two seconds. */
  get rate() {
    const now = performance.now();
    this.times = this.times.filter((time) => time > now - 2000);
    return this.times.length / 2;
  }

  /** @param {number} seconds of the clock */
  advance(seconds) {
    const next = this.position + (seconds * this.speed) / this.seconds;
    this.position = next - Math.floor(next);
  }

  /** @param {number} position in [0, 1) */
  seek(position) {
    this.position = position - Math.floor(position);
    this.isStale = true;
  }

  /** @param {Latents} latents */
  use(latents) {
    this.latents = latents;
    this.isStale = true;
  }

  /** @param {Colors | null} colors */
  paint(colors) {
    this.colors = colors;
    this.isStale = true;
  }

  /** Ask the least busy renderer for the image at the position: once per refresh of the screen. */
  request() {
    if (!this.latents || !(this.isPlaying || this.isStale)) return;
    const renderer = this.renderers.reduce((best, one) => (one.pending < best.pending ? one : best));
    if (renderer.pending >= MOST_PENDING) return;
    this.isStale = false;
    this.sent += 1;
    this.waiting.set(this.sent, this.position);
    renderer.draw(this.sent, this.latents.at(this.position), this.colors);
  }

  /** @param {{number: number, width: number, height: number, buffer: ArrayBuffer}} image */
  show({ number, width, height, buffer }) {
    const at = this.waiting.get(number) ?? 0;
    this.waiting.delete(number);
    if (number > this.shown) {
      this.shown = number;
      this.shownAt = at;
      if (this.canvas.width !== width || this.canvas.height !== height) {
        this.canvas.width = width;
        this.canvas.height = height;
      }
      this.context.putImageData(new ImageData(new Uint8ClampedArray(buffer), width, height), 0, 0);
      this.times.push(performance.now());
      this.onShown();
    }
  }

  /** Resolves when the image at the present settings and position is shown. */
  async settled() {
    while (this.isStale || this.shown < this.sent) await new Promise((done) => setTimeout(done, 4));
  }
}
