"""Lua's values in Python: tables, functions, objects of pure Lua classes."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from functools import partial
from typing import Any

from torch7py.table import Table


class Views(dict):
    """The Tables, LuaObjects and LuaFunctions that stand for Lua's tables and functions, by identity, while Python
    holds them: what ``weakref.WeakValueDictionary`` does, without a Python function for each that comes or goes.
    """

    def get(self, identity: int):
        reference = dict.get(self, identity)
        return None if reference is None else reference()

    def __setitem__(self, identity: int, view: Table | LuaObject | LuaFunction) -> None:
        dict.__setitem__(self, identity, weakref.ref(view, partial(self.pop, identity)))


class LuaStore:
    """The content of a Table that lives in Lua (the counterpart of ``torch7py.table.Store``)."""

    __slots__ = ("runtime", "reference")

    def __init__(self, runtime, reference):
        self.runtime = runtime
        self.reference = reference

    def get(self, key):
        return None if key is None else self.runtime.table_get(self.reference, self.runtime.to_lua(key))

    def set(self, key, value) -> None:
        to_lua = self.runtime.to_lua
        self.runtime.table_set(self.reference, to_lua(key), to_lua(value))

    def assign(self, values: list) -> None:
        to_lua = self.runtime.to_lua
        self.runtime.table_assign(self.reference, *[to_lua(value) for value in values])

    def length(self) -> int:
        return self.runtime.table_length(self.reference)

    def list(self) -> list:
        return self.runtime.table_list(self.reference)

    def items(self) -> Iterator[tuple[Any, Any]]:
        return self.runtime.table_items(self.reference)


class LuaFunction:
    """A Lua function, to be called with and to return torch7py's values; several results come as a tuple."""

    __slots__ = ("runtime", "reference", "__weakref__")

    def __init__(self, runtime, reference):
        self.runtime = runtime
        self.reference = reference

    def __call__(self, *args):
        return self.runtime.call(self.reference, *args)

    def __deepcopy__(self, copies: dict) -> LuaFunction:
        return self  # as in Lua, where a function has no copies

    def __repr__(self) -> str:
        return "<Lua function>"


class ObjectMethod:
    """A Lua function assigned to one object in place of a method: called from Python, it gets the object first."""

    __slots__ = ("function", "object")

    def __init__(self, function: LuaFunction, object):
        self.function = function
        self.object = weakref.ref(object)

    def __call__(self, *args):
        return self.function(self.object(), *args)

    def __deepcopy__(self, copies: dict) -> ObjectMethod:
        """The copy of an object calls the function with the copy."""
        owner = self.object()
        return ObjectMethod(self.function, copies.get(id(owner), owner))


class LuaObject:
    """An object of a class that is all Lua: a table with a type name. Its members are attributes here."""

    __slots__ = ("__typename__", "fields", "__weakref__")

    def __init__(self, typename: str, fields: Table):
        self.__typename__ = typename
        self.fields = fields

    def _t7_twin(self) -> LuaObject:
        """A new object of the class, without content."""
        return self.fields._store.runtime.new_lua_object(self.__typename__)

    def _t7_fields(self) -> Table:
        return self.fields

    def _t7_fill(self, fields: Table) -> None:
        for key, value in fields.items():
            self.fields[key] = value

    @property
    def _version(self) -> int:
        return self.fields["__version"]

    def __getitem__(self, key):
        return self.fields[key]

    def __setitem__(self, key, value) -> None:
        self.fields[key] = value

    def __getattr__(self, name: str):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        member = self.fields[name]
        if isinstance(member, LuaFunction):
            return ObjectMethod(member, self)
        return member

    def __repr__(self) -> str:
        return f"<Lua object {self.__typename__}>"
