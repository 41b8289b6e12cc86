/** Elements without markup strings: h("p", {class: "hint"}, "text"). */

/** @typedef {Node | string | number | null | undefined | false | any[]} Child */
/** @typedef {Record<string, any>} Props */

/**
 * Make an element.
 * @param {string} tag
 * @param {Props} [props] `class`, `text`, `on` ({click: f}), `data` ({id: 1}), else properties or attributes
 * @param {...Child} children
 * @returns {any} the element
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(element, name, value);
  element.append(...nodes(children));
  return element;
}

/**
 * @param {any} element
 * @param {string} name
 * @param {any} value
 */
function setProp(element, name, value) {
  if (name === "class") element.className = value;
  else if (name === "text") element.textContent = value;
  else if (name === "on") for (const [type, f] of Object.entries(value)) element.addEventListener(type, f);
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name === "style") Object.assign(element.style, value);
  else if (name in element && !name.startsWith("aria")) element[name] = value;
  else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function nodes(children) {
  return /** @type {any[]} */ (children.flat(4))
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/**
 * Replace what an element holds.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

const SVG = "http://www.w3.org/2000/svg";
/** Paths on a 20 x 20 grid, drawn with a line. @type {Record<string, string>} */
const ICONS = {
  home: "M3 9.5 10 4l7 5.5V16h-4.5v-4h-5v4H3z",
  grid: "M3 3h14v14H3zM3 10h14M10 3v14",
  specimens: "M6 6m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0M14 6m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0M6 14m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0M11.5 14h5M14 11.5v5",
  crops: "M6 2v12h12M2 6h12v12",
  dataset: "M3 3h4v4H3zM8.5 3h4v4h-4zM14 3h3v4h-3zM3 8.5h4v4H3zM8.5 8.5h4v4h-4zM14 8.5h3v4h-3zM3 14h4v3H3zM8.5 14h4v3h-4zM14 14h3v3h-3z",
  tags: "M3 4h9v7H3zM14 4h3v7h-3zM3 14h14M6 12.5v3M11 12.5v3",
  training: "M3 3v14h14M5.5 6c2 7 5 8 11 8.5",
  explore: "M10 10m-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0M13 7l-2 4-4 2 2-4z",
  path: "M4 15c0-8 6 2 6-5s6-3 6-5M4 15m-1.5 0a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0M16 5m-1.5 0a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0",
  colour: "M10 3c4 4.5 5.5 6.5 5.5 9a5.5 5.5 0 0 1-11 0C4.500 9.500 6 7.500 10 3zM10 15a3 3 0 0 1-3-3",
  copy: "M7 7h10v10H7zM13 7V3H3v10h4",
  play: "M6 4l10 6-10 6z",
  stop: "M5 5h10v10H5z",
  again: "M16 10a6 6 0 1 1-2-4.500M16 3v3.500h-3.500",
  close: "M5 5l10 10M15 5L5 15",
  left: "M12.500 4 6.500 10l6 6",
  right: "M7.500 4l6 6-6 6",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  fit: "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4",
  undo: "M4 8h8a4.500 4.500 0 0 1 0 9H8M7.500 4.500 4 8l3.500 3.500",
  redo: "M16 8H8a4.500 4.500 0 0 0 0 9h4M12.500 4.500 16 8l-3.500 3.500",
  lock: "M5 9h10v8H5zM7 9V6a3 3 0 0 1 6 0v3",
  check: "M4 10.500l4 4 8-9",
  warning: "M10 3l8 14H2zM10 8v4M10 14.500v.5",
  upload: "M10 13V4M6 8l4-4 4 4M4 13v4h12v-4",
  folder: "M2.500 5h5l2 2h8v9h-15z",
  keys: "M2.500 5.500h15v9h-15zM5.500 8.500h.5M8.500 8.500h.5M11.500 8.500h.5M14.500 8.500h.5M6.500 11.500h7",
};

/**
 * An icon of the set, in the colour of the text.
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.grid);
  svg.append(path);
  return svg;
}
