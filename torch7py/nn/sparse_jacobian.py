"""``nn.SparseJacobian``: the same as ``nn.Jacobian`` for modules whose input is pairs of a place and an element.

The derivatives are those by the elements, the second column of the input.
"""

from __future__ import annotations

import torch

from ..table import Table
from . import jacobian
from .jacobian import backwardUpdate, by_backward, by_differences, forwardUpdate, random_like, testAllUpdate, testIO
from .module import Module

__all__ = [
    "backward",
    "backwardUpdate",
    "forward",
    "forwardUpdate",
    "testAllUpdate",
    "testIO",
    "testJacobian",
    "testJacobianParameters",
    "testJacobianUpdateParameters",
]

Tensor = torch.Tensor


def forward(module: Module, input: Tensor, param: Tensor | None = None) -> Tensor:
    """The Jacobian by the input's elements, or by the parameter ``param``, from finite differences."""
    return by_differences(module, input, input[:, 1] if param is None else param.view(-1), 1e-6)


def backward(module: Module, input: Tensor, param: Tensor | None = None, dparam: Tensor | None = None) -> Tensor:
    """The same as the module computes it; ``dparam`` is the gradient field that goes with ``param``."""
    if param is not None:
        return jacobian.backward(module, input, param, dparam)
    return by_backward(module, input, len(input), _elements)


def _elements(gradInput) -> Tensor:
    return (gradInput[1] if isinstance(gradInput, Table) else gradInput)[:, 1]


def _fill(input: Tensor, minval: float | None, maxval: float | None) -> None:
    input[:, 1] = random_like(input[:, 1], minval, maxval)


def testJacobian(module: Module, input: Tensor, minval=None, maxval=None) -> float:
    _fill(input, minval, maxval)
    by_steps = forward(module, input)
    return jacobian.greatest_difference(by_steps, backward(module, input))


def testJacobianParameters(module, input, param, dparam, minval=None, maxval=None) -> float:
    _fill(input, minval, maxval)
    param.copy_(random_like(param, minval, maxval))
    computed = backward(module, input, param, dparam)
    return jacobian.greatest_difference(forward(module, input, param), computed)


def testJacobianUpdateParameters(module, input, param, minval=None, maxval=None) -> float:
    _fill(input, minval, maxval)
    param.copy_(random_like(param, minval, maxval))
    computed = backwardUpdate(module, input, param)
    return jacobian.greatest_difference(forwardUpdate(module, input, param), computed)
