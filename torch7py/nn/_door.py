"""The public door of modules and criterions: tensors in, whatever they come as; the same kind out."""

from __future__ import annotations

import torch

from ..table import Table

Tensor = torch.Tensor


def through(call, *arguments):
    """``call`` with plain tensors in place of handles and of tensors that autograd watches.

    Where an argument held a handle, the tensors of the result are wrapped as handles too.
    """
    from ..tensor.handle import Tensor as Handle

    def plain(value):
        nonlocal handles
        if isinstance(value, Tensor):
            return value.detach() if value.requires_grad else value
        if isinstance(value, Handle):
            handles = True
            return value.tensor
        if isinstance(value, Table) and _has_handle(value, Handle):
            return Table({key: plain(item) for key, item in value.items()})
        return value

    handles = False
    result = call(*[plain(argument) for argument in arguments])
    return _wrapped(result, Handle) if handles else result


def _has_handle(table: Table, Handle: type) -> bool:
    return any(
        isinstance(item, Handle) or isinstance(item, Table) and _has_handle(item, Handle) for item in table.values()
    )


def _wrapped(value, Handle: type):
    if isinstance(value, Tensor):
        return Handle(value)
    if isinstance(value, Table):
        return Table({key: _wrapped(item, Handle) for key, item in value.items()})
    if isinstance(value, tuple):
        return tuple(_wrapped(item, Handle) for item in value)
    return value
