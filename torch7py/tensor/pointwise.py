"""Functions of one number, applied to each element; powers, clamping, interpolation."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from torch7py.tensor.arguments import number
from torch7py.tensor.forms import dense, unary
from torch7py.tensor.operands import (
    NUMERIC,
    REALS,
    Tensor,
    check_type,
    invalid,
    operand,
    result,
    rounded,
    scalar,
)
from torch7py.tensor.registry import both


def round(x: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The nearest whole number, of two equally near ones the one farther from 0."""
    whole = torch.trunc(x)
    whole.add_(torch.sign(x).masked_fill_((x - whole).abs_() < 0.5, 0))
    return whole if out is None else out.copy_(whole)


def sign(x: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-1, 0 or 1; 0 for nan."""
    return torch.sign(x, out=out).nan_to_num_(0) if x.dtype in REALS else torch.sign(x, out=out)


for _name in ("exp", "log", "log1p", "cos", "acos", "cosh", "sin", "asin", "sinh", "tan", "atan", "tanh", "sqrt"):
    unary(_name, getattr(torch, _name), getattr(Tensor, _name + "_"), getattr(math, _name))
unary("floor", torch.floor, Tensor.floor_, math.floor)
unary("ceil", torch.ceil, Tensor.ceil_, math.ceil)
unary("trunc", torch.trunc, Tensor.trunc_, math.trunc)
unary("round", round, None, lambda x: math.trunc(x + math.copysign(0.5, x)))
unary("frac", torch.frac, Tensor.frac_, lambda x: x - math.trunc(x))
unary("rsqrt", torch.rsqrt, Tensor.rsqrt_, lambda x: 1 / math.sqrt(x))
unary("sigmoid", torch.sigmoid, Tensor.sigmoid_, lambda x: 1 / (1 + math.exp(-x)))
unary("abs", torch.abs, Tensor.abs_, abs, REALS | {torch.int32, torch.int64})
unary("sign", sign, None, None, NUMERIC)


def _atan2_into(x: Tensor, a: Tensor, b: Tensor | None = None) -> Tensor:
    y, x_part = (x, a) if b is None else (a, b)
    check_type("atan2", x, REALS)
    return torch.atan2(y, operand(y, x_part), out=result(x, y))


def atan2(y: Tensor | float, x: Tensor | float, last: Tensor | None = None) -> Tensor | float:
    """``atan2([result,] y, x)``: the angle of the point (x, y); numbers give a number."""
    if last is not None:
        return _atan2_into(y, x, last)
    if isinstance(y, Tensor):
        check_type("atan2", y, REALS)
        return torch.atan2(dense(y), operand(y, x))
    if number(y) is None or number(x) is None:
        raise invalid("[result] tensor tensor | number number", y, x)
    return math.atan2(number(y), number(x))


both("atan2", atan2, _atan2_into, atan2)


# --- powers: of a tensor, or with a tensor as the exponent


def _power(base: Tensor | float, exponent: Tensor | float, r: Tensor | None) -> Tensor:
    x = base if isinstance(base, Tensor) else exponent
    if not isinstance(x, Tensor):
        raise invalid("[result] tensor number | [result] number tensor", r, base, exponent)
    check_type("pow", x, REALS)
    if r is None:
        x = dense(x)
    else:
        result(r, x)
    if isinstance(base, Tensor):
        return torch.pow(x, rounded(exponent, x.dtype), out=r)
    return torch.pow(scalar(base, x.dtype), x, out=r)


def _pow_into(x: Tensor, a: Tensor | float, b: Tensor | float | None = None) -> Tensor:
    if b is not None:
        return _power(a, b, x)
    check_type("pow", x, REALS)
    return x.pow_(rounded(a, x.dtype))


def pow(a: Tensor | float, b: Tensor | float, c: Tensor | float | None = None) -> Tensor | float:
    """``pow([result,] x, number)``, ``pow([result,] number, x)``; two numbers give a number."""
    if c is not None:
        return _power(b, c, a)
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return _power(a, b, None)
    if number(a) is None or number(b) is None:
        raise invalid("[result] tensor number | [result] number tensor | number number", a, b)
    try:
        return math.pow(number(a), number(b))
    except (ValueError, OverflowError):  # where C answers nan or inf
        return torch.pow(torch.tensor([number(a)], dtype=torch.float64), number(b)).item()


both("pow", pow, _pow_into, pow)


# --- bounds


def clamp(x: Tensor, low: float, high: float, *, out: Tensor | None = None) -> Tensor:
    """What is below ``low`` becomes ``low``, else what is above ``high`` becomes ``high``; nan stays."""
    if low <= high:
        return torch.clamp(x, low, high, out=out)
    values = torch.where(x < low, low, torch.where(x > high, high, x)).to(x.dtype)
    return values if out is None else out.copy_(values)


def _clamp_into(x: Tensor, a: Tensor | float, b: float, c: float | None = None) -> Tensor:
    dtype = x.dtype
    if c is None:
        low, high = scalar(a, dtype), scalar(b, dtype)
        return x.clamp_(low, high) if low <= high else clamp(x, low, high, out=x)
    if not isinstance(a, Tensor):
        raise invalid("[result] tensor number number", x, a, b, c)
    return clamp(a, scalar(b, dtype), scalar(c, dtype), out=result(x, a))


def _clamp(x: Tensor, a: Tensor | float, b: float | None = None, c: float | None = None) -> Tensor:
    """``x:clamp([y,] low, high)`` and ``torch.clamp([result,] x, low, high)``: what is below low becomes low, what is
    above high becomes high.
    """
    if not isinstance(x, Tensor) or b is None:
        raise invalid("[result] tensor number number", x, a, b, c)
    if c is not None:
        return _clamp_into(x, a, b, c)
    return clamp(dense(x), scalar(a, x.dtype), scalar(b, x.dtype))


both("clamp", _clamp, _clamp_into, _clamp)


def _choice(name: str, prefers: Callable, kernel: Callable, of_reals: Callable, bound: str) -> None:
    """``x:NAME([y,] z)`` and ``torch.NAME([result,] x, y)``, the last one a tensor or a number.

    Where ``prefers(x, y)`` does not hold, as with nan for one, the result is y. That is what ``kernel`` does, unless an
    x is nan. ``of_reals`` does it for a number y, for whole numbers it is the ``bound`` of torch.clamp.
    """
    forms = "[result] tensor tensor | [result] tensor number"

    def choose(x, y, out):
        if isinstance(y, Tensor):
            total = x.sum().item()
            return kernel(x, y, out=out) if total == total else torch.where(prefers(x, y), x, y, out=out)
        if x.dtype in REALS:
            if y != y:
                return torch.full_like(x, y) if out is None else out.fill_(y)
            return of_reals(x, torch.scalar_tensor(y, dtype=x.dtype), out=out)
        return torch.clamp(x, **{bound: y}, out=out)

    def call(x, a, b=None):
        if b is None:
            return choose(x, operand(x, a) if isinstance(a, Tensor) else scalar(a, x.dtype), x)
        if not isinstance(a, Tensor):
            raise invalid(forms, x, a, b)
        y = operand(a, b) if isinstance(b, Tensor) else scalar(b, a.dtype)
        return choose(a, y, result(x, a))

    def make(x, a, b=None):
        if not isinstance(x, Tensor):
            raise invalid(forms, x, a, b)
        if b is not None:
            return call(x, a, b)
        return choose(dense(x), operand(x, a) if isinstance(a, Tensor) else scalar(a, x.dtype), None)

    both(name, _choice, call, make)


_choice("cmax", torch.gt, torch.maximum, torch.fmax, "min")
_choice("cmin", torch.lt, torch.minimum, torch.fmin, "max")


# --- interpolation: a + weight * (b - a)


def _between(x: Tensor, y: Tensor, weight: float, out: Tensor | None = None) -> Tensor:
    return torch.add(x, torch.sub(y, x), alpha=weight, out=out)


def _lerp_into(x: Tensor, a: Tensor, b: Tensor | float, c: float | None = None) -> Tensor:
    x_, y, weight = (x, a, b) if c is None else (a, b, c)
    check_type("lerp", x_, REALS)
    return _between(x_, operand(x_, y), scalar(weight, x.dtype), result(x, x_))


def lerp(x: Tensor | float, a: Tensor | float, b: Tensor | float, c: float | None = None) -> Tensor | float:
    """``lerp([result,] a, b, weight)``; three numbers give a number."""
    if c is not None:
        return _lerp_into(x, a, b, c)
    if isinstance(x, Tensor):
        check_type("lerp", x, REALS)
        return _between(dense(x), operand(x, a), scalar(b, x.dtype))
    values = [number(value) for value in (x, a, b)]
    if None in values:
        raise invalid("[result] tensor tensor number | number number number", x, a, b, c)
    return values[0] + values[2] * (values[1] - values[0])


both("lerp", lerp, _lerp_into, lerp)
