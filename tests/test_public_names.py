"""Public names: each package resolves them lazily, also where a submodule has the same name."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import inkloop
from tests.slow_cases import slow

ROOT = Path(inkloop.__file__).parent
PACKAGES = ("data_prep", "gan", "fill", "animate")
HEAVY = {"jax", "flax", "optax", "orbax", "grain", "scipy", "matplotlib", "cv2", "PIL", "array_record"}
SHADOWED = [("fill", "blend"), ("animate", "render")]  # names of functions that are names of submodules too


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("package", PACKAGES)
def test_names_resolve_in_a_fresh_interpreter(package):
    names = importlib.import_module(package).PUBLIC
    program = f"""
import sys, {package}
assert not {HEAVY!r} & set(sys.modules), {HEAVY!r} & set(sys.modules)
assert {sorted(names)!r} == {package}.__all__
assert set({package}.__all__) <= set(dir({package}))
from {package} import *
from {package} import {", ".join(names)}
for name, module in {package}.PUBLIC.items():
    assert getattr({package}, name) is getattr(sys.modules[module], name) is globals()[name], name
try: {package}.nothing
except AttributeError as error: assert "nothing" in str(error)
else: raise SystemExit("no AttributeError")
"""
    done = run(program)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("package", "name"), SHADOWED)
@pytest.mark.parametrize("first", ["the submodule", *slow("the function")])
def test_a_function_wins_over_the_submodule_of_its_name(package, name, first):
    imports = [f"import {package}.{name}", f"from {package} import {name} as public"]
    program = "\n".join(
        [
            *(imports if first == "the submodule" else imports[::-1]),
            f"from {package}.{name} import {name} as own",
            "import importlib, types",
            f"assert public is own is {package}.{name}",
            "assert callable(own)",
            f"module = importlib.import_module('{package}.{name}')",
            f"assert isinstance(module, types.ModuleType) and module.{name} is own",
        ]
    )
    done = run(program)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("package", PACKAGES)
def test_type_checkers_see_the_same_names(package):
    tree = ast.parse((ROOT / package / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in guarded.body for alias in node.names}
    assert seen == importlib.import_module(package).PUBLIC


@pytest.mark.parametrize("package", PACKAGES)
def test_public_functions_and_classes_are_documented(package):
    module = importlib.import_module(package)
    for name in module.PUBLIC:
        value = getattr(module, name)
        if inspect.isroutine(value) or inspect.isclass(value):
            assert inspect.getdoc(value), f"{package}.{name}"
