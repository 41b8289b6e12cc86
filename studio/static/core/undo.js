/** Undo and redo, 200 steps deep; steps and the writes that they take back run in one queue. */

/** @typedef {{label: string, undo: () => any, redo: () => any}} Step */

export class UndoStack {
  /** @param {{depth?: number, onChange?: () => void}} [options] */
  constructor({ depth = 200, onChange = () => {} } = {}) {
    this.depth = depth;
    this.onChange = onChange;
    /** @type {Step[]} */
    this.done = [];
    /** @type {Step[]} */
    this.undone = [];
    /** Ends when all that was queued has ended; never fails. @type {Promise<any>} */
    this.running = Promise.resolve();
  }

  /**
   * Run after all that was queued before.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  queue(work) {
    const next = this.running.then(work);
    this.running = next.catch(() => {});
    return next;
  }

  /**
   * Note a step that was just made; what was undone can no longer be redone.
   * @param {Step} step
   */
  push(step) {
    this.done.push(step);
    if (this.done.length > this.depth) this.done.shift();
    this.undone.length = 0;
    this.onChange();
  }

  /** Take back the last step. @returns {Promise<Step | undefined>} */
  undo() {
    return this.move(this.done, this.undone, "undo");
  }

  /** Make the last step that was taken back again. @returns {Promise<Step | undefined>} */
  redo() {
    return this.move(this.undone, this.done, "redo");
  }

  /** Forget all steps. */
  clear() {
    this.done.length = this.undone.length = 0;
    this.onChange();
  }

  /**
   * A step that fails stays where it was.
   * @param {Step[]} from
   * @param {Step[]} to
   * @param {"undo" | "redo"} way
   */
  move(from, to, way) {
    return this.queue(async () => {
      const step = from.at(-1);
      if (!step) return undefined;
      await step[way]();
      if (from.at(-1) === step) to.push(/** @type {Step} */ (from.pop()));
      this.onChange();
      return step;
    });
  }
}
