"""Writing objects to a file: the reverse of ``reader.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from torch7py.classes import TorchObject
from torch7py.errors import TorchError
from torch7py.serialization.coding import elements
from torch7py.serialization.reader import (
    BOOLEAN,
    FUNCTION,
    NIL,
    NUMBER,
    RECURSIVE_FUNCTION,
    STRING,
    TABLE,
    TORCH,
)
from torch7py.serialization.world import LENT, LuaFunction, own_method
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.handle import Tensor as Handle
from torch7py.tensor.storage import Storage, of

Entries = Iterator[tuple[Any, Any]]  # what a table or object holds: the name of each value, for messages, and the value

_SIMPLE = (type(None), bool, int, float, str, bytes)
_UPVALUES = object()  # in the path: the table of a function's upvalues, which messages do not name


class Writer:
    """The objects of one file; each is written once, then only its number."""

    def __init__(self, file):
        self._file = file
        self._count = 0
        self._numbers: dict[Any, int] = {}
        self._kept: list = []  # whatever has a number: kept alive, so that no other object gets its id
        self._open: set[int] = set()  # where references are not kept: what is being written
        self._path: list = []
        self._function_ids: dict = {}

    def write(self, value: Any, name: str | None = None, hook: Callable[[Any], Any] | None = None) -> None:
        """Write a value and all that it holds.

        name: what messages call it. hook: given each object, the one to write in its place.
        """
        path, depth = self._path, len(self._path)
        pending: list[Entries] = [iter(((name, value),))]
        try:
            while pending:
                for name, value in pending[-1]:
                    path.append(name)
                    entries = self._begin(value, hook)
                    if entries is not None:
                        pending.append(entries)
                        break
                    path.pop()
                else:
                    pending.pop()
                    if pending:
                        path.pop()
        finally:
            del path[depth:]
            if not depth:
                self._open.clear()

    def kind(self, value: Any) -> int | None:
        """The kind of record that ``value`` is written as; None if it cannot be written."""
        if value is None:
            return NIL
        if isinstance(value, bool):
            return BOOLEAN
        if isinstance(value, (int, float)):
            return NUMBER
        if isinstance(value, (str, bytes)):
            return STRING
        if isinstance(value, (Table, dict, list, tuple)):
            return TABLE
        if isinstance(value, LuaFunction):
            return value.kind
        if isinstance(value, (torch.Tensor, Storage)):
            return TORCH
        if getattr(value, "__typename__", None) is not None:
            known = isinstance(value, (TorchObject, Handle)) or own_method(value, "_t7_fields")
            return TORCH if known or own_method(value, "write") else None
        return RECURSIVE_FUNCTION if callable(value) and self._dump(value) is not None else None

    def _dump(self, value: Any) -> LuaFunction | None:
        dump = self._file.world.dump_function
        return None if dump is None else dump(value, self._function_ids)

    def _begin(self, value: Any, hook: Callable[[Any], Any] | None) -> Entries | None:
        """Write a value, as far as it does not hold others; the values that it holds."""
        original = value = _plain(value)
        if hook is not None:
            value = _plain(hook(value))
        coding = self._file._coding
        if self._file.world.lend is not None and not isinstance(value, _SIMPLE):
            name = self._file.world.lend(value)
            if name is not None:
                return self._lent(name, original)
        kind = self.kind(value)
        if kind is None:
            name = types.typename(value) or ("function" if callable(value) else type(value).__name__)
            raise TorchError(f"Unwritable object <{name}> at {self._where()}")
        coding.write_int(kind)
        if kind == NUMBER:
            coding.write_double(self._double(value))
        elif kind == STRING:
            coding.write_string(self._bytes(value))
        elif kind == BOOLEAN:
            coding.write_int(int(value))
        elif kind == FUNCTION:
            return self._function(value)
        elif kind != NIL and self._number(original):
            if kind == TABLE:
                return self._table(value)
            if kind != TORCH:
                return self._function(value)
            return self._object(value)
        return None

    def _lent(self, name: str, original: Any) -> None:
        coding = self._file._coding
        coding.write_int(TORCH)
        if self._number(original):
            for text in (b"V 1", LENT.encode(), self._bytes(name)):
                coding.write_string(text)

    def _number(self, value: Any) -> bool:
        """Write an object's number; whether its content has to follow."""
        coding = self._file._coding
        keeps = self._file._keeps_references
        key = (value.pointer(), value.dtype) if isinstance(value, Storage) else id(value)
        known = self._numbers.get(key) if keeps else None
        if known is not None:
            coding.write_int(known)
            return False
        self._count += 1
        if keeps:
            self._numbers[key] = self._count
            self._kept.append(value)
        elif key in self._open:
            raise TorchError(f"{self._where()} holds itself, which needs a file that keeps references")
        coding.write_int(self._count)
        return True

    def _table(self, table: Table | dict | list | tuple) -> Entries:
        pairs = enumerate(table, 1) if isinstance(table, (list, tuple)) else table.items()
        pairs = [(key, value) for key, value in pairs if value is not None]
        self._file._coding.write_int(len(pairs))
        upvalue = len(self._path) > 1 and self._path[-2] is _UPVALUES
        self._open.add(id(table))
        for key, value in pairs:
            yield None, key
            yield (table.get("name") if upvalue and key == "value" else key), value
        self._open.discard(id(table))

    def _function(self, value: Any) -> Entries:
        function = value if isinstance(value, LuaFunction) else self._dump(value)
        self._file._coding.write_string(function.code)
        yield _UPVALUES, function.upvalues

    def _object(self, value: Any) -> Entries | None:
        coding = self._file._coding
        if isinstance(value, torch.Tensor):
            name, version = types.typename(value), 1
        else:
            version = getattr(value, "_version", None)
            name, version = value.__typename__, 1 if version is None else version
        coding.write_string(b"V %d" % version)
        coding.write_string(name.encode("latin-1"))
        if isinstance(value, torch.Tensor):
            self.tensor(value)
        elif isinstance(value, Storage):
            self._storage(value)
        elif write := own_method(value, "write"):
            write(self._file)
        else:
            return self._fields(value, name)
        return None

    def _fields(self, value: Any, name: str) -> Entries:
        given = own_method(value, "_t7_fields")
        fields = given() if given else value.__dict__
        writable = {}
        for key, field in fields.items():
            if field is None:
                continue
            if self.kind(field) is None:
                text = f"$ Warning: cannot write object field <{key}> of <{name}> {self._where()}"
                self._file.world.warn(text)
            else:
                writable[key] = field
        self._open.add(id(value))
        yield name, writable
        self._open.discard(id(value))

    def tensor(self, tensor: torch.Tensor) -> None:
        """Write a tensor's content: sizes, strides, offset, and the storage below."""
        coding = self._file._coding
        tensor = tensor.detach()
        sizes, strides = (list(tensor.shape), list(tensor.stride())) if tensor.dim() else ([1], [1])
        if tensor.numel() == 0:
            sizes = strides = []
        coding.write_int(len(sizes))
        coding.write_longs(sizes)
        coding.write_longs(strides)
        coding.write_longs([tensor.storage_offset() + 1])
        storage = of(tensor)
        coding.write_int(NIL if storage is None else TORCH)
        if storage is not None and self._number(storage):
            coding.write_string(b"V 1")
            coding.write_string(storage.__typename__.encode())
            self._storage(storage)

    def _storage(self, storage: Storage) -> None:
        coding = self._file._coding
        coding.write_longs([len(storage)])
        coding.write_array(elements(storage))

    def _double(self, value: int | float) -> float:
        try:
            return float(value)
        except OverflowError:
            raise TorchError(f"the number at {self._where()} is too large") from None

    def _bytes(self, text: str | bytes) -> bytes:
        try:
            return text if isinstance(text, bytes) else text.encode("latin-1")
        except UnicodeEncodeError as error:
            found = text[error.start]
            raise TorchError(f"the string at {self._where()} has a character that is no byte: {found!r}") from None

    def _where(self) -> str:
        """The way from the outermost object to the present one, as in ``<?>.modules.1``."""
        parts = []
        for outer, name in zip([None, *self._path], self._path, strict=False):
            if name is _UPVALUES or outer is _UPVALUES:
                continue
            parts.append(str(name) if isinstance(name, (str, int, float)) else "<?>")
        return ".".join(parts)


def _plain(value: Any) -> Any:
    return value.tensor if isinstance(value, Handle) else value
