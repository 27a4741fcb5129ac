"""What Torch7 accepts as a number: numbers, and strings that spell one; how a number becomes an element or an index."""

from __future__ import annotations

import torch

from torch7py.errors import ArgumentError, TorchError
from torch7py.tensor.types import typename

# numbers in these ranges become elements without wrapping around or overflowing
_RANGES = {dtype: (torch.iinfo(dtype).min, torch.iinfo(dtype).max) for dtype in (torch.uint8, torch.int8, torch.int16)}
_RANGES |= {dtype: (torch.iinfo(dtype).min, torch.iinfo(dtype).max) for dtype in (torch.int32, torch.int64)}
_RANGES |= {dtype: (torch.finfo(dtype).min, torch.finfo(dtype).max) for dtype in (torch.float16, torch.float32)}


def bad_argument(position: int, name: str, message: str) -> TorchError:
    """The error for a wrong argument, in Torch7's form; ``position`` counts the object of a method call as 1."""
    return TorchError(f"bad argument #{position} to '{name}' ({message})")


def given(*values):
    """The first of the values that is not None; None if all are."""
    return next((value for value in values if value is not None), None)


def number(value) -> int | float | None:
    """``value`` as a number if Lua would take it for one (a number, or a string that spells one), else None."""
    kind = type(value)
    if kind is int or kind is float:
        return value
    if kind is str:
        text = value.strip().lower()
        try:
            if "0x" in text:
                return int(text, 16)
            # Python also reads 'nan', 'inf' and '1_000'; Lua does not
            return None if text.strip("+-0123456789.e") else float(text)
        except ValueError:
            return None
    if hasattr(value, "__float__") and not isinstance(value, (bool, torch.Tensor)):  # numpy's numbers, fractions, ...
        return float(value)
    return None


def integer(value, position: int, name: str) -> int:
    """A whole number from an argument, fractions cut off; an error naming the argument if it is none."""
    if type(value) is int:
        return value
    result = number(value)
    if result is None:
        raise ArgumentError(f"bad argument #{position} to '{name}' (number expected, got {describe(value)})")
    return int(result)


def element(value, dtype: torch.dtype) -> int | float:
    """A number as an element of this type: whole types cut off fractions and wrap around, as a C cast does.

    ``value`` is a number or a string that spells one; anything else raises.
    """
    result = number(value)
    if result is None:
        raise ArgumentError(f"number expected, got {describe(value)}")
    if dtype is torch.float64:
        return result
    low, high = _RANGES[dtype]
    if low <= result <= high:
        return result if dtype.is_floating_point else int(result)
    if not dtype.is_floating_point:
        # C goes by way of the processor's 32 or 64-bit numbers, of which the least stands for all that does not fit
        least = -(2**63) if dtype is torch.int64 else -(2**31)
        result = int(result) if least <= result < -least else least
    return torch.tensor(result, dtype=torch.float64 if dtype.is_floating_point else torch.int64).to(dtype).item()


def describe(value) -> str:
    """What Torch7 calls the type of ``value``: ``number``, ``torch.DoubleTensor``, ``nn.Linear``, ..."""
    return typename(value) or plain_type(value)


def plain_type(value) -> str:
    """Lua's ``type`` of a value that is no object of Torch7."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, (str, bytes)):
        return "string"
    return "function" if callable(value) else "table"


def wording(error: BaseException) -> str:
    """What an error says; Python's own about a value that has no such attribute, in Torch7's words."""
    plain = (type(None), bool, int, float, str)
    if isinstance(error, AttributeError) and error.name is not None and isinstance(error.obj, plain):
        expected = "tensor" if hasattr(torch.Tensor, error.name) else "object"
        return f"{expected} expected, got {describe(error.obj)} (it has no '{error.name}')"
    return str(error) or type(error).__name__
