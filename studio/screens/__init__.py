"""The screens, in order. A screen is `studio/screens/NAME.py` with `routes`, and `static/screens/NAME.js`.

Screens whose Python module does not exist are shown as disabled.
"""

import dataclasses
import importlib
from pathlib import Path
from typing import Any

from starlette.routing import Route


@dataclasses.dataclass(frozen=True)
class Screen:
    """One entry of the navigation."""

    title: str
    about: str
    """One line: what it is for."""
    kinds: tuple[str, ...] = ()
    """Kinds of entries that it opens (studio.project.Kind), by `?folder=ID`."""


SCREENS = {
    "home": Screen("Home", "what lies in this folder, and the jobs"),
    "grid": Screen("Grid", "place the grid of tiles on pages", ("pages", "scans")),
    "specimens": Screen("Specimens", "check and correct the specimens of pages", ("pages", "scans")),
    "crops": Screen("Crops", "choose rectangles of photos and comic pages", ("scans", "pages", "images")),
    "dataset": Screen("Dataset", "look through records and exclude some", ("dataset",)),
    "tags": Screen("Tags", "connect comic pages with the frames of a video", ("video",)),
    "training": Screen("Training", "train a network and watch it learn", ("run", "dataset")),
    "explore": Screen("Explore", "find images of a trained network", ("run",)),
    "path": Screen("Path", "lead the network along a path, and render it", ("run", "path", "timeline")),
    "colour": Screen("Colour", "colour drawings and videos", ("images", "video", "scans", "pages")),
}


def available() -> list[str]:
    """Names of the screens that exist, in order."""
    folder = Path(__file__).parent
    return [name for name in SCREENS if (folder / f"{name}.py").exists()]


def routes_of(name: str) -> list[Route]:
    """The routes of one screen."""
    return importlib.import_module(f"studio.screens.{name}").routes


def listing() -> list[dict[str, Any]]:
    """All screens, with whether they exist."""
    exists = set(available())
    return [
        dataclasses.asdict(screen) | {"name": name, "available": name in exists}
        for name, screen in SCREENS.items()
    ]
