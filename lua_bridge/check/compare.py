"""Whether two values agree, and how they differ."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

# How far numbers of each type may be apart, relative to the largest of the tensor.
RELATIVE = {torch.float64: 1e-9, torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 1e-2}


class Tolerance(NamedTuple):
    """How far values may be apart.

    Attributes:
        relative: over the largest value of a tensor; None leaves it to the values' type.
        absolute: allowed besides.
        any_type: float may stand for double.
        number: ``relative`` for plain numbers, where it is None.
    """

    relative: float | None = None
    absolute: float = 0.0
    any_type: bool = False
    number: float = RELATIVE[torch.float64]

    def of(self, dtype: torch.dtype, other: torch.dtype) -> float:
        if self.relative is not None:
            return self.relative
        return max(RELATIVE.get(dtype, 0.0), RELATIVE.get(other, 0.0))


class Difference(NamedTuple):
    """How two values differ. What does not apply is None.

    Attributes:
        text: a sentence.
        absolute, relative: the largest difference, and that over the largest value.
        index: of the first element that differs (from 1).
        original, port: the values there.
    """

    text: str
    absolute: float | None = None
    relative: float | None = None
    index: tuple[int, ...] | None = None
    original: object = None
    port: object = None


def difference(original, port, tolerance: Tolerance, stride: int = 1, shape: tuple | None = None) -> Difference | None:
    """None where the values agree.

    Arguments:
        original, port: tensors, numbers, strings, booleans or None.
        stride, shape: of tensors of which only every ``stride``-th element is here, and their shape.
    """
    if isinstance(original, torch.Tensor) and isinstance(port, torch.Tensor):
        return _tensors(original, port, tolerance, stride, shape)
    original, port = _single(original), _single(port)
    if isinstance(original, torch.Tensor) or isinstance(port, torch.Tensor):
        return Difference(f"{_kind(original)} in the original, {_kind(port)} in the port")
    if _is_number(original) and _is_number(port):
        return _numbers(original, port, tolerance)
    if original != port:
        return Difference("", original=original, port=port)
    return None


def _tensors(original, port, tolerance, stride, shape) -> Difference | None:
    shape = tuple(original.shape) if shape is None else shape
    if original.shape != port.shape:
        sizes = "x".join(map(str, original.shape)), "x".join(map(str, port.shape))
        return Difference(f"size {sizes[0]} in the original, {sizes[1]} in the port")
    types = original.dtype, port.dtype
    floating = types[0].is_floating_point and types[1].is_floating_point
    if floating and types[0] is not types[1] and not tolerance.any_type:
        return Difference(f"{_type(original)} in the original, {_type(port)} in the port")
    if types[0] is types[1] and torch.equal(original, port):
        return None
    if original.numel() == 0:
        return None
    a, b = (original, port) if floating and types[0] is types[1] else (original.double(), port.double())
    apart = (a - b).abs_()
    bad = apart.isnan()
    if bad.any():  # nan or inf on one side or both: inf - inf is nan too
        same = (a == b) | (a.isnan() & b.isnan())
        apart = apart.masked_fill_(bad, math.inf).masked_fill_(same, 0.0)
    largest = apart.max().item()
    scale = max(_finite_max(a), _finite_max(b))
    allowed = tolerance.absolute + tolerance.of(*types) * scale
    if largest <= allowed:
        return None
    first = int((apart.view(-1) > allowed).to(torch.uint8).argmax())
    index = tuple(int(i) + 1 for i in torch.unravel_index(torch.tensor(first * stride), shape))
    values = original.reshape(-1)[first].item(), port.reshape(-1)[first].item()
    return Difference("", largest, largest / scale if scale else math.inf, index, *values)


def _numbers(original: float, port: float, tolerance: Tolerance) -> Difference | None:
    if original == port or (original != original and port != port):
        return None
    apart, scale = abs(original - port), max(abs(original), abs(port))
    relative = tolerance.number if tolerance.relative is None else tolerance.relative
    if apart <= tolerance.absolute + relative * scale:
        return None
    return Difference("", apart, apart / scale if 0 < scale < math.inf else math.inf, None, original, port)


def _finite_max(values: torch.Tensor) -> float:
    largest = values.abs().max().item()
    if largest < math.inf:
        return largest
    finite = values[values.isfinite()]
    return finite.abs().max().item() if finite.numel() else 0.0


def _single(value):
    """A tensor of one element stands for its number: Lua programs have no others."""
    return value.item() if isinstance(value, torch.Tensor) and value.numel() == 1 else value


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _type(tensor: torch.Tensor) -> str:
    return {torch.float64: "double", torch.float32: "float", torch.float16: "half"}.get(
        tensor.dtype, str(tensor.dtype).removeprefix("torch.")
    )


def _kind(value) -> str:
    if isinstance(value, torch.Tensor):
        return f"a {_type(value)} tensor of size {'x'.join(map(str, value.shape))}"
    return "nothing" if value is None else repr(value)
