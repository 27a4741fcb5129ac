"""Lua's operators on tensors: ``+ - * / % ^`` and the unary minus; each makes a new tensor.

A product of two tensors is Torch7's: the dot product of vectors, matrix times vector, matrix times matrix.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.tensor.arguments import describe
from torch7py.tensor.arithmetic import divide, remainder
from torch7py.tensor.forms import dense
from torch7py.tensor.geometry import dim as dimensions
from torch7py.tensor.matrix import dot, mm, mv
from torch7py.tensor.operands import Tensor, operand, scalar
from torch7py.tensor.registry import method


@method("__add", steady=True)
def add(a: Tensor | float, b: Tensor | float) -> Tensor:
    if not isinstance(a, Tensor):
        a, b = b, a
    return torch.add(dense(a), operand(a, b) if isinstance(b, Tensor) else scalar(b, a.dtype))


@method("__sub", steady=True)
def sub(a: Tensor | float, b: Tensor | float) -> Tensor:
    if not isinstance(a, Tensor):
        return torch.rsub(dense(b), scalar(a, b.dtype))
    return torch.sub(dense(a), operand(a, b) if isinstance(b, Tensor) else scalar(b, a.dtype))


@method("__mul", steady=True)
def mul(a: Tensor | float, b: Tensor | float) -> Tensor | int | float:
    if not isinstance(a, Tensor):
        a, b = b, a
    if not isinstance(b, Tensor):
        return torch.mul(dense(a), scalar(b, a.dtype))
    ranks = dimensions(a), dimensions(b)
    if ranks == (2, 2):
        return mm(a, b)
    if ranks == (2, 1):
        return mv(a, b)
    if ranks == (1, 1):
        return dot(a, b)
    raise TorchError(f"multiplication between {ranks[0]}D and {ranks[1]}D tensors not yet supported")


def _by_number(name: str, kernel: Callable) -> None:
    """``tensor OP number``; there is none the other way round, nor between tensors."""

    def operate(a, b):
        if not isinstance(a, Tensor) or isinstance(b, Tensor):
            raise TorchError(f"{name}: a tensor and a number expected, got {describe(a)} and {describe(b)}")
        return kernel(dense(a), scalar(b, a.dtype))

    method(name, steady=True)(operate)


_by_number("__div", divide)
_by_number("__mod", remainder)


@method("__unm", steady=True)
def unm(a: Tensor, _=None) -> Tensor:
    return torch.neg(dense(a))


@method("__pow", steady=True)
def pow(a: Tensor | float, b: Tensor | float) -> None:
    raise TorchError(f"both {describe(a)} and {describe(b)} have no power operator")
