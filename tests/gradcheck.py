"""Gradients by finite differences, to hold against those that modules and criterions compute."""

from __future__ import annotations

import torch

from torch7py import random
from torch7py.table import Table

STEP = 1e-6


def leaves(nest) -> list[torch.Tensor]:
    """The tensors of a nest of Tables."""
    if isinstance(nest, Table):
        return [tensor for item in nest for tensor in leaves(item)]
    return [nest] if isinstance(nest, torch.Tensor) else []


def weights_for(nest, seed: int = 0):
    """A nest like ``nest`` of fixed numbers: the gradient of the loss ``sum(output * weights)`` by the output."""
    if isinstance(nest, Table):
        return Table([weights_for(item, seed + place) for place, item in enumerate(nest, 1)])
    numbers = torch.arange(nest.numel(), dtype=torch.float64) * 0.7 + seed
    return numbers.cos().view(nest.shape).to(nest.dtype)


def loss(module, input) -> float:
    """``sum(output * weights)`` for a module; random numbers are drawn from the same seed every time."""
    random.manualSeed(7)
    output = module.forward(input)
    pairs = zip(leaves(output), leaves(weights_for(output)), strict=True)
    return sum((one * other).sum().item() for one, other in pairs)


def differences(function, tensor: torch.Tensor) -> torch.Tensor:
    """The gradient of ``function()`` by the elements of ``tensor``, which it reads."""
    gradient = torch.zeros_like(tensor)
    flat, result = tensor.view(-1), gradient.view(-1)
    for place in range(flat.numel()):
        value = flat[place].item()
        flat[place] = value + STEP
        above = function()
        flat[place] = value - STEP
        result[place] = (above - function()) / (2 * STEP)
        flat[place] = value
    return gradient


def backward(module, input, scale: float = 1):
    """``module.backward`` of the loss above, after ``forward``; copies of its tensors."""
    loss(module, input)
    gradient = module.backward(input, weights_for(module.output), scale)
    return [tensor.clone() for tensor in leaves(gradient)]


def check_module(module, input, by_input: bool = True) -> None:
    """Assert that the gradients by input and parameters are right, add up, and obey ``scale``. In doubles."""
    parameters, gradients = module.parameters()
    module.zeroGradParameters()
    computed = backward(module, input)
    if by_input:
        for tensor, gradient in zip(leaves(input), computed, strict=True):
            torch.testing.assert_close(gradient, differences(lambda: loss(module, input), tensor), rtol=1e-5, atol=1e-6)
    first = [gradient.clone() for gradient in gradients or ()]
    for parameter, gradient in zip(parameters or (), first, strict=True):
        expected = differences(lambda: loss(module, input), parameter)
        torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-6)
    backward(module, input, 0.5)
    for gradient, once in zip(gradients or (), first, strict=True):
        torch.testing.assert_close(gradient, once * 1.5)


def check_criterion(criterion, input, target) -> None:
    """Assert that the gradient by the input is right. In doubles."""

    def value() -> float:
        result = criterion.forward(input, target)
        return result[0] if isinstance(result, tuple) else result

    value()
    computed = [tensor.clone() for tensor in leaves(criterion.backward(input, target))]
    for tensor, gradient in zip(leaves(input), computed, strict=True):
        torch.testing.assert_close(gradient, differences(value, tensor), rtol=1e-5, atol=1e-6)
