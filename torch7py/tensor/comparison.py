"""Comparisons, element by element, as ByteTensors of 0 and 1; and of whole tensors."""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.tensor.forms import dense
from torch7py.tensor.operands import Tensor, check_type, invalid, operand, result, scalar
from torch7py.tensor.registry import both, function, method

_BYTES = frozenset({torch.uint8})


def _comparison(name: str, kernel: Callable) -> None:
    """``NAME([result,] x, y)`` with a tensor or a number for y; a result may be of bytes or of the type of x."""

    def compare(x, a, b=None):
        if b is None:
            if not isinstance(x, Tensor):
                raise invalid("[result] tensor number | [result] tensor tensor", x, a)
            y = operand(x, a) if isinstance(a, Tensor) else scalar(a, x.dtype)
            return kernel(dense(x), y).view(torch.uint8)
        if not isinstance(a, Tensor):
            raise invalid("[result] tensor number | [result] tensor tensor", x, a, b)
        y = operand(a, b) if isinstance(b, Tensor) else scalar(b, a.dtype)
        return result(x, a, torch.uint8 if x.dtype is torch.uint8 else None).copy_(kernel(a, y))

    both(name, _comparison, compare)


for _name in ("lt", "gt", "le", "ge", "eq", "ne"):
    _comparison(_name, getattr(torch, _name))


@method("equal", steady=True)
@function("equal", steady=True)
def equal(x: Tensor, y: Tensor) -> bool:
    """Whether two tensors of one type have the same shape and the same elements."""
    if not isinstance(x, Tensor) or not isinstance(y, Tensor) or x.dtype is not y.dtype:
        raise invalid("tensor tensor", x, y)
    return torch.equal(x, y)


def _logical(name: str, kernel: Callable) -> None:
    """``NAME(x)`` of a ByteTensor."""

    def test(x):
        if not isinstance(x, Tensor):
            raise invalid("ByteTensor", x)
        check_type(name, x, _BYTES)
        if x.numel() == 0:
            raise TorchError("empty Tensor")
        return bool(kernel(x))

    both(name, _logical, test)


_logical("all", torch.all)
_logical("any", torch.any)
