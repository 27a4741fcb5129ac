"""``torch.save`` and ``torch.load``, ``torch.serialize`` and ``torch.deserialize``."""

from __future__ import annotations

import os
import secrets
import stat
from typing import Any

import torch

from torch7py.errors import TorchError
from torch7py.serialization.coding import elements
from torch7py.serialization.files import DiskFile, File, MemoryFile
from torch7py.serialization.world import World
from torch7py.tensor.arguments import bad_argument, describe
from torch7py.tensor.storage import Storage

_LONG_SIZES = {"binary": 0, "ascii": 0, "b32": 4, "b64": 8}


def save(
    path, value: Any, format: str | None = None, referenced: bool | None = None, *, world: World | None = None
) -> None:
    """Write ``value`` and all that it holds to a file.

    The file is written beside its target and then takes its place, so that a failed save leaves the old one alone.

    Args:
        path: the file's name.
        value: numbers, strings, booleans, None, tensors, storages, objects of registered classes, and tables (or dicts
            and lists) of these.
        format: 'binary' (the default) or 'ascii'.
        referenced: whether what occurs twice is written once and shared again when it is read (the default).
        world: classes and functions to use; see :class:`World`.
    """
    world = world or DiskFile.world
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise bad_argument(1, "save", f"string expected, got {describe(path)}")
    try:
        target = os.path.realpath(world.path(path))  # where it is a link, the link stays
        mode = os.stat(target).st_mode if os.path.exists(target) else None
        if mode is not None and not stat.S_ISREG(mode):
            _write(DiskFile(path, "w", world=world), value, format, referenced)  # a device cannot be replaced
            return
        name = f".{secrets.token_hex(8)}.t7"
        beside = os.path.join(os.path.dirname(target), os.fsencode(name) if isinstance(target, bytes) else name)
        handle = open(beside, "xb")
        try:
            _write(DiskFile._on(handle, path, "w", world), value, format, referenced)
            if mode is not None:
                os.chmod(beside, stat.S_IMODE(mode))
            os.replace(beside, target)
        except BaseException:
            handle.raw.close()
            os.unlink(beside)
            raise
    except (OSError, ValueError) as error:
        raise TorchError(f"cannot write <{path}>: {getattr(error, 'strerror', error)}") from error


def _write(file: File, value: Any, format: str, referenced: bool) -> None:
    _coded(file, format).referenced(referenced is not False)
    file.writeObject(value)
    file.close()


def load(path, format: str | None = None, referenced: bool | None = None, *, world: World | None = None) -> Any:
    """The object in a file.

    In binary files, byte order and the size of longs (8 bytes, or 4 in files from 32-bit systems) are found out from
    what follows. CUDA tensors come back as CPU tensors where there is no CUDA device. Objects of classes that nobody
    registered come back as :class:`UnknownObject`, functions as :class:`LuaFunction`.

    Args:
        path: the file's name.
        format: 'binary' (the default), 'ascii', or 'b32' and 'b64' for binary with longs of 4 and 8 bytes.
        referenced: as the file was saved.
        world: classes and functions to use; see :class:`World`.

    Raises:
        TorchError: with the file's name and the position, where it holds something else.
    """
    format = format or "binary"
    if format not in _LONG_SIZES:
        raise TorchError(f'"binary", "b32", "b64" or "ascii" expected for mode, got {format!r}')
    file = DiskFile(path, "r", world=world)
    try:
        if format != "ascii":
            file.binary().longSize(_LONG_SIZES[format])
        return file.referenced(referenced is not False).readObject()
    finally:
        file.close()


def serialize(value: Any, format: str | None = None, *, world: World | None = None) -> str:
    """``value`` and all that it holds as a string of characters 0..255; format: 'binary' (the default) or 'ascii'."""
    return _serialized(value, format, world)._handle.getvalue().decode("latin-1")


def serializeToStorage(value: Any, format: str | None = None, *, world: World | None = None) -> Storage:
    """The same as a CharStorage."""
    storage = _serialized(value, format, world).storage()
    return storage.resize(len(storage) - 1)


def _serialized(value: Any, format: str, world: World | None) -> MemoryFile:
    file = _coded(MemoryFile(world=world), format)
    file.writeObject(value)
    return file


def _coded(file: File, format: str | None) -> File:
    format = format or "binary"
    if format not in ("binary", "ascii"):
        raise TorchError(f'"binary" or "ascii" expected for mode, got {format!r}')
    return getattr(file, format)()


def deserialize(text: str | bytes, format: str | None = None, *, world: World | None = None) -> Any:
    """The object that :func:`serialize` made this string of."""
    content = text.encode("latin-1") if isinstance(text, str) else text
    return _coded(MemoryFile(content, "r", world=world), format).readObject()


def deserializeFromStorage(
    storage: Storage | torch.Tensor, format: str | None = None, *, world: World | None = None
) -> Any:
    """The object that :func:`serializeToStorage` made this CharStorage, or the elements of this CharTensor, of."""
    return deserialize(elements(storage).tobytes(), format, world=world)
