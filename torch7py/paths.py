"""Torch7's paths: file names and directories."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable

from torch7py.console import luatype, tostring
from torch7py.errors import ArgumentError, TorchError
from torch7py.patterns import search

__all__ = [
    "basename",
    "concat",
    "cwd",
    "dir",
    "dirname",
    "dirp",
    "execdir",
    "extname",
    "filep",
    "files",
    "findprogram",
    "getregistryvalue",
    "home",
    "is_mac",
    "is_win",
    "iterdirs",
    "iterfiles",
    "mkdir",
    "rmall",
    "rmdir",
    "thisfile",
    "tmpname",
    "uname",
]

home = os.path.expanduser("~")


def _text(value, function: str, position: int = 1) -> str:
    """An argument that must be a string (or a number, which Lua takes for one)."""
    kind = luatype(value)
    if kind not in ("string", "number"):
        raise ArgumentError(f"bad argument #{position} to '{function}' (string expected, got {kind})")
    return tostring(value)


# --- names


def basename(path: str, suffix: str | None = None) -> str:
    """The last component of a path, without ``suffix`` (given with its dot or without) if it ends in that."""
    name = _text(path, "basename").rstrip("/").rpartition("/")[2]
    ending = "." + suffix.removeprefix(".") if suffix else ""
    return name.removesuffix(ending) if len(ending) > 1 else name


def dirname(path: str) -> str:
    """The path without its last component: ``.`` if there is only one."""
    path = _text(path, "dirname")
    start = path.rstrip("/").rfind("/")
    if start < 0:
        return path if path.startswith("/") else "."
    return path[: max(start, 1)]


def extname(path: str) -> str | None:
    """What follows the last dot, wherever it stands; None without a dot."""
    _, dot, extension = _text(path, "extname").rpartition(".")
    return extension if dot else None


def concat(*parts: str) -> str:
    """The absolute path that the parts lead to, each relative to the one before, the first to the current directory."""
    path = cwd()
    for position, part in enumerate(parts, 1):
        path = _follow(path, _text(part, "concat", position))
    return path


def _follow(path: str, name: str) -> str:
    if name.startswith("/"):
        path = "/"
    for component in name.split("/"):
        if component == "..":
            path = path.rstrip("/").rpartition("/")[0] + "/"
        elif component not in ("", "."):
            path = f"{path.rstrip('/')}/{component}"
    return path.rstrip("/") or "/"


def cwd() -> str:
    """The current directory."""
    return os.getcwd()


def execdir() -> None:
    """Where the Lua interpreter's program is; Torch7 did not know it on Unix either."""


def thisfile(name: str | None = None, depth: int = 1) -> str | None:
    """The absolute name of the Python file that calls this, or of ``name`` beside that file; None interactively.

    depth: 1 for the caller, 2 for the caller's caller, ...
    """
    file = sys._getframe(int(depth)).f_globals.get("__file__")
    if name is None or file is None:
        return name if file is None else concat(file)
    return concat(dirname(concat(file)), name)


# --- what there is


def filep(path: str) -> bool:
    """Is there something of that name that is no directory?"""
    path = _text(path, "filep")
    return os.path.exists(path) and not os.path.isdir(path)


def dirp(path: str) -> bool:
    """Is there a directory of that name?"""
    return os.path.isdir(_text(path, "dirp"))


def dir(path: str) -> list[str] | None:
    """The names in a directory, with ``.`` and ``..``; None if there is no such directory."""
    try:
        return [".", "..", *os.listdir(_text(path, "dir"))]
    except OSError:
        return None


class _Names:
    """An iterator over names, for Python's ``for`` and (by calling it) for Lua's."""

    def __init__(self, names: list[str]):
        self._names = iter(names)

    def __iter__(self) -> _Names:
        return self

    def __next__(self) -> str:
        return next(self._names)

    def __call__(self, *_) -> str | None:
        return next(self._names, None)


def files(path: str, include: str | Callable[[str], object] | None = None) -> _Names:
    """An iterator over the names in a directory, with ``.`` and ``..``; over none if there is no such directory.

    include: which names: a Lua pattern that they contain, or a function of the name.
    """
    if include is None:
        chosen = dir(path) or []
    elif isinstance(include, str):
        chosen = [name for name in dir(path) or [] if search(include, name)]
    elif callable(include):
        chosen = [name for name in dir(path) or [] if include(name) not in (None, False)]
    else:
        raise TorchError(f"Expecting optional arg 2 to be function or string. Got : {luatype(include)}")
    return _Names(chosen)


def iterdirs(path: str) -> _Names:
    """An iterator over the directories in a directory, without ``.`` and ``..``."""
    return files(path, lambda name: name not in (".", "..") and dirp(concat(path, name)))


def iterfiles(path: str) -> _Names:
    """An iterator over the files in a directory that are no directories."""
    return files(path, lambda name: filep(concat(path, name)))


def findprogram(*names: str) -> str | None:
    """The full name of the first of these programs that is in one of PATH's directories."""
    for name in names:
        for folder in os.environ.get("PATH", ".").split(os.pathsep):
            program = concat(folder, name + (".exe" if os.name == "nt" and not name.endswith(".exe") else ""))
            if folder and filep(program):
                return program
    return None


# --- changes: True, or None, a message and the error's number


def _attempt(action: Callable[[str], None], path: str):
    try:
        action(path)
    except OSError as error:
        return None, f"{path}: {error.strerror}", error.errno
    return True


def mkdir(path: str):
    """Make a directory, and those above it that are missing."""
    return _attempt(os.makedirs, _text(path, "mkdir"))


def rmdir(path: str):
    """Remove an empty directory."""
    return _attempt(os.rmdir, _text(path, "rmdir"))


def rmall(path: str, sure: str | None = None):
    """Remove a file, or a directory with all that is in it; ``sure`` must be 'yes'."""
    if sure != "yes":
        return None, "missing second argument ('yes')"
    if os.path.islink(path) or filep(path):
        return _attempt(os.remove, path)
    if not dirp(path):
        return None, "not a file or directory", path
    for name in os.listdir(path):
        inner = concat(path, name)
        result = rmall(inner, sure)
        if result is not True:
            return None, result[1], inner
    return rmdir(path)


_temporary = None


def tmpname() -> str:
    """A name for a temporary file; files of such names are removed when the program ends."""
    global _temporary
    if _temporary is None:
        _temporary = tempfile.TemporaryDirectory(prefix="torch7py")
    return tempfile.mktemp(prefix="luatmp", dir=_temporary.name)


# --- the system


def uname() -> tuple[str, str, str]:
    """Names of the system ('Linux', 'Darwin', 'Windows'), of this computer, and of its processor."""
    return platform.system(), platform.node(), platform.machine()


def is_win() -> str | None:
    """'Windows' there, else None."""
    return "Windows" if platform.system() == "Windows" else None


def is_mac() -> str | None:
    """'Darwin' there, else None."""
    return "Darwin" if platform.system() == "Darwin" else None


def getregistryvalue(*_) -> None:
    raise TorchError("paths.getregistryvalue: there is no registry but on Windows, and none is read there either")
