"""What the optimisers share: reading their settings, calling the user's function, arithmetic as Lua has it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor.handle import wrap


def tables(config, state) -> tuple:
    """``config`` and ``state`` as Torch7 took them: config empty if there is none, the state within the config."""
    if config is None:
        config = Table()
    return config, config if state is None else state


def settings(table) -> dict:
    """The fields of a Table or dict that are neither nil nor false, for quick reading."""
    return {key: value for key, value in table.items() if value is not None and value is not False}


def plain(x) -> torch.Tensor:
    """The ``torch.Tensor`` behind what the user gave: itself, or that of a handle; outside of any autograd graph."""
    if not isinstance(x, torch.Tensor):
        x = x.tensor
    return x.detach() if x.requires_grad else x


def wrapper(x) -> Callable:
    """What makes of a tensor the kind that ``x`` is: a handle, or the tensor itself."""
    return (lambda tensor: tensor) if isinstance(x, torch.Tensor) else wrap


def evaluate(opfunc, x, w: torch.Tensor) -> tuple:
    """f(x) and df/dx from the user's function; the gradient is the user's own memory, in the shape of ``w``."""
    result = opfunc(x)
    if type(result) is not tuple:
        raise TorchError("opfunc must return two values, f(x) and df/dx")
    fx, dfdx = result[:2]
    return fx, match(plain(dfdx), w)


def match(g: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """``g`` in the shape of ``w``, where they hold equally many numbers."""
    if g.shape == w.shape:
        return g
    if g.numel() != w.numel():
        raise TorchError(f"inconsistent tensor size: gradient {list(g.shape)}, parameters {list(w.shape)}")
    return g.view_as(w)


def value(result):
    """f(x) from the result of a function that may or may not have returned a gradient with it."""
    return result[0] if type(result) is tuple else result


def dot(a: torch.Tensor, b: torch.Tensor) -> float:
    return torch.dot(a.reshape(-1), b.reshape(-1)).item()


def divide(a: float, b: float) -> float:
    """a / b as Lua has it: infinite or nan where b is 0."""
    if b != 0:
        return a / b
    if a == 0 or a != a:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def sqrt(a: float) -> float:
    """The square root as Lua has it: nan where there is none."""
    return math.sqrt(a) if a >= 0 else math.nan


@functools.lru_cache(maxsize=64)
def scalar(value: float, dtype: torch.dtype) -> torch.Tensor:
    """``value`` as a 0-dimensional tensor for ``x.mul_(...)``; PyTorch would make one of a number on each call, for
    more time than the multiplication of a small tensor takes."""
    return torch.tensor(value, dtype=dtype)
