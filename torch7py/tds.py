"""Package tds: containers outside Lua's memory, which threads can share: ``Hash``, ``Vec`` and ``AtomicCounter``.

They hold numbers, strings, booleans, tensors and each other. In Python they are a small mapping and a list counted
from 1; they matter for what Torch7's programs saved.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator

import torch

from torch7py.classes import register
from torch7py.console import tostring
from torch7py.errors import ArgumentError, TorchError
from torch7py.table import Table
from torch7py.tensor import printing, types
from torch7py.tensor.arguments import describe
from torch7py.tensor.handle import Tensor as Handle
from torch7py.tensor.storage import Storage

__all__ = ["AtomicCounter", "Hash", "Vec", "hash_pairs", "next_pair", "vec_next"]

_SHOWN = 20  # elements that a printed container shows


def _element(value):
    """A value that can be kept."""
    if isinstance(value, Handle):
        return value.tensor
    if value is None or isinstance(value, (str, int, float, torch.Tensor, Hash, Vec)):
        return value
    raise TorchError(f"unsupported key/value type <{types.typename(value) or describe(value)}> (set)")


def _contained(value):
    """A value to begin with: tables become containers."""
    if not isinstance(value, (Table, list, dict, tuple)):
        return value
    values = Table(value)
    return Vec(values) if _numbered(values) else Hash(values)


def _numbered(values: Table) -> bool:
    return all(isinstance(key, (int, float)) and not isinstance(key, bool) for key in values.keys())


def _show(name: str, value) -> str:
    """'name : value', later lines of the value under its first."""
    text = printing.tostring(value) if isinstance(value, torch.Tensor) else tostring(value)
    lines = text.split("\n")
    return "\n".join([name + lines[0], *(line and " " * len(name) + line for line in lines[1:])])


class _Container:
    """What both containers have in common."""

    _version = 0
    _shareable = True  # by the threads of a Lua program

    def __eq__(self, other) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return self.__tostring__()

    def __tostring__(self) -> str:
        lines = self._lines()
        if len(self) >= _SHOWN:
            lines.append("...")
        return "\n".join([f"{self.__typename__}[{len(self)}]{{", *lines, "}"])


_TRUE, _FALSE = object(), object()  # the keys true and false, which Python takes for 1 and 0


def _key(key):
    if key is None:
        raise TorchError("hash index is nil")
    if isinstance(key, bool):
        return _TRUE if key else _FALSE
    return _element(key)


def _plain_key(key):
    return key is _TRUE if key is _TRUE or key is _FALSE else key


@register("tds.Hash", "tds_hash")
class Hash(_Container):
    """A mapping: ``h[key]`` is None where there is nothing, assigning None removes.

    values: a Table or dict to begin with; tables in it become containers.
    """

    def __init__(self, values: Table | dict | None = None):
        if values is not None and not isinstance(values, (Table, dict)):
            raise ArgumentError("lua table or nothing expected")
        self.values: dict = {}
        for key, value in values.items() if values is not None else ():
            self[_contained(key)] = _contained(value)

    @classmethod
    def _t7_new(cls) -> Hash:
        return cls()

    def __getitem__(self, key):
        return self.values.get(_key(key))

    def __setitem__(self, key, value) -> None:
        key = _key(key)
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = _element(value)

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator:
        return (key for key, _ in self.items())

    def items(self) -> Iterator[tuple]:
        return ((_plain_key(key), value) for key, value in list(self.values.items()))

    def write(self, file) -> None:
        file.writeLong(len(self))
        for key, value in self.items():
            file.writeObject(key)
            file.writeObject(value)

    def read(self, file, version: int) -> None:
        for _ in range(file.readLong()):
            key = file.readObject()
            self[key] = file.readObject()

    def _lines(self) -> list[str]:
        pairs = [pair for pair, _ in zip(self.items(), range(_SHOWN))]
        names = [tostring(key) if isinstance(key, (str, int, float)) else types.typename(key) for key, _ in pairs]
        width = max(map(len, names), default=0)
        return [_show(f"{name:{width}} : ", value) for name, (_, value) in zip(names, pairs)]


@register("tds.Vec")
class Vec(_Container):
    """A list with indices from 1, which may hold None: ``Vec(values)`` or ``Vec(first, second, ...)``, of which None is
    left out at the end.
    """

    def __init__(self, *values):
        self.values: list = []
        if len(values) == 1 and isinstance(values[0], (Table, list, tuple, dict)):
            values = Table(values[0])
            if not _numbered(values):
                raise ArgumentError("lua table with number keys expected")
            for key, value in values.items():
                self[key] = _contained(value)
        else:
            while values and values[-1] is None:
                values = values[:-1]
            self.values.extend(_element(_contained(value)) for value in values)

    @classmethod
    def _t7_new(cls) -> Vec:
        return cls()

    @staticmethod
    def _place(key) -> int:
        if not isinstance(key, (int, float)) or isinstance(key, bool) or not key >= 1:
            raise TorchError("positive number expected as key")
        return int(key) - 1

    def __getitem__(self, key):
        place = self._place(key)
        return self.values[place] if place < len(self.values) else None

    def __setitem__(self, key, value) -> None:
        place, value = self._place(key), _element(value)
        if place >= len(self.values):
            self.resize(place + 1)
        self.values[place] = value

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator:
        return iter(self.values)

    def insert(self, *key_and_value) -> None:
        """``insert(value)`` adds at the end, ``insert(position, value)`` before what stands there."""
        if len(key_and_value) not in (1, 2):
            raise ArgumentError("[key] value expected")
        *key, value = key_and_value
        place = self._place(key[0]) if key else len(self.values)
        if place > len(self.values):
            self.resize(place)
        self.values.insert(place, _element(value))

    def remove(self, key: int | None = None) -> None:
        """Take out the element at ``key``, the last by default."""
        place = self._place(len(self.values) if key is None else key)
        if place < len(self.values):
            del self.values[place]

    def resize(self, size: int) -> None:
        """Become ``size`` long; new elements are None."""
        if not isinstance(size, (int, float)) or size < 0:
            raise ArgumentError("size must be a positive number")
        del self.values[int(size) :]
        self.values.extend([None] * (int(size) - len(self.values)))

    def sort(self, compare: Callable) -> None:
        """Sort in place; ``compare(a, b)`` tells whether a comes before b."""
        if not callable(compare):
            raise ArgumentError("compare function must be a lua or C function")
        self.values.sort(key=functools.cmp_to_key(lambda a, b: -1 if compare(a, b) else 1 if compare(b, a) else 0))

    def concat(self, separator: str | None = None, first: int = 1, last: int | None = None) -> str:
        """The elements ``first`` to ``last`` as one string."""
        part = self.values[int(first) - 1 : len(self.values) if last is None else int(last)]
        texts = [printing.tostring(value) if isinstance(value, torch.Tensor) else tostring(value) for value in part]
        return (separator or "").join(texts)

    def concatstorage(self, separator: str | None = None, first: int = 1, last: int | None = None) -> Storage:
        """The same as a CharStorage."""
        return Storage(torch.int8).string(self.concat(separator, first, last))

    def write(self, file) -> None:
        file.writeLong(len(self.values))
        for value in self.values:
            file.writeObject(value)

    def read(self, file, version: int) -> None:
        self.values = [file.readObject() for _ in range(file.readLong())]

    def _lines(self) -> list[str]:
        return [_show(f"{place:5d} : ", value) for place, value in enumerate(self.values[:_SHOWN], 1)]


@register("tds.AtomicCounter")
class AtomicCounter(_Container):
    """A whole number that several threads can count up."""

    def __init__(self):
        self._lock = threading.Lock()
        self._value = 0

    @classmethod
    def _t7_new(cls) -> AtomicCounter:
        return cls()

    def inc(self) -> int:
        """Add 1; returns the number before."""
        with self._lock:
            self._value += 1
            return self._value - 1

    def get(self) -> int:
        return self._value

    def set(self, value: int) -> None:
        self._value = int(value)

    def write(self, file) -> None:
        file.writeLong(self._value)

    def read(self, file, version: int) -> None:
        self._value = file.readLong()

    def __tostring__(self) -> str:
        return f"{self.__typename__}={self._value}"


# For a caller who knows what it has: keys are strings or numbers, those of a Vec whole ones from 1, and so are values.


def hash_get(hash: Hash, key):
    return hash.values.get(key)


def hash_set(hash: Hash, key, value) -> None:
    hash.values[key] = value


def vec_get(vec: Vec, key: int):
    values = vec.values
    return values[key - 1] if key <= len(values) else None


def vec_set(vec: Vec, key: int, value) -> None:
    values = vec.values
    if key <= len(values):
        values[key - 1] = value
    elif key == len(values) + 1:
        values.append(value)
    else:
        vec[key] = value


def vec_append(vec: Vec, value) -> None:
    vec.values.append(value)


def vec_next(vec: Vec, key: int):
    """The place behind ``key`` and what stands there; None behind the last."""
    return (key + 1, vec.values[key]) if key < len(vec.values) else None


def hash_pairs(hash: Hash) -> Iterator[tuple]:
    return hash.items()


def next_pair(pairs: Iterator[tuple], _=None):
    return next(pairs, None)


def count(counter: AtomicCounter) -> int:
    return counter.inc()
