"""Bits of whole numbers: and, or, exclusive or, shifts. Floats have the shifts only, as factors of powers of 2."""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.tensor.forms import with_number, with_tensor
from torch7py.tensor.operands import INTEGERS, Tensor


def _of_integers(name: str, kernel: Callable) -> Callable:
    def combine(x, y, *, out=None):
        if x.dtype not in INTEGERS:
            raise TorchError(f"{name} is only supported for integer type tensors")
        return kernel(x, y, out=out)

    return combine


def _power_of_2(x: Tensor, y: Tensor | float) -> Tensor:
    return torch.pow(torch.scalar_tensor(2, dtype=x.dtype), y)


def left_shift(x: Tensor, y: Tensor | int | float, *, out: Tensor | None = None) -> Tensor:
    """``x`` times 2 to the power of ``y``; what leaves the element's width is lost."""
    if x.dtype not in INTEGERS:
        return torch.mul(x, _power_of_2(x, y), out=out)
    return torch.bitwise_left_shift(x, y, out=out)


def right_shift(x: Tensor, y: Tensor | int | float, *, out: Tensor | None = None) -> Tensor:
    """``x`` by 2 to the power of ``y``; the bits of a negative whole number are shifted as if it were unsigned."""
    if x.dtype not in INTEGERS:
        return torch.div(x, _power_of_2(x, y), out=out)
    if x.dtype is torch.int64:
        # move the sign's copies out: one step by hand, after which the number is not negative
        first = torch.bitwise_and(torch.bitwise_right_shift(x, 1), 2**63 - 1)
        y = torch.as_tensor(y)
        shifted = torch.where(y == 0, x, torch.bitwise_right_shift(first, y - 1))
    else:
        unsigned = torch.bitwise_and(x.long(), 2 ** (8 * x.element_size()) - 1)
        shifted = torch.bitwise_right_shift(unsigned, y).to(x.dtype)
    return shifted if out is None else out.copy_(shifted)


for _name, _kernel in (("bitand", torch.bitwise_and), ("bitor", torch.bitwise_or), ("bitxor", torch.bitwise_xor)):
    with_number(_name, _of_integers(_name, _kernel))
    with_tensor("c" + _name, _of_integers("c" + _name, _kernel))
with_number("lshift", left_shift)
with_number("rshift", right_shift)
with_tensor("clshift", left_shift)
with_tensor("crshift", right_shift)
