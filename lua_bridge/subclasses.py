"""Classes across the border: Python's classes as Lua sees them, and classes that a script derives from them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from lua_bridge import objects, overrides
from lua_bridge.values import LuaFunction, LuaObject
from torch7py import classes
from torch7py.serialization import File
from torch7py.table import Table
from torch7py.tensor import registry, types
from torch7py.tensor.storage import Storage

# Package torch is these modules of Python's: importing them fills the registries of operations and classes.
for _module in ("tensor", "random", "cmdline", "timer", "tester", "serialization"):
    import_module(f"torch7py.{_module}")


class Subclasses:
    """The classes of one runtime: torch7py's own, and those that its scripts define."""

    def __init__(self, runtime):
        self.runtime = runtime
        self.registry = LuaRegistry(runtime)
        self._overrides: list[tuple[overrides.Override, object]] = []
        self._members: dict[str, dict[str, Callable]] = {}
        self._extensions_seen = 0

    def find(self, typename: str) -> type | None:
        if types.lookup(typename):
            return None
        found = self.registry.find(typename)
        return found if isinstance(found, type) else None

    # Python's classes for Lua ---------------------------------------------------------------------------------------

    def class_parent(self, typename: str) -> str | bool | None:
        """The type name of the parent of a class, False if it has none, None if there is no such class.

        The methods of all tensor types stand in a class 'torch.Tensor', those of storages in 'torch.Storage'.
        """
        if typename in (objects.TENSOR, objects.STORAGE):
            return False
        if types.lookup(typename):
            return objects.TENSOR
        if storage_type(typename):
            return objects.STORAGE
        cls = self.find(typename)
        if cls is None:
            return None
        parent = objects.named_parent(cls)
        return parent.__typename__ if parent else False

    def class_of_program(self, typename: str) -> bool:
        """Whether a class is a Python program's own, none of torch7py's and none of a script's."""
        cls = self.find(typename)
        return cls is not None and cls.__module__.partition(".")[0] not in ("torch7py", "lua_bridge", "lua")

    def class_members(self, typename: str):
        """A Lua table of the names of a class's own members; of 'torch' the names of its functions."""
        if typename == "torch":
            members = registry.functions
        elif typename == objects.TENSOR:
            members = objects.tensor_methods()
        elif typename == objects.STORAGE:
            members = objects.storage_methods()
        elif kind := types.lookup(typename) or storage_type(typename):
            members = {"elementSize": objects.element_size(kind[1])}
            for name, owners in objects.STORAGE_EXTRAS.items():
                if typename in owners:
                    members[name] = getattr(Storage, name)
        else:
            members = objects.class_members(self.find(typename))
        self._members[typename] = members = dict(members)
        return self.runtime.reference_table(members)

    def class_member(self, typename: str, name: str) -> tuple[Callable, bool]:
        """What a stub of Lua's for such a member calls, and whether that is steady; asked for at the first call."""
        function = self._members[typename][name]
        steady = getattr(function, "steady", False)
        return self.runtime.door(function, steady), steady

    def class_names(self, package: str):
        """A Lua table of the names of a package's classes."""
        names = [name for name in self.registry.names() if name.startswith(package + ".")]
        if package == "torch":
            names += [name for name in types.names() if "Cuda" not in name]
            names += [name.replace("Tensor", "Storage") for name in types.names() if "Cuda" not in name]
        return self.runtime.reference_table(dict.fromkeys(names))

    @staticmethod
    def cuda_classes() -> dict[str, str]:
        """The class that serves each CUDA type, of tensors and of storages."""
        serving = {name: types.here(name) for name in types.names() if "Cuda" in name}
        return serving | {
            name.replace("Tensor", "Storage"): cls.replace("Tensor", "Storage") for name, cls in serving.items()
        }

    def constructor(self, typename: str):
        """The Lua function that makes an object."""
        if types.lookup(typename):
            return self.runtime.function(objects.constructor(typename), steady=True)
        if storage_type(typename):
            return self.runtime.function(self._storage_constructor(typename), steady=True)
        cls = self.find(typename)
        if cls is None:  # 'torch.Tensor' and 'torch.Storage', which only hold methods
            return None
        if issubclass(cls, File):
            return self.runtime.function(lambda *args: cls(*args, world=self.runtime.world))
        return self.runtime.function(cls)

    @staticmethod
    def _storage_constructor(typename: str) -> Callable:
        device, dtype = storage_type(typename)
        return lambda *args: Storage(dtype, *args, device=device)

    def allocator(self, typename: str):
        """The Lua function that makes an object without calling its constructor."""
        cls = self.find(typename)
        if cls is None:
            return self.constructor(typename)
        return self.runtime.function(lambda: cls.__new__(cls))

    def newly_extended(self) -> list[str]:
        """The type names of the classes to which packages have added members since the last call."""
        fresh = classes.extensions[self._extensions_seen :]
        self._extensions_seen += len(fresh)
        return [cls.__typename__ for cls in dict.fromkeys(fresh)]

    # Lua's classes in Python ------------------------------------------------------------------------------------------

    def subclass(self, typename: str, parent: str) -> None:
        """Make the Python class of a Lua class that has a Python ancestor."""
        cls = type(typename.rpartition(".")[2], (self.find(parent),), {"__typename__": typename, "__module__": "lua"})
        self.registry.add(typename, cls)

    def assign_member(self, typename: str, members: Table | LuaObject, key, value) -> None:
        """A script has assigned to a class: let Python see it too."""
        cls = self.find(typename)
        if cls is None or not isinstance(key, str):
            return
        name = objects.PYTHON_NAMES.get(key, key)
        if isinstance(value, LuaFunction):
            table = members.fields if isinstance(members, LuaObject) else members
            value = self._method(self.runtime.to_lua(table), key)
        if cls.__module__ == "lua":
            if value is not None:
                setattr(cls, name, value)
            elif name in vars(cls):
                delattr(cls, name)
        else:
            value = overrides.MISSING if value is None else value
            self._overrides.append(overrides.assign(cls, name, value))

    def _method(self, members, name: str) -> Callable:
        call = self.runtime.call_member

        def method(self, *args):
            return call(members, name, self, *args)

        return method

    def restore(self) -> None:
        """Undo what :meth:`assign_member` did to Python's own classes."""
        while self._overrides:
            overrides.restore(*self._overrides.pop())


class LuaRegistry(classes.Registry):
    """The registry for ``.t7`` files read by a script: its own classes, then torch7py's."""

    def __init__(self, runtime):
        super().__init__(classes.registry)
        self.runtime = runtime

    def find(self, name: str):
        found = super().find(name)
        if found is None and self.runtime.is_lua_class(name):
            return LuaClass(self.runtime, name)
        return found


class LuaClass:
    """A class that is all Lua, as the reader of ``.t7`` files needs it."""

    def __init__(self, runtime, typename: str):
        self.runtime = runtime
        self.typename = typename

    def _t7_new(self) -> LuaObject:
        return self.runtime.new_lua_object(self.typename)


def storage_type(typename: str):
    """Device and element type of a storage type's name, None for other names."""
    return types.lookup(typename[: -len("Storage")] + "Tensor") if typename.endswith("Storage") else None
