"""Structure of the packages: imports, files, signatures, tests, the command line as a whole."""

import ast
import functools
import graphlib
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import inkloop
from configs import animate, data_prep, fill, gan

ROOT = Path(inkloop.__file__).parent
PIPELINE = [package for package, _ in inkloop.PACKAGES.values()]
PACKAGES = [*PIPELINE, "studio"]
MAY_IMPORT = {  # package -> packages that it may import
    "data_prep": set(),
    "gan": {"data_prep"},
    "fill": {"data_prep"},
    "animate": {"data_prep", "gan", "fill"},
    "examples": set(PIPELINE),
    "studio": set(PIPELINE),
}
ORDER = {  # package -> its sub-packages; each may import those before it
    "data_prep": "images pages video records tiles specimens sources comics commands",
    "gan": "devices ops augment config families data draw recipes steps runs imports metrics explore "
    "projection canvas next_frame monitoring export commands",
    "fill": "video strokes commands",
    "animate": "paths controls page commands",
    "studio": "jobs screens",
}
AGAINST_ORDER = {  # (importer, imported): why
    ("gan.config.checks", "gan.metrics"): "--metrics names entries of the registry",
    ("gan.runs.latent_files", "gan.projection.config"): "a latent file stores the settings of its projection",
}
OWNERS = {  # library -> the files that may import it
    "imageio_ffmpeg": {"data_prep/video/ffmpeg.py"},
    "orbax": {"gan/runs/checkpoint.py"},
    "array_record": {"data_prep/records/writer.py", "data_prep/records/dataset.py"},
}
SMALL = {  # modules under 40 lines with one importer: why they stand alone
    "data_prep.specimens.suspicious": "a noun of its own: specimens to check by hand",
    "fill.blend": "public: fill.blend",
    "gan.draw.jitter": "a noun of its own: random changes of a seed image",
    "gan.draw.loss": "a noun of its own: the bound of DRAW",
    "gan.draw.postprocess": "a noun of its own: filters of drawn doodles",
    "gan.data.symmetries": "a noun of its own: symmetries on the device",
}
ONE_PER_FILE = (
    "commands",
    "screens",
    "gan.metrics",
    "gan.ops",
)  # folders with one of a kind per file
TESTED_ELSEWHERE = {  # module without a test file of its name -> where it is tested
    "animate.commands.doodle_options": "tests/animate/commands/test_doodles.py",
    "data_prep.__main__": "tests/test_structure.py",
    "data_prep.errors": "tests/data_prep/test_cli.py",
    "data_prep.lazy_imports": "tests/test_public_names.py",
    "gan.commands.train": "tests/gan/test_main.py",
    "gan.config.networks": "tests/gan/families/test_all.py",
    "gan.config.run": "tests/gan/config/test_checks.py",
    "gan.config.train": "tests/gan/config/test_checks.py",
    "gan.metrics.recording": "tests/gan/commands/test_metrics.py",
    "gan.projection.outputs": "tests/gan/commands/test_project.py",
    "gan.projection.images": "tests/gan/commands/test_project.py",
    "studio.__main__": "tests/studio/test_server.py",
    "studio.specimen_cache": "tests/studio/screens/test_specimens.py",
    "studio.state": "tests/studio/test_server.py",
}
MOST_ENTRIES = 31  # of one folder
CALLED_BY_LIBRARIES = {"gan.imports.pickles"}  # modules whose functions a library calls by position


@functools.cache
def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for package in PACKAGES for path in sources(package)}


def libraries(path: Path) -> set[str]:
    """Top-level packages that a file imports, wherever in the file."""
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def imports(path: Path, *, in_functions: bool) -> set[str]:
    """Modules of the packages that a file imports; imports for type checkers alone do not count."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, ast.FunctionDef) and not in_functions:
                continue
            if isinstance(child, ast.Import):
                found.update(alias.name for alias in child.names if alias.name in MODULES)
            elif isinstance(child, ast.ImportFrom) and child.module:
                names = [f"{child.module}.{alias.name}" for alias in child.names]
                found.update(name if name in MODULES else child.module for name in names)
            visit(child)

    visit(tree_of(path))
    return found & set(MODULES) - {module_name(path)}


def functions():
    """(module, name, function) of every public function and method."""
    for name in MODULES:
        module = importlib.import_module(name)
        for label, value in vars(module).items():
            if label.startswith("_"):
                continue
            members = {label: value}
            if inspect.isclass(value) and value.__module__ == name:
                members = {f"{label}.{k}": v for k, v in vars(value).items() if not k.startswith("_")}
            for member, function in members.items():
                function = inspect.unwrap(getattr(function, "__func__", function))
                if inspect.isfunction(function) and function.__module__ == name:
                    yield name, member, function


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_one_way(package):
    for path in sources(package):
        others = (libraries(path) & set(PACKAGES)) - {package}
        assert others <= MAY_IMPORT[package], f"{path} imports {others - MAY_IMPORT[package]}"


@pytest.mark.parametrize("package", PACKAGES)
def test_sub_packages_import_one_way(package):
    order = ORDER[package].split()
    folders = {path.parent.name for path in sources(package) if path.parent != ROOT / package}
    assert folders == set(order), "write down where the sub-package stands in ORDER"
    for path in sources(package):
        own = path.relative_to(ROOT).parts[1]
        for other in imports(path, in_functions=True):
            _, *rest = other.split(".")
            if own in order and rest and rest[0] in order and (module_name(path), other) not in AGAINST_ORDER:
                assert order.index(rest[0]) <= order.index(own), f"{path} imports {other}"


def test_exceptions_to_the_order_are_needed():
    for importer, imported in AGAINST_ORDER:
        assert imported in imports(MODULES[importer], in_functions=True), (
            f"{importer} does not import {imported}"
        )


def test_modules_import_in_no_circle():
    graph = {name: imports(path, in_functions=False) for name, path in MODULES.items()}
    assert list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError, naming the circle


@pytest.mark.parametrize("package", PACKAGES)
def test_only_command_lines_import_configs(package):
    users = {path.relative_to(ROOT).parts[1] for path in sources(package) if "configs" in libraries(path)}
    assert users <= ({"screens"} if package == "studio" else {"__main__.py", "commands"})


def test_data_prep_imports_no_jax():
    for path in sources("data_prep"):
        assert not libraries(path) & {"jax", "flax", "optax", "orbax"}, path


def test_one_opener_per_format():
    for library, files in OWNERS.items():
        users = {path.relative_to(ROOT).as_posix() for path in MODULES.values() if library in libraries(path)}
        assert users == files, (library, users)


def test_functions_take_keys_first_and_options_by_name():
    for module, name, function in functions():
        parameters = list(inspect.signature(function).parameters.values())
        names = [p.name for p in parameters if p.name not in ("self", "cls")]
        if "key" in names:
            assert names[0] == "key", f"{module}.{name}{inspect.signature(function)}"
        if ".commands." in module or module in CALLED_BY_LIBRARIES:
            continue  # tyro passes arguments by name
        if name == "main":
            continue
        loose = [p.name for p in parameters if p.default is not p.empty and p.kind != p.KEYWORD_ONLY]
        assert not loose, f"{module}.{name}: make {', '.join(loose)} keyword-only"


def test_functions_are_documented():
    for module, name, function in functions():
        if "." not in name:
            assert function.__doc__, f"{module}.{name} has no docstring"


@pytest.mark.parametrize("path", [p for name in [*PACKAGES, "examples"] for p in sources(name)], ids=str)
def test_a_file_holds_one_noun(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert len(path.relative_to(ROOT).parts) <= 3
    assert path.stem not in ("utils", "misc", "common", "helpers")


def test_folders_are_short():
    for folder in {path.parent for path in MODULES.values()}:
        entries = [entry for entry in folder.iterdir() if entry.name != "__pycache__"]
        assert len(entries) <= MOST_ENTRIES, f"{folder} has {len(entries)} entries"


def test_small_files_stand_alone_for_a_reason():
    importers = Counter(other for path in MODULES.values() for other in imports(path, in_functions=True))
    small = {
        name
        for name, path in MODULES.items()
        if len(path.read_text(encoding="utf-8").splitlines()) < 40
        and path.stem not in ("__init__", "__main__")
        and importers[name] == 1
        and not any(f".{folder}." in f".{name}" for folder in ONE_PER_FILE)
    }
    assert small - set(SMALL) == set(), "fold it into its importer, or write down why not"
    assert set(SMALL) - small == set(), "no longer small, or gone: remove it from SMALL"


def test_every_module_has_its_tests():
    missing = set()
    for name, path in MODULES.items():
        own = f"test_{path.stem.strip('_')}.py"
        if path.stem != "__init__" and not (ROOT / "tests" / path.relative_to(ROOT).parent / own).exists():
            missing.add(name)
    assert missing - set(TESTED_ELSEWHERE) == set(), "add a test file of its name"
    assert set(TESTED_ELSEWHERE) - missing == set(), (
        "has a test file, or is gone: remove it from TESTED_ELSEWHERE"
    )
    assert all((ROOT / place).exists() for place in TESTED_ELSEWHERE.values())


@pytest.mark.parametrize("configs", [data_prep, gan, fill, animate], ids=lambda c: c.__name__)
def test_presets_are_named_and_documented(configs):
    assert configs.CONFIGS
    assert configs.__doc__
    for module in pkgutil.iter_modules(getattr(configs, "__path__", [])):
        assert importlib.import_module(f"{configs.__name__}.{module.name}").__doc__


def test_help_imports_no_heavy_library():
    """--help of every command in one process: none of them may load what takes seconds."""
    program = """
import importlib, io, sys, contextlib, inkloop
from data_prep.cli import Commands
def each(commands, words):
    yield words
    for name, member in commands.members.items():
        yield from each(member, [*words, name]) if isinstance(member, Commands) else [[*words, name]]
lines = [[], ["demo"], ["export"], ["export", "page"], ["doodle-gif"], ["vector"], ["studio"]]
for name, (package, _) in inkloop.PACKAGES.items():
    lines += each(importlib.import_module(f"{package}.__main__").COMMANDS, [name])
for words in lines:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        assert inkloop.main([*words, "--help"]) == 0, words
    assert "usage" in shown.getvalue(), words
heavy = {"jax", "orbax", "grain", "flax", "optax", "matplotlib", "scipy.ndimage", "scipy.sparse", "imagehash",
         "starlette", "uvicorn"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
print(len(lines))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50


def test_entry_point(capsys):
    assert inkloop.main([]) == 2
    assert inkloop.main(["paint"]) == 2
    assert (
        "no command 'paint'; available: demo, export, doodle-gif, vector, studio, data-prep, gan, animate, "
        "fill" in capsys.readouterr().err
    )
    assert inkloop.main(["animte", "bezier"]) == 2
    assert capsys.readouterr().err == "inkloop: no command 'animte'; did you mean 'animate'?\n"
    assert inkloop.main(["--versoin"]) == 2
    assert "did you mean '--version'?" in capsys.readouterr().err
    assert inkloop.main(["--version"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("inkloop 0.")
    assert "\njax " in printed
    assert "cpu:0" in printed


@pytest.mark.parametrize("command", ["train", "plan"])
def test_presets_are_sub_commands(command, capsys):
    assert inkloop.main(["gan", command, "--help"]) == 0
    listed = capsys.readouterr().out
    assert all(f"  {preset} " in listed for preset in gan.CONFIGS)
    assert inkloop.main(["gan", command, "small", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert f"(default: {gan.CONFIGS['small'].total_nimg})" in shown
    assert inkloop.main(["gan", command, "dmo", "--data", "D"]) == 2
    assert capsys.readouterr().err == "inkloop gan: no preset 'dmo'; did you mean 'demo'?\n"


def test_completion_lists_every_package(capsys):
    assert inkloop.main(["--tyro-print-completion", "bash"]) == 0
    script = capsys.readouterr().out
    words = [*inkloop.PACKAGES, *inkloop.PROGRAMS, "bezier", "unpack", "blob-256", "--r1-gamma"]
    assert all(word in script for word in words)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_opens_by_module_too(package):
    done = subprocess.run(
        [sys.executable, "-m", package, "--help"], capture_output=True, text=True, cwd=os.fspath(ROOT)
    )
    assert done.returncode == 0
    assert f"inkloop {package.replace('_', '-')}" in done.stdout
