/** Latest wins: one request in flight; when it returns, the newest parameters that came meanwhile are sent. */

/**
 * @template P, R
 * @param {(params: P) => Promise<R>} load
 * @param {(result: R, params: P) => void} show called with each result that arrives, in order
 * @param {(error: any) => void} fail
 * @returns {(params: P) => void}
 */
export function latest(load, show, fail) {
  let isBusy = false;
  /** @type {{params: P} | null} */
  let waiting = null;

  /** @param {P} params */
  async function run(params) {
    isBusy = true;
    try {
      show(await load(params), params);
    } catch (error) {
      if (waiting === null) fail(error);
    }
    isBusy = false;
    const next = waiting;
    waiting = null;
    if (next) run(next.params);
  }

  return (params) => {
    if (isBusy) waiting = { params };
    else run(params);
  };
}

/**
 * Call a function once per frame at most.
 * @param {() => void} f
 * @returns {() => void}
 */
export function perFrame(f) {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      f();
    });
  };
}
