"""Deep copies of modules and criterions."""

from __future__ import annotations

import copy
from collections.abc import Collection

import torch

from ..classes import TorchObject
from ..errors import TorchError
from ..table import Table
from ..tensor.arguments import describe


def clone(root: TorchObject, without: Collection[str] = (), copies: dict | None = None) -> TorchObject:
    """A copy of ``root`` and all that it holds, as if it had been written to a file and read again.

    What was one object, tensor or storage stays one. Fields named in ``without`` must be tensors; their copies
    are empty. What has no content of its own to copy (functions, ...) is shared. ``copies`` holds, by the originals'
    ids, copies that are there already.
    """
    copier = _Copier({} if copies is None else copies, without)
    twin = copier.copy(root)
    copier.fill()
    return twin


class _Copier:
    """Makes the copies of one :func:`clone`: first empty, then filled one by one, so that depth does not matter."""

    def __init__(self, copies: dict, without: Collection[str]):
        self.copies = copies  # the memo of Python's ``copy.deepcopy``: the copies by the originals' ids
        self.without = without
        self.empties: dict[int, torch.Tensor] = {}
        self.originals: list = []  # of those copies, which it keeps alive: no other object gets their ids meanwhile

    def copy(self, value):
        """The copy of ``value``, to be filled later."""
        known = self.copies.get(id(value))
        if known is not None:
            return known
        if isinstance(value, torch.Tensor):
            new = _tensor(value, self.copies)
        elif isinstance(value, Table):
            new = Table()
        elif isinstance(value, TorchObject):
            new = type(value).__new__(type(value))
        elif hasattr(type(value), "_t7_twin"):
            new = value._t7_twin()
        elif hasattr(value, "__deepcopy__"):
            new = value.__deepcopy__(self.copies)
        elif isinstance(value, torch.nn.Module):
            new = copy.deepcopy(value, self.copies)
        else:
            return value
        self.copies[id(value)] = new
        self.originals.append(value)
        return new

    def fill(self) -> None:
        """Give all copies their content; this makes further ones."""
        copied = self.copy
        for original in self.originals:
            new = self.copies[id(original)]
            if isinstance(original, Table):
                for key, item in original.items():
                    new[copied(key)] = copied(item)
            elif hasattr(type(original), "_t7_twin"):
                new._t7_fill(Table({copied(key): copied(item) for key, item in fields(original).items()}))
            elif isinstance(original, TorchObject):
                for name, item in fields(original).items():
                    new.__dict__[name] = self._emptied(name, item) if name in self.without else copied(item)

    def _emptied(self, name: str, value) -> torch.Tensor:
        """An empty tensor in place of ``value``, the same one for each of its fields."""
        if not isinstance(value, torch.Tensor):
            raise TorchError(f"Shared parameters have to be Tensors: {name} is a {describe(value)}")
        return self.empties.setdefault(id(value), torch.empty(0, dtype=value.dtype, device=value.device))


def fields(value: TorchObject) -> dict:
    """The fields as a file would hold them."""
    given = getattr(value, "_t7_fields", None)
    return value.__dict__ if given is None else given()


def _tensor(tensor: torch.Tensor, memo: dict) -> torch.Tensor:
    new = torch.empty(0, dtype=tensor.dtype, device=tensor.device)
    if tensor.numel() > 0:
        storage = tensor.untyped_storage()
        if storage._cdata not in memo:
            memo[storage._cdata] = storage.clone()
        new.set_(memo[storage._cdata], tensor.storage_offset(), tensor.shape, tensor.stride())
    return new
