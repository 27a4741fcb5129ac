"""Gathering parameters in one storage: the work behind ``getParameters``."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from ..errors import TorchError
from .utils import default_tensor

Tensor = torch.Tensor


def flatten(parameters: Iterable[Tensor]) -> Tensor:
    """Move ``parameters`` into one new storage and return the 1-D tensor over all of it.

    Each tensor object stays, with its sizes and strides, as a view of the result. Tensors that shared memory share
    it afterwards; elements of their storages that no parameter covers are left out.
    """
    parameters = list(parameters)
    if not parameters:
        return default_tensor()
    starts, total = _lay_out(parameters)
    places = [starts[_key(p)][0] + p.storage_offset() for p in parameters]

    flat = torch.zeros(total, dtype=parameters[0].dtype, device=parameters[0].device)
    for parameter, place in zip(parameters, places):
        flat.as_strided(parameter.shape, parameter.stride(), place).fill_(1)
    used = flat != 0

    for start, whole in starts.values():
        flat[start : start + len(whole)].copy_(whole)
    if not used.all():
        if not all(map(_is_compact, parameters)):
            raise TorchError("Cannot gather tensors that are not compact")
        flat = flat[used]
        moved = used.cumsum(0) - 1
        places = [int(moved[place]) for place in places]

    for parameter, place in zip(parameters, places):
        parameter.set_(flat, place, parameter.shape, parameter.stride())
    return flat


def _key(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _lay_out(parameters: list[Tensor]) -> tuple[dict[int, tuple[int, Tensor]], int]:
    """Where each distinct storage begins when they stand one behind the other, and their common length."""
    starts, total = {}, 0
    for parameter in parameters:
        if _key(parameter) not in starts:
            storage = parameter.untyped_storage()
            count = storage.nbytes() // parameter.element_size()
            whole = torch.empty(0, dtype=parameter.dtype, device=parameter.device).set_(storage, 0, (count,))
            starts[_key(parameter)] = total, whole
            total += count
    return starts, total


def _is_compact(tensor: Tensor) -> bool:
    """Whether the elements fill one piece of memory, in whatever order of dimensions (expanded ones aside)."""
    expected = 1
    for stride, size in sorted((stride, size) for size, stride in zip(tensor.shape, tensor.stride()) if stride > 0):
        if size > 1 and stride != expected:
            return False
        expected *= size
    return True
