"""``nngraph.nesting``: arithmetic on nests. A nest is a tensor, or a Table of nests."""

from __future__ import annotations

import torch

from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor.arguments import describe

__all__ = ["addNestedTo", "cloneNested", "copyNested", "fillNested", "resizeNestedAs"]

Tensor = torch.Tensor


def cloneNested(obj: Tensor | Table) -> Tensor | Table:
    """A nest of copies."""
    if isinstance(obj, Tensor):
        return obj.clone(memory_format=torch.contiguous_format)
    return Table({key: cloneNested(item) for key, item in _parts(obj)})


def fillNested(obj: Tensor | Table, value: float) -> None:
    """Fill every tensor with a number."""
    if isinstance(obj, Tensor):
        obj.fill_(value)
    else:
        for _, item in _parts(obj):
            fillNested(item, value)


def resizeNestedAs(output: Tensor | Table, input: Tensor | Table) -> Tensor | Table:
    """Give ``output`` the structure and sizes of ``input``. Returns ``output``."""
    if isinstance(output, Tensor):
        return output.resize_(input.shape)
    for key, item in _parts(input):
        if output[key] is None:
            output[key] = cloneNested(item)
        else:
            resizeNestedAs(output[key], item)
    for key, _ in _parts(output):
        if input[key] is None:
            output[key] = None
    return output


def copyNested(output: Tensor | Table, input: Tensor | Table) -> None:
    """Copy all tensors of ``input`` into those of ``output``, which must have the same structure."""
    if isinstance(output, Tensor):
        output.copy_(input.reshape(output.shape))
        return
    for key, item in _parts(input):
        copyNested(output[key], item)
    for key, _ in _parts(output):
        if input[key] is None:
            raise TorchError(f"key {key} present in output but not in input")


def addNestedTo(output: Tensor | Table, input: Tensor | Table) -> None:
    """Add the tensors of ``input`` to those of ``output``."""
    if isinstance(output, Tensor):
        output.add_(input.reshape(output.shape))
        return
    for key, item in _parts(input):
        if output[key] is None:
            raise TorchError("missing key")
        addNestedTo(output[key], item)


def _parts(nest: Table) -> list[tuple]:
    if not isinstance(nest, Table):
        raise TorchError(f"a tensor or a table of such expected, got {describe(nest)}")
    return list(nest.items())
