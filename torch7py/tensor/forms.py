"""The argument forms that Torch7's elementwise operations share; an operation is one line with one of these.

As a method an operation works in place (``x:exp()``), or writes what it computes from another tensor (``x:exp(y)``). As
a function it makes a new tensor (``torch.exp(y)``) or writes one that is given first (``torch.exp(x, y)``).

A kernel is called ``kernel(x, ..., out=result)`` and returns its result, as PyTorch's functions do.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.tensor.arguments import number
from torch7py.tensor.operands import NUMERIC, REALS, Tensor, check_type, invalid, operand, result, scalar
from torch7py.tensor.registry import both


def dense(x: Tensor) -> Tensor:
    """``x`` contiguous, for kernels whose new results would take over its strides."""
    return x if x.is_contiguous() else x.contiguous()


def unary(
    name: str,
    kernel: Callable,
    in_place: Callable | None = None,
    on_number: Callable | None = None,
    dtypes: frozenset = REALS,
) -> None:
    """``x:NAME([y])``, ``torch.NAME([result,] x)`` and, with ``on_number``, ``torch.NAME(number)``."""

    def call(x, y=None):
        if y is None:
            check_type(name, x, dtypes)
            return in_place(x) if in_place else kernel(x, out=x)
        if not isinstance(y, Tensor) or y.dtype is not x.dtype:
            raise invalid("[result] tensor", x, y)
        check_type(name, y, dtypes)
        return kernel(y, out=result(x, y))

    def make(x, y=None):
        if isinstance(x, Tensor):
            if y is not None:
                return call(x, y)
            check_type(name, x, dtypes)
            return kernel(dense(x))
        value = number(x)
        if value is None or on_number is None or y is not None:
            raise invalid("[result] tensor" + (" | number" if on_number else ""), x, y)
        try:
            return on_number(value)
        except (ValueError, OverflowError, ZeroDivisionError):  # where C answers nan or inf
            return kernel(torch.tensor([value], dtype=torch.float64)).item()

    both(name, unary, call, make)


def with_number(name: str, kernel: Callable, in_place: Callable | None = None, dtypes: frozenset = NUMERIC) -> None:
    """``x:NAME([y,] number)`` and ``torch.NAME([result,] x, number)``."""

    def call(x, a, b=None):
        dtype = x.dtype
        if dtypes is not NUMERIC:
            check_type(name, x, dtypes)
        if b is None:
            value = scalar(a, dtype)
            return in_place(x, value) if in_place else kernel(x, value, out=x)
        if not isinstance(a, Tensor):
            raise invalid("[result] tensor number", x, a, b)
        return kernel(a, scalar(b, dtype), out=result(x, a))

    def make(x, a, b=None):
        if b is not None and isinstance(x, Tensor):
            return call(x, a, b)
        if not isinstance(x, Tensor):
            raise invalid("[result] tensor number", x, a, b)
        check_type(name, x, dtypes)
        return kernel(dense(x), scalar(a, x.dtype))

    both(name, with_number, call, make)


def with_tensor(name: str, kernel: Callable, in_place: Callable | None = None, dtypes: frozenset = NUMERIC) -> None:
    """``x:NAME([y,] z)`` and ``torch.NAME([result,] x, y)``."""

    def call(x, a, b=None):
        if dtypes is not NUMERIC:
            check_type(name, x, dtypes)
        if b is None:
            if not isinstance(a, Tensor) or a.dtype is not x.dtype or a.shape != x.shape:
                a = operand(x, a)
            return in_place(x, a) if in_place else kernel(x, a, out=x)
        if not isinstance(a, Tensor):
            raise invalid("[result] tensor tensor", x, a, b)
        return kernel(a, operand(a, b), out=result(x, a))

    def make(x, a=None, b=None):
        if not isinstance(x, Tensor) or not isinstance(a, Tensor):
            raise invalid("[result] tensor tensor", x, a, b)
        if b is not None:
            return call(x, a, b)
        check_type(name, x, dtypes)
        return kernel(dense(x), operand(x, a))

    both(name, with_tensor, call, make)


def with_products(name: str, kernel: Callable, in_place: Callable) -> None:
    """``x:NAME([y,] [value,] a, b)`` and ``torch.NAME([result,] x, [value,] a, b)``, ``value`` being 1 if absent."""
    forms = "[result] tensor [number] tensor tensor"

    def read(args):
        """The arguments without the number, and the number."""
        while args and args[-1] is None:
            args = args[:-1]
        if len(args) > 2 and not isinstance(args[-3], Tensor):
            return (*args[:-3], *args[-2:]), args[-3]
        return args, 1

    def call(x, *args):
        tensors, value = read(args)
        value = scalar(value, x.dtype)
        if len(tensors) == 2:
            a, b = tensors
            return in_place(x, operand(x, a), operand(x, b), value=value)
        if len(tensors) != 3 or not isinstance(tensors[0], Tensor):
            raise invalid(forms, x, *args)
        y, a, b = tensors
        return kernel(y, operand(y, a), operand(y, b), value=value, out=result(x, y))

    def make(x, *args):
        tensors, value = read(args)
        if not isinstance(x, Tensor) or len(tensors) not in (2, 3):
            raise invalid(forms, x, *args)
        if len(tensors) == 3:
            return call(x, *args)
        return kernel(dense(x), operand(x, tensors[0]), operand(x, tensors[1]), value=scalar(value, x.dtype))

    both(name, with_products, call, make)
