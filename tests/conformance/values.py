"""Values in the corpus's notation, and when two of them agree."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch

from torch7py.table import Table
from torch7py.tensor.storage import Storage
from torch7py.tensor.types import typename


class Tolerance(NamedTuple):
    """Two numbers agree when they differ by at most ``relative`` times their scale plus ``absolute``.

    The scale of a tensor's element is the largest element of the tensor: what an element that nearly cancels
    out is off by depends on what it was summed from.
    """

    relative: float
    absolute: float

    def allows(self, expected: float, got: float, scale: float) -> bool:
        return abs(expected - got) <= self.relative * scale + self.absolute


EXACT = Tolerance(0.0, 0.0)
DOUBLE = Tolerance(1e-9, 1e-13)
FLOAT = Tolerance(1e-5, 1e-7)


def encode(value: Any) -> Any:
    """A value that came out of Lua, written as the corpus writes it."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, torch.Tensor):
        size = list(value.shape) if value.numel() else []
        return {"tensor": typename(value), "size": size, "data": [_number(x) for x in value.flatten().tolist()]}
    if isinstance(value, Storage):
        return {"storage": value.__typename__, "data": [_number(x) for x in value.tensor().tolist()]}
    if isinstance(value, Table):
        return {"table": [[encode(key), encode(content)] for key, content in value.items()]}
    if getattr(value, "__typename__", None):
        return {"object": value.__typename__}
    if callable(value):
        return {"function": True}
    raise TypeError(f"a {type(value).__name__} has no place in the corpus")


def _number(x: float) -> float | str:
    if math.isfinite(x):
        return x
    return "nan" if math.isnan(x) else "inf" if x > 0 else "-inf"


def difference(expected: Any, got: Any, number: Tolerance, place: str = "") -> str | None:
    """Where ``got`` departs from ``expected`` (both in the corpus's notation), in words; None where they agree.

    ``number`` is the tolerance for plain numbers and for tensors of doubles; those of floats have FLOAT at least,
    integers none.
    """
    if isinstance(expected, dict) and isinstance(got, dict) and expected.keys() == got.keys():
        if "table" in expected:
            return _table_difference(expected["table"], got["table"], number, place)
        if "data" in expected:
            return _data_difference(expected, got, number, place)
        return None if expected == got else _told(place, expected, got)
    if _is_number(expected) and _is_number(got):
        agree = number.allows(expected, got, abs(expected))
    else:
        agree = type(expected) is type(got) and expected == got
    return None if agree else _told(place, expected, got)


def _data_difference(expected: dict, got: dict, number: Tolerance, place: str) -> str | None:
    """For tensors and storages: type, size, elements."""
    kind = expected.get("tensor") or expected["storage"]
    for part in ("tensor", "storage", "size"):
        if expected.get(part) != got.get(part):
            return _told(f"{place}.{part}", expected.get(part), got.get(part))
    if len(expected["data"]) != len(got["data"]):
        return _told(f"#{place}", len(expected["data"]), len(got["data"]))
    if "Float" in kind or "Half" in kind:
        number = Tolerance(*map(max, number, FLOAT)) if number != EXACT else EXACT
    elif "Double" not in kind:
        number = EXACT
    scale = max((abs(x) for x in expected["data"] if _is_number(x)), default=0.0)
    for position, (one, other) in enumerate(zip(expected["data"], got["data"], strict=True), 1):
        both_numbers = _is_number(one) and _is_number(other)
        if not (number.allows(one, other, scale) if both_numbers else one == other):
            return _told(f"{place}.data[{position}]", one, other)
    return None


def _table_difference(expected: list, got: list, number: Tolerance, place: str) -> str | None:
    """For tables, given as lists of pairs in any order."""
    expected, got = ({_key(key): value for key, value in pairs} for pairs in (expected, got))
    for key in expected.keys() | got.keys():
        found = difference(expected.get(key), got.get(key), number, f"{place}[{key}]")
        if found:
            return found
    return None


def _key(key: Any) -> str:
    return repr(int(key) if isinstance(key, float) and key.is_integer() else key)


def _is_number(x: Any) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def _told(place: str, expected: Any, got: Any) -> str:
    return f"{place or 'value'}: expected {expected!r}, got {got!r}"
