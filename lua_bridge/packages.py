"""Which Lua package is served by what."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module, resources

from lua_bridge import filenames
from torch7py.tensor import types

# Packages that are Python's: Lua package -> module whose `__all__` it shows. A file of that name in lua/ adds what
# only Lua can do.
PYTHON_PACKAGES = {
    "check": "torch7py.check",
    "cudnn": "torch7py.cudnn",
    "cunn": "torch7py.cunn",
    "cutorch": "torch7py.cutorch",
    "dpnn": "torch7py.dpnn",
    "gnuplot": "torch7py.gnuplot",
    "graph": "torch7py.graph",
    "hdf5": "lua_bridge.libraries.hdf5",
    "image": "torch7py.image",
    "lfs": "lua_bridge.libraries.lfs",
    "nn": "torch7py.nn",
    "nngraph": "torch7py.nngraph",
    "nnx": "torch7py.nnx",
    "optim": "torch7py.optim",
    "paths": "torch7py.paths",
    "rnn": "torch7py.rnn",
    "socket": "lua_bridge.libraries.socket",
    "sys": "torch7py.system",
    "tds": "torch7py.tds",
    "torchx": "torch7py.torchx",
}
# Further functions of Python's for these Lua files.
HELPERS = {
    "gnuplot.histograms": "torch7py.gnuplot.histograms",
    "nngraph.debugging": "torch7py.nngraph.debugging",
    "nngraph.nesting": "torch7py.nngraph.nesting",
    "optim.steps": "torch7py.optim.steps",
    "threads.python": "lua_bridge.threads",
    "torchx.folders": "torch7py.torchx.folders",
}
# Of Python's, those that deal in file names and other text of the system.
WITH_FILE_NAMES = ("hdf5", "lfs", "paths", "sys", "torchx.folders")
# Those that can't be loaded without a GPU, or the CPU that stands in for one.
FOR_GPUS = ("cudnn", "cunn", "cutorch")
# Packages that are all Lua, made with what the bridge has. Those that are nothing but Lua stand in lua/library, which
# is where `require` looks last: a user's own copy comes first.
LUA_PACKAGES = (
    "cjson",
    "cjson.safe",
    "csv",
    "csvigo",
    "tds.elem",
    "threads",
    "threads.queue",
    "threads.serialize",
    "threads.sharedserialize",
    "threads.threads",
    "threads.worker",
    "xlua",
)
# Of Python's, those with a file in lua/.
WITH_LUA = tuple(
    name for name in PYTHON_PACKAGES if resources.files("lua_bridge").joinpath("lua", f"{name}.lua").is_file()
)


def members(package: str) -> Iterator[tuple[str, object]]:
    """Names and functions (or tables of functions) of a Python package, as Lua shall see them; not its classes."""
    if package in FOR_GPUS:
        types.need_gpu(package)
    module = import_module((PYTHON_PACKAGES | HELPERS)[package])
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.ismodule(value):
            yield name, {inner: getattr(value, inner) for inner in value.__all__}
        elif not isinstance(value, type):
            yield name, filenames.to_lua(value) if package in WITH_FILE_NAMES else value


def classes(package: str) -> Iterator[str]:
    """The type names of a Python package's classes."""
    module = import_module(PYTHON_PACKAGES[package])
    for name in module.__all__:
        typename = getattr(getattr(module, name), "__typename__", None)
        if typename is not None:
            yield typename
