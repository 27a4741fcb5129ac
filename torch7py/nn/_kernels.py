"""Small shared pieces of calling PyTorch's kernels with Torch7's output tensors."""

from __future__ import annotations

import torch

from ._check import need_same_count, need_tensor

Tensor = torch.Tensor


def fit(result: Tensor, like: Tensor) -> Tensor:
    """``result`` with the sizes of ``like``, for a kernel to write into; the types must agree."""
    if type(like) is not Tensor or like.dtype is not result.dtype:
        need_tensor(like, result)
    if result.shape != like.shape:
        result.resize_(like.shape)
    return result


def into(result: Tensor, source: Tensor, inplace: bool) -> Tensor:
    """Where a kernel shall write what it makes of ``source``: over it, with ``result`` sharing it, or to ``result``."""
    return result.set_(source) if inplace else fit(result, source)


def take(result: Tensor, value: Tensor) -> Tensor:
    """Let the tensor object ``result`` be the contiguous ``value``, which must be of the same type."""
    return result.set_(value.contiguous())


def matched(other: Tensor, like: Tensor, names: tuple[str, str] = ("input", "gradOutput")) -> Tensor:
    """``other`` in the shape of ``like``: as in Torch7, only the number of elements has to agree."""
    if other.shape == like.shape:
        return other
    need_same_count(like, other, names)
    return other.reshape(like.shape)


def one(like: Tensor) -> Tensor:
    """The number 1 as a tensor of that type, for kernels that multiply by a given gradient."""
    key = like.dtype, like.device
    if key not in _ones:
        _ones[key] = torch.ones((), dtype=like.dtype, device=like.device)
    return _ones[key]


_ones: dict = {}
