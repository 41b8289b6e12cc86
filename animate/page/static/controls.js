/** The panel over the animation: buttons, fields and the list of keys. */

/** @typedef {{keys: string[], help: string, run: () => void, button?: string}} Command */

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties] of the element; `data` and `aria` are sets of attributes
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "aria") for (const [k, v] of Object.entries(value)) element.setAttribute(`aria-${k}`, v);
    else /** @type {any} */ (element)[name] = value;
  }
  element.append(...children);
  return element;
}

/**
 * A field with its label.
 * @param {string} label
 * @param {HTMLElement} input
 * @param {string} [hint]
 */
export function field(label, input, hint = "") {
  return h("label", { className: "field", title: hint }, h("span", { textContent: label }), input);
}

/**
 * A list of choices.
 * @param {Record<string, string>} choices value -> title
 * @param {string} value
 * @param {(value: string) => void} onChange
 */
export function choice(choices, value, onChange) {
  const options = Object.entries(choices).map(([name, title]) => h("option", { value: name, textContent: title }));
  const select = h("select", {}, ...options);
  select.value = value;
  select.onchange = () => onChange(select.value);
  return select;
}

/**
 * A slider that shows its value.
 * @param {{min: number, max: number, step: number, value: number, text: (value: number) => string}} range
 * @param {(value: number) => void} onChange
 */
export function slider({ min, max, step, value, text }, onChange) {
  const input = h("input", { type: "range", min, max, step, value });
  const shown = h("output", { textContent: text(value) });
  const set = (/** @type {number} */ to) => {
    input.value = String(to);
    shown.textContent = text(Number(input.value));
  };
  input.oninput = () => {
    set(Number(input.value));
    onChange(Number(input.value));
  };
  return { element: h("span", { className: "slider" }, input, shown), set, input };
}

/**
 * Run commands by keys, unless a field is being edited.
 * @param {Command[]} commands
 */
export function bindKeys(commands) {
  addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.matches("input[type=number], input[type=text], select")) return;
    if (target.matches("input[type=range]") && event.key.startsWith("Arrow")) return;
    if (target.matches("button, input[type=checkbox]") && event.key === " ") return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const command = commands.find(({ keys }) => keys.includes(key));
    if (!command) return;
    event.preventDefault();
    command.run();
  });
}

const NAMES = new Map([
  [" ", "Space"],
  ["ArrowLeft", "←"],
  ["ArrowRight", "→"],
  ["ArrowUp", "↑"],
  ["ArrowDown", "↓"],
  ["Escape", "Esc"],
]);

/**
 * The dialog that lists the keys.
 * @param {Command[]} commands
 * @returns {HTMLDialogElement}
 */
export function helpDialog(commands) {
  const rows = commands.map(({ keys, help }) =>
    h(
      "tr",
      {},
      h("td", {}, ...keys.map((key) => h("kbd", { textContent: NAMES.get(key) ?? key.toUpperCase() }))),
      h("td", { textContent: help }),
    ),
  );
  const dialog = h(
    "dialog",
    { className: "help" },
    h("h2", { textContent: "Keys" }),
    h("table", {}, h("tbody", {}, ...rows)),
    h("form", { method: "dialog" }, h("button", { textContent: "Close" })),
  );
  dialog.onclick = (/** @type {Event} */ event) => event.target === dialog && dialog.close();
  return dialog;
}
