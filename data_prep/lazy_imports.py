"""Public names of a package, imported on first use (PEP 562).

`import gan` loads no jax; `from gan import train_step` loads what `train_step` needs.
"""

import importlib
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any


class LazyPackage(ModuleType):
    """A package that resolves its public names on first access.

    A public name that equals a submodule (`fill.blend`) is the public object, whatever was imported first:
    the import system sets each submodule as an attribute of its package, and this class ignores that for
    public names. `import fill.blend` and `from fill.blend import blend` work as usual.
    """

    _modules: Mapping[str, str]  # public name -> module that defines it

    def __getattr__(self, name: str) -> Any:
        module = self.__dict__.get("_modules", {}).get(name)
        if module is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = self.__dict__[name] = getattr(importlib.import_module(module), name)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in self._modules):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._modules})


def publish(package: str, modules: Mapping[str, str]) -> None:
    """Make `package` resolve its public names lazily; called at the end of its `__init__.py`.

    Args:
        package: the package's `__name__`.
        modules: public name -> the module that defines it.
    """
    module = sys.modules[package]
    module.__dict__.update(_modules=dict(modules), __all__=sorted(modules))
    module.__class__ = LazyPackage
