"""Sums and their kin: of all elements as a number, or along one dimension, which stays with size 1.

``NAME(x)`` is a number; ``NAME([result,] x, dim)`` a tensor. Methods and functions have the same forms.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.tensor.arguments import number
from torch7py.tensor.operands import (
    NUMERIC,
    REALS,
    Tensor,
    check_type,
    dimension,
    invalid,
    operand,
    put,
    result,
    scalar,
)
from torch7py.tensor.registry import both, function, method


def _exact(x: Tensor) -> Tensor:
    """``x`` in the precision in which Torch7 added floats up."""
    return x.double() if x.dtype is torch.float32 else x


def total(x: Tensor) -> int | float:
    """The sum of all elements."""
    if x.dtype is torch.float32:
        return torch.sum(x, dtype=torch.float64).item()
    return torch.sum(x).item()


def _product(x: Tensor) -> int | float:
    return torch.prod(_exact(x)).item()


def _mean(x: Tensor) -> float:
    if x.numel() == 0:
        raise TorchError("empty Tensor")
    return total(x) / x.numel()


def _reduction(
    name: str, of_all: Callable[[Tensor], int | float], along: Callable, dtypes: frozenset = NUMERIC
) -> None:
    """``along(x, dim, True)`` reduces along ``dim`` and keeps it."""

    def reduce(x, a=None, b=None):
        if a is None:
            if not isinstance(x, Tensor):
                raise invalid("tensor | [result] tensor dimension", x, a, b)
            if dtypes is not NUMERIC:
                check_type(name, x, dtypes)
            return of_all(x)
        r = None
        if b is not None:
            r, x, a = x, a, b
        if not isinstance(x, Tensor) or isinstance(a, Tensor):
            raise invalid("tensor | [result] tensor dimension", r, x, a)
        check_type(name, x, dtypes)
        values = along(x, dimension(x, a), True)
        return values if r is None else put(r, values)

    both(name, _reduction, reduce)


def _narrow(kernel: Callable) -> Callable:
    """The kernel with results of the operand's own type, in which small whole numbers wrap around."""

    def along(x, dim, keepdim):
        return kernel(x, dim, keepdim, dtype=x.dtype)

    return along


_reduction("sum", total, _narrow(torch.sum))
_reduction("prod", _product, _narrow(torch.prod))
_reduction("mean", _mean, torch.mean, REALS)


def _spread(name: str, kernel: Callable, of_variance: Callable) -> None:
    """``NAME(x, [biased])`` and ``NAME([result,] x, dim, [biased])``; biased divides by n, not by n - 1."""

    def reduce(x, *args):
        while args and args[-1] is None:
            args = args[:-1]
        r = None
        if args and isinstance(args[0], Tensor):
            r, x, args = x, args[0], args[1:]
        biased = False
        if args and isinstance(args[-1], bool):
            *args, biased = args
        if not isinstance(x, Tensor) or len(args) != 1 and (args or r is not None):
            raise invalid("tensor [boolean] | [result] tensor dimension [boolean]", r, x, *args)
        check_type(name, x, REALS)
        correction = 0 if biased else 1
        if not args:
            if x.numel() == 0:
                raise TorchError("empty Tensor")
            if x.numel() <= correction:
                return math.nan
            return kernel(_exact(x), correction=correction).item()
        dim = dimension(x, args[0])
        if x.shape[dim] <= correction:
            return put(r, torch.full_like(x.narrow(dim, 0, 1), math.nan, memory_format=torch.contiguous_format))
        # along a dimension, PyTorch's own kernel takes ten times as long
        squares = (x - x.mean(dim, keepdim=True)).square_()
        return put(r, of_variance(squares.sum(dim, keepdim=True).div_(x.shape[dim] - correction)))

    both(name, _spread, reduce)


_spread("var", torch.var, lambda variance: variance)
_spread("std", torch.std, torch.sqrt_)


def _cumulative(name: str, kernel: Callable) -> None:
    """``NAME([result,] x, [dim])``, along the first dimension by default."""

    def accumulate(x, a=None, b=None):
        r = None
        if isinstance(a, Tensor):
            r, x, a, b = x, a, b, None
        if not isinstance(x, Tensor) or b is not None:
            raise invalid("[result] tensor [dimension]", r, x, a, b)
        return put(r, kernel(x.contiguous(), dimension(x, 1 if a is None else a), dtype=x.dtype))

    both(name, _cumulative, accumulate)


_cumulative("cumsum", torch.cumsum)
_cumulative("cumprod", torch.cumprod)


# --- norms: the p-th root of the sum of the p-th powers; for p = 0 the number of elements that are not 0


def _root(powers: Tensor, p: float) -> Tensor:
    return powers.pow_(torch.tensor(1 / p if p else math.inf, dtype=powers.dtype))


def _norm_along(x: Tensor, p: float, dim: int) -> Tensor:
    if p == 0:
        return torch.ne(x, 0).sum(dim, True).to(x.dtype)
    return _root(x.abs().pow_(p).sum(dim, True, dtype=torch.float64).to(x.dtype), p)


@method("norm", steady=True)
@function("norm", steady=True)
def norm(x: Tensor, a: float | Tensor | None = None, b: float | None = None, c: int | None = None) -> float | Tensor:
    """``norm(x, [p])`` with p = 2 by default, or ``norm([result,] x, p, dim)``."""
    r = None
    if isinstance(a, Tensor):
        r, x, a, b, c = x, a, b, c, None
    if not isinstance(x, Tensor) or c is not None or r is not None and b is None:
        raise invalid("tensor [number] | [result] tensor number dimension", r, x, a, b)
    check_type("norm", x, REALS)
    p = scalar(2 if a is None else a, x.dtype)
    if b is not None:
        return put(r, _norm_along(x, p, dimension(x, b)))
    flat = x.reshape(-1)
    if p == 2:
        flat = _exact(flat)
        return math.sqrt(torch.dot(flat, flat).item())
    if p == 1:
        return _exact(flat).abs().sum().item()
    return _norm_along(flat, p, 0).item() if flat.numel() else 0


@method("dist", steady=True)
@function("dist", steady=True)
def dist(x: Tensor, y: Tensor, p: float = 2) -> float:
    """The norm of the difference, for p = 0 too (then infinite as a rule)."""
    if not isinstance(x, Tensor):
        raise invalid("tensor tensor [number]", x, y, p)
    check_type("dist", x, REALS)
    powers = torch.sub(x, operand(x, y)).abs_().pow_(scalar(p, x.dtype)).sum().reshape(1)
    return _root(powers, p).item()


@function("renorm", steady=True)
def renorm(x: Tensor, *args) -> Tensor:
    """``renorm([result,] x, p, dim, maxnorm)``: slices along ``dim`` of a norm above maxnorm are scaled down to it."""
    if len(args) == 4:
        return _renorm(x, *args)
    if not isinstance(x, Tensor) or len(args) != 3:
        raise invalid("[result] tensor number dimension number", x, *args)
    return _renorm(torch.empty(0, dtype=x.dtype, device=x.device), x, *args)


@method("renorm", steady=True)
def _renorm(r: Tensor, *args) -> Tensor:
    x, p, dim, most = args if len(args) == 4 else (r, *args)
    check_type("renorm", x, REALS)
    p, most = scalar(p, x.dtype), scalar(most, x.dtype)
    if not p > 0:
        raise TorchError("non-positive-norm not supported")
    if x.dim() < 2:
        raise TorchError(f"need at least 2 dimensions, got {x.dim()} dimensions")
    others = [d for d in range(x.dim()) if d != dimension(x, dim)]
    norms = _root(x.abs().pow_(p).sum(others, True), p)
    values = torch.where(norms > most, x * (most / (norms + 1e-7)), x)
    return result(r, x).copy_(values)


# --- histograms


def _bounds(x: Tensor, low: float, high: float) -> tuple[float, float]:
    if low == high:
        low, high = x.min().item(), x.max().item()
    return (low - 1, high + 1) if low == high else (low, high)


def _count(x: Tensor, bins: int, low: float, high: float) -> Tensor:
    """How many elements of each row of a matrix fall into each of the bins; those outside fall into none."""
    inside = (x >= low) & (x <= high)
    places = ((x - low) / (high - low) * bins).masked_fill_(~inside, 0).long().clamp_(0, bins - 1)
    return torch.zeros(x.shape[0], bins, dtype=x.dtype, device=x.device).scatter_add_(1, places, inside.to(x.dtype))


def _histogram(name: str, prepare: Callable[[Tensor], Tensor], finish: Callable[[Tensor], Tensor]) -> None:
    """``NAME([result,] x, [bins], [low], [high])``: 100 bins between the least and the greatest element by default."""

    def operate(x, *args):
        while args and args[-1] is None:
            args = args[:-1]
        r = None
        if args and isinstance(args[0], Tensor):
            r, x, *args = x, *args
        if not isinstance(x, Tensor) or len(args) > 3 or any(number(value) is None for value in args):
            raise invalid("[result] tensor [number] [number] [number]", r, x, *args)
        check_type(name, x, REALS)
        if x.numel() == 0:
            raise TorchError("empty Tensor")
        bins, low, high = (*map(number, args), *(100, 0, 0)[len(args) :])
        if int(bins) <= 0:
            raise TorchError("bad argument #2 (bins must be > 0)")
        return put(r, finish(_count(prepare(x), int(bins), *_bounds(x, low, high))))

    both(name, _histogram, operate)


def _rows(x: Tensor) -> Tensor:
    if x.dim() != 2:
        raise TorchError(f"invalid dimension {x.dim()}, the input must be a 2d tensor")
    return x


_histogram("histc", lambda x: x.reshape(1, -1), lambda counts: counts[0])
_histogram("bhistc", _rows, lambda counts: counts)
