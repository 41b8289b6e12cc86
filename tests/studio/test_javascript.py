"""The scripts of the pages: types, sizes, and unit tests of the shared core, in the browser."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import studio
from studio.screens import SCREENS, available

STATIC = Path(studio.__file__).parent / "static"
CONFIG = STATIC.parent / "jsconfig.json"
SCRIPTS = sorted(STATIC.rglob("*.js"))


def test_types():
    """tsc --checkJs, where node and tsc are installed."""
    tsc = shutil.which("tsc") or os.environ.get("TSC")
    if shutil.which("node") is None or tsc is None:
        pytest.skip("node or tsc is not installed")
    done = subprocess.run([tsc, "-p", str(CONFIG)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_files_are_short_and_describe_themselves(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("/**")
    assert text.count("\n") <= 300
    assert "innerHTML" not in text
    assert not re.search(r"https?://(?!www\.w3\.org)", text), "the studio works offline"


def test_every_screen_has_a_script_and_a_handler():
    assert set(available()) <= set(SCREENS)
    for name in available():
        assert (STATIC / "screens" / f"{name}.js").exists()


@pytest.mark.slow
def test_a_screen_that_was_left_while_it_loads_draws_nothing(open_page, served, root):
    from playwright.sync_api import expect

    folder, held = served.studio.project.id_of(root / "pages"), []
    page = open_page("/")
    page.route(f"**/api/grid/{folder}", lambda route: held.append(route))
    move = "async (to) => (await import('/static/core/router.js')).go(...to)"
    with page.expect_request(f"**/api/grid/{folder}"):
        page.evaluate(move, ["grid", {"folder": folder}])
    page.evaluate(move, ["home", {}])
    expect(page.locator("#screen")).to_have_attribute("data-ready", "home")
    with page.expect_response(f"**/api/grid/{folder}"):
        for route in held:
            route.fallback()
    page.evaluate(move, ["crops", {"folder": folder}])  # opens after what the answer set off
    expect(page.locator("#screen")).to_have_attribute("data-ready", "crops")
    expect(page.locator("#screen h1")).to_have_text("Crops")


def evaluate(page, program):
    return page.evaluate(f"async () => {{ {program} }}")


@pytest.fixture
def page(open_page):
    return open_page("/")


def test_core(page):
    """One page for all of them: opening it takes longest."""
    steps = evaluate(
        page,
        """
        const { UndoStack } = await import("/static/core/undo.js");
        const stack = new UndoStack(), values = [];
        let value = 0;
        for (let i = 1; i <= 250; i++) {
          const before = value; value = i;
          stack.push({ label: "", undo: () => { value = before; }, redo: () => { value = i; } });
        }
        while (await stack.undo());
        values.push(value);
        while (await stack.redo());
        values.push(value);
        await stack.undo();
        stack.push({ label: "", undo: () => {}, redo: () => {} });
        values.push(stack.undone.length);
        const failing = new UndoStack();
        failing.push({ label: "", undo: () => { throw new Error("no"); }, redo: () => {} });
        await failing.undo().catch(() => values.push("failed"));
        values.push(failing.done.length, failing.undone.length);
        return values;
        """,
    )
    assert steps == [50, 250, 0, "failed", 1, 0]
    writes = evaluate(
        page,
        """
        const { UndoStack } = await import("/static/core/undo.js");
        const { VersionedFile } = await import("/static/core/file.js");
        let version = "0", count = 0;
        const versions = [], conflicts = [], fetched = window.fetch;
        window.fetch = async (path, { method, headers, body }) => {
          await new Promise((f) => setTimeout(f));
          const { version: to, if_match } = JSON.parse(body);
          const given = method === "PUT" ? JSON.parse(headers["if-match"]) : if_match;
          const isSame = given === version;
          if (isSame) version = method === "PUT" ? String(++count) : to;
          versions.push(isSame ? version : "refused");
          return new Response(JSON.stringify({ version, error: "changed" }), { status: isSame ? 200 : 412 });
        };
        const undo = new UndoStack(), step = { label: "", show() {}, hide() {} };
        const onConflict = async () => {
          conflicts.push(versions.length);
          await file.settled(async () => {});
          file.version = version;
          undo.clear();
        };
        const file = new VersionedFile(version, { undo, restore: "/restore", onConflict, onError() {} });
        const save = () => file.save("/file", {}, step);
        await Promise.all([save(), save(), undo.undo(), save(), undo.undo(), undo.undo()]);
        version = "of another";
        const dropped = await Promise.all([save(), save()]);
        await file.settled(async () => {});
        const saved = await save();
        window.fetch = fetched;
        return [versions, conflicts, dropped, saved, file.waiting];
        """,
    )
    versions = ["1", "2", "1", "3", "1", "0", "refused", "4"]
    assert writes == [versions, [7], [False, False], True, 0]
    latest = evaluate(
        page,
        """
        const { latest } = await import("/static/core/latest.js");
        const sent = [], shown = [], failed = [];
        const gates = [];
        const ask = latest((n) => { sent.push(n); return new Promise((yes, no) => gates.push([yes, no])); },
          (result, n) => shown.push([n, result]), (error) => failed.push(error));
        for (let n = 1; n <= 5; n++) ask(n);
        gates[0][0]("a");
        await new Promise((f) => setTimeout(f));
        ask(6);
        gates[1][1]("lost");
        await new Promise((f) => setTimeout(f));
        gates[2][1]("error");
        await new Promise((f) => setTimeout(f));
        return [sent, shown, failed];
        """,
    )
    assert latest == [[1, 5, 6], [[1, "a"]], ["error"]]
    view = evaluate(
        page,
        """
        const { View } = await import("/static/core/view.js");
        const canvas = document.createElement("canvas");
        const box = { position: "fixed", left: "13px", top: "17.5px", width: "801px", height: "603px" };
        Object.assign(canvas.style, box);
        document.body.append(canvas);
        const view = new View(canvas, { draw() {} });
        view.setPage(5000, 3300);
        let worst = 0;
        for (const scale of [0.1, 0.37, 1, 3, 8]) {
          const at = { clientX: 313.25, clientY: 217 };
          const before = view.toPage(at);
          view.zoomTo(scale, at);
          const after = view.toPage(at);
          worst = Math.max(worst, Math.abs(before.x - after.x), Math.abs(before.y - after.y));
          for (const point of [{ x: 0, y: 0 }, { x: 4999.5, y: 12.25 }]) {
            const { x, y } = view.toWindow(point);
            const back = view.toPage({ clientX: x, clientY: y });
            worst = Math.max(worst, Math.abs(back.x - point.x), Math.abs(back.y - point.y));
          }
          view.reveal({ x: 70, y: 80 }, { always: true });
          const middle = view.toPage({ clientX: 13 + 400.5, clientY: 17.5 + 301.5 });
          worst = Math.max(worst, Math.abs(middle.x - 70), Math.abs(middle.y - 80));
        }
        const gestures = [];
        canvas.setPointerCapture = () => {};
        const note = (name) => () => gestures.push(name);
        view.tool = { down: () => true, up: note("up"), cancel: note("cancel") };
        for (const type of ["pointerdown", "pointercancel", "pointerup", "pointerdown", "pointerup"]) {
          canvas.dispatchEvent(new PointerEvent(type));
        }
        view.close();
        canvas.remove();
        return [worst < 1e-9, ...gestures];
        """,
    )
    assert view == [True, "cancel", "up"]
    keys = evaluate(
        page,
        """
        const { KeyMap } = await import("/static/core/keys.js");
        const seen = [], keys = new KeyMap();
        const names = ["a", "A", "Mod+z", "Mod+Shift+z", "Shift+ArrowLeft", " "];
        for (const name of names) keys.bind(name, "", () => seen.push(name));
        const press = (target, key, options = {}) => {
          const init = { key, bubbles: true, cancelable: true, ...options };
          target.dispatchEvent(new KeyboardEvent("keydown", init));
        };
        press(document.body, "a");
        press(document.body, "A", { shiftKey: true });
        press(document.body, "z", { ctrlKey: true });
        press(document.body, "Z", { metaKey: true, shiftKey: true });
        press(document.body, "ArrowLeft", { shiftKey: true });
        press(document.body, " ");
        const input = document.body.appendChild(document.createElement("input"));
        press(input, "a");
        input.type = "checkbox"; // a focused one is toggled by Space
        input.focus();
        press(input, " ");
        keys.close();
        press(document.body, "a");
        input.remove();
        return seen;
        """,
    )
    stops = evaluate(
        page,
        """
        const { jobCard } = await import("/static/core/jobs.js");
        const progress = { label: "", fraction: null, done: "", total: "", left: "", rate: "" };
        const job = { id: "1", title: "", command: "", words: [], message: "", progress };
        const card = jobCard({ ...job, state: "running" });
        const stop = () => card.querySelector("[aria-label=Stop]").disabled;
        const before = stop();
        card.update({ ...job, state: "stopping" });
        return [before, stop()];
        """,
    )
    assert stops == [False, True]
    assert keys == ["a", "A", "Mod+z", "Mod+Shift+z", "Shift+ArrowLeft", " "]
    assert evaluate(
        page,
        """
        const { h } = await import("/static/core/dom.js");
        const { size, counted } = await import("/static/core/parts.js");
        const { address } = await import("/static/core/router.js");
        const inner = ["a", [1, null, false, [h("b", { text: "<i>" })]]];
        const element = h("p", { class: "x", data: { id: 5 }, title: "<b>" }, inner);
        return [element.outerHTML, size(999), size(1234567), counted(1, "page"), counted(1200, "page"),
          address("home"), address("grid", { folder: 1, page: "", x: undefined })];
        """,
    ) == [
        '<p class="x" data-id="5" title="&lt;b&gt;">a1<b>&lt;i&gt;</b></p>',
        "999 B",
        "1.2 MB",
        "1 page",
        "1,200 pages",
        "/",
        "/s/grid?folder=1",
    ]
