/** Jobs: their state by server-sent events, and cards that show them. */

import { get, post, remove } from "./api.js";
import { fill, h } from "./dom.js";
import { button, showError, toast } from "./parts.js";
import { openJob } from "./results.js";

/**
 * @typedef {{id: string, title: string, command: string, words: string[], state: string, message: string, code: number | null,
 *   created_sec: number, started_sec: number | null, ended_sec: number | null,
 *   progress: {label: string, fraction: number | null, done: string, total: string, left: string, rate: string}}} Job
 */

/** @type {Record<string, string>} */
const STATES = { waiting: "Waiting", running: "Running", stopping: "Stopping", done: "Done", failed: "Failed", stopped: "Stopped" };

class JobStore extends EventTarget {
  constructor() {
    super();
    /** @type {Map<string, Job>} */
    this.jobs = new Map();
  }

  /** Start listening to the server. */
  open() {
    const events = new EventSource("/api/events");
    events.addEventListener("open", () => this.load());
    events.addEventListener("job", (event) => this.changed(JSON.parse(event.data)));
    events.addEventListener("jobs", (event) => this.replace(JSON.parse(event.data)));
    this.events = events;
  }

  async load() {
    try {
      this.replace((await get("/api/jobs")).jobs);
    } catch (error) {
      showError(error);
    }
  }

  /** @returns {Job[]} newest first */
  get list() {
    return [...this.jobs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** @param {Job[]} jobs */
  replace(jobs) {
    this.jobs = new Map(jobs.map((job) => [job.id, job]));
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Job} job */
  changed(job) {
    const before = this.jobs.get(job.id);
    this.jobs.set(job.id, job);
    this.dispatchEvent(new Event("change"));
    if (before && before.state !== job.state && ["done", "failed"].includes(job.state)) {
      toast(`${job.title}: ${STATES[job.state].toLowerCase()}.`, { kind: job.state === "failed" ? "error" : "" });
      this.dispatchEvent(new CustomEvent("ended", { detail: job }));
    }
  }

  /**
   * Call `f` now and after every change; returns a function that ends this.
   * @param {(jobs: Job[]) => void} f
   */
  watch(f) {
    const listener = () => f(this.list);
    this.addEventListener("change", listener);
    listener();
    return () => this.removeEventListener("change", listener);
  }
}

/** All jobs of the studio. */
export const jobs = new JobStore();

/** @param {Job} job */
export const isActive = (job) => ["waiting", "running", "stopping"].includes(job.state);

/**
 * Ask the server to do something with a job; errors are shown.
 * @param {() => Promise<any>} request
 */
async function act(request) {
  try {
    const job = await request();
    if (job?.id) jobs.changed(job);
  } catch (error) {
    showError(error);
  }
}

/**
 * A card that follows a job.
 * @param {Job} job
 * @returns {HTMLElement & {update: (job: Job) => void}}
 */
export function jobCard(job) {
  const state = h("span", { class: "state" });
  const detail = h("span", { class: "detail" });
  const bar = h("div", { class: "progress", role: "progressbar" }, h("div"));
  const actions = h("span", { class: "actions" });
  const message = h("p", { class: "message" });
  const log = h("pre", { class: "log", hidden: true, tabIndex: 0 });
  const card = h("article", { class: "job", data: { job: job.id } },
    h("header", {}, h("strong", { text: job.title }), state, detail, actions), bar, message,
    h("code", { class: "job-command", text: job.command }), log);

  async function toggleLog() {
    log.hidden = !log.hidden;
    if (log.hidden) return;
    await act(async () => { log.textContent = (await get(`/api/jobs/${job.id}/log`)).log || "No output yet."; });
    log.scrollTop = log.scrollHeight;
  }

  /** @param {Job} now */
  function update(now) {
    const changed = card.dataset.state !== now.state;
    job = now;
    card.dataset.state = now.state;
    state.textContent = STATES[now.state];
    const { fraction, label, done, total, left, rate } = now.progress;
    const counts = done && total ? `${label} ${done} of ${total}` : label;
    detail.textContent = now.state === "running" ? [counts, rate, left && `${left} left`].filter(Boolean).join(" · ") : spent(now);
    const part = now.state === "done" ? 1 : fraction ?? 0;
    bar.classList.toggle("unknown", now.state === "running" && fraction === null);
    bar.setAttribute("aria-valuenow", String(Math.round(part * 100)));
    /** @type {HTMLElement} */ (bar.firstElementChild).style.width = `${part * 100}%`;
    message.textContent = now.state === "done" ? "" : now.message;
    message.hidden = !message.textContent;
    if (changed) {
      const stop = button("Stop", () => act(() => post(`/api/jobs/${now.id}/stop`)), { icon: "stop" });
      stop.disabled = now.state === "stopping"; // a second one would discard what is being written
      fill(actions, button("Log", toggleLog, { kind: "quiet" }),
        isActive(now) ? stop
          : [now.state === "done" ? (hasResult(now) ? button("Open", () => openJob(now), { kind: "primary" }) : null) : button(now.state === "stopped" ? "Resume" : "Try again", () => act(() => post(`/api/jobs/${now.id}/again`)), { icon: "again" }),
            button("Remove from the list", () => act(() => remove(`/api/jobs/${now.id}`)), { icon: "close", kind: "quiet", iconOnly: true })]);
    }
  }
  update(job);
  return Object.assign(card, { update });
}

/**
 * Cards of all jobs that pass a filter, kept up to date.
 * @param {HTMLElement} box
 * @param {(job: Job) => boolean} [filter]
 * @returns {() => void} ends it
 */
export function jobList(box, filter = () => true) {
  /** @type {Map<string, ReturnType<typeof jobCard>>} */
  const cards = new Map();
  return jobs.watch((list) => {
    const shown = list.filter(filter);
    for (const id of cards.keys()) if (!shown.some((job) => job.id === id)) cards.delete(id);
    for (const job of shown) {
      const card = cards.get(job.id);
      if (card) card.update(job);
      else cards.set(job.id, jobCard(job));
    }
    const wanted = shown.map((job) => cards.get(job.id));
    if (wanted.length !== box.children.length || wanted.some((card, i) => box.children[i] !== card)) {
      fill(box, ...(/** @type {any[]} */ (wanted)));
    }
  });
}

/** @param {Job} job */
const hasResult = ({ words }) => words.includes("--out") || words.includes("--run");

/** @param {Job} job */
function spent({ started_sec: start, ended_sec: end }) {
  if (!start || !end) return "";
  const seconds = Math.round(end - start);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
