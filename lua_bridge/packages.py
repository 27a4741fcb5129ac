"""Which Lua package is served by what."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module

from lua_bridge import filenames

# Packages that are Python's: Lua package -> module whose `__all__` it shows. A file of that name in lua/ adds what
# only Lua can do.
PYTHON_PACKAGES = {
    "nn": "torch7py.nn",
    "optim": "torch7py.optim",
    "paths": "torch7py.paths",
    "sys": "torch7py.system",
}
# Further functions of Python's for these Lua files.
HELPERS = {"optim.steps": "torch7py.optim.steps"}
# Of Python's, those that deal in file names and other text of the system.
WITH_FILE_NAMES = ("paths", "sys")
# Packages that are all Lua.
LUA_PACKAGES = ("xlua",)
# Packages with a file in lua/.
WITH_LUA = ("optim", "paths", "sys", *LUA_PACKAGES)


def members(package: str) -> Iterator[tuple[str, object]]:
    """Names and functions (or tables of functions) of a Python package, as Lua shall see them; not its classes."""
    module = import_module((PYTHON_PACKAGES | HELPERS)[package])
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.ismodule(value):
            yield name, {inner: getattr(value, inner) for inner in value.__all__}
        elif not isinstance(value, type):
            yield name, filenames.to_lua(value) if package in WITH_FILE_NAMES else value
