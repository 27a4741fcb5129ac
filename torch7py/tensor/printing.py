"""The text that Torch7 prints for tensors and storages."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import torch

from torch7py.tensor import types
from torch7py.tensor.registry import method
from torch7py.tensor.storage import Storage

LINE = 80  # characters


class _Format(NamedTuple):
    """How elements are written: a ``%`` format, the width it takes, and what all elements are divided by first."""

    text: str
    width: float
    scale: float | None


@method("__tostring", steady=True)
def tostring(x: torch.Tensor | Storage) -> str:
    """The text that Torch7 prints for a tensor or a storage, ending in a newline."""
    if isinstance(x, Storage):
        footer = f"[{x.__typename__} of size {len(x)}]\n"
        return (_vector(x.tensor().double()) if len(x) else "") + footer
    name = types.typename(x)
    if x.numel() == 0:
        return f"[{name} with no dimension]\n"
    values = x.double().cpu()
    if x.dim() == 1:
        body = _vector(values)
    elif x.dim() == 2:
        body = _matrix(values, _choose(values), "")
    else:
        body = _slices(values)
    return f"{body}[{name} of size {'x'.join(map(str, x.shape))}]\n"


def _choose(values: torch.Tensor) -> _Format:
    """One format for all values; whole numbers get as many digits as they need, others four after the point."""
    sizes = values.abs()
    least, most = _exponent(sizes.min().item()), _exponent(sizes.max().item())
    if math.isnan(most):
        return _Format("%f", math.nan, None)
    if bool((values == values.ceil()).all()):
        return _Format("%11.4e", 11, None) if most > 9 else _Format(f"%{most + 1}d", most + 1, None)
    if most - least > 4:
        width = 12 if abs(most) > 99 or abs(least) > 99 else 11
        return _Format(f"%{width}.4e", width, None)
    if most > 5 or most < 0:
        return _Format("%7.4f", 7, math.pow(10, most - 1))
    width = 7 if most == 0 else most + 6
    return _Format(f"%{width}.4f", width, None)


def _exponent(size: float) -> float:
    """The number of digits before the point; below 1 what it takes to shift the first digit there."""
    if size == 0:
        return 1
    return math.floor(math.log10(size)) + 1 if math.isfinite(size) else size


def _vector(values: torch.Tensor) -> str:
    form = _choose(values)
    head = ""
    if form.scale is not None:
        head = f"{form.scale:g} *\n"
        values = values / form.scale
    return head + (form.text + "\n") * len(values) % tuple(values.tolist())


def _matrix(values: torch.Tensor, form: _Format, indent: str) -> str:
    """A matrix, in blocks of as many columns as a line holds."""
    columns = values.size(1)
    # a nan has no width: then all columns go in one block
    per_line = columns if math.isnan(form.width) else math.floor((LINE - len(indent)) / (form.width + 1))
    margin = indent
    if form.scale is not None:
        values = values / form.scale
        margin += " "
    text = [indent]
    for first in range(0, columns, per_line):
        block = values[:, first : first + per_line]
        width = block.size(1)
        if per_line < columns:
            gap = "\n" if first else ""
            text.append(f"{gap}Columns {first + 1} to {first + width}\n{indent}")
        if form.scale is not None:
            text.append(f"{form.scale:g} *\n{margin}")
        row = " ".join([form.text] * width) + "\n"
        text.append(margin.join([row] * len(block)) % tuple(block.flatten().tolist()))
    return "".join(text)


def _slices(values: torch.Tensor) -> str:
    """A tensor of three or more dimensions, as the matrices of its last two; the first index runs fastest."""
    form = _choose(values)
    text = []
    leading = values.shape[:-2]
    for place in itertools.product(*map(range, reversed(leading))):
        place = place[::-1]
        label = "".join(f"{i + 1}," for i in place)
        text.append(f"({label}.,.) = \n{_matrix(values[place], form, ' ')}")
    return "\n".join(text)
