"""Table: Torch7's table in Python, a 1-based list and a dictionary in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from torch7py.pickling import pack


class Store:
    """A table's content in Python memory: keys 1..n in a list, all others in a dictionary."""

    __slots__ = ("array", "hash")

    def __init__(self):
        self.array: list = []
        self.hash: dict = {}

    def get(self, key):
        if type(key) is int:
            if 0 < key <= len(self.array):
                return self.array[key - 1]
        elif type(key) is float and key.is_integer():
            return self.get(int(key))
        return self.hash.get(key)

    def set(self, key, value) -> None:
        if type(key) is float and key.is_integer():
            key = int(key)
        array = self.array
        if type(key) is int and 0 < key <= len(array) + 1:
            if value is None:
                # a hole ends the list part: what stands behind it moves to the dictionary
                for position in range(key + 1, len(array) + 1):
                    self.hash[position] = array[position - 1]
                del array[key - 1 :]
                self.hash.pop(key, None)
            elif key <= len(array):
                array[key - 1] = value
            else:
                array.append(value)
                self.hash.pop(key, None)
                while self.hash and len(array) + 1 in self.hash:
                    array.append(self.hash.pop(len(array) + 1))
        elif value is None:
            self.hash.pop(key, None)
        else:
            self.hash[key] = value

    def assign(self, values: list) -> None:
        """Let keys 1..n be these values; the list is taken over."""
        self.array = values

    def length(self) -> int:
        return len(self.array)

    def moving(self, table: Table) -> None:
        """The content of ``table``, this one, is about to move to Lua."""

    def list(self) -> list:
        """The values of keys 1..n; the caller must not change the list."""
        return self.array

    def items(self) -> Iterator[tuple[Any, Any]]:
        yield from enumerate(self.array, 1)
        yield from self.hash.items()


class Table:
    """A Torch7 table: ``Table([a, b], lr=0.1)`` is Lua's ``{a, b, lr = 0.1}``.

    Keys are numbers from 1, strings or any hashable object; a missing key reads as None, and assigning None removes
    a key. Attributes are string keys (``t.lr``), except where a method has that name (then ``t['items']``).
    ``len`` counts the list part, iteration runs over its values. Tables compare by identity, as in Lua.
    """

    __slots__ = ("_store", "__weakref__")

    def __init__(self, values: Iterable | dict = (), /, **fields):
        store = Store()
        object.__setattr__(self, "_store", store)
        if isinstance(values, (dict, Table)):
            for key, value in values.items():
                self[key] = value
        else:
            store.array = [value for value in values if value is not None]
        for key, value in fields.items():
            self[key] = value

    def __getitem__(self, key):
        return self._store.get(key)

    def __setitem__(self, key, value) -> None:
        self._store.set(key, value)

    def __delitem__(self, key) -> None:
        self._store.set(key, None)

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._store.get(name)

    def __setattr__(self, name: str, value) -> None:
        if name == "_store":
            object.__setattr__(self, name, value)
        else:
            self._store.set(name, value)

    def __contains__(self, key) -> bool:
        return self._store.get(key) is not None

    def __len__(self) -> int:
        return self._store.length()

    def __bool__(self) -> bool:
        return True  # as in Lua, where every table is true

    def __iter__(self) -> Iterator:
        return iter(self.list())

    def get(self, key, default=None):
        """The value of ``key``, or ``default`` where there is none."""
        value = self._store.get(key)
        return default if value is None else value

    def list(self) -> list:
        """The values of keys 1..n as a list; not to be changed."""
        return self._store.list()

    def items(self) -> Iterator[tuple[Any, Any]]:
        """All pairs, the list part first."""
        return self._store.items()

    def keys(self) -> Iterator:
        return (key for key, _ in self._store.items())

    def values(self) -> Iterator:
        return (value for _, value in self._store.items())

    def append(self, value) -> None:
        self._store.set(self._store.length() + 1, value)

    def insert(self, position: int, value) -> None:
        """Put ``value`` at ``position`` (from 1) and move up what stands there and behind."""
        for place in range(len(self), position - 1, -1):
            self[place + 1] = self[place]
        self[position] = value

    def remove(self, position: int | None = None):
        """Take out the value at ``position`` (the last by default), move down what stands behind, and return it."""
        last = len(self)
        if position is None:
            position = last
        value = self[position]
        for place in range(position, last):
            self[place] = self[place + 1]
        self[last] = None
        return value

    def __copy__(self) -> Table:
        return Table(self)

    def __reduce__(self):
        return Table, (), None, None, ((pack(key), pack(value)) for key, value in self.items())

    def __repr__(self) -> str:
        listed = [repr(value) for value in self]
        named = [f"{key}={value!r}" for key, value in self.items() if not (type(key) is int and key <= len(listed))]
        return "Table{" + ", ".join(listed + named) + "}"
