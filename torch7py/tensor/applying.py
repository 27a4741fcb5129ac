"""A function called for each element."""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.tensor.arguments import bad_argument, describe, element, number
from torch7py.tensor.copying import check_same_count
from torch7py.tensor.geometry import check_same_type
from torch7py.tensor.registry import method
from torch7py.tensor.storage import as_array


@method("apply")
def apply(x: torch.Tensor, call: Callable) -> torch.Tensor:
    """Call ``call(value)`` for each element in order and put the number that it returns, if any, in its place.

    Returns x.
    """
    return _each("apply", call, x)


@method("map")
def map(x: torch.Tensor, y: torch.Tensor, call: Callable) -> torch.Tensor:
    """:func:`apply` with ``call(value of x, value of y)``; y is of the same type and has as many elements."""
    return _each("map", call, x, y)


@method("map2")
def map2(x: torch.Tensor, y: torch.Tensor, z: torch.Tensor, call: Callable) -> torch.Tensor:
    """:func:`apply` with ``call(value of x, value of y, value of z)``; all of one type, with as many elements."""
    return _each("map2", call, x, y, z)


def _each(name: str, call: Callable, x: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
    if not callable(call):
        raise bad_argument(len(others) + 2, name, f"function expected, got {describe(call)}")
    for position, other in enumerate(others, 2):
        check_same_type(x, other, position, name)
        check_same_count(x, other)
    if not x.is_cpu:
        return x.copy_(_each(name, call, x.cpu(), *[other.cpu() for other in others]))
    # written one by one, since the function may look at what it has done so far
    tensors = (x, *others)
    target, *sources = [as_array(tensor).flat for tensor in tensors]
    addresses = [tensor.data_ptr() for tensor in tensors]
    for i in range(x.numel()):
        result = call(target[i].item(), *[source[i].item() for source in sources])
        if addresses != [tensor.data_ptr() for tensor in tensors]:
            raise TorchError(f"{name}: a tensor was resized while its elements were gone through")
        if result is not None and result is not False:
            if number(result) is None:
                raise TorchError(f"given function should return a number or nil, not {describe(result)}")
            target[i] = element(result, x.dtype)
    return x
