"""Small shared pieces of calling PyTorch's kernels with Torch7's output tensors."""

from __future__ import annotations

from collections.abc import Callable

import torch

from ..errors import TorchError
from ._check import need_same_count, need_sizes, need_tensor, sizes

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


def vacate(result: Tensor, read: Tensor) -> None:
    """Take the memory from ``result``, for the kernel that makes it anew to find free; not if the kernel reads it."""
    if result is not read:
        result.set_()


def take(result: Tensor, value: Tensor) -> Tensor:
    """Let the tensor object ``result`` be the contiguous ``value``, which must be of the same type."""
    return result.set_(value.contiguous())


def matched(other: Tensor, like: Tensor, names: tuple[str, str] = ("input", "gradOutput")) -> Tensor:
    """``other`` in the shape of ``like``: as in Torch7, only the number of elements has to agree."""
    if other.shape == like.shape:
        return other
    need_same_count(like, other, names)
    return other.reshape(like.shape)


def shaped(gradOutput: Tensor, like: Tensor, name: str = "output") -> Tensor:
    """``gradOutput``, for those modules that wanted it to have the very sizes of ``like``."""
    if gradOutput.shape != like.shape:
        raise TorchError(
            f"{name} and gradOutput shapes do not match: {name} {sizes(like)}, gradOutput {sizes(gradOutput)}"
        )
    return gradOutput


def largest(pool: Callable[[Tensor], tuple[Tensor, Tensor]], input: Tensor) -> tuple[Tensor, Tensor]:
    """The maxima and places that ``pool(input)`` finds; a nan, which wins with PyTorch, is passed over."""
    maxima, places = pool(input)
    total = maxima.sum().item()
    if total != total and maxima.isnan().any():
        return pool(input.masked_fill(input.isnan(), -torch.inf))
    return maxima, places


def sent_back(gradInput: Tensor, input: Tensor, places: Tensor, gradOutput: Tensor, dims: int) -> Tensor:
    """Let ``gradInput`` have each element of ``gradOutput`` added at its place in the plane of ``dims`` dimensions;
    ``places`` says which, counted from 1.
    """
    need_sizes(gradOutput, places.shape)
    flat = fit(gradInput, input).zero_().flatten(-dims)
    flat.scatter_add_(-1, places.flatten(-dims) - 1, gradOutput.flatten(-dims))
    return gradInput


def signs(x: Tensor) -> Tensor:
    """1 where x is 0 or more, else -1. (torch.where takes forty times as long when it can't guess the condition.)"""
    return torch.copysign(one(x), x + 0.0)  # of -0 the sum makes 0


def one(like: Tensor) -> Tensor:
    """The number 1 as a tensor of that type, for kernels that multiply by a given gradient."""
    key = like.dtype, like.device
    if key not in _ones:
        _ones[key] = torch.ones((), dtype=like.dtype, device=like.device)
    return _ones[key]


_ones: dict = {}
