"""Which Torch7 type name belongs to which Python class.

``.t7`` files, ``torch.type`` and the Lua side all speak of classes by name (``'nn.Linear'``). A class gets its
name from the decorator :func:`register`; tensors get theirs from their element type (see ``tensor/types.py``).
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from torch7py.pickling import pack


@functools.cache
def _homes() -> dict[str, str]:
    """Which package registers the class of a name: read from the sources, since to import a package has effects."""
    homes = {}
    root = Path(__file__).parent
    for source in root.rglob("*.py"):
        package = source.relative_to(root).with_suffix("").parts[0]
        for names in re.findall(r"^@register\((.+)\)$", source.read_text("utf-8"), re.MULTILINE):
            homes.update(dict.fromkeys(ast.literal_eval(f"[{names}]"), package))
    return homes


class Registry:
    """Names and classes, with the names of an outer registry behind them.

    Each Lua runtime has one of its own, so that a class defined by a script stays with that script.
    """

    def __init__(self, outer: Registry | None = None):
        self._classes: dict[str, type] = {}
        self._outer = outer

    def add(self, name: str, cls: type) -> None:
        self._classes[name] = cls

    def find(self, name: str) -> type | None:
        """The class of that name, or None."""
        cls = self._classes.get(name)
        if cls is None and self._outer is not None:
            return self._outer.find(name)
        return cls

    def find_anywhere(self, name: str) -> type | None:
        """Like :meth:`find`, for classes that a file names: also in packages that the program has not asked for."""
        cls = self.find(name)
        if cls is None and name in _homes():
            import_module(f"torch7py.{_homes()[name]}")
            cls = self.find(name)
        return cls

    def names(self) -> Iterator[str]:
        if self._outer is not None:
            yield from self._outer.names()
        yield from self._classes


registry = Registry()


class TorchObject:
    """Base of what Torch7 keeps in tables: modules, criterions, loggers, ...

    An instance's ``__dict__`` holds just the fields that a Torch7 program sees and a ``.t7`` file stores.
    """

    __typename__: str = None

    def __getstate__(self) -> dict:
        return {name: pack(value) for name, value in self.__dict__.items()}

    def __copy__(self) -> TorchObject:
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        return new


def register(name: str, *aliases: str) -> Callable[[type], type]:
    """Class decorator: give a class its Torch7 name (``__typename__``), and further names under which files know it."""

    def decorate(cls: type) -> type:
        cls.__typename__ = name
        for known in (name, *aliases):
            registry.add(known, cls)
        return cls

    return decorate


extensions: list[type] = []  # the classes to which packages have added members, each time


def extends(cls: type) -> Callable[[type], type]:
    """Class decorator: what the class defines becomes part of ``cls``, as Torch7's packages extend nn.Module."""

    def decorate(addition: type) -> type:
        for name, member in vars(addition).items():
            if not name.startswith("__"):
                setattr(cls, name, member)
        extensions.append(cls)
        return addition

    return decorate
