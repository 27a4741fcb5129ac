"""Reading objects from a file.

A file is a sequence of records: an int that says the kind, then its content. Tables, objects, tensors, storages and
functions are numbered through, and a number that was there before stands for the same object again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator
from types import GeneratorType
from typing import Any

import torch

from torch7py.classes import TorchObject
from torch7py.errors import TorchError
from torch7py.serialization.coding import Binary, ReadError
from torch7py.serialization.world import LENT, LuaFunction, UnknownObject, own_method, unknown_class
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.storage import Storage

NIL, NUMBER, STRING, TABLE, TORCH, BOOLEAN, FUNCTION, OLD_RECURSIVE_FUNCTION, RECURSIVE_FUNCTION = range(9)

_MOST_DIMENSIONS = 64  # more than that PyTorch's kernels do not take
_EXACT = 2**53  # whole numbers up to here are exact as doubles
_STORAGES = {name.replace("Tensor", "Storage"): name for name in types.names()}  # and the tensor types on them

# A record under way: asks for the next value by yielding (the content of a record inside it that is under way in its
# turn, or None), and returns the finished value. So nesting costs no depth of calls.
Record = Generator[Any, Any, Any]


class Reader:
    """The objects of one file, in the order in which they come."""

    def __init__(self, file):
        self._file = file
        self._objects: dict[int, Any] = {}
        self._classes: dict[tuple[str, int], type] = {}
        self._joins: dict = {}
        self._order_known = self._long_size_known = False

    def read(self) -> Any:
        """The next object."""
        value = self._value()
        if type(value) is not GeneratorType:
            return value
        records, value = [value], None
        while records:
            try:
                inner = records[-1].send(value)
            except StopIteration as done:
                records.pop()
                value = done.value
            else:
                records.append(inner)
                value = None
        return value

    def _value(self) -> Any:
        """The next value, or the record that will make it."""
        coding = self._file._coding
        kind = coding.read_int()
        if not self._order_known:
            kind = self._settle_byte_order(kind)
        if kind == NUMBER:
            return _number(coding.read_double())
        if kind == STRING:
            return coding.read_chars(coding.read_int()).decode("latin-1")
        if kind == NIL:
            return None
        if kind == BOOLEAN:
            return coding.read_int() == 1
        if kind == FUNCTION:
            return self._function(kind, None)
        if not 0 < kind <= RECURSIVE_FUNCTION:
            raise ReadError(f"unknown object type {kind}{self._hint(kind)}")
        index = coding.read_int()
        if index in self._objects and self._file._keeps_references:
            return self._objects[index]
        if kind == TABLE:
            return self._table(index, coding.read_int())
        if kind == TORCH:
            return self._object(index)
        return self._function(kind, index)

    def _hint(self, kind: int) -> str:
        binary = isinstance(self._file._coding, Binary)
        return " (an ascii file?)" if binary and kind.to_bytes(4, "little", signed=True)[:2].strip().isdigit() else ""

    def _keep(self, index: int | None, value: Any) -> None:
        if self._file._keeps_references and index is not None:
            self._objects[index] = value

    def _table(self, index: int, size: int) -> Record:
        if size < 0:
            raise ReadError(f"table with {size} entries")
        table = Table()
        self._keep(index, table)
        read = self._value
        for _ in range(size):
            key = read()
            if type(key) is GeneratorType:
                key = yield key
            value = read()
            if type(value) is GeneratorType:
                value = yield value
            if key is None or type(key) is float and key != key:
                raise ReadError(f"table with the key {'nil' if key is None else 'nan'}")
            if value is not None:
                table[key] = value
        return table

    def _function(self, kind: int, index: int | None) -> Record:
        coding, world = self._file._coding, self._file.world
        function = LuaFunction(coding.read_chars(coding.read_int()), kind=kind)
        value = function if world.make_function is None else world.make_function(function)
        self._keep(index, value)
        upvalues = self._value()
        if type(upvalues) is GeneratorType:
            upvalues = yield upvalues
        if not isinstance(upvalues, Table):
            raise ReadError("function without a table of upvalues")
        function.upvalues = upvalues
        if value is not function:
            world.bind_upvalues(value, function, self._joins)
        return value

    def _object(self, index: int) -> Any:
        """An object behind its number; the record that will make it where its fields are still to come."""
        name, version = self._class()
        if known := types.lookup(name):
            return self._tensor(index, *known)
        if known := _STORAGES.get(name):
            return self._storage(index, *types.lookup(known))
        if name == LENT and self._file.world.borrow is not None:
            coding = self._file._coding
            value = self._file.world.borrow(coding.read_chars(coding.read_int()).decode("latin-1"))
            self._keep(index, value)
            return value
        cls = self._file.world.registry.find_anywhere(name) or self._unknown(name, version)
        make = getattr(cls, "_t7_new", None)
        if make is None and not issubclass(cls, TorchObject) and not hasattr(cls, "read"):
            raise ReadError(f"objects of class <{name}> cannot be loaded")
        value = make() if make else cls.__new__(cls)
        self._keep(index, value)
        if read := own_method(value, "read"):
            self._read_itself(read, name, version)
            return value
        return self._fields(value, name)

    def _class(self) -> tuple[str, int]:
        """Type name and version of the object that follows."""
        coding = self._file._coding
        name = coding.read_chars(coding.read_int())
        version = re.fullmatch(rb"V (\d{1,9})", name)
        if version is None:
            return name.decode("latin-1"), 0  # from before there were versions
        return coding.read_chars(coding.read_int()).decode("latin-1"), int(version[1])

    def _unknown(self, name: str, version: int) -> type[UnknownObject]:
        cls = self._classes.get((name, version))
        if cls is None:
            cls = self._classes[name, version] = unknown_class(name, version)
        return cls

    def _read_itself(self, read, name: str, version: int) -> None:
        try:
            read(self._file, version)
        except TorchError:
            raise
        except RecursionError:
            raise ReadError("objects nested too deeply") from None
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RuntimeError) as error:
            raise ReadError(f"the content of <{name}> does not fit it: {error}") from error

    def _fields(self, value: Any, name: str) -> Record:
        fields = self._value()
        if type(fields) is GeneratorType:
            fields = yield fields
        if not isinstance(fields, Table):
            raise ReadError(f"object of class <{name}> without a table of fields")
        if fill := own_method(value, "_t7_fill"):
            fill(fields)
        else:
            self._file.world.set_fields(value, fields)
        return value

    def _storage(self, index: int, device: str, dtype: torch.dtype) -> Storage:
        coding = self._file._coding
        if not self._long_size_known:
            self._settle_long_size(dtype)
        (size,) = coding.read_longs(1)
        if size < 0:
            raise ReadError(f"storage of {size} elements")
        if size > (most := coding.most(dtype)):
            raise ReadError(f"storage of {size} elements, where the rest of the file holds {most} at most")
        storage = coding.read_storage(dtype, size)
        if len(storage) < size:
            raise ReadError(f"storage of {size} elements, where the rest of the file holds {len(storage)}")
        if device == "cuda" and torch.cuda.is_available():
            storage = Storage(dtype, storage.untyped.cuda())
        self._keep(index, storage)
        return storage

    def _tensor(self, index: int, device: str, dtype: torch.dtype) -> torch.Tensor:
        tensor = self.tensor(device, dtype)
        self._keep(index, tensor)
        return tensor

    def tensor(self, device: str, dtype: torch.dtype) -> torch.Tensor:
        """A tensor's content: sizes, strides, offset, and the storage below."""
        coding = self._file._coding
        dimensions = coding.read_int()
        if not 0 <= dimensions <= _MOST_DIMENSIONS:
            raise ReadError(f"tensor with {dimensions} dimensions")
        if not self._long_size_known:
            self._settle_long_size(None, dimensions)
        *layout, offset = coding.read_longs(2 * dimensions + 1)
        sizes, strides = tuple(layout[:dimensions]), tuple(layout[dimensions:])
        storage = self._storage_below()
        tensor = _view(dtype, sizes, strides, offset - 1, storage)
        if storage is None and device == "cuda" and torch.cuda.is_available():
            tensor = tensor.cuda()
        return tensor

    def _storage_below(self) -> Any:
        """What a tensor lies on: the storage that follows, something that was there before, or None."""
        coding = self._file._coding
        kind = coding.read_int()
        if kind == NIL:
            return None
        if kind != TORCH:
            raise ReadError(f"tensor on an object of type {kind}")
        index = coding.read_int()
        if index in self._objects and self._file._keeps_references:
            return self._objects[index]
        name, _ = self._class()
        if name not in _STORAGES:
            raise ReadError(f"tensor on an object of class <{name}>")
        return self._storage(index, *types.lookup(_STORAGES[name]))

    def _settle_byte_order(self, kind: int) -> int:
        """Read the rest in the other byte order if that is what makes a known kind of the first record's kind."""
        self._order_known = True
        coding = self._file._coding
        if not isinstance(coding, Binary):
            return kind
        other = int.from_bytes(kind.to_bytes(4, "little", signed=True), "big")
        if 0 <= kind <= RECURSIVE_FUNCTION or not 0 < other <= RECURSIVE_FUNCTION:
            return kind
        coding.swap(not coding.swapped)
        return other

    def _settle_long_size(self, dtype: torch.dtype | None, dimensions: int = 0) -> None:
        """Read longs as 4 bytes where 8 make no sense of the storage or tensor (dtype None) that follows, and 4 do.

        The 32-bit systems of that time wrote such files. A storage's size must not go beyond the end of the file. A
        tensor's sizes, strides and offset are longs, and what comes next must be a storage or nil.
        """
        coding, handle = self._file._coding, self._file._handle
        if not isinstance(coding, Binary) or coding.long_size or not handle.seekable():
            self._long_size_known = True
            return
        start = handle.tell()
        sensible = {}
        for size in (8, 4):
            coding.long_size = size
            try:
                if dtype is None:
                    longs = coding.read_longs(2 * dimensions + 1)
                    sensible[size] = _sensible(longs, dimensions) and coding.read_int() in (NIL, TORCH)
                else:
                    # 0 elements would be the lower half of a long that is beyond all measure
                    least = 0 if size == 8 else 1
                    sensible[size] = least <= coding.read_longs(1)[0] <= coding.most(dtype)
            except ReadError:
                sensible[size] = False
            handle.seek(start)
        coding.long_size = 4 if sensible[4] and not sensible[8] else 0
        self._long_size_known = sensible[8] != sensible[4]


def _number(value: float) -> int | float:
    """A whole number as int, so that it can serve as size or index; minus zero stays what it is."""
    if -_EXACT <= value <= _EXACT and value.is_integer() and (value or math.copysign(1, value) > 0):
        return int(value)
    return value


def _sensible(longs: tuple[int, ...], dimensions: int) -> bool:
    """Whether these can be the sizes, strides and offset of a tensor."""
    return min(longs) >= 0 and all(longs[:dimensions]) and 0 < longs[-1]


def _view(dtype: torch.dtype, sizes: tuple, strides: tuple, offset: int, storage: Any) -> torch.Tensor:
    """The tensor on this storage, after a check that it stays inside."""
    if storage is not None and not (isinstance(storage, Storage) and storage.dtype == dtype):
        raise ReadError(f"tensor on something that is no {types.storage_name('cpu', dtype)}")
    if not all(sizes) or not sizes:
        sizes, strides, offset = (0,), (1,), 0
        if storage is None:
            return torch.empty(0, dtype=dtype)
    if storage is None:
        raise ReadError(f"tensor of size {'x'.join(map(str, sizes))} without a storage")
    if min(*sizes, *strides, offset) < 0:
        raise ReadError(f"tensor with sizes {sizes}, strides {strides}, offset {offset + 1}")
    last = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    if last >= max(len(storage), sizes == (0,)):
        raise ReadError(f"tensor that reaches to element {last + 1} of a storage of {len(storage)}")
    try:
        return torch.empty(0, dtype=dtype, device=storage.untyped.device).set_(storage.untyped, offset, sizes, strides)
    except RuntimeError as error:
        raise ReadError(f"tensor with sizes {sizes}, strides {strides}: {error}") from None
