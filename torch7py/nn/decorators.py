"""Decorators: containers of one module that change how it is used."""

from __future__ import annotations

import torch

from ..classes import register
from ..errors import TorchError
from . import utils
from .container import Container
from .module import Module

Tensor = torch.Tensor


@register("nn.Decorator")
class Decorator(Container):
    """Passes everything on to its one module, so that a kind of it need only say what differs."""

    def __init__(self, module: Module | None = None):
        Container.__init__(self)
        if module is not None:
            self.modules[1] = module

    def updateOutput(self, input):
        self.output = self.modules[1].updateOutput(input)
        return self.output

    def updateGradInput(self, input, gradOutput):
        gradInput = self.modules[1].updateGradInput(input, gradOutput)
        self._set(gradInput=gradInput)
        return gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self.modules[1].accGradParameters(input, gradOutput, 1 if scale is None else scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self.modules[1].accUpdateGradParameters(input, gradOutput, lr)

    def sharedAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self.modules[1].sharedAccUpdateGradParameters(input, gradOutput, lr)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__} @ {self.modules[1].__tostring__()}"


@register("nn.Bottle")
class Bottle(Decorator):
    """Lets a module that takes ``nInputDim`` dimensions (2) take more: the first ones are taken together for it.

    ``nOutputDim`` is the number of dimensions of the module's output (as many unless given).
    """

    def __init__(self, module: Module, nInputDim: int | None = None, nOutputDim: int | None = None):
        Decorator.__init__(self, module)
        self.nInputDim = 2 if nInputDim is None else nInputDim
        self.nOutputDim = self.nInputDim if nOutputDim is None else nOutputDim
        self.dimDelta = self.nInputDim - self.nOutputDim
        self.inShape = utils.default_tensor(self.nInputDim)
        self.outShape = utils.default_tensor(self.nOutputDim)

    def updateOutput(self, input):
        output = self.modules[1].updateOutput(self._filled(input))
        if input.dim() > self.nInputDim:
            if output.dim() != self.nOutputDim:
                raise TorchError(
                    f"Wrong number of output dims on module. Expected: {self.nOutputDim} but got {output.dim()}"
                )
            leading = input.shape[: input.dim() - self.nInputDim + 1]
            output = output.view(*leading, *output.shape[1:])
        return self.output.set_(output)

    def updateGradInput(self, input, gradOutput):
        gradInput = self.modules[1].updateGradInput(self._filled(input), self._filled(gradOutput, input))
        if gradInput is None:
            self._set(gradInput=None)
            return None
        return self.gradInput.set_(gradInput.view(input.shape))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        gradOutput = self._filled(gradOutput, input)
        self.modules[1].accGradParameters(self._filled(input), gradOutput, 1 if scale is None else scale)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self.modules[1].accUpdateGradParameters(self._filled(input), self._filled(gradOutput, input), lr)

    def sharedAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self.modules[1].sharedAccUpdateGradParameters(self._filled(input), self._filled(gradOutput, input), lr)

    def _filled(self, tensor: Tensor, input: Tensor | None = None) -> Tensor:
        """``tensor`` with the first dimensions of the input (itself unless given) taken together."""
        together = (tensor if input is None else input).dim() - self.nInputDim + 1
        return tensor.reshape(-1, *tensor.shape[together:]) if together > 1 else tensor
