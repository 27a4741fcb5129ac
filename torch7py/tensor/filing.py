"""Tensors written to and read from a ``torch.File`` by hand: ``x:write(file)`` and ``x:read(file)``."""

from __future__ import annotations

import torch

from torch7py.tensor import construct
from torch7py.tensor.geometry import dim
from torch7py.tensor.registry import method
from torch7py.tensor.storage import longs
from torch7py.tensor.storage import of as storage_of


@method("write", steady=True)
def write(x: torch.Tensor, file) -> None:
    """Write what ``file:writeObject(x)`` writes of a tensor itself: sizes, strides, offset, and the storage object."""
    n = dim(x)
    file.writeInt(n)
    file.writeLong(longs(x.shape[:n]))
    file.writeLong(longs(x.stride()[:n]))
    file.writeLong(x.storage_offset() + 1)
    file.writeObject(storage_of(x))


@method("read")
def read(x: torch.Tensor, file) -> None:
    """Become the tensor that :func:`write` has written."""
    n = file.readInt()
    sizes, strides = (file.readLong(n).tolist() if n else [] for _ in range(2))
    offset = file.readLong() - 1
    storage = file.readObject()
    construct.place(x, storage and storage.untyped, offset, sizes, strides)
