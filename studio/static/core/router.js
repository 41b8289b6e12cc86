/** The address of the page: /s/SCREEN?name=value. All state that a reload should bring back is in it. */

/** @typedef {{screen: string, params: Record<string, string>}} Place */

/** @type {((place: Place) => void)[]} */
const listeners = [];

/** @returns {Place} where we are */
export function place() {
  const match = location.pathname.match(/^\/s\/([a-z-]+)$/);
  return {
    screen: match ? match[1] : "home",
    params: Object.fromEntries(new URLSearchParams(location.search)),
  };
}

/**
 * The address of a screen.
 * @param {string} screen
 * @param {Record<string, any>} [params]
 */
export function address(screen, params = {}) {
  const shown = Object.entries(params).filter(([, v]) => v !== undefined && v !== null && v !== "");
  const query = new URLSearchParams(shown.map(([k, v]) => [k, String(v)])).toString();
  return (screen === "home" ? "/" : `/s/${screen}`) + (query ? `?${query}` : "");
}

/**
 * Open a screen; the browser's Back leads here.
 * @param {string} screen
 * @param {Record<string, any>} [params]
 */
export function go(screen, params = {}) {
  history.pushState(null, "", address(screen, params));
  announce();
}

/**
 * Note state of the open screen in the address; undefined or "" removes a name.
 * @param {Record<string, any>} changes
 */
export function note(changes) {
  const { screen, params } = place();
  history.replaceState(null, "", address(screen, { ...params, ...changes }));
}

/** @param {(place: Place) => void} listener called when another screen or folder is to be opened */
export function onNavigate(listener) {
  listeners.push(listener);
}

function announce() {
  for (const listener of listeners) listener(place());
}

addEventListener("popstate", announce);
addEventListener("click", (event) => {
  const link = /** @type {HTMLElement} */ (event.target).closest?.("a[href^='/']");
  if (!(link instanceof HTMLAnchorElement) || link.hasAttribute("download") || link.target) return;
  const changed = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
  if (changed || !/^\/(s\/|$|\?)/.test(link.getAttribute("href") ?? "")) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  announce();
});
