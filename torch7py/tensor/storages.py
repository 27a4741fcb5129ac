"""``torch.Storage``, ``torch.LongStorage`` and their kin: what makes storages of one type."""

from __future__ import annotations

from collections.abc import Callable

from torch7py.tensor import types
from torch7py.tensor.storage import Storage as AnyStorage


def Storage(*args) -> AnyStorage:
    """A storage of the default tensor type; arguments as for :class:`torch7py.tensor.storage.Storage`."""
    return AnyStorage(types.default.dtype, *args, device=types.default.device)


def _maker(typename: str) -> Callable[..., AnyStorage]:
    def make(*args) -> AnyStorage:
        device, dtype = types.lookup(typename)
        return AnyStorage(dtype, *args, device=device)

    make.__name__ = make.__qualname__ = typename.removeprefix("torch.").replace("Tensor", "Storage")
    make.__doc__ = f"A {make.__name__}; arguments as for :class:`torch7py.tensor.storage.Storage`."
    return make


by_name = {make.__name__: make for make in map(_maker, types.names())}
"""Constructors by name: ``by_name['LongStorage']``."""
