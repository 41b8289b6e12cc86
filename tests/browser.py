"""The browser of the tests that need one: one for the whole process, since playwright allows no second."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
WAIT_MS = 60_000  # until something appears; a loaded machine may be slow


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser for all tests; those that need it are skipped where it is not installed."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    api.expect.set_options(timeout=WAIT_MS)
    os.environ.setdefault("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS, timeout=2 * WAIT_MS)
        yield browser
        browser.close()


def collect_errors(page: Any, faults: list[str], *, expected: Sequence[str] = ()) -> None:
    """Append script errors and errors on the console, but those with an expected text, to `faults`."""

    def on_console(message: Any) -> None:
        if message.type == "error" and not any(text in message.text for text in expected):
            faults.append(f"console: {message.text} {message.location}")

    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("console", on_console)
