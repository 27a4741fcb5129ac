"""What operations on tensors share: reading operands and results, and refusing what does not fit.

Torch7 knows no broadcasting: operands of an elementwise operation need equally many elements of the same type, in any
shapes; the result takes the first operand's shape. A result that is given is resized to it.
"""

from __future__ import annotations

from ctypes import c_float

import torch

from torch7py.errors import ArgumentError, TorchError
from torch7py.tensor import registry
from torch7py.tensor.arguments import describe, element
from torch7py.tensor.types import typename

Tensor = torch.Tensor

REALS = frozenset({torch.float32, torch.float64})
_FLOAT_MAX = torch.finfo(torch.float32).max
INTEGERS = frozenset({torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64})
NUMERIC = REALS | INTEGERS  # all but half, with which Torch7 could only store


def invalid(expected: str, *args) -> ArgumentError:
    """The error for arguments that fit none of an operation's forms; ``expected`` lists these."""
    while args and args[-1] is None:
        args = args[:-1]
    given = " ".join(describe(value).removeprefix("torch.") for value in args) or "no arguments provided"
    return ArgumentError(f"invalid arguments: {given}\nexpected arguments: {expected}")


def check_type(name: str, x: Tensor, dtypes: frozenset) -> None:
    """Raise unless Torch7 had this operation for tensors like ``x``."""
    if x.dtype not in dtypes:
        raise TorchError(f"{typename(x)} does not implement the torch.{name}() function")


def scalar(value, dtype: torch.dtype) -> int | float:
    """A number as an element of that type: whole types cut off fractions."""
    if dtype in REALS:
        kind = type(value)
        if kind is int or kind is float:
            value = float(value)  # PyTorch takes a float faster than an int here
            if dtype is torch.float64 or abs(value) <= _FLOAT_MAX:
                return value
    return element(value, dtype)


def rounded(value, dtype: torch.dtype) -> float:
    """A number as an element of that real type, where PyTorch would reckon with it as a double."""
    value = scalar(value, dtype)
    return c_float(value).value if dtype is torch.float32 else value


def operand(x: Tensor, y: Tensor) -> Tensor:
    """``y`` in the shape of ``x``, for an elementwise operation on both."""
    if not isinstance(y, Tensor) or y.dtype is not x.dtype:
        raise ArgumentError(f"invalid arguments: {typename(x)} expected, got {describe(y)}")
    if y.shape == x.shape:
        return y
    if y.numel() != x.numel():
        raise TorchError(
            f"inconsistent tensor size, expected {sizes_text(x)} and {sizes_text(y)} to have the same number of "
            f"elements, but got {x.numel()} and {y.numel()} elements respectively"
        )
    return y.reshape(x.shape)


def result(r: Tensor, x: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """``r`` made ready to receive a result of the shape of ``x``, and of its type unless ``dtype`` is given."""
    if r.dtype is not (dtype or x.dtype):
        raise ArgumentError(f"invalid arguments: {typename(x)} expected as the result, got {typename(r)}")
    return r if r.shape == x.shape else resize(r, x.shape)


def resize(r: Tensor, shape) -> Tensor:
    """Lay out ``r`` afresh in this shape, unless it has it."""
    if r.shape != shape:
        r.resize_(shape)
        registry.resized()
    return r


def put(r: Tensor | None, values: Tensor) -> Tensor:
    """``values`` as a result: copied into ``r`` if that was given, which takes their shape."""
    return values if r is None else result(r, values).copy_(values)


def dimension(x: Tensor, dim) -> int:
    """A dimension of ``x`` counted from 0, from one counted from 1."""
    if type(dim) is not int:
        dim = element(dim, torch.int64)
    if not 0 < dim <= x.dim() or x.numel() == 0:
        raise TorchError(f"bad argument #2 (dimension {dim} out of range)")
    return dim - 1


def sizes_text(x: Tensor) -> str:
    """``[2 x 3]``."""
    return "[" + " x ".join(map(str, x.shape if x.numel() else ())) + "]"
