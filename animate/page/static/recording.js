/** Files for the user: an image as PNG, the animation as WebM, at the size of the window. */

const MOST_PX = 1920;
const KINDS = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm"];

/**
 * Draw the animation at the size at which it is seen.
 * @param {HTMLCanvasElement} player
 * @param {HTMLCanvasElement} target
 */
export function enlarge(player, target) {
  const box = player.getBoundingClientRect(),
    isCover = getComputedStyle(player).objectFit === "cover",
    sharpness = Math.min(devicePixelRatio, MOST_PX / Math.max(box.width, box.height, 1));
  const fit = [box.width / player.width, box.height / player.height];
  const scale = sharpness * (isCover ? Math.max(...fit) : Math.min(...fit));
  const even = (/** @type {number} */ value) => Math.max(2, 2 * Math.round(value / 2));
  const width = even(Math.min(player.width * scale, box.width * sharpness)),
    height = even(Math.min(player.height * scale, box.height * sharpness));
  if (target.width !== width || target.height !== height) Object.assign(target, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (target.getContext("2d", { alpha: false }));
  context.imageSmoothingQuality = "high";
  const [w, h] = [player.width * scale, player.height * scale];
  context.drawImage(player, (width - w) / 2, (height - h) / 2, w, h);
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * Save the image that is seen.
 * @param {HTMLCanvasElement} player
 * @param {string} name
 */
export async function savePng(player, name) {
  const copy = document.createElement("canvas");
  enlarge(player, copy);
  /** @type {Blob | null} */
  const blob = await new Promise((done) => copy.toBlob(done, "image/png"));
  if (blob) download(blob, name);
}

/** A recording of the animation as it plays. */
export class Recording {
  /** @param {HTMLCanvasElement} player */
  constructor(player) {
    this.player = player;
    this.copy = document.createElement("canvas");
    enlarge(player, this.copy);
    /** @type {Blob[]} */
    this.parts = [];
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    if (!mimeType) throw new Error("this browser does not record WebM");
    this.stream = this.copy.captureStream();
    this.recorder = new MediaRecorder(this.stream, { mimeType, videoBitsPerSecond: 12_000_000 });
    this.recorder.ondataavailable = ({ data }) => this.parts.push(data);
    this.recorder.start(1000);
  }

  /** Whether this browser records. */
  static get isPossible() {
    return "MediaRecorder" in window && KINDS.some((kind) => MediaRecorder.isTypeSupported(kind));
  }

  /** Add the image that is seen; the size is that of the start. */
  add() {
    const context = /** @type {CanvasRenderingContext2D} */ (this.copy.getContext("2d", { alpha: false }));
    context.drawImage(this.player, 0, 0, this.copy.width, this.copy.height);
  }

  /**
   * End it and save the file.
   * @param {string} name
   */
  async save(name) {
    const ended = new Promise((done) => (this.recorder.onstop = () => done(null)));
    this.recorder.stop();
    await ended;
    for (const track of this.stream.getTracks()) track.stop();
    const blob = new Blob(this.parts, { type: "video/webm" });
    if (blob.size) download(blob, name);
    return blob.size;
  }
}
