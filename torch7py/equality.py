"""Deep equality with a tolerance, and what to say where it fails: for the assertions of ``torch.Tester``."""

from __future__ import annotations

import torch

from torch7py.classes import TorchObject
from torch7py.console import luatype, tostring
from torch7py.table import Table
from torch7py.tensor.storage import Storage

Verdict = tuple[bool, str]  # equal?, and why not (or why, where inequality was wanted)


def same(a, b) -> bool:
    """Lua's ``==``: by value for numbers, strings and booleans, by identity for the rest."""
    if isinstance(a, (bool, int, float, str)) and not isinstance(a, torch.Tensor):
        return luatype(a) == luatype(b) and a == b
    return a is b or (isinstance(a, Storage) and a == b)


def kind(value) -> str:
    """What Lua calls the type of ``value``: objects that Torch7 keeps in tables are tables."""
    return "table" if isinstance(value, TorchObject) else luatype(value)


def compare(got, expected, tolerance: float) -> Verdict:
    """Are these equal, within ``tolerance`` for numbers, wherever they stand in tables, tensors and storages?"""
    if kind(got) != kind(expected):
        return False, f"EQ failed: values have different types (first: {kind(got)}, second: {kind(expected)})"
    if kind(got) == "number":
        equal = abs(got - expected) <= tolerance
        within = f" with tolerance={tostring(tolerance)}" if tolerance > 0 else ""
        return equal, f"{_failed(equal, got, expected)}{within}"
    if kind(got) == "table":
        return _compare_tables(got, expected, tolerance)
    if isinstance(got, torch.Tensor) and isinstance(expected, torch.Tensor):
        return compare_tensors(got, expected, tolerance)
    if isinstance(got, Storage) and isinstance(expected, Storage):
        return _compare_storages(got, expected, tolerance)
    equal = same(got, expected)
    return equal, _failed(equal, f"{tostring(got)} ({kind(got)})", f"{tostring(expected)} ({kind(expected)})")


def _failed(equal: bool, got, expected) -> str:
    """What an assertion says: of equality where the values differ, of inequality where they are equal."""
    sign, name = ("==", "NE") if equal else ("~=", "EQ")
    return f"{name} failed: {tostring(got)} {sign} {tostring(expected)}"


def compare_tensors(got: torch.Tensor, expected: torch.Tensor, tolerance: float, any_shape: bool = False) -> Verdict:
    """Are types, sizes (with ``any_shape``, only numbers of elements) and elements equal, within ``tolerance``?"""
    empty = got.numel() == expected.numel() == 0
    if not any_shape and got.dim() != expected.dim() and not empty:
        return False, "The tensors have different dimensions"
    if got.dtype != expected.dtype or got.device != expected.device:
        return False, "The tensors have different types"
    if empty:
        return True, "Both tensors are empty"
    if got.numel() != expected.numel() or (not any_shape and got.shape != expected.shape):
        return False, "The tensors have different sizes"
    return _compare_elements(got, expected, tolerance, "Tensor")


def _compare_storages(got: Storage, expected: Storage, tolerance: float) -> Verdict:
    if len(got) != len(expected):
        return False, "The storages have different sizes"
    if got.dtype != expected.dtype:
        return False, "The storages have different types"
    if len(got) == 0:
        return True, "Both storages are empty"
    return _compare_elements(got.tensor(), expected.tensor(), tolerance, "Storage")


def _compare_elements(got: torch.Tensor, expected: torch.Tensor, tolerance: float, what: str) -> Verdict:
    difference = (got.reshape(-1).double() - expected.reshape(-1).double()).abs().max().item()
    equal = difference <= tolerance
    violation = "NE(==)" if equal else "EQ(==)"
    return equal, f"{what}{violation} violation: max diff={tostring(difference)}, tolerance={tostring(tolerance)}"


def _fields(table) -> dict:
    if isinstance(table, TorchObject):
        return {key: value for key, value in vars(table).items() if value is not None}
    return dict((table if isinstance(table, (Table, dict)) else Table(table)).items())


def _compare_tables(got, expected, tolerance: float) -> Verdict:
    """Level by level, so that the difference that is told is the one nearest to the root."""
    pending = [(got, expected, "")]
    while pending:
        first, second, place = pending.pop(0)
        first, second = _fields(first), _fields(second)
        for key, value in first.items():
            where = place + tostring(key)
            if second.get(key) is None:
                return False, f"Entry {where} missing in second table (is {tostring(value)} in first)"
            if kind(value) == "table" and kind(second[key]) == "table":
                pending.append((value, second[key], where + "."))
                continue
            equal, message = compare(value, second[key], tolerance)
            if not equal:
                return False, f"At table location {where}: {message}"
        for key, value in second.items():
            if first.get(key) is None:
                return False, f"Entry {place}{tostring(key)} missing in first table (is {tostring(value)} in second)"
    return True, "The tables are equal"
