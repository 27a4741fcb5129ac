"""Deep copies of modules and criterions."""

from __future__ import annotations

import copy
from collections.abc import Collection

import torch

from ..classes import TorchObject
from ..errors import TorchError
from ..table import Table


def clone(root: TorchObject, without: Collection[str] = ()) -> TorchObject:
    """A copy of ``root`` and all that it holds, as if it had been written to a file and read again.

    What was one object, tensor or storage stays one. Fields named in ``without`` must be tensors; their copies
    are empty. Functions and other things that are not data are not copied but shared.
    """
    return _Copier(without).copy(root)


class _Copier:
    def __init__(self, without: Collection[str]):
        self.without = without
        self.seen: dict[int, tuple] = {}  # id -> (copy, original); the original is held so that its id stays taken

    def copy(self, value):
        if isinstance(value, (torch.Tensor, Table, TorchObject)) or hasattr(value, "__deepcopy__"):
            known = self.seen.get(id(value))
            return known[0] if known else self._new(value)
        return value

    def _new(self, value):
        if isinstance(value, torch.Tensor):
            return self._remember(value, self._tensor(value))
        if isinstance(value, Table):
            new = self._remember(value, Table())
            for key, item in value.items():
                new[self.copy(key)] = self.copy(item)
            return new
        if isinstance(value, TorchObject):
            new = self._remember(value, type(value).__new__(type(value)))
            for name, item in value.__dict__.items():
                new.__dict__[name] = self._emptied(name, item) if name in self.without else self.copy(item)
            return new
        return self._remember(value, copy.deepcopy(value))

    def _remember(self, value, new):
        self.seen[id(value)] = (new, value)
        return new

    def _tensor(self, tensor: torch.Tensor) -> torch.Tensor:
        new = torch.empty(0, dtype=tensor.dtype, device=tensor.device)
        if tensor.numel() > 0:
            storage = tensor.untyped_storage()
            known = self.seen.get(storage._cdata) or (self._remember_storage(storage),)
            new.set_(known[0], tensor.storage_offset(), tensor.shape, tensor.stride())
        return new

    def _remember_storage(self, storage: torch.UntypedStorage) -> torch.UntypedStorage:
        new = storage.clone()
        self.seen[storage._cdata] = (new, storage)
        return new

    def _emptied(self, name: str, value) -> torch.Tensor:
        if not isinstance(value, torch.Tensor):
            raise TorchError(f"Shared parameters have to be Tensors: {name} is {type(value).__name__}")
        return torch.empty(0, dtype=value.dtype, device=value.device)
