"""Torch7's files: ``DiskFile``, ``PipeFile`` and ``MemoryFile``.

What they hold is numbers, strings and objects, in ascii (at first) or binary. Positions count from 1. On a fault a file
raises, or, if it was made ``quiet``, remembers that there was one (``hasError``).
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy
import torch

from torch7py.classes import register
from torch7py.errors import ArgumentError, TorchError
from torch7py.serialization.coding import Ascii, Binary, ReadError, elements, short
from torch7py.serialization.reader import Reader
from torch7py.serialization.world import World
from torch7py.serialization.writer import Writer
from torch7py.tensor import types
from torch7py.tensor.arguments import bad_argument, describe, element, integer, number
from torch7py.tensor.storage import Storage

_MODES = {"r": (True, False), "w": (False, True), "rw": (True, True)}


@register("torch.File")
class File:
    """What all files can do. ``world`` is what the objects in it may refer to; see :class:`World`."""

    world = World()

    def __init__(self, handle, name: str, mode: str, world: World | None):
        self._handle = handle
        self._name = name
        self._readable, self._writable = _MODES[mode]
        if world is not None:
            self.world = world
        self._binary, self._ascii = Binary(handle), Ascii(handle)
        self._coding = self._ascii
        self._quiet = self._error = False
        self._buffered = True
        self._keeps_references = True
        self._reader = self._writer = None

    def isQuiet(self) -> bool:
        """Whether faults are remembered only."""
        return self._quiet

    def quiet(self) -> File:
        """From now on remember faults and go on."""
        self._quiet = True
        return self

    def pedantic(self) -> File:
        """From now on raise an error at a fault."""
        self._quiet = False
        return self

    def hasError(self) -> bool:
        """Whether there was a fault since :meth:`clearError`."""
        return self._error

    def clearError(self) -> File:
        """Forget about faults."""
        self._error = False
        return self

    def isReadable(self) -> bool:
        """Whether the file was opened for reading."""
        return self._readable

    def isWritable(self) -> bool:
        """Whether the file was opened for writing."""
        return self._writable

    def isBinary(self) -> bool:
        """Whether numbers are read and written as bytes."""
        return self._coding is self._binary

    def binary(self) -> File:
        """Read and write numbers as bytes."""
        self._coding = self._binary
        return self

    def ascii(self) -> File:
        """Read and write numbers as text."""
        self._coding = self._ascii
        return self

    def isAutoSpacing(self) -> bool:
        """Whether numbers in text are set apart."""
        return self._ascii.spacing

    def autoSpacing(self) -> File:
        """Write a blank between numbers and a line end behind the last one."""
        self._ascii.spacing = True
        return self

    def noAutoSpacing(self) -> File:
        """Write numbers in text without anything between."""
        self._ascii.spacing = False
        return self

    def longSize(self, size: int = 0) -> File:
        """In binary, longs have ``size`` bytes, 4 or 8; with 0 they have 8, or 4 if what is read must be so."""
        self._opened()
        if size not in (0, 4, 8):
            raise TorchError(f"Invalid long size specified: {size} (0, 4 or 8 expected)")
        self._binary.long_size = size
        return self

    def referenced(self, keep: bool) -> File:
        """Whether an object that comes again is written as a reference (the default) or in full."""
        self._keeps_references = bool(keep)
        return self

    def isReferenced(self) -> bool:
        """What :meth:`referenced` was given."""
        return self._keeps_references

    def isOpened(self) -> bool:
        """Whether the file is not closed yet."""
        return not self._handle.closed

    def close(self) -> File:
        """Write what is still in the buffer and give up the file."""
        self._opened()
        self._try_write(self._handle.close)
        return self

    def synchronize(self) -> File:
        """Write what is still in the buffer."""
        self._opened()
        self._try_write(self._handle.flush)
        return self

    def position(self) -> int:
        """The place of the next byte, from 1."""
        self._opened()
        try:
            return self._handle.tell() + 1
        except OSError as error:
            self._fault(f"unable to obtain the position: {error}")
            return 1

    def seek(self, position: int) -> File:
        """Go on at the byte of this position."""
        self._opened()
        place = integer(position, 2, "seek") - 1
        if place < 0:
            raise bad_argument(2, "seek", f"position has to be greater than 0! got {position}")
        self._seek(place)
        return self

    def _seek(self, place: int) -> None:
        try:
            self._handle.seek(place)
        except OSError as error:
            self._fault(f"unable to seek to position {place + 1}: {error}")

    def seekEnd(self) -> File:
        """Go to the end of the file."""
        self._opened()
        try:
            self._handle.seek(0, os.SEEK_END)
        except OSError as error:
            self._fault(f"unable to seek at end of file: {error}")
        return self

    def readBool(self) -> bool:
        """Whether the next int is 1."""
        return self.readInt() == 1

    def writeBool(self, value: Any = None) -> None:
        """Write the int 1, or 0 for false and nil."""
        self.writeInt(0 if value is None or value is False else 1)

    def readString(self, format: str) -> str:
        """The rest of the file ('*a'), or of the line ('*l')."""
        self._may_read()
        if not isinstance(format, str) or format[:2] not in ("*a", "*l"):
            raise bad_argument(2, "readString", f"format must be '*a' or '*l', got {format!r}")
        if format[1] == "a":
            text = self._handle.read()
        else:
            text = self._handle.readline()
        if not text:
            self._fault("read error: read 0 blocks instead of 1")
        if format[1] == "l":
            text = text.removesuffix(b"\n")
        return text.decode("latin-1")

    def writeString(self, text: str | bytes) -> int:
        """Write the characters as they are; their number."""
        self._may_write()
        if not isinstance(text, (str, bytes)):
            raise bad_argument(2, "writeString", f"string expected, got {describe(text)}")
        content = text if isinstance(text, bytes) else _bytes(text)
        return len(content) if self._try_write(self._handle.write, content) else 0

    def readObject(self) -> Any:
        """The next object, as :meth:`writeObject` wrote it."""
        return self._with_reader(Reader.read)

    def writeObject(self, value: Any, name: str | None = None, hook: Callable[[Any], Any] | None = None) -> None:
        """Write an object and all that it holds.

        name: what messages call it. hook: given each object, the one to write in its place.
        """
        self._with_writer(Writer.write, value, name, hook)

    def _with_reader(self, read: Callable, *arguments) -> Any:
        self._may_read()
        if self._reader is None:
            self._reader = Reader(self)
        try:
            return read(self._reader, *arguments)
        except ReadError as error:
            fault = str(error)
        self._fault(fault)
        return None

    def _with_writer(self, write: Callable, *arguments) -> None:
        self._may_write()
        if self._writer is None:
            self._writer = Writer(self)
        try:
            self._try_write(write, self._writer, *arguments)
        except RecursionError:
            raise TorchError("objects nested too deeply to be written") from None

    def isWritableObject(self, value: Any) -> int | None:
        """The number of the kind of record that ``value`` would be; None if it cannot be written."""
        return (self._writer or Writer(self)).kind(value)

    def __repr__(self) -> str:
        return self.__tostring__()

    def _status(self) -> str:
        return "open" if self.isOpened() else "closed"

    def _mode(self) -> str:
        return ("r" if self._readable else " ") + ("w" if self._writable else " ")

    def _opened(self) -> None:
        if self._handle.closed:
            raise TorchError("attempt to use a closed file")

    def _may_read(self) -> None:
        self._opened()
        if not self._readable:
            raise TorchError("attempt to read in a write-only file")

    def _may_write(self) -> None:
        self._opened()
        if not self._writable:
            raise TorchError("attempt to write in a read-only file")

    def _fault(self, message: str) -> None:
        self._error = True
        if not self._quiet:
            try:
                place = f", byte {self._handle.tell()}"
            except (OSError, ValueError):  # a pipe, a closed file
                place = ""
            raise TorchError(f"{message} ({self._name}{place})")

    def _try_write(self, write: Callable, *arguments) -> bool:
        """Call ``write``; whether it went well."""
        try:
            write(*arguments)
            if not self._buffered and not self._handle.closed:
                self._handle.flush()
        except OSError as error:
            self._fault(f"write error: {error.strerror or error}")
            return False
        return True

    def _read(self, dtype: torch.dtype, wanted: int | Storage | None) -> int | float | Storage:
        self._may_read()
        kind = types.kind(dtype)
        if isinstance(wanted, Storage) and wanted.__typename__ == f"torch.{kind}Storage":
            count = self._coding.read_into(elements(wanted))
            self._check(count, len(wanted))
            return count
        amount = 1 if wanted is None else number(wanted)
        if amount is None:
            raise ArgumentError(f"nothing, number, or {kind}Storage expected, got {describe(wanted)}")
        amount = int(amount)
        if amount < 0:
            raise TorchError(f"cannot read {amount} elements")
        storage = self._coding.read_storage(dtype, amount)
        self._check(len(storage), amount)
        if wanted is not None:
            return storage
        return storage[1] if len(storage) else 0

    def _check(self, got: int, wanted: int) -> None:
        if got != wanted:
            self._fault(str(short(got, wanted)))

    def _write(self, dtype: torch.dtype, value: int | float | Storage) -> int | None:
        self._may_write()
        if isinstance(value, Storage) and value.dtype == dtype:
            return len(value) if self._try_write(self._coding.write_array, elements(value)) else 0
        if number(value) is None:
            raise ArgumentError(f"number, or {types.kind(dtype)}Storage expected, got {describe(value)}")
        scalar = torch.tensor([element(value, dtype)], dtype=dtype).numpy()
        self._try_write(self._coding.write_array, scalar)
        return None


def _add_number_methods(kind: str, dtype: torch.dtype) -> None:
    def read(self, wanted=None):
        return self._read(dtype, wanted)

    def write(self, value=None):
        return self._write(dtype, value)

    read.__doc__ = (
        f"The next {kind.lower()}; with a number, a {kind}Storage of so many; with a {kind}Storage, as many as it "
        "has places, read into it, and their number."
    )
    write.__doc__ = f"Write a number as {kind.lower()}, or the elements of a {kind}Storage; for these, their number."
    for verb, method in (("read", read), ("write", write)):
        method.__name__ = verb + kind
        method.__qualname__ = f"File.{verb}{kind}"
        setattr(File, verb + kind, method)


for _kind, _dtype in types.DTYPES.items():
    if _kind != "Half":
        _add_number_methods(_kind, _dtype)


@register("torch.DiskFile")
class DiskFile(File):
    """A file on disk.

    name: its name. mode: 'r', 'w' or 'rw' (made if it is not there). quiet: give None instead of an error if it cannot
    be opened. world: see :class:`World`.
    """

    def __new__(cls, name: str, mode: str = "r", quiet: bool = False, *, world: World | None = None):
        world = world or cls.world
        if not isinstance(name, (str, bytes, os.PathLike)):  # open() would take a number for an open file
            raise bad_argument(1, cls.__name__, f"string expected, got {describe(name)}")
        try:
            self = cls._on(cls._open(world.path(name), mode), name, mode, world)
        except (OSError, ValueError) as error:
            if quiet:
                return None
            raise TorchError(f"cannot open <{name}> in mode {mode}: {getattr(error, 'strerror', error)}") from None
        self._quiet = bool(quiet)
        return self

    @classmethod
    def _on(cls, handle, name: str, mode: str, world: World) -> DiskFile:
        self = super().__new__(cls)
        File.__init__(self, handle, str(name), mode, world)
        return self

    def __init__(self, *arguments, **options):
        """Done by ``__new__``, which may give None."""

    @staticmethod
    def _open(path: str | bytes, mode: str):
        if mode not in _MODES:
            raise bad_argument(2, "DiskFile", f"file mode should be 'r','w' or 'rw', got {mode!r}")
        if mode != "rw":
            return open(path, mode + "b")
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")

    def isLittleEndianCPU(self) -> bool:
        """Whether this machine puts a number's low byte first."""
        return sys.byteorder == "little"

    def isBigEndianCPU(self) -> bool:
        """Whether this machine puts a number's high byte first."""
        return sys.byteorder == "big"

    def nativeEndianEncoding(self) -> DiskFile:
        """In binary, use this machine's byte order."""
        return self._order(sys.byteorder)

    def littleEndianEncoding(self) -> DiskFile:
        """In binary, put the low byte first."""
        return self._order("little")

    def bigEndianEncoding(self) -> DiskFile:
        """In binary, put the high byte first."""
        return self._order("big")

    def _order(self, order: str) -> DiskFile:
        self._opened()
        self._binary.swap(order != sys.byteorder)
        return self

    def noBuffer(self) -> DiskFile:
        """Hand on what is written at once."""
        self._opened()
        self._buffered = False
        return self

    def __tostring__(self) -> str:
        """The text that Torch7 prints."""
        return f"torch.DiskFile on <{self._name}> [status: {self._status()} -- mode {self._mode()}]"


@register("torch.PipeFile")
class PipeFile(DiskFile):
    """What a shell command says ('r'), or is told ('w')."""

    @staticmethod
    def _open(path: str | bytes, mode: str):
        if mode not in ("r", "w"):
            raise bad_argument(2, "PipeFile", f"file mode should be 'r','w', got {mode!r}")
        stream = "stdout" if mode == "r" else "stdin"
        process = subprocess.Popen(path, shell=True, **{stream: subprocess.PIPE})
        handle = getattr(process, stream)
        handle.process = process
        return handle

    def close(self) -> PipeFile:
        """Close the pipe and wait for the command to end."""
        try:
            return super().close()
        finally:
            self._handle.process.wait()

    def __tostring__(self) -> str:
        """The text that Torch7 prints."""
        return f"torch.PipeFile on <{self._name}> [status: {self._status()} -- mode: {self._mode()}]"


class _Memory(io.BytesIO):
    def peek(self, size: int) -> bytes:
        place = self.tell()
        ahead = self.read(io.DEFAULT_BUFFER_SIZE)
        self.seek(place)
        return ahead


@register("torch.MemoryFile")
class MemoryFile(File):
    """A file in memory: ``MemoryFile([content,] [mode])``.

    content: bytes, or a CharStorage ended by a zero, which is read when the file is made and then follows what is
    written to the file. mode: 'r', 'w' or 'rw' (the default). world: see :class:`World`.
    """

    def __init__(
        self, content: Storage | bytes | str | None = None, mode: str | None = None, *, world: World | None = None
    ):
        if isinstance(content, str) or content is None:
            content, mode = b"", content if mode is None else mode
        mode = "rw" if mode is None else mode
        if mode not in _MODES:
            raise bad_argument(2, "MemoryFile", f"file mode should be 'r','w' or 'rw', got {mode!r}")
        self._storage = None
        if isinstance(content, Storage):
            self._storage = content
            content = elements(content).tobytes()
            if self._storage.dtype != torch.int8 or content[-1:] != b"\0":
                raise bad_argument(1, "MemoryFile", "provided CharStorage must be terminated by 0")
            content = content[:-1]
        super().__init__(_Memory(content), "MemoryFile", mode, world)

    def storage(self) -> Storage:
        """The content and a zero behind it, as a CharStorage, which from now on follows what is written."""
        self._opened()
        size = len(self._handle.getbuffer())
        if self._storage is None:
            self._storage = Storage(torch.int8, size + 1)
        self._copy_out(0, size)
        return self._storage.resize(size + 1)

    def _copy_out(self, start: int, end: int) -> None:
        """Bring these bytes of the storage up to date, and the zero at the end."""
        with self._handle.getbuffer() as content:
            needed = len(content) + 1
            if len(self._storage) < needed:
                self._storage.resize(max(needed, needed * 3 // 2))
            target = elements(self._storage).view(numpy.uint8)
            target[start:end] = content[start:end]
            target[needed - 1] = 0

    def _try_write(self, write: Callable, *arguments) -> bool:
        start = self._handle.tell()
        done = super()._try_write(write, *arguments)
        if self._storage is not None and not self._handle.closed:
            self._copy_out(start, self._handle.tell())
        return done

    def _seek(self, place: int) -> None:
        if place > len(self._handle.getbuffer()):
            self._fault(f"unable to seek at position {place + 1}")
        else:
            super()._seek(place)

    def __tostring__(self) -> str:
        """The text that Torch7 prints."""
        return f"torch.MemoryFile [status: {self._status()} -- mode: {self._mode()}]"


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise TorchError(f"string with a character that is no byte: {text[error.start]!r}") from None
