"""How objects that hold tensors go through pickle: tensors that share a storage share one afterwards, too."""

from __future__ import annotations

import copy
import ctypes
from typing import Any
from weakref import WeakValueDictionary

import torch


class Packed:
    """A tensor or its storage on its way into a pickle, out of which it comes as itself."""

    __slots__ = ("content", "__weakref__")

    def __init__(self, content: torch.Tensor | torch.UntypedStorage):
        self.content = content

    def __reduce__(self):
        content = self.content
        if isinstance(content, torch.UntypedStorage):
            memory = content.cpu()
            return _storage, (ctypes.string_at(memory.data_ptr(), memory.nbytes()), str(content.device))
        layout = content.storage_offset(), tuple(content.shape), content.stride()
        return _tensor, (pack(content.untyped_storage()), content.dtype, *layout)

    def __deepcopy__(self, copies: dict) -> torch.Tensor | torch.UntypedStorage:
        return copy.deepcopy(self.content, copies)


_packed: WeakValueDictionary[int, Packed] = WeakValueDictionary()


def pack(value: Any) -> Any:
    """What to give to pickle for a value: for a tensor or storage what packs it, always the same one, else itself."""
    if not isinstance(value, (torch.Tensor, torch.UntypedStorage)):
        return value
    packed = _packed.get(value._cdata)
    if packed is None:
        packed = _packed[value._cdata] = Packed(value)
    return packed


def _storage(content: bytes, device: str) -> torch.UntypedStorage:
    storage = torch.UntypedStorage(len(content))
    ctypes.memmove(storage.data_ptr(), content, len(content))
    return storage if device == "cpu" else storage.to(device=device)


def _tensor(storage: torch.UntypedStorage, dtype: torch.dtype, offset: int, sizes: tuple, strides: tuple):
    return torch.empty(0, dtype=dtype, device=storage.device).set_(storage, offset, sizes, strides)
