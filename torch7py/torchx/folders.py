"""Large lists of files."""

from __future__ import annotations

import fnmatch
import os
import tempfile
from collections.abc import Iterator

import numpy
import torch

from torch7py.classes import TorchObject, register
from torch7py.console import file_name
from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor.arguments import describe, integer

from . import md5

__all__ = ["filename", "indexdir"]

_PICTURES = ("jpg", "png", "jpeg", "ppm", "bmp")


@register("torchx.FolderIndex")
class FolderIndex(TorchObject):
    """Names of files: the rows of the CharTensor ``tensor``, filled up with zeros."""

    def __init__(self, names: list[bytes]):
        width = max(map(len, names)) + 1
        self.tensor = torch.from_numpy(numpy.array(names, f"S{width}").view(numpy.int8).reshape(len(names), width))

    def size(self) -> int:
        """How many files there are."""
        return len(self.tensor)

    def filename(self, i: int) -> str:
        """The name of file number ``i``, from 1."""
        place = integer(i, 1, "filename") - 1
        if not 0 <= place < self.size():
            raise TorchError(f"filename: no file number {i}, where there are {self.size()}")
        return os.fsdecode(self.tensor[place].numpy().tobytes().rstrip(b"\0"))


filename = FolderIndex.filename  # a function, for Lua


def indexdir(
    pathList: str | Table, extensionList: str | Table | None = None, use_cache=None, ignorePattern: str | None = None
) -> FolderIndex:
    """All files with certain extensions in folders and the folders in these, in alphabetical order for each folder.

    Arguments:
        pathList: a folder or a table of folders.
        extensionList: an extension or a table of extensions, in upper or lower case alike; by default those of images.
        use_cache: take the list from the cache, a file in the system's folder for temporary files, if it is there. It
            is written by every call that looks into the folders.
        ignorePattern: leave out names that fit this pattern of the shell (``*frame*``), in upper or lower case alike.

    Raises:
        TorchError: there is no such file.
    """
    folders = [file_name(folder) for folder in _strings(pathList)]
    extensions = _PICTURES if extensionList is None else _strings(extensionList)
    sought = "".join([*folders, *extensions, ignorePattern or ""])
    cache = os.path.join(tempfile.gettempdir(), md5.sumhexa(sought))
    if use_cache and os.path.isfile(cache):
        with open(cache, "rb") as file:
            names = file.read().splitlines()
    else:
        names = [os.fsencode(name) for folder in folders for name in sorted(_files(folder, extensions, ignorePattern))]
        if names:
            _write(cache, names)
    if not names:
        raise TorchError("Could not find any files in the given input paths")
    index = FolderIndex(names)
    index.cachefile = cache
    return index


def _strings(value) -> list[str]:
    values = list(value) if isinstance(value, (Table, list, tuple)) else [value]
    if not values or not all(isinstance(item, str) for item in values):
        raise TorchError(f"indexdir: a string or a table of strings expected, got {describe(value)}")
    return values


def _files(folder: str, extensions: list[str], ignored: str | None) -> Iterator[str]:
    patterns = [f"*.{extension}".lower() for extension in extensions]
    for place, _, names in os.walk(folder):
        for name in names:
            lower = name.lower()
            if any(fnmatch.fnmatchcase(lower, pattern) for pattern in patterns):
                if ignored is None or not fnmatch.fnmatchcase(lower, ignored.lower()):
                    yield os.path.join(place, name)


def _write(cache: str, names: list[bytes]) -> None:
    """All at once, since other programs may be reading it."""
    with tempfile.NamedTemporaryFile(dir=os.path.dirname(cache), delete=False) as file:
        file.write(b"".join(name + b"\n" for name in names))
    os.replace(file.name, cache)
