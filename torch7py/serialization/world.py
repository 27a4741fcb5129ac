"""What the objects of a file may refer to outside it: classes, functions, the program that reads them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch7py import classes
from torch7py.table import Table


@dataclass(eq=False)
class LuaFunction:
    """A Lua function as a file holds it; never run, written back as it was.

    kind: the record it came in: 8 (the last Torch7's), 7 or 6 (older ones).
    code: the bytecode.
    upvalues: for kind 8 a list of tables ``{name, id, value}``, where equal ids mean one shared variable; for the
        older kinds a list of the values. None while they are still being read.
    """

    code: bytes
    upvalues: Table | None = None
    kind: int = 8


def _set_fields(value: Any, fields: Table) -> None:
    value.__dict__.update(fields.items())


@dataclass
class World:
    """The surroundings of a file; a Lua runtime makes one of its own.

    registry: where classes are looked up by name. A class found there makes its instances by ``cls.__new__(cls)``, or
        by ``cls._t7_new()`` if it has that. An instance reads and writes its content by its own methods
        ``read(file, version)`` and ``write(file)``; without them the file holds its fields, which are in its
        ``__dict__``, or come from ``_t7_fields()`` and go to ``_t7_fill(fields)``. Its version is ``_version``, or 1.
    make_function: given a :class:`LuaFunction` whose upvalues are still to be read, the value that stands for it;
        None leaves it as it is.
    bind_upvalues: given that value, its LuaFunction, now complete, and a dictionary that serves one file from its
        first to its last function, in which to find variables shared between functions.
    dump_function: given a callable that is to be written and a dictionary that serves one file, its LuaFunction,
        or None if it cannot be written.
    set_fields: given an object without ``_t7_fill``, and a Table of its fields: sets them.
    lend: given a table, object, tensor, storage or function that is to be written, a name (a string) that stands for
        it wherever this program reads the file, or None.
    borrow: what such a name stands for.
    warn: says that something was left out.
    path: turns a file name as the program has it into one for ``open``.
    """

    registry: classes.Registry = field(default_factory=lambda: classes.registry)
    make_function: Callable[[LuaFunction], Any] | None = None
    bind_upvalues: Callable[[Any, LuaFunction, dict], None] | None = None
    dump_function: Callable[[Any, dict], LuaFunction | None] | None = None
    set_fields: Callable[[Any, Table], None] = _set_fields
    lend: Callable[[Any], str | None] | None = None
    borrow: Callable[[str], Any] | None = None
    warn: Callable[[str], None] = print
    path: Callable[[Any], str | bytes] = os.fspath


LENT = "torch7py.Lent"  # the type name of a record that is a name made by `lend`


class UnknownObject(classes.TorchObject):
    """An object of a class that nobody registered: its fields in ``__dict__``, its type name in ``__typename__``."""

    _version = 1

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(
            f"class <{self.__typename__}> is not known here (require the package that defines it before loading the "
            f"file): only the fields in the file are there, not '{name}'"
        )

    def __reduce__(self):
        return _unknown_object, (self.__typename__, self._version), self.__getstate__()

    def __tostring__(self) -> str:
        return self.__typename__

    def __repr__(self) -> str:
        return self.__tostring__()


def unknown_class(name: str, version: int) -> type[UnknownObject]:
    """A class for objects of an unknown type; written, they get ``version`` again."""
    return type("UnknownObject", (UnknownObject,), {"__typename__": name, "_version": version})


def _unknown_object(name: str, version: int) -> UnknownObject:
    return unknown_class(name, version)()


def own_method(value: Any, name: str) -> Callable | None:
    """The method of that name that an object brings with it; None if it has none, or a field of that name."""
    method = None if name in getattr(value, "__dict__", ()) else getattr(value, name, None)
    return method if callable(method) else None
