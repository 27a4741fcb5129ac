"""Deep copies of modules and criterions."""

from __future__ import annotations

from collections.abc import Collection

import torch

from ..classes import TorchObject
from ..errors import TorchError
from ..table import Table
from ..tensor.arguments import describe


def clone(root: TorchObject, without: Collection[str] = ()) -> TorchObject:
    """A copy of ``root`` and all that it holds, as if it had been written to a file and read again.

    What was one object, tensor or storage stays one. Fields named in ``without`` must be tensors; their copies
    are empty. What has no content of its own to copy (functions, ...) is shared.
    """
    return _copy(root, {}, without)


def _copy(value, memo: dict, without: Collection[str]):
    """The copy of ``value``; ``memo`` is that of Python's ``copy.deepcopy``: the copies by the originals' ids."""
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, torch.Tensor):
        new = memo[id(value)] = _tensor(value, memo)
    elif isinstance(value, Table):
        new = memo[id(value)] = Table()
        for key, item in value.items():
            new[_copy(key, memo, without)] = _copy(item, memo, without)
    elif isinstance(value, TorchObject):
        new = memo[id(value)] = type(value).__new__(type(value))
        for name, item in value.__dict__.items():
            new.__dict__[name] = _emptied(name, item) if name in without else _copy(item, memo, without)
    elif hasattr(value, "__deepcopy__"):
        new = memo[id(value)] = value.__deepcopy__(memo)
    else:
        new = value
    return new


def _tensor(tensor: torch.Tensor, memo: dict) -> torch.Tensor:
    new = torch.empty(0, dtype=tensor.dtype, device=tensor.device)
    if tensor.numel() > 0:
        storage = tensor.untyped_storage()
        if storage._cdata not in memo:
            memo[storage._cdata] = storage.clone()
        new.set_(memo[storage._cdata], tensor.storage_offset(), tensor.shape, tensor.stride())
    return new


def _emptied(name: str, value) -> torch.Tensor:
    if not isinstance(value, torch.Tensor):
        raise TorchError(f"Shared parameters have to be Tensors: {name} is a {describe(value)}")
    return torch.empty(0, dtype=value.dtype, device=value.device)
