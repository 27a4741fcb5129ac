"""A Lua state with the Torch7 world in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module, resources

import torch

from lua_bridge import missing, objects, packages
from lua_bridge.console import LuaConsole
from lua_bridge.door import PLAIN, Door
from lua_bridge.errors import LuaError
from lua_bridge.serialization import FUNCTIONS, LuaWorld
from lua_bridge.subclasses import Subclasses
from lua_bridge.values import LuaFunction, LuaObject, LuaStore, ObjectMethod, Views
from torch7py import serialization
from torch7py.console import current
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.handle import Tensor
from torch7py.tensor.storage import longs

CHUNK = 2000  # values that cross in one call when a long table is read

BORDER_FILES = ("protocol", "coroutines", "classes", "pointers", "elements", "methods", "walking", "arithmetic")
BORDER_FILES += ("base", "loading", "torch", "packages")


def lua_source(name: str) -> str:
    """The text of one of the bridge's own Lua files."""
    return resources.files("lua_bridge").joinpath("lua", f"{name}.lua").read_text(encoding="latin-1")


class LuaTorch:
    """Runs Lua code that uses Torch7.

    Values go both ways: numbers, strings (a Lua string is bytes; in Python one character per byte), booleans and nil;
    tensors as ``torch.Tensor``; Lua tables as :class:`torch7py.Table` on the same content; functions as callables;
    modules and other objects as themselves. Several results come as a tuple.

    A runtime belongs to the thread that made it. ``close()`` takes back what its scripts assigned to Python's classes
    (``function nn.Module:mine() ... end``); a runtime is also a context manager that closes itself.

    Arguments:
        implementation: which of lupa's Lua versions to run: 'luajit21', or 'lua51' where there is no LuaJIT.
        cuda: 'cpu' lets the CPU stand in for a GPU, in the whole process: see :func:`torch7py.cuda_on_cpu`.
    """

    def __init__(self, implementation: str = "luajit21", cuda: str | None = None):
        if cuda not in (None, "cpu"):
            raise ValueError(f"cuda: 'cpu' or None expected, got {cuda!r}")
        if cuda == "cpu":
            types.cuda_on_cpu()
        lupa = import_module(f"lupa.{implementation}")
        self._lua = lua = lupa.LuaRuntime(
            encoding="latin-1",
            unpack_returned_tuples=True,
            register_eval=False,
            register_builtins=False,
            overflow_handler=float,
        )
        self._reference_types = (
            type(lua.globals()),
            type(lua.eval("print")),
            type(lua.eval("coroutine.create(function() end)")),
        )
        self._table_type = self._reference_types[0]
        self.failure: tuple = (None, None)  # the last exception of Python's that became a Lua error, and its text
        self.on_exit: Callable[[int], None] = sys.exit  # what os.exit calls; th ends the process at once
        self._moving: list[tuple] = []  # Lua tables that are being filled, and what with
        self._views = Views()
        self._world = lua.table()
        self._world["implementation"] = implementation
        self._load_border()
        self._helpers()
        self._console = LuaConsole(self)
        self.globals: Table = self._wrap_table(lua.globals(), self._new_id(lua.globals()))

    # Building the Lua side --------------------------------------------------------------------------------------

    def _load_border(self) -> None:
        lua, world = self._lua, self._world
        world["torch"] = lua.globals()["torch"] = lua.table()
        lua.globals()["package"]["loaded"]["torch"] = world["torch"]
        world["python"] = python = lua.table()
        define = lua.eval("function(t, as_function, name, f) t[name] = as_function(f) end")
        as_function = lua.globals()["python"]["as_function"]
        python["sample"] = object()
        world["as_function"] = as_function
        lua.globals()["python"] = None
        raw = dict(
            describe=objects.describe,
            same=objects.same,
            repr=repr,
            extent=objects.extent,
            anchor=objects.anchor,
            view=objects.view,
            pointer=objects.pointer,
            at_pointer=objects.at_pointer,
            address=objects.address,
            table=self._wrap_table,
            callable=self._wrap_callable,
            write=self._write,
            flush=self._flush,
            isatty=os.isatty,
            plain=lambda module, name: getattr(import_module(module), name),
            lua_package=lambda name: self._lua.compile(lua_source(name), name=f"=[torch7py/{name}]"),
        )
        for name, function in raw.items():
            define(python, as_function, name, function)
        world["folder"] = str(resources.files("lua_bridge").joinpath("lua"))
        self._run_border("protocol")
        self._make_stub = world["make_stub"]
        self.door = Door(self, world["signal"])
        self.classes = Subclasses(self)
        for name in (
            "constructor",
            "allocator",
            "class_of_program",
            "class_parent",
            "class_member",
            "class_members",
            "class_names",
        ):
            define(python, as_function, name, getattr(self.classes, name))
        stubs = dict(
            call_object=lambda function, *args: function(*args),
            exit=self.exit,
            assign_member=self.classes.assign_member,
            subclass=self.classes.subclass,
            package_members=lambda name: dict(packages.members(name)),
            cuda_classes=self.classes.cuda_classes,
            package_classes=lambda name: list(packages.classes(name)),
            class_lists=lambda typename: objects.class_lists(self.classes.find(typename)) or None,
            newly_extended=self.classes.newly_extended,
            missing_package=missing.reason,
        )
        self.world = LuaWorld(self)
        stubs |= dict(pack=self.world.pack, unpack=self.world.unpack)
        for name in FUNCTIONS:
            world["torch"][name] = self.function(partial(getattr(serialization, name), world=self.world))
        for name, function in stubs.items():
            world[name] = self.function(function)
        for function in (
            objects.layout,
            objects.getitem,
            objects.setitem,
            objects.getfield,
            objects.setfield,
            objects.fields,
        ):
            world[function.__name__] = self.function(function, steady=True)
        world["python_packages"] = self.reference_table(packages.PYTHON_PACKAGES)
        world["lua_packages"] = self.reference_table(packages.LUA_PACKAGES)
        world["with_lua"] = lua.table_from({name: True for name in packages.WITH_LUA})
        for name in BORDER_FILES[1:]:
            self._run_border(name)

    def _run_border(self, name: str):
        """Run one of the bridge's own Lua files; what it returns."""
        return self._lua.compile(lua_source(name), name=f"=[torch7py/{name}]")(self._world)

    def border(self, name: str, *members: str) -> list:
        """Members of what such a file returns."""
        returned = self._run_border(name)
        return [returned[member] for member in members]

    def _helpers(self) -> None:
        """Lua functions that Python uses; all are made here, on the main thread."""
        world = self._world
        self._invoke = world["invoke"]
        self._invoke_member = world["invoke_member"]
        self.table_set, self.table_length, self._table_get, self._table_slice, self._table_pairs = self.border(
            "tables", "set", "length", "get", "slice", "pairs"
        )
        self._new_table, self._fill, self.table_assign = self.border("tables", "new", "fill", "assign")
        self._new_id = world["identify"]
        self._load = self._lua.eval("loadstring or load")

    def function(self, function: Callable, steady: bool = False):
        """The Lua function that calls a Python function: a stub, with the door behind it."""
        return self._make_stub(self.door(function, steady), steady)

    def reference_table(self, values):
        """A Lua table of plain values and of functions made by :meth:`function`."""
        return self._lua.table_from(list(values))

    def load_th(self) -> Table:
        """Make the world that ``th`` puts around a script; returns its functions (lua/th.lua)."""
        for package in ("paths", "sys", "xlua", "dok"):
            self.require(package)
        self._world["prompt"] = self.function(self.prompt)
        self._run_border("th")
        th = self._world["th"]
        self.names_in, self.print_results = th["names_in"], th["print_results"]
        return self._wrap_table(th, self._new_id(th))

    def prompt(self) -> None:
        """Read Lua from the terminal and run it, until the end of input."""
        from lua_bridge.prompt import prompt

        prompt(self)

    # Running code -----------------------------------------------------------------------------------------------

    def execute(self, code: str, *args, name: str = "=<python>"):
        """Run a chunk of Lua with ``...`` = ``args``; return what it returns.

        Raises:
            LuaError: the code has a syntax error, or raised an error.
        """
        outer, current.console = current.console, self._console  # Torch7's tools print as the script does
        try:
            return self.call(self.compile(code, name), *args)
        finally:
            current.console = outer

    def compile(self, code: str, name: str = "=<python>"):
        """Lua's function for a chunk of code, to be given to :meth:`call`.

        Raises:
            LuaError: the code has a syntax error.
        """
        loaded = self._load(self._encode(code), name)
        if isinstance(loaded, tuple):
            raise LuaError(loaded[1])
        return loaded

    def eval(self, expression: str, *args):
        """The value of a Lua expression."""
        return self.execute("return " + expression, *args)

    def dofile(self, path: str, *args):
        """Run a Lua file."""
        with open(path, "rb") as file:
            code = file.read().decode("latin-1")
        if code.startswith("#"):  # a script's first line may name its interpreter
            code = "--" + code
        return self.execute(code, *args, name=f"@{path}")

    def require(self, name: str):
        """Load a package as Lua's ``require`` does, and return it."""
        return self.call(self._lua.globals()["require"], name)

    def call(self, function, *args):
        """Call a Lua function (lupa's reference to one) with torch7py's values."""
        to_lua = self.to_lua
        return self._results(self._invoke(function, *[to_lua(arg) for arg in args]))

    def call_member(self, members, name: str, *args):
        """Call the member of that name of a Lua class."""
        to_lua = self.to_lua
        return self._results(self._invoke_member(members, name, *[to_lua(arg) for arg in args]))

    def _results(self, answer):
        if answer is True:
            return None
        if answer[0] is True:
            return answer[1] if len(answer) == 2 else answer[1:]
        _, value, traceback = answer
        if isinstance(value, BaseException):  # it came between two steps of the door: Ctrl-C
            raise value
        (failure, text), self.failure = self.failure, (None, None)
        if failure is None or not (value is text or isinstance(value, str) and isinstance(text, str) and text in value):
            raise LuaError(value, traceback)  # a script has dealt with the last failure of Python's
        if isinstance(failure, (KeyboardInterrupt, SystemExit)):
            raise failure
        raise LuaError(value, traceback) from failure

    def exit(self, status: int | float) -> None:
        """What ``os.exit`` does."""
        self.on_exit(int(status))

    def finish(self) -> None:
        """What is left to do when a program ends: the jobs of its pools of threads."""
        finish_threads = self._world["finish_threads"]
        if finish_threads is not None:
            self.call(finish_threads)

    def close(self) -> None:
        """Give Python's classes back the members that scripts replaced."""
        self.classes.restore()

    def __enter__(self) -> LuaTorch:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    # Values to Lua ----------------------------------------------------------------------------------------------

    def to_lua(self, value):
        """What lupa should push for a value of torch7py."""
        kind = type(value)
        if kind in PLAIN or kind is torch.Tensor:
            return value
        if kind is str:
            return value if value.isascii() else self._encode(value)
        if kind is Table:
            return self._table_reference(value)
        if kind is tuple:
            return tuple([self.to_lua(item) for item in value])
        if kind is LuaFunction:
            return value.reference
        if kind is ObjectMethod:
            return value.function.reference
        if kind is LuaObject:
            return self._table_reference(value.fields)
        if kind is list or kind is dict:
            return self._table_reference(Table(value))
        if isinstance(value, torch.Size):
            return longs(value)
        if isinstance(value, Table):
            return self._table_reference(value)
        if isinstance(value, Tensor):
            return value.tensor
        if kind in self._reference_types or hasattr(value, "__typename__"):
            return value
        if callable(value) and not isinstance(value, type):
            return self.function(value)
        return value

    @staticmethod
    def _encode(text: str) -> str:
        """Text of Python's with characters beyond a byte, as UTF-8 bytes; a string of bytes as it is."""
        try:
            text.encode("latin-1")
        except UnicodeEncodeError:
            return text.encode("utf-8", "surrogateescape").decode("latin-1")
        return text

    def _table_reference(self, table: Table):
        """The Lua table of a Table. On first sight the content moves to Lua; the Table goes on as a view of it."""
        store = table._store
        if type(store) is LuaStore:
            if store.runtime is self:
                return store.reference
            raise LuaError("a table of one Lua runtime can't be used in another")
        reference, identity = self._new_table()
        store.moving(table)
        table._store = LuaStore(self, reference)
        self._views[identity] = table
        self._moving.append((reference, store))
        if len(self._moving) == 1:  # tables inside this one join the list, however deep they are
            try:
                for inner, content in self._moving:
                    self._move(inner, content)
            finally:
                self._moving = []
        return reference

    def _move(self, reference, content) -> None:
        """Fill a Lua table with what was in a Table."""
        to_lua, values = self.to_lua, content.list()
        for start in range(0, len(values), CHUNK):
            self._fill(reference, start, *[to_lua(value) for value in values[start : start + CHUNK]])
        for key, value in content.hash.items():
            self.table_set(reference, to_lua(key), to_lua(value))

    # Values from Lua (called by the protocol's converters) --------------------------------------------------------

    def _wrap_table(self, reference, identity: int, typename: str | None = None):
        """The Table (or LuaObject) that stands for a Lua table, always the same one while Python holds it."""
        view = self._views.get(identity)
        if view is None:
            view = Table.__new__(Table)
            object.__setattr__(view, "_store", LuaStore(self, reference))
            if typename is not None:
                view = LuaObject(typename, view)
            self._views[identity] = view
        return view

    def _wrap_callable(self, function, identity: int):
        if type(function) not in self._reference_types:
            return getattr(function, "__wrapped__", function)
        view = self._views.get(identity)
        if view is None:
            view = self._views[identity] = LuaFunction(self, function)
        return view

    # Classes that are all Lua -----------------------------------------------------------------------------------------

    def is_lua_class(self, typename: str) -> bool:
        found = self._world["classes"][typename]
        return found is not None and not found["python"]

    def new_lua_object(self, typename: str) -> LuaObject:
        return self._results(self._invoke(self._world["new_lua_object"], typename))

    # Tables in Lua, for LuaStore ------------------------------------------------------------------------------------

    def table_get(self, reference, key):
        return self._table_get(reference, key)

    def table_list(self, reference) -> list:
        length, _, *values = self._table_slice(reference, 1, CHUNK)
        while len(values) < length:
            length, _, *chunk = self._table_slice(reference, len(values) + 1, CHUNK)
            values.extend(chunk)
        return values

    def table_items(self, reference) -> Iterator:
        key, more = None, True
        while more:
            more, key, *flat = self._table_pairs(reference, key, CHUNK // 2)
            yield from zip(flat[::2], flat[1::2])

    # Output -----------------------------------------------------------------------------------------------------------

    def _write(self, text: str, to_stderr: bool | None = None) -> None:
        stream = sys.stderr if to_stderr else sys.stdout
        if not text.isascii():
            data = text.encode("latin-1")
            try:
                text = data.decode("utf-8")
            except UnicodeDecodeError:
                if hasattr(stream, "buffer"):
                    stream.flush()
                    stream.buffer.write(data)
                    return
        stream.write(text)

    def _flush(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
