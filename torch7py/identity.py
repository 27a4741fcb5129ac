"""What something is: ``torch.type``, ``torch.isTypeOf``, ``torch.pointer`` and their kin."""

from __future__ import annotations

import torch

from torch7py.errors import TorchError
from torch7py.patterns import search
from torch7py.tensor.arguments import describe
from torch7py.tensor.handle import Tensor, unwrap
from torch7py.tensor.storage import Storage
from torch7py.tensor.types import typename

__all__ = ["isStorage", "isTensor", "isTypeOf", "pointer", "type", "typename"]

type_of = type


def type(obj) -> str:
    """The type name of an object of Torch7, else what Lua calls its kind: ``number``, ``string``, ``table``, ..."""
    return describe(obj)


def isTensor(obj) -> bool:
    """Whether this is a tensor, plain or in a handle."""
    return isinstance(obj, (torch.Tensor, Tensor))


def isStorage(obj) -> bool:
    """Whether this is a storage."""
    return isinstance(obj, Storage)


def isTypeOf(obj, kind: str | type_of) -> bool:
    """Whether an object is of a type or inherits from it.

    Arguments:
        obj: anything.
        kind: a full type name (``'nn.Linear'``), a Lua pattern that fits a part of one (``'torch.*Tensor'``), or a
            class.
    """
    if isinstance(kind, type_of):
        return isinstance(obj, kind)
    if not isinstance(kind, str):
        raise TorchError("type must be provided as [regexp] string, or factory")
    return any(_fits(name, kind) for name in _names(obj))


def _names(obj) -> list[str]:
    """The type names of an object and of all that it inherits from."""
    own = typename(obj)
    names = [own] if own else []
    return names + [name for cls in type_of(obj).__mro__ if isinstance(name := vars(cls).get("__typename__"), str)]


def _fits(name: str, pattern: str) -> bool:
    found = search(pattern, name)
    return found is not None and (found.group() != pattern or found.group() == name)


def pointer(obj) -> int:
    """A number that tells an object from all others alive. Handles on one tensor, and storages on one memory, share
    theirs.
    """
    obj = unwrap(obj)
    if isinstance(obj, Storage):
        return obj.pointer()
    return obj._cdata if isinstance(obj, torch.Tensor) else id(obj)
