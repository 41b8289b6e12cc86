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


def test_names_resolve_in_a_fresh_interpreter():
    program = f"""
import importlib, sys
packages = [importlib.import_module(name) for name in {PACKAGES!r}]
assert not {HEAVY!r} & set(sys.modules), {HEAVY!r} & set(sys.modules)
for package in packages:
    assert sorted(package.PUBLIC) == package.__all__
    assert set(package.__all__) <= set(dir(package))
    names, all_names = {{}}, {{}}
    exec(f"from {{package.__name__}} import *", all_names)
    exec(f"from {{package.__name__}} import {{', '.join(package.PUBLIC)}}", names)
    for name, module in package.PUBLIC.items():
        public = getattr(sys.modules[module], name)
        assert getattr(package, name) is public is names[name] is all_names[name], name
    try: package.nothing
    except AttributeError as error: assert "nothing" in str(error)
    else: raise SystemExit("no AttributeError")
"""
    done = run(program)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("first", ["the submodule", *slow("the function")])
def test_a_function_wins_over_the_submodule_of_its_name(first):
    lines = []
    for package, name in SHADOWED:
        imports = [f"import {package}.{name}", f"from {package} import {name} as public"]
        lines += [
            *(imports if first == "the submodule" else imports[::-1]),
            f"from {package}.{name} import {name} as own",
            "import importlib, types",
            f"assert public is own is {package}.{name}",
            "assert callable(own)",
            f"module = importlib.import_module('{package}.{name}')",
            f"assert isinstance(module, types.ModuleType) and module.{name} is own",
        ]
    done = run("\n".join(lines))
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
