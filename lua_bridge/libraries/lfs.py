"""LuaFileSystem: attributes of files, directories, links."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from torch7py.classes import register
from torch7py.errors import ArgumentError, TorchError
from torch7py.table import Table

__all__ = [
    "attributes",
    "chdir",
    "currentdir",
    "dir",
    "link",
    "lock",
    "lock_dir",
    "mkdir",
    "rmdir",
    "setmode",
    "symlinkattributes",
    "touch",
    "unlock",
    "_VERSION",
]

_VERSION = "LuaFileSystem 1.8.0"

_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFSOCK: "socket",
    stat.S_IFIFO: "named pipe",
    stat.S_IFCHR: "char device",
    stat.S_IFBLK: "block device",
}
_ATTRIBUTES: dict[str, Callable[[os.stat_result], object]] = {
    "mode": lambda found: _KINDS.get(stat.S_IFMT(found.st_mode), "other"),
    "dev": lambda found: found.st_dev,
    "ino": lambda found: found.st_ino,
    "nlink": lambda found: found.st_nlink,
    "uid": lambda found: found.st_uid,
    "gid": lambda found: found.st_gid,
    "rdev": lambda found: getattr(found, "st_rdev", 0),
    "access": lambda found: int(found.st_atime),
    "modification": lambda found: int(found.st_mtime),
    "change": lambda found: int(found.st_ctime),
    "size": lambda found: found.st_size,
    "permissions": lambda found: stat.filemode(found.st_mode)[1:],
    "blocks": lambda found: getattr(found, "st_blocks", 0),
    "blksize": lambda found: getattr(found, "st_blksize", 0),
}


def _attempt(action: Callable, *arguments):
    """True; or nil, what went wrong, and the error's number."""
    try:
        action(*arguments)
    except OSError as error:
        return None, error.strerror, error.errno
    return True


def _attributes(look: Callable, path: str, wanted: str | Table | None):
    try:
        found = look(path)
    except OSError as error:
        return None, f"cannot obtain information from file '{path}': {error.strerror}", error.errno
    if isinstance(wanted, str):
        if wanted == "target" and look is os.lstat:
            return os.readlink(path) if stat.S_ISLNK(found.st_mode) else None
        if wanted not in _ATTRIBUTES:
            raise ArgumentError(f"invalid attribute name '{wanted}'")
        return _ATTRIBUTES[wanted](found)
    table = wanted if isinstance(wanted, Table) else Table()
    for name, attribute in _ATTRIBUTES.items():
        table[name] = attribute(found)
    if look is os.lstat and stat.S_ISLNK(found.st_mode):
        table["target"] = os.readlink(path)
    return table


def attributes(path: str, wanted: str | Table | None = None):
    """A table of a file's attributes (put into ``wanted``, if that is one), or the one of the name ``wanted``."""
    return _attributes(os.stat, path, wanted)


def symlinkattributes(path: str, wanted: str | Table | None = None):
    """The same of a link itself, and its ``target``."""
    return _attributes(os.lstat, path, wanted)


def chdir(path: str):
    """Make ``path`` the current directory."""
    try:
        os.chdir(path)
    except OSError as error:
        return None, f"Unable to change working directory to '{path}'\n{error.strerror}\n"
    return True


def currentdir() -> str:
    return os.getcwd()


def mkdir(path: str):
    """Make one directory."""
    return _attempt(os.mkdir, path, 0o775)


def rmdir(path: str):
    """Remove an empty directory."""
    return _attempt(os.rmdir, path)


@register("lfs.directory")
class _Directory:
    """The names in a directory, with ``.`` and ``..``, one after another."""

    def __init__(self, names: list[str]):
        self._names = iter([".", "..", *names])

    def next(self) -> str | None:
        return next(self._names, None)

    def close(self) -> None:
        self._names = iter(())


def dir(path: str):
    """An iterator over the names in a directory; its second result, as an object, can be closed."""
    try:
        directory = _Directory(os.listdir(path))
    except OSError as error:
        raise TorchError(f"cannot open {path}: {error.strerror}") from error
    return lambda *_: directory.next(), directory


def touch(path: str, access: float | None = None, modification: float | None = None):
    """Set the times of a file, to now by default."""
    times = None if access is None else (access, access if modification is None else modification)
    return _attempt(os.utime, path, times)


def link(old: str, new: str, symbolic: bool = False):
    """Make a link."""
    return _attempt(os.symlink if symbolic else os.link, old, new)


def setmode(file, mode: str):
    """Nothing to do: files are binary everywhere but on Windows."""
    return True, "binary"


@register("lfs.lock")
class _Lock:
    def __init__(self, path: str):
        self._path = path
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o644))

    def free(self) -> None:
        """Let others have the directory."""
        if self._path:
            os.unlink(self._path)
            self._path = None


def lock_dir(path: str, _seconds_stale: float | None = None):
    """A lock on a directory, whose ``free`` releases it; nil and a message if another program has it."""
    try:
        return _Lock(os.path.join(path, "lockfile.lfs"))
    except OSError as error:
        return None, error.strerror


def lock(*_) -> None:
    """Locks on Lua's open files can't be had from Python."""
    raise TorchError("lfs.lock: an open file can't be locked here; use lfs.lock_dir")


unlock = lock
