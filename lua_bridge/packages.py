"""Which Lua package is served by what."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module

# Packages that are Python's: Lua package -> module whose public functions and classes it shows.
PYTHON_PACKAGES = {
    "nn": "torch7py.nn",
    "optim": "torch7py.optim",
    "paths": "torch7py.paths",
    "sys": "torch7py.system",
}
# Packages written in Lua, beside this file in lua/.
LUA_PACKAGES = ("xlua",)


def members(package: str) -> Iterator[tuple[str, object]]:
    """Names and functions (or tables of functions) of a Python package, as Lua shall see them; not its classes."""
    module = import_module(PYTHON_PACKAGES[package])
    for name in getattr(module, '__all__', ()):
        value = getattr(module, name)
        if inspect.ismodule(value):
            yield name, {inner: getattr(value, inner) for inner in value.__all__}
        elif not isinstance(value, type):
            yield name, value
