"""Sums, products and quotients, elementwise, with numbers and with tensors."""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.tensor.forms import dense, unary, with_number, with_products, with_tensor
from torch7py.tensor.operands import INTEGERS, REALS, Tensor, invalid, operand, result, rounded, scalar
from torch7py.tensor.registry import both

# --- add, csub: the only ones with numbers and tensors mixed


def _additive(name: str, kernel: Callable, in_place: Callable) -> None:
    """``x:NAME([y,] number)`` and ``x:NAME([y,] [factor,] z)``; as a function with ``[result,] y`` first."""
    forms = "[result] tensor number | [result] tensor [number] tensor"

    def call(x, a, b=None, c=None):
        if b is None:
            if isinstance(a, Tensor):
                if a.dtype is x.dtype and a.shape == x.shape:
                    return in_place(x, a)
                return in_place(x, operand(x, a))
            return in_place(x, scalar(a, x.dtype))
        if c is None and not isinstance(a, Tensor):
            factor = rounded(a, x.dtype)
            if factor == 0:
                operand(x, b)
                return x  # BLAS leaves x alone, whatever b holds
            return in_place(x, operand(x, b), alpha=factor)
        if not isinstance(a, Tensor):
            raise invalid(forms, x, a, b, c)
        if c is not None:
            return kernel(a, operand(a, c), alpha=scalar(b, x.dtype), out=result(x, a))
        return kernel(a, operand(a, b) if isinstance(b, Tensor) else scalar(b, x.dtype), out=result(x, a))

    def make(x, a, b=None, c=None):
        if not isinstance(x, Tensor) or c is not None and not isinstance(a, Tensor):
            raise invalid(forms, x, a, b, c)
        if b is None:
            return kernel(dense(x), operand(x, a) if isinstance(a, Tensor) else scalar(a, x.dtype))
        if isinstance(a, Tensor):
            return call(x, a, b, c)
        return kernel(dense(x), operand(x, b), alpha=scalar(a, x.dtype))

    both(name, _additive, call, make)


_additive("add", torch.add, Tensor.add_)
_additive("csub", torch.sub, Tensor.sub_)

# --- products and quotients


def divide(x: Tensor, y: Tensor | float, *, out: Tensor | None = None) -> Tensor:
    """The quotient; that of whole numbers is cut off towards zero."""
    if x.dtype in REALS:
        return torch.div(x, y, out=out)
    return torch.div(x, y, rounding_mode="trunc", out=out)


def _divide_(x: Tensor, y: Tensor | float) -> Tensor:
    return x.div_(y) if x.dtype in REALS else x.div_(y, rounding_mode="trunc")


def remainder(x: Tensor, y: Tensor | float, *, out: Tensor | None = None) -> Tensor:
    """What is left of ``x`` after taking ``y`` as often as goes; it has the sign of ``y``."""
    if x.dtype in INTEGERS:
        return torch.remainder(x, y, out=out)
    if not isinstance(y, Tensor):
        y = rounded(y, x.dtype)
    # as C: the quotient has the precision of floats, the product and the difference that of doubles
    rest = torch.sub(x.double(), torch.floor(x / y).double().mul_(y)).to(x.dtype)
    if isinstance(y, Tensor):
        rest = rest.masked_fill_(y == 0, torch.nan)
    elif y == 0:
        rest = rest.fill_(torch.nan)
    return rest if out is None else out.copy_(rest)


def power(x: Tensor, y: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``x`` to the power of ``y``; for whole numbers by way of doubles, as C's pow."""
    if x.dtype in REALS:
        return torch.pow(x, y, out=out)
    raised = torch.pow(x.double(), y.double()).to(x.dtype)
    return raised if out is None else out.copy_(raised)


with_number("mul", torch.mul, Tensor.mul_)
with_number("div", divide, _divide_)
with_number("fmod", torch.fmod)
with_number("mod", torch.fmod)
with_number("remainder", remainder)

with_tensor("cmul", torch.mul, Tensor.mul_)
with_tensor("cdiv", divide, _divide_)
with_tensor("cpow", power)
with_tensor("cfmod", torch.fmod)
with_tensor("cmod", torch.fmod)
with_tensor("cremainder", remainder)

unary("neg", torch.neg, Tensor.neg_)
unary("cinv", torch.reciprocal, Tensor.reciprocal_)


def _addcdiv(x: Tensor, a: Tensor, b: Tensor, *, value: float, out: Tensor | None = None) -> Tensor:
    if x.dtype in REALS:
        return torch.addcdiv(x, a, b, value=value, out=out)
    wide = torch.int64 if x.dtype is torch.int64 else torch.int32  # in which C multiplies
    quotients = torch.div(a.to(wide) * value, b.to(wide), rounding_mode="trunc")
    return torch.add(x, quotients.to(x.dtype), out=out)


with_products("addcmul", torch.addcmul, Tensor.addcmul_)
with_products("addcdiv", _addcdiv, lambda x, a, b, value: _addcdiv(x, a, b, value=value, out=x))
