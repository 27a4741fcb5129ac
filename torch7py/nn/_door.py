"""The public door of modules and criterions: tensors in, whatever they come as; the same kind out."""

from __future__ import annotations

from collections.abc import Callable

import torch

from ..tensor import handle


def through(call: Callable, *arguments):
    """``call`` with plain tensors in place of handles and of tensors that autograd watches; handles come out where
    handles went in.
    """
    return handle.through(call, *map(_unwatched, arguments))


def _unwatched(value):
    return value.detach() if isinstance(value, torch.Tensor) and value.requires_grad else value
