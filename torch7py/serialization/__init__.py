"""``.t7`` files: objects to and from disk and memory, and Torch7's File classes."""

from torch7py.serialization import methods as _methods  # noqa: F401 (enters them into the registry)
from torch7py.serialization.files import DiskFile, File, MemoryFile, PipeFile
from torch7py.serialization.saving import (
    deserialize,
    deserializeFromStorage,
    load,
    save,
    serialize,
    serializeToStorage,
)
from torch7py.serialization.world import LuaFunction, UnknownObject, World

__all__ = [
    "DiskFile",
    "File",
    "LuaFunction",
    "MemoryFile",
    "PipeFile",
    "UnknownObject",
    "World",
    "deserialize",
    "deserializeFromStorage",
    "load",
    "save",
    "serialize",
    "serializeToStorage",
]
