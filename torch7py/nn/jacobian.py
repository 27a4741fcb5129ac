"""``nn.Jacobian``: derivatives of modules, computed by them and by finite differences, to compare the two.

A Jacobian here is a matrix with a row for each input (or parameter) and a column for each output. The ``test``
functions fill input and parameters with random numbers from ``minval`` to ``maxval`` (-2 to 2) and return the greatest
difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from ..classes import Registry, registry
from ..serialization import MemoryFile, World
from ..table import Table
from ..tensor.registry import functions
from . import utils
from .module import Module

__all__ = [
    "backward",
    "backwardDiagHessian",
    "backwardUpdate",
    "forward",
    "forwardUpdate",
    "linearModuleDiagHessian",
    "testAllUpdate",
    "testDiagHessian",
    "testDiagHessianBias",
    "testDiagHessianInput",
    "testDiagHessianWeight",
    "testIO",
    "testJacobian",
    "testJacobianParameters",
    "testJacobianUpdateParameters",
]

Tensor = torch.Tensor


def random_like(tensor: Tensor, minval: float | None = None, maxval: float | None = None) -> Tensor:
    """Uniform numbers from -2 to 2, or between these bounds, in the sizes of ``tensor``."""
    minval, maxval = -2 if minval is None else minval, 2 if maxval is None else maxval
    numbers = functions["rand"](tensor.numel()).mul_(maxval - minval).add_(minval)
    return numbers.view(tensor.shape).to(tensor)


def unit_gradients(output: Tensor) -> Iterator[tuple[int, Tensor]]:
    """The number of each element of ``output``, from 0, with a gradient that is 1 there and 0 elsewhere."""
    gradient = torch.zeros_like(output, memory_format=torch.contiguous_format)
    flat = gradient.view(-1)
    for place in range(flat.numel()):
        flat.zero_()[place] = 1
        yield place, gradient


def by_differences(module: Module, input, elements: Tensor, perturbation: float) -> Tensor:
    """The Jacobian by the elements (1-D) of a tensor that the module reads, from small changes of them."""
    jacobian = utils.default_tensor(elements.numel(), module.forward(input).numel())
    for place, value in enumerate(elements.tolist()):
        elements[place] = value - perturbation
        below = module.forward(input).to(jacobian, copy=True)
        elements[place] = value + perturbation
        torch.sub(module.forward(input).to(jacobian), below, out=below)
        elements[place] = value
        jacobian[place] = below.view(-1).div_(2 * perturbation)
    return jacobian


def by_backward(module: Module, input, rows: int, derivative: Callable) -> Tensor:
    """The Jacobian column by column; ``derivative(gradInput)`` is what a column is made of."""
    jacobian = utils.default_tensor(rows, module.forward(input).numel())
    for place, gradient in unit_gradients(module.output):
        module.zeroGradParameters()
        gradInput = module.updateGradInput(input, gradient)
        module.accGradParameters(input, gradient)
        jacobian[:, place] = derivative(gradInput).reshape(-1)
    return jacobian


def greatest_difference(a: Tensor, b: Tensor) -> float:
    return (a - b).abs().max().item()


def forward(module: Module, input, param: Tensor | None = None, perturbation: float | None = None) -> Tensor:
    """The Jacobian by the input, or by the parameter ``param``, from finite differences."""
    elements = (input if param is None else param).view(-1)
    return by_differences(module, input, elements, 1e-6 if perturbation is None else perturbation)


def backward(module: Module, input, param: Tensor | None = None, dparam: Tensor | None = None) -> Tensor:
    """The same as the module computes it; ``dparam`` is the gradient field that goes with ``param``."""
    if param is None:
        return by_backward(module, input, input.numel(), lambda gradInput: gradInput)
    return by_backward(module, input, param.numel(), lambda gradInput: dparam)


def backwardUpdate(module: Module, input, param: Tensor) -> Tensor:
    """For each output the parameter after a step of size 1 by ``accUpdateGradParameters``."""
    module.forward(input)
    jacobian = utils.default_tensor(param.numel(), module.output.numel())
    parameters = module.parameters()[0].list()
    originals = [parameter.clone() for parameter in parameters]

    def restore():
        for parameter, original in zip(parameters, originals, strict=True):
            parameter.copy_(original)

    for place, gradient in unit_gradients(module.output):
        restore()
        module.updateGradInput(input, gradient)
        module.accUpdateGradParameters(input, gradient, 1)
        jacobian[:, place] = param.reshape(-1)
    restore()
    return jacobian


def forwardUpdate(module: Module, input, param: Tensor, perturbation: float | None = None) -> Tensor:
    """The same from finite differences."""
    return param.reshape(-1, 1).to(utils.default_tensor()) - forward(module, input, param, perturbation)


# --- second derivatives of half the sum of all squared outputs


def backwardDiagHessian(module: Module, input, diagHessianParamName: str) -> Tensor:
    """The diagonal of the Hessian as the module computes it (see ``hessian.py``): the field of that name."""
    output = module.forward(input)
    module.diagHessianWeight.zero_()
    module.diagHessianBias.zero_()
    ones = torch.ones_like(output)
    module.updateDiagHessianInput(input, ones)
    module.accDiagHessianParameters(input, ones)
    return getattr(module, diagHessianParamName)


def linearModuleDiagHessian(module: Module, input, gradParamName: str) -> Tensor:
    """The same for a linear module from its gradients: the sum of their squares over all outputs."""
    module.forward(input)
    total = torch.zeros_like(getattr(module, gradParamName)).view(-1)
    for _, gradient in unit_gradients(module.output):
        module.gradWeight.zero_()
        if module.bias is not None:
            module.gradBias.zero_()
        module.updateGradInput(input, gradient)
        module.accGradParameters(input, gradient)
        squares = getattr(module, gradParamName).reshape(-1).square()
        total = squares if total.numel() != squares.numel() else total.add_(squares)
    return total


# --- tests


def testJacobian(module: Module, input, minval=None, maxval=None, perturbation=None) -> float:
    input.copy_(random_like(input, minval, maxval))
    by_steps = forward(module, input, input, perturbation)
    return greatest_difference(by_steps, backward(module, input))


def testJacobianParameters(module, input, param, dparam, minval=None, maxval=None, perturbation=None) -> float:
    input.copy_(random_like(input, minval, maxval))
    param.copy_(random_like(param, minval, maxval))
    computed = backward(module, input, param, dparam)
    return greatest_difference(forward(module, input, param, perturbation), computed)


def testJacobianUpdateParameters(module, input, param, minval=None, maxval=None, perturbation=None) -> float:
    input.copy_(random_like(input, minval, maxval))
    param.copy_(random_like(param, minval, maxval))
    computed = backwardUpdate(module, input, param)
    return greatest_difference(forwardUpdate(module, input, param, perturbation), computed)


def testDiagHessian(module, input, gradParamName: str, diagHessianParamName: str, minval=None, maxval=None) -> float:
    input.copy_(random_like(input, minval, maxval))
    module.initDiagHessianParameters()
    computed = backwardDiagHessian(module, input, diagHessianParamName)
    return greatest_difference(computed.reshape(-1), linearModuleDiagHessian(module, input, gradParamName))


def testDiagHessianInput(module: Module, input, minval=None, maxval=None) -> float:
    return testDiagHessian(module, input, "gradInput", "diagHessianInput", minval, maxval)


def testDiagHessianWeight(module: Module, input, minval=None, maxval=None) -> float:
    return testDiagHessian(module, input, "gradWeight", "diagHessianWeight", minval, maxval)


def testDiagHessianBias(module: Module, input, minval=None, maxval=None) -> float:
    return testDiagHessian(module, input, "gradBias", "diagHessianBias", minval, maxval)


def testIO(module: Module, input, minval=None, maxval=None) -> tuple[float, float]:
    """How far output and gradInput of the module are from those of one that was written to a file and read again."""
    kept = input.clone()
    gradient = random_like(module.forward(input), minval, maxval)

    def run(module, input) -> tuple[Tensor, Tensor]:
        module.forward(input)
        module.zeroGradParameters()
        module.updateGradInput(input, gradient.clone())
        module.accGradParameters(input, gradient.clone())
        return module.output.clone(), module.gradInput.clone()

    output, gradInput = run(module, input)
    if module.clearState() is not module:
        raise AssertionError("clearState did not return self")
    again, gradient_again = run(_read_again(module), kept)
    return greatest_difference(output, again), greatest_difference(gradInput, gradient_again) if len(gradInput) else 0


def _read_again(module: Module) -> Module:
    """The module, written and read; classes that only the running program has are taken from the module itself."""
    classes = Registry(registry)
    for part in module.listModules():
        classes.add(type(part).__typename__, type(part))
    file = MemoryFile("rw", world=World(classes))
    file.writeObject(module)
    file.seek(1)
    return file.readObject()


def testAllUpdate(module: Module, input, weight: str, gradWeight: str) -> Table:
    """Whether all ways to take a step do the same: differences by the name of the way.

    ``weight`` and ``gradWeight`` name the parameter's field and that of its gradient.
    """
    rate = functions["uniform"](0.1, 1)
    before = getattr(module, weight).clone()
    output = module.clone().forward(input)
    gradient = functions["rand"](output.numel()).view(output.shape)

    def trained(count: int, *methods) -> list[Module]:
        """Clones that share the weight, after each of the steps is done with all of them."""
        clones = [module.clone() for _ in range(count)]
        for clone in clones[1:]:
            clone.share(clones[0], weight)
        for method in (lambda clone: clone.forward(input), *methods):
            for clone in clones:
                method(clone)
        return clones

    separately = (
        lambda clone: clone.zeroGradParameters(),
        lambda clone: clone.updateGradInput(input, gradient),
        lambda clone: clone.accGradParameters(input, gradient),
        lambda clone: clone.updateParameters(rate),
    )
    at_once = (separately[1], lambda clone: clone.accUpdateGradParameters(input, gradient, rate))

    (first,) = trained(1, *separately)
    once = before - getattr(first, gradWeight) * rate
    twice = before - getattr(first, gradWeight) * (rate * 2)
    errors = Table()
    for name, methods in (("accGradParameters", separately), ("accUpdateGradParameters", at_once)):
        (alone,) = trained(1, *methods)
        errors[name] = (once - getattr(alone, weight)).norm().item()
        pair = trained(2, *methods)
        errors[name + " [shared]"] = sum((twice - getattr(clone, weight)).norm().item() for clone in pair)
    return errors
