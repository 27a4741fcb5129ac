"""Order: sorting, the k-th and the middle element, the most frequent one, maxima and minima with their places.

Along one dimension each gives values and indices (LongTensors that count from 1); both results may be given.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.tensor.arguments import integer
from torch7py.tensor.operands import Tensor, dimension, invalid, put
from torch7py.tensor.registry import function, method

_ONE = torch.ones((), dtype=torch.int64)


def _results(args: tuple, x: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """The tensors for values and indices among those that come before ``x``."""
    if len(args) == 2:
        return args
    if len(args) == 1 and args[0].dtype is torch.int64 and x.dtype is not torch.int64:
        return None, args[0]
    return (args[0], None) if args else (None, None)


def _read(args: tuple, forms: str) -> tuple[tuple[Tensor | None, Tensor | None], Tensor, list]:
    """Results, operand and the other arguments, from a list in that order."""
    while args and args[-1] is None:
        args = args[:-1]
    count = 0
    while count < len(args) and isinstance(args[count], Tensor):
        count += 1
    if not 1 <= count <= 3 or any(isinstance(value, (Tensor, str)) for value in args[count:]):
        raise invalid(forms, *args)
    x = args[count - 1]
    return _results(args[: count - 1], x), x, list(args[count:])


def _give(results: tuple[Tensor | None, Tensor | None], values: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Values, and indices counted from 1, as results."""
    return put(results[0], values), put(results[1], indices.add_(_ONE))


def _last(x: Tensor, given: list) -> int:
    """The dimension that the arguments begin with, or the last one."""
    return dimension(x, given[0] if given else x.dim())


def _extreme(name: str, kernel: Callable) -> None:
    """``NAME(x)`` is a number; ``NAME([values, indices,] x, dim)``."""
    forms = "tensor | [result] [LongTensor] tensor dimension"

    def find(x, *args):
        if not args or args[0] is None:
            if not isinstance(x, Tensor) or x.numel() == 0:
                raise TorchError("tensor must have one dimension")
            return kernel(x).item()
        if type(args[0]) is int:
            values, indices = kernel(x, dimension(x, args[0]), True)
            return values, indices.add_(_ONE)
        results, x, given = _read((x, *args), forms)
        if len(given) != 1:
            raise invalid(forms, x, *given)
        return _give(results, *kernel(x, dimension(x, given[0]), True))

    method(name, steady=True)(find)
    function(name, steady=True)(find)


_extreme("max", torch.max)
_extreme("min", torch.min)


@method("sort")
@function("sort")
def sort(*args) -> tuple[Tensor, Tensor]:
    """``sort([values, indices,] x, [dim], [descending])``; equal elements stay in their order."""
    results, x, given = _read(args, "[result] [LongTensor] tensor [dimension] [boolean]")
    descending = given.pop() if given and isinstance(given[-1], bool) else False
    return _give(results, *torch.sort(x.contiguous(), dim=_last(x, given), descending=descending, stable=True))


@method("kthvalue")
@function("kthvalue")
def kthvalue(*args) -> tuple[Tensor, Tensor]:
    """``kthvalue([values, indices,] x, k, [dim])``: the k-th smallest element, from 1."""
    forms = "[result] [LongTensor] tensor number [dimension]"
    results, x, given = _read(args, forms)
    if not 1 <= len(given) <= 2:
        raise invalid(forms, x, *given)
    return _kth(results, x, integer(given[0], 2, "kthvalue"), _last(x, given[1:]))


@method("median")
@function("median")
def median(*args) -> tuple[Tensor, Tensor]:
    """``median([values, indices,] x, [dim])``: the middle element, of two the lower one."""
    results, x, given = _read(args, "[result] [LongTensor] tensor [dimension]")
    dim = _last(x, given)
    return _kth(results, x, (x.shape[dim] + 1) // 2, dim)


def _kth(results: tuple, x: Tensor, k: int, dim: int) -> tuple[Tensor, Tensor]:
    if not 0 < k <= x.shape[dim]:
        raise TorchError("bad argument #2 (selected index out of range)")
    return _give(results, *torch.kthvalue(x.contiguous(), k, dim, True))


@method("topk")
@function("topk")
def topk(*args) -> tuple[Tensor, Tensor]:
    """``topk([values, indices,] x, [k], [dim], [largest], [sorted])``: the k smallest elements, or the k largest.

    k is 1, the dimension the last one by default.
    """
    forms = "[result] [LongTensor] tensor [number] [dimension] [boolean] [boolean]"
    results, x, given = _read(args, forms)
    flags = [value for value in given if isinstance(value, bool)]
    numbers = [value for value in given if not isinstance(value, bool)]
    if len(numbers) > 2 or len(flags) > 2:
        raise invalid(forms, x, *given)
    k = integer(numbers[0], 2, "topk") if numbers else 1
    dim = _last(x, numbers[1:])
    if not 0 < k <= x.shape[dim]:
        raise TorchError("bad argument #2 (k not in range for dimension)")
    return _give(results, *torch.topk(x.contiguous(), k, dim, bool(flags and flags[0]), True))


@method("mode")
@function("mode")
def mode(*args) -> tuple[Tensor, Tensor]:
    """``mode([values, indices,] x, [dim])``: the most frequent element, of several the smallest; its last place."""
    results, x, given = _read(args, "[result] [LongTensor] tensor [dimension]")
    dim = _last(x, given)
    ordered, places = torch.sort(x.movedim(dim, -1).contiguous(), stable=True)
    position = torch.arange(ordered.shape[-1]).expand(ordered.shape)
    differs = ordered[..., 1:] != ordered[..., :-1]
    begins = torch.zeros_like(position, memory_format=torch.contiguous_format)
    begins[..., 1:] = torch.where(differs, position[..., 1:], 0)
    # the length of the run of equal elements up to each position; the first longest one ends where it is greatest
    length = position - begins.cummax(-1).values
    end = _first_maximum(length)
    return _give(results, *(part.gather(-1, end).movedim(-1, dim).contiguous() for part in (ordered, places)))


def _first_maximum(x: Tensor) -> Tensor:
    return (x == x.amax(-1, keepdim=True)).long().argmax(-1, keepdim=True)
