"""``.t7`` files that Lua reads and writes, with its own classes and functions; and what threads send each other."""

from __future__ import annotations

import copy

import torch

from lua_bridge import bytecode, objects
from lua_bridge.values import LuaFunction, ObjectMethod
from torch7py import serialization
from torch7py.serialization.coding import ReadError
from torch7py.table import Table
from torch7py.tensor.storage import Storage

# What torch.NAME calls, given the runtime's world.
FUNCTIONS = ("deserialize", "deserializeFromStorage", "load", "save", "serialize", "serializeToStorage")


class LuaWorld(serialization.World):
    """The surroundings of the files of one runtime."""

    def __init__(self, runtime):
        super().__init__(
            registry=runtime.classes.registry,
            make_function=self._make,
            bind_upvalues=self._bind,
            dump_function=self._dump,
            set_fields=objects.set_fields,
            warn=lambda text: runtime.call(runtime.globals["print"].reference, text),
            path=lambda name: name.encode("latin-1") if isinstance(name, str) else name,
        )
        self.runtime = runtime
        self._take_apart, self._load, self._set, self._name_of = runtime.border(
            "functions", "take_apart", "load", "bind", "name_of"
        )

    def _dump(self, value, file: dict) -> serialization.LuaFunction | None:
        if isinstance(value, ObjectMethod):
            value = value.function
        if not isinstance(value, LuaFunction):
            return None
        identities = file.setdefault("identities", self.runtime.reference_table(()))
        code, *flat = self._pack(self._take_apart(value.reference, identities))
        if code is None:
            return None
        upvalues = [Table(name=name, id=identity, value=item) for name, identity, item in zip(*[iter(flat)] * 3)]
        return serialization.LuaFunction(code.encode("latin-1"), Table(upvalues))

    @staticmethod
    def _pack(results) -> tuple:
        return results if isinstance(results, tuple) else (results,)

    def _make(self, function: serialization.LuaFunction):
        reference = self._load(function.code.decode("latin-1")) if bytecode.is_sound(function.code) else None
        return function if reference is None else LuaFunction(self.runtime, reference)

    def _bind(self, value, function: serialization.LuaFunction, file: dict) -> None:
        if not isinstance(value, LuaFunction) or function.upvalues is None:
            return
        owners = file.setdefault("owners", self.runtime.reference_table(()))
        to_lua = self.runtime.to_lua
        for position, upvalue in enumerate(function.upvalues, 1):
            if function.kind == 8:
                if not isinstance(upvalue, Table) or not isinstance(upvalue["id"], int | None):
                    raise ReadError("function with an upvalue that is not told from others")
                self._set(value.reference, position, upvalue["id"], to_lua(upvalue["value"]), owners)
            else:
                self._set(value.reference, position, None, to_lua(upvalue), owners)

    # From thread to thread ------------------------------------------------------------------------------------------

    def pack(self, value, share: bool) -> Parcel:
        """A copy of ``value`` for another thread's runtime, as bytes.

        Packages and functions that are not Lua's go by their names. Where ``share``, tensors, storages and what else
        says that it can be shared (``_shareable``) are not copied.
        """
        shared = []

        def lend(value) -> str | None:
            if share and (isinstance(value, (torch.Tensor, Storage)) or getattr(value, "_shareable", False)):
                shared.append(value)
                return str(len(shared) - 1)
            if isinstance(value, (Table, LuaFunction)):
                return self._name_of(self.runtime.to_lua(value))
            return None

        world = copy.copy(self)
        world.lend = lend
        return Parcel(serialization.serialize(value, world=world), shared)

    def unpack(self, parcel: Parcel):
        """The value that another thread has packed."""
        world = copy.copy(self)
        world.borrow = lambda name: parcel.shared[int(name)] if name.isdigit() else self.runtime.eval(name)
        return serialization.deserialize(parcel.text, world=world)


class Parcel:
    """A value on its way to another thread: the bytes of its copy, and the objects that both will share."""

    def __init__(self, text: str, shared: list):
        self.text, self.shared = text, shared
