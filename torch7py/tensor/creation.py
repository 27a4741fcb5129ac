"""New tensors of known content: zeros, ones, ranges, the identity.

``torch.NAME([result,] ...)`` makes a tensor of the default type, or of the type named by a last argument
(``'torch.FloatTensor'``), or writes the result, which is resized; so does ``x:NAME(...)``.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.tensor import types
from torch7py.tensor.arguments import integer
from torch7py.tensor.construct import layout, read_sizes
from torch7py.tensor.operands import NUMERIC, REALS, Tensor, check_type, invalid, resize, scalar
from torch7py.tensor.registry import function, method


def _default_type(args: list) -> tuple[str, torch.dtype]:
    """Device and element type of a new tensor: the default ones, or those named by the last argument, which goes."""
    if args and isinstance(args[-1], str) and types.lookup(args[-1]):
        return types.lookup(args.pop())
    return types.default.device, types.default.dtype


def creation(name: str, dtypes: frozenset = NUMERIC) -> Callable[[Callable], Callable]:
    """Decorator: enter ``make(x, *args)``, which resizes and fills ``x``, as method and function."""

    def decorate(make: Callable) -> Callable:
        def create(*args):
            while args and args[-1] is None:
                args = args[:-1]
            x, *args = args or (None,)
            if not isinstance(x, Tensor):
                args = [x, *args]
                device, dtype = _default_type(args)
                x = torch.empty(0, dtype=dtype, device=device)
            check_type(name, x, dtypes)
            make(x, *args)
            return x

        create.__name__ = create.__qualname__ = name
        create.__doc__ = make.__doc__
        method(name, steady=True)(create)
        return function(name, steady=True)(create)

    return decorate


def shape_argument(args: tuple | list, name: str) -> tuple | list:
    """The sizes that an argument list gives, as numbers or in a LongStorage (from Python in a tuple or list, too)."""
    if args and isinstance(args[0], (tuple, list)):
        args = args[0]
    for size in args:
        if type(size) is not int or size <= 0:
            break
    else:
        if args:
            return args
    if not args or args[0] is None:
        raise invalid(f"{name}: [result] (LongStorage | size [size ...])")
    return layout(read_sizes(args, name)[0])[0] or [0]


def _filled(name: str, new: Callable, value: int) -> Callable:
    """``NAME([result,] sizes...)``: a tensor filled with ``value``, as ``new`` makes one."""

    def create(*args):
        if args and isinstance(args[0], Tensor):
            check_type(name, args[0], NUMERIC)
            return resize(args[0], shape_argument(args[1:], name)).fill_(value)
        args = list(args)
        device, dtype = _default_type(args)
        return new(shape_argument(args, name), dtype=dtype, device=device)

    create.__name__ = create.__qualname__ = name
    method(name, steady=True)(create)
    return function(name, steady=True)(create)


zeros = _filled("zeros", torch.zeros, 0)
ones = _filled("ones", torch.ones, 1)


@method("zero", steady=True)
@function("zero", steady=True)
def zero(x: Tensor) -> Tensor:
    """Set every element to 0."""
    check_type("zero", x, NUMERIC)
    return x.zero_()


@method("fill", steady=True)
@function("fill", steady=True)
def fill(x: Tensor, value: float) -> Tensor:
    """Set every element to ``value``."""
    return x.fill_(scalar(value, x.dtype))


@creation("eye")
def eye(x: Tensor, rows: int, columns: int = 0) -> None:
    """``eye([result,] rows, [columns])``: ones on the diagonal, zeros elsewhere; square by default."""
    rows, columns = integer(rows, 1, "eye"), integer(columns, 2, "eye")
    if rows <= 0:
        raise TorchError("bad argument #1 (invalid argument)")
    resize(x, (rows, columns if columns > 0 else rows)).zero_().fill_diagonal_(1)


def _sequence(x: Tensor, values: Tensor) -> None:
    """Write a sequence; a result that has as many elements keeps its shape."""
    if x.numel() != values.numel():
        resize(x, values.shape)
    x.copy_(values.view(x.shape))


@creation("range")
def arange(x: Tensor, low: float, high: float, step: float = 1) -> None:
    """``range([result,] low, high, [step])``: from ``low`` to ``high``, which is included."""
    dtype = torch.float64 if x.dtype in REALS else torch.int64
    low, high, step = (scalar(value, dtype) for value in (low, high, step))
    if step == 0 or step != step:
        raise TorchError("bad argument #3 (step must be a non-null number)")
    if not (high - low) * step >= 0:
        raise TorchError("bad argument #2 (upper bound and larger bound incoherent with step sign)")
    count = int((high - low) / step + 1) if x.dtype in REALS else abs(high - low) // abs(step) + 1
    _sequence(x, torch.arange(count, dtype=dtype).mul_(step).add_(low))


def _spaced(x: Tensor, low: float, high: float, points: int) -> Tensor:
    """``points`` numbers at equal distances, in the precision of ``x``."""
    low, high, points = scalar(low, x.dtype), scalar(high, x.dtype), integer(points, 3, "linspace")
    if points < 1 or points == 1 and low != high:
        raise TorchError("bad argument #3 (invalid number of points)")
    return torch.arange(points, dtype=x.dtype).mul_(high - low).div_(max(points - 1, 1)).add_(low)


@creation("linspace", REALS)
def linspace(x: Tensor, low: float, high: float, points: int = 100) -> None:
    """``linspace([result,] low, high, [points])``: numbers at equal distances, both ends included."""
    _sequence(x, _spaced(x, low, high, points))


@creation("logspace", REALS)
def logspace(x: Tensor, low: float, high: float, points: int = 100) -> None:
    """``logspace([result,] low, high, [points])``: 10 to the powers that ``linspace`` makes."""
    _sequence(x, torch.pow(10.0, _spaced(x, low, high, points)))
