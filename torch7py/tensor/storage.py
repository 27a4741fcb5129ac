"""Storages: Torch7's flat arrays, on which tensors are views."""

from __future__ import annotations

import ctypes
import functools
import os
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy
import torch

from torch7py.errors import ArgumentError, TorchError
from torch7py.pickling import pack
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.arguments import bad_argument, describe, element, integer, number


class Storage:
    """A flat array of one element type: ``Storage(dtype, ...)`` takes what ``torch.DoubleStorage(...)`` took.

    - nothing, or a size: so many uninitialised elements;
    - a list or Table of numbers;
    - a storage of the same type, an offset (from 1) and a size: a view of these elements;
    - a file name, whether to share changes with the file, a size in elements, and whether the file is one of the
      system's memory for sharing: the file mapped into memory;
    - a size and an address: memory that somebody else owns;
    - a ``torch.UntypedStorage``, which it then wraps.

    Indices count from 1. Storages are equal when they are the same memory, whatever they hold.
    """

    __slots__ = ("untyped", "dtype")

    def __init__(self, dtype: torch.dtype, content=None, *more, device: str = "cpu"):
        self.dtype = dtype
        if isinstance(content, torch.UntypedStorage):
            self.untyped = content
        elif isinstance(content, Storage):
            self.untyped = _view(dtype, content, *more)
        elif isinstance(content, (str, os.PathLike)):
            self.untyped = _mapping(dtype, os.fspath(content), *more)
        elif isinstance(content, (Table, list, tuple)):
            values = [_listed(value, position, dtype) for position, value in enumerate(content, 1)]
            self.untyped = torch.tensor(values, dtype=dtype, device=device).untyped_storage()
        elif more and more[0] is not None:
            self.untyped = _foreign(dtype, integer(content, 1, "new"), integer(more[0], 2, "new"))
        else:
            size = 0 if content is None else integer(content, 1, "new")
            if size < 0:
                raise TorchError(f"invalid memory size -- maybe an overflow? ({size})")
            self.untyped = torch.UntypedStorage(size * dtype.itemsize, device=device)

    @property
    def __typename__(self) -> str:
        return types.storage_name(self.untyped.device.type, self.dtype)

    def tensor(self) -> torch.Tensor:
        """All elements as a 1-D tensor on the same memory."""
        return torch.empty(0, dtype=self.dtype, device=self.untyped.device).set_(self.untyped, 0, (len(self),), (1,))

    def pointer(self) -> int:
        """A number that tells this memory from all others (``torch.pointer``)."""
        return self.untyped._cdata

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self.untyped.data_ptr()

    def __len__(self) -> int:
        return self.untyped.nbytes() // self.dtype.itemsize

    def size(self) -> int:
        """The number of elements."""
        return len(self)

    def elementSize(self) -> int:
        """The size of an element in bytes."""
        return self.dtype.itemsize

    def __getitem__(self, index: int) -> int | float:
        return self.tensor()[self._position(index)].item()

    def __setitem__(self, index: int, value: int | float) -> None:
        self.tensor()[self._position(index)] = element(value, self.dtype)

    def _position(self, index: int) -> int:
        position = integer(index, 2, "index") - 1
        if not 0 <= position < len(self):
            raise bad_argument(2, "index", f"out of bounds: {index} in a storage of size {len(self)}")
        return position

    def fill(self, value: int | float) -> Storage:
        """Set every element to ``value``. Returns itself."""
        self.tensor().fill_(element(value, self.dtype))
        return self

    def copy(self, source: Storage) -> Storage:
        """Take over the elements of a storage of the same size and of any type. Returns itself."""
        if not isinstance(source, Storage):
            raise bad_argument(2, "copy", f"torch.*Storage expected, got {describe(source)}")
        if len(source) != len(self):
            raise bad_argument(2, "copy", f"size mismatch: {len(self)} and {len(source)} elements")
        self.tensor().copy_(source.tensor())
        return self

    def resize(self, size: int) -> Storage:
        """Make it ``size`` elements long, keeping the first ones; new ones are uninitialised. Returns itself."""
        self.untyped.resize_(integer(size, 2, "resize") * self.dtype.itemsize)
        return self

    def string(self, text: str | None = None) -> str | Storage:
        """The bytes as a string, or with ``text`` (characters 0..255): become these bytes. Byte and Char only."""
        if self.dtype.itemsize != 1:
            raise TorchError(f"{self.__typename__} has no method string")
        if text is None:
            return self._bytes().decode("latin-1")
        self.resize(len(text))
        if text:
            content = torch.frombuffer(bytearray(text, "latin-1"), dtype=torch.uint8)
            self.tensor().copy_(content.view(self.dtype))
        return self

    def _bytes(self) -> bytes:
        memory = self.untyped.cpu()  # and not through numpy, after which PyTorch refuses to resize it
        return ctypes.string_at(memory.data_ptr(), memory.nbytes()) if memory.nbytes() else b""

    def totable(self) -> Table:
        """All elements in a Table."""
        return Table(self.tolist())

    def tolist(self) -> list:
        """All elements in a list."""
        count = len(self)
        if self.dtype is torch.int64 and count and self.untyped.device.type == "cpu":
            return _array(count).from_address(self.untyped.data_ptr())[:]  # sizes: by far the quickest way
        return self.tensor().tolist()

    def write(self, file) -> None:
        """Write the size and the elements to an open Torch7 file."""
        file.writeLong(len(self))
        getattr(file, f"write{types.kind(self.dtype)}")(self)

    def read(self, file) -> None:
        """Become what :meth:`write` wrote for a storage of the same type."""
        content = getattr(file, f"read{types.kind(self.dtype)}")(file.readLong())
        self.resize(len(content)).copy(content)

    def retain(self) -> None:
        """Nothing: memory counts its users by itself."""

    def free(self) -> None:
        """Nothing: memory counts its users by itself."""

    def __iter__(self) -> Iterator:
        return iter(self.tolist())

    def __eq__(self, other) -> bool:
        return isinstance(other, Storage) and self.untyped._cdata == other.untyped._cdata

    def __hash__(self) -> int:
        return hash(self.untyped._cdata)

    def __tostring__(self) -> str:
        """The text that Torch7 prints."""
        from torch7py.tensor.printing import tostring

        return tostring(self)

    def __repr__(self) -> str:
        return self.__tostring__()

    def __copy__(self) -> Storage:
        return Storage(self.dtype, self.untyped)

    def __reduce__(self):
        return Storage, (self.dtype, pack(self.untyped))


METHODS = (
    "size",
    "elementSize",
    "fill",
    "copy",
    "resize",
    "totable",
    "write",
    "read",
    "retain",
    "free",
    "__tostring__",
)
"""The methods that every storage had in Torch7; Byte and Char storages also have ``string``."""


NUMPY_DTYPES = {dtype: numpy.dtype(str(dtype).removeprefix("torch.")) for dtype in types.DTYPES.values()}


def as_array(tensor: torch.Tensor) -> numpy.ndarray:
    """The elements of a tensor on the CPU where they are.

    Unlike ``tensor.numpy()`` it does not forbid PyTorch to resize the storage for good; so one must be done with the
    array before that can happen.
    """
    dtype = NUMPY_DTYPES[tensor.dtype]
    if not tensor.numel():
        return numpy.empty(0, dtype)
    pairs = list(zip(tensor.shape, tensor.stride(), strict=True))
    size = (sum((count - 1) * stride for count, stride in pairs) + 1) * tensor.itemsize
    memory = (ctypes.c_char * size).from_address(tensor.data_ptr())
    memory.owner = tensor
    strides = [stride * tensor.itemsize for _, stride in pairs]
    return numpy.ndarray(tensor.shape, dtype, memory, strides=strides)


def of(tensor: torch.Tensor) -> Storage | None:
    """The storage a tensor lies on; None for an empty tensor that has none, since nobody gave it one."""
    untyped = tensor.untyped_storage()
    return _under(tensor) if untyped.nbytes() or hasattr(untyped, "is_given") else None


@functools.lru_cache(16)
def _array(count: int) -> type:
    return ctypes.c_int64 * count


def longs(values: Sequence[int]) -> Storage:
    """A LongStorage of these whole numbers: what ``size()`` and ``stride()`` return."""
    count = len(values)
    untyped = torch.UntypedStorage(8 * count)
    if count:
        # straight to memory: a tensor made from a tuple takes three times as long
        _array(count).from_address(untyped.data_ptr())[:] = values
    return Storage(torch.int64, untyped)


def _under(tensor: torch.Tensor) -> Storage:
    return Storage(tensor.dtype, tensor.untyped_storage())


def _listed(value, position: int, dtype: torch.dtype) -> int | float:
    if number(value) is None:
        raise TorchError(f"element at index {position} is not a number")
    return element(value, dtype)


def _view(dtype: torch.dtype, source: Storage, offset=None, size=None) -> torch.UntypedStorage:
    """The memory of ``size`` elements of ``source`` from ``offset`` on."""
    if source.dtype != dtype:
        expected = types.storage_name(source.untyped.device.type, dtype)
        raise bad_argument(1, "new", f"{expected} expected, got {source.__typename__}")
    first = 0 if offset is None else integer(offset, 2, "new") - 1
    if not 0 <= first < len(source):
        raise TorchError(f"offset out of bounds: {first + 1} in a storage of size {len(source)}")
    count = len(source) - first if size is None else integer(size, 3, "new")
    if not 1 <= count <= len(source) - first:
        raise TorchError(f"size out of bounds: {count} with {len(source) - first} elements from the offset on")
    return source.untyped[first * dtype.itemsize : (first + count) * dtype.itemsize]


def _mapping(dtype: torch.dtype, name: str, shared=None, size=None, shared_memory=None, *_) -> torch.UntypedStorage:
    """A file in memory. Shared, changes go to the file, which is made and grown as needed.

    With ``shared_memory`` it is a file in the system's memory for sharing, which goes when the storage does.
    """
    shared = bool(shared)
    if shared_memory:
        name = os.path.join("/dev/shm", name.lstrip("/"))
    try:
        present = os.path.getsize(name)
    except OSError as error:
        if not shared:
            raise TorchError(f"unable to open file <{name}> in read-only mode: {error.strerror}") from None
        present = 0
    count = integer(size, 3, "new") if size is not None else 0
    if count <= 0:
        count = present // dtype.itemsize
    if not shared and present < count * dtype.itemsize or count == 0:
        raise TorchError(f"unable to map file <{name}> of {present} bytes: {count} elements wanted")
    try:
        mapped = torch.UntypedStorage.from_file(name, shared, count * dtype.itemsize)
    except RuntimeError as error:
        raise TorchError(f"unable to map file <{name}>: {error}") from error
    if shared_memory:
        weakref.finalize(mapped, Path.unlink, Path(name), missing_ok=True)
    return mapped


def _foreign(dtype: torch.dtype, size: int, address: int) -> torch.UntypedStorage:
    """Memory at an address; its owner has to keep it there."""
    if size <= 0 or address == 0:
        raise ArgumentError(f"size and address expected, got {size} and {address}")
    buffer = (ctypes.c_char * (size * dtype.itemsize)).from_address(address)
    return torch.frombuffer(buffer, dtype=torch.uint8).untyped_storage()
