"""``.t7`` files that Lua reads and writes: its own classes and functions in them."""

from __future__ import annotations

from lua_bridge.values import LuaFunction
from torch7py import serialization
from torch7py.table import Table

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
            warn=lambda text: runtime.call(runtime.globals["print"].reference, text),
            path=lambda name: name.encode("latin-1") if isinstance(name, str) else name,
        )
        self.runtime = runtime
        self._take_apart, self._load, self._set = runtime.border("functions", "take_apart", "load", "bind")

    def _dump(self, value, file: dict) -> serialization.LuaFunction | None:
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
        reference = self._load(function.code.decode("latin-1"))
        return function if reference is None else LuaFunction(self.runtime, reference)

    def _bind(self, value, function: serialization.LuaFunction, file: dict) -> None:
        if not isinstance(value, LuaFunction) or function.upvalues is None:
            return
        owners = file.setdefault("owners", self.runtime.reference_table(()))
        to_lua = self.runtime.to_lua
        for position, upvalue in enumerate(function.upvalues, 1):
            if function.kind == 8:
                self._set(value.reference, position, upvalue["id"], to_lua(upvalue["value"]), owners)
            else:
                self._set(value.reference, position, None, to_lua(upvalue), owners)
