"""``nn.hessian``: an estimate of the second derivatives of a loss, one for each parameter and input.

Only the diagonal of the Hessian is carried backwards, as gradients are: each module turns that by its output into that
by its input (``updateDiagHessianInput``) and its parameters (``accDiagHessianParameters``). For a module that is linear
these are its backward passes with all weights and inputs squared.

Modules have ``updateDiagHessianInput(input, diagHessianOutput)``, ``accDiagHessianParameters(input,
diagHessianOutput)`` and ``initDiagHessianParameters()``, which makes the fields ``diagHessianWeight`` and
``diagHessianBias``; criterions have ``updateDiagHessianInput(input, target)``. Where there are such fields,
``parameters()`` and ``getParameters()`` give them as a third result.
"""

from __future__ import annotations

import torch

from ..classes import extends
from ..errors import TorchError
from . import utils
from .convolution import SpatialConvolution, SpatialFullConvolution
from .criterion import Criterion
from .linear import Linear
from .local import SpatialConvolutionLocal
from .maps import SpatialConvolutionMap, SpatialFullConvolutionMap
from .module import Module
from .pointwise import Sqrt, Square, TanhShrink
from .regression import L1Cost, MSECriterion
from .sequential import Sequential
from .transfer import Tanh
from .view import Reshape

__all__ = [
    "accDiagHessianParameters",
    "enable",
    "initDiagHessianParameters",
    "updateDiagHessianInput",
    "updateDiagHessianInputPointWise",
]


def enable() -> None:
    """Does nothing: in Torch7 the modules had these methods only after this call, here they have them anyway."""


# --- what modules are made of: fields by their names


def initDiagHessianParameters(module: Module, gradients, hessians) -> None:
    """Make fields of the names ``hessians`` like the gradients of the names ``gradients``."""
    if module.__dict__.get("diagHessianInput") is None:
        module.diagHessianInput = utils.empty_like_type(module.gradInput)
    for gradient, hessian in zip(gradients, hessians, strict=True):
        if module.__dict__.get(hessian) is None and getattr(module, gradient) is not None:
            module.__dict__[hessian] = torch.zeros_like(getattr(module, gradient))


def accDiagHessianParameters(module: Module, input, diagHessianOutput, gradients, hessians) -> None:
    """Let ``hessians`` take the place of ``gradients`` while the squared input goes forward and backward."""
    initDiagHessianParameters(module, gradients, hessians)
    module.inputSq = torch.square(input)
    kept = {name: module.__dict__.get(name) for name in (*gradients, "output")}
    module._set(output=torch.empty_like(module.output))
    module._set(**{name: module.__dict__.get(other) for name, other in zip(gradients, hessians, strict=True)})
    try:
        module.forward(module.inputSq)
        module.accGradParameters(module.inputSq, diagHessianOutput, 1)
    finally:
        module._set(**kept)


def updateDiagHessianInput(module: Module, input, diagHessianOutput, weights, squares) -> None:
    """Let the squares of the fields ``weights`` take their place in one ``updateGradInput``."""
    if module.__dict__.get("diagHessianInput") is None:
        module.diagHessianInput = utils.empty_like_type(input)
    kept = {name: module.__dict__.get(name) for name in (*weights, "gradInput")}
    for name, square in zip(weights, squares, strict=True):
        if kept[name] is not None:
            module.__dict__[square] = module.__dict__[name] = torch.square(kept[name])
    module.gradInput = module.diagHessianInput
    try:
        module.updateGradInput(input, diagHessianOutput)
    finally:
        module._set(**kept)
        for square in squares:
            module.__dict__.pop(square, None)


def updateDiagHessianInputPointWise(module: Module, input, diagHessianOutput) -> None:
    """The same for a function of each element: times the square of its derivative."""
    updateDiagHessianInput(module, input, torch.ones_like(diagHessianOutput), (), ())
    module.diagHessianInput.square_().mul_(diagHessianOutput)


# --- modules


class _Undefined:
    def updateDiagHessianInput(self, input, diagHessianOutput):
        raise TorchError(f"{type(self).__typename__}:updateDiagHessianInput() is undefined")


class _Plain:
    def accDiagHessianParameters(self, input, diagHessianOutput) -> None:
        pass

    def initDiagHessianParameters(self) -> None:
        pass


class _Linear:
    _squared = ("weight",)

    def updateDiagHessianInput(self, input, diagHessianOutput):
        squares = [name + "Sq" for name in self._squared]
        updateDiagHessianInput(self, input, diagHessianOutput, self._squared, squares)
        return self.diagHessianInput

    def accDiagHessianParameters(self, input, diagHessianOutput) -> None:
        accDiagHessianParameters(self, input, diagHessianOutput, *_FIELDS)

    def initDiagHessianParameters(self) -> None:
        initDiagHessianParameters(self, *_FIELDS)


_FIELDS = ("gradWeight", "gradBias"), ("diagHessianWeight", "diagHessianBias")


class _WithBias:
    _squared = ("weight", "bias")


class _Pointwise:
    def updateDiagHessianInput(self, input, diagHessianOutput):
        updateDiagHessianInputPointWise(self, input, diagHessianOutput)
        return self.diagHessianInput


class _TanhShrink:
    def updateDiagHessianInput(self, input, diagHessianOutput):
        updateDiagHessianInputPointWise(self.tanh, input, diagHessianOutput)
        self.diagHessianInput = self.tanh.diagHessianInput + diagHessianOutput
        return self.diagHessianInput


class _Reshape:
    def updateDiagHessianInput(self, input, diagHessianOutput):
        self.diagHessianInput = diagHessianOutput.reshape(input.shape)
        return self.diagHessianInput


class _Sequential:
    def initDiagHessianParameters(self) -> None:
        for module in self.modules:
            module.initDiagHessianParameters()

    def updateDiagHessianInput(self, input, diagHessianOutput):
        for module, its_input in self._backwards(input):
            diagHessianOutput = module.updateDiagHessianInput(its_input, diagHessianOutput)
        self.diagHessianInput = diagHessianOutput
        return diagHessianOutput

    def accDiagHessianParameters(self, input, diagHessianOutput) -> None:
        for module, its_input in self._backwards(input):
            module.accDiagHessianParameters(its_input, diagHessianOutput)
            diagHessianOutput = module.__dict__.get("diagHessianInput")

    def _backwards(self, input) -> list:
        """The modules from last to first, each with its input."""
        modules = self.modules.list()
        inputs = [input, *(module.output for module in modules[:-1])]
        return list(zip(modules, inputs, strict=True))[::-1]


# --- criterions


class _SquaredError:
    def updateDiagHessianInput(self, input, target):
        value = 2 / input.numel() if self.sizeAverage else 2
        self.diagHessianInput = torch.full_like(input, value)
        return self.diagHessianInput


class _L1Cost:
    def updateDiagHessianInput(self, input, target=None):
        self.diagHessianInput = (input != 0).to(input)
        return self.diagHessianInput


for _class, *_additions in (
    (Module, _Undefined, _Plain),
    (Sequential, _Sequential),
    (Linear, _Linear),
    (SpatialConvolution, _Linear),
    (SpatialConvolutionLocal, _Linear),
    (SpatialFullConvolution, _Linear),
    (SpatialConvolutionMap, _Linear, _WithBias),
    (SpatialFullConvolutionMap, _Linear),
    (Tanh, _Pointwise),
    (Square, _Pointwise),
    (Sqrt, _Pointwise),
    (TanhShrink, _TanhShrink),
    (Reshape, _Reshape),
    (Criterion, _Undefined),
    (MSECriterion, _SquaredError),
    (L1Cost, _L1Cost),
):
    for _addition in _additions:
        extends(_class)(_addition)
