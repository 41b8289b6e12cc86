"""The rules of the house: who imports whom, how functions are signed, that doors open at once."""

import ast
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import inkloop
from configs import animate, data_prep, fill, gan

ROOT = Path(inkloop.__file__).parent
ROOMS = {package for package, _ in inkloop.PACKAGES.values()}
MAY_IMPORT = {
    "data_prep": set(),
    "gan": {"data_prep"},
    "fill": {"data_prep"},
    "animate": {"data_prep", "gan", "fill"},
    "examples": ROOMS,
}


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def modules() -> list[str]:
    return [
        module.name
        for room in sorted(ROOMS)
        for module in pkgutil.walk_packages([str(ROOT / room)], f"{room}.")
        if not module.name.endswith("__main__")
    ]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_back_along_the_data(room):
    for path in sources(room):
        others = (imported(path) & ROOMS) - {room}
        assert others <= MAY_IMPORT[room], f"{path} imports {others - MAY_IMPORT[room]}"


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_only_doors_import_configs(room):
    users = {path.relative_to(ROOT).parts[1] for path in sources(room) if "configs" in imported(path)}
    assert users <= {"__main__.py", "commands"}


def test_data_prep_knows_no_jax():
    for path in sources("data_prep"):
        assert not imported(path) & {"jax", "flax", "optax", "orbax"}, path


def test_one_opener_per_format():
    """ffmpeg is video's, Orbax is checkpoint's, path files and image files have one reader each."""
    owners = {"imageio_ffmpeg": {"data_prep/video/ffmpeg.py"}, "orbax": {"gan/runs/checkpoint.py"}}
    owners["array_record"] = {"data_prep/records/writer.py", "data_prep/records/dataset.py"}
    for library, files in owners.items():
        users = {str(p.relative_to(ROOT)) for room in ROOMS for p in sources(room) if library in imported(p)}
        assert users <= files, (library, users)


@pytest.mark.parametrize("name", modules())
def test_signatures(name):
    """Keys come first, and every public function says what it does."""
    module = importlib.import_module(name)
    for function_name, function in vars(module).items():
        function = inspect.unwrap(function) if callable(function) else function
        if not inspect.isfunction(function) or function.__module__ != name or function_name.startswith("_"):
            continue
        parameters = list(inspect.signature(function).parameters.values())
        names = [p.name for p in parameters]
        if "key" in names:
            assert names[0] == "key", f"{name}.{function_name}{inspect.signature(function)}"
        assert function.__doc__, f"{name}.{function_name} says nothing of itself"


@pytest.mark.parametrize("path", [p for room in [*sorted(ROOMS), "examples"] for p in sources(room)], ids=str)
def test_a_file_holds_one_noun(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert len(path.relative_to(ROOT).parts) <= 3
    assert path.stem not in ("utils", "misc", "common", "helpers")


@pytest.mark.parametrize("configs", [data_prep, gan, fill, animate], ids=lambda c: c.__name__)
def test_presets_are_named_and_documented(configs):
    assert configs.CONFIGS
    assert configs.__doc__
    for module in pkgutil.iter_modules(getattr(configs, "__path__", [])):
        assert importlib.import_module(f"{configs.__name__}.{module.name}").__doc__


@pytest.mark.parametrize(
    "words", [["--help"], *[[room, "--help"] for room in inkloop.PACKAGES], ["demo", "--help"]], ids=str
)
def test_help_imports_no_jax(words):
    program = f"""
import sys, inkloop
try: code = inkloop.main({words!r})
except SystemExit as leaving: code = leaving.code
assert code == 0, code
assert "jax" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout


def test_front_door(capsys):
    assert inkloop.main([]) == 2
    assert inkloop.main(["paint"]) == 2
    assert "no command 'paint'; available: demo, data-prep, gan, animate, fill" in capsys.readouterr().err
    assert inkloop.main(["--version"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("inkloop 0.")
    assert "\njax " in told
    assert "cpu:0" in told


def test_completion_knows_every_room(capsys):
    assert inkloop.main(["--tyro-print-completion", "bash"]) == 0
    script = capsys.readouterr().out
    assert all(
        word in script for word in [*inkloop.PACKAGES, "demo", "bezier", "unpack", "blob-256", "--r1-gamma"]
    )


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_opens_by_module_too(room):
    done = subprocess.run(
        [sys.executable, "-m", room, "--help"], capture_output=True, text=True, cwd=os.fspath(ROOT)
    )
    assert done.returncode == 0
    assert f"inkloop {room.replace('_', '-')}" in done.stdout
