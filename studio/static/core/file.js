/** A file that several tabs and editors may change: writes in order, versions checked, undo exact to the byte. */

import { post, put } from "./api.js";

export class VersionedFile {
  /**
   * @param {string} version as the server described it
   * @param {{undo: import("./undo.js").UndoStack, restore: string,
   *   onConflict: (error: Error) => void, onError: (error: Error) => void, onSaved?: () => void}} options
   *   restore: address that takes {version}; onConflict: the file was changed elsewhere, load it again
   */
  constructor(version, options) {
    this.version = version;
    this.options = options;
    this.waiting = 0;
    /** @type {Promise<any>} */
    this.running = Promise.resolve();
  }

  /**
   * Write, and note the step for undo.
   * @param {string} path
   * @param {any} body
   * @param {{label: string, show: () => void, hide: () => void}} step
   *   show, hide: bring the page to the state after, before; they run on redo and undo
   */
  save(path, body, { label, show, hide }) {
    return this.queue(async () => {
      const before = this.version;
      const { version: after } = await put(path, body, before);
      this.version = after;
      this.options.undo.push({
        label,
        undo: () => this.restore(after, before, hide),
        redo: () => this.restore(before, after, show),
      });
    }).catch(() => {}); // reported by `queue`
  }

  /**
   * @param {string} from the version that the file must have
   * @param {string} to
   * @param {() => void} shown
   */
  restore(from, to, shown) {
    return this.queue(async () => {
      const { version } = await post(this.options.restore, { version: to, if_match: from });
      this.version = version;
      shown();
    });
  }

  /**
   * Run after what runs already; errors are reported, and passed on.
   * @param {() => Promise<void>} work
   */
  queue(work) {
    this.waiting++;
    const next = this.running.then(work);
    this.running = next
      .catch((error) => {
        if (error.status === 412) this.options.onConflict(error);
        else this.options.onError(error);
      })
      .finally(() => {
        this.waiting--;
        this.options.onSaved?.();
      });
    return next;
  }
}
