/** A file that several tabs and editors may change: writes in order, versions checked, undo exact to the byte. */

import { post, put } from "./api.js";

export class VersionedFile {
  /**
   * @param {string} version as the server described it
   * @param {{undo: import("./undo.js").UndoStack, restore: string,
   *   onConflict: (error: Error) => void, onError: (error: Error) => void}} options
   *   restore: address that takes {version}; onConflict: the file was changed elsewhere, load it again
   */
  constructor(version, options) {
    this.version = version;
    this.options = options;
    /** Writes that have not ended. */
    this.waiting = 0;
    /** Changes elsewhere that were met. */
    this.conflicts = 0;
  }

  /** Ends when no write and no step of undo runs; never fails. */
  get running() {
    return this.options.undo.running;
  }

  /**
   * Write, and note the step for undo. A write is dropped if one before it met a change elsewhere. Errors are reported.
   * @param {string} path
   * @param {any} body
   * @param {{label: string, show: () => void, hide: () => void}} step
   *   show, hide: bring the page to the state after, before; they run on redo and undo
   * @returns {Promise<boolean>} whether it was written
   */
  save(path, body, { label, show, hide }) {
    const { conflicts } = this;
    return this.options.undo.queue(this.guarded(async () => {
      if (conflicts !== this.conflicts) return false;
      const before = this.version;
      const { version: after } = await put(path, body, before);
      this.version = after;
      this.options.undo.push({
        label,
        undo: () => this.restore(after, before, hide),
        redo: () => this.restore(before, after, show),
      });
      return true;
    })).catch(() => false);
  }

  /**
   * Bring an earlier version back; part of a step of undo, which is in the queue already.
   * @param {string} from the version that the file must have
   * @param {string} to
   * @param {() => void} shown
   */
  restore(from, to, shown) {
    return this.guarded(async () => {
      const { version } = await post(this.options.restore, { version: to, if_match: from });
      this.version = version;
      shown();
    })();
  }

  /**
   * Load the state of the file, as it is while no write waits.
   * @template T
   * @param {() => Promise<T>} load
   * @returns {Promise<T>}
   */
  async settled(load) {
    for (;;) {
      await this.running;
      const state = await load();
      if (!this.waiting) return state;
    }
  }

  /**
   * Work that counts as waiting from now on; its errors are reported, and passed on.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {() => Promise<T>}
   */
  guarded(work) {
    this.waiting++;
    return async () => {
      try {
        return await work();
      } catch (error) {
        const fault = /** @type {any} */ (error);
        if (fault.status === 412) {
          this.conflicts++;
          this.options.onConflict(fault);
        } else this.options.onError(fault);
        throw error;
      } finally {
        this.waiting--;
      }
    };
  }
}
