"""Which Torch7 type name belongs to which Python class.

``.t7`` files, ``torch.type`` and the Lua side all speak of classes by name (``'nn.Linear'``). A class gets its
name from the decorator :func:`register`; tensors get theirs from their element type (see ``tensor/types.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator


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


def register(name: str, *aliases: str) -> Callable[[type], type]:
    """Class decorator: give a class its Torch7 name (``__typename__``), and further names under which files know it."""

    def decorate(cls: type) -> type:
        cls.__typename__ = name
        for known in (name, *aliases):
            registry.add(known, cls)
        return cls

    return decorate
