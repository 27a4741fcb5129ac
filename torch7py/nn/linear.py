"""Linear: y = W x + b."""

from __future__ import annotations

import math

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from . import utils
from ._check import product_error
from ._products import LARGE, fits, product
from .module import Module

Tensor = torch.Tensor
addmm, addmv, mm, mv = torch.addmm, torch.addmv, torch.mm, torch.mv


@register("nn.Linear")
class Linear(Module):
    """``y = W x + b`` for a vector of ``inputSize`` elements or a batch of such rows.

    ``weight`` is outputSize x inputSize, ``bias`` (unless ``bias`` is false) has outputSize elements.
    """

    def __init__(self, inputSize: int, outputSize: int, bias: bool | None = None):
        Module.__init__(self)
        self.weight = utils.default_tensor(outputSize, inputSize)
        self.gradWeight = utils.default_tensor(outputSize, inputSize)
        if bias is not False:
            self.bias = utils.default_tensor(outputSize)
            self.gradBias = utils.default_tensor(outputSize)
        self.reset()

    def noBias(self) -> Linear:
        """Do without the bias from now on. Returns itself."""
        self._set(bias=None, gradBias=None)
        return self

    def reset(self, stdv: float | None = None) -> Linear:
        """Draw weight and bias uniformly, by default from +-1/sqrt(inputSize)."""
        bound = 1 / math.sqrt(self.weight.shape[1]) if stdv is None else stdv * math.sqrt(3)
        random.default().fill_uniform(self.weight, -bound, bound)
        if self.bias is not None:
            random.default().fill_uniform(self.bias, -bound, bound)
        return self

    def updateOutput(self, input):
        weight, bias, output = self.weight, self.bias, self.output
        try:
            if input.dim() == 1:
                shape = weight.shape[:1]
                if output.shape != shape:
                    output.resize_(shape)
                if bias is None:
                    mv(weight, input, out=output)
                else:
                    addmv(bias, weight, input, out=output)
            elif input.dim() == 2:
                rows = input.shape[0]
                if rows * weight.numel() >= LARGE and fits(input, weight):
                    return output.set_(product(input, weight, bias))
                shape = (rows, weight.shape[0])
                if output.shape != shape:
                    output.resize_(shape)
                if bias is None:
                    mm(input, weight.t(), out=output)
                else:
                    addmm(bias, input, weight.t(), out=output)
            else:
                raise TorchError("input must be vector or matrix")
        except (RuntimeError, TypeError, AttributeError) as error:
            raise self._misfit(error, input) from error
        return output

    def updateGradInput(self, input, gradOutput):
        gradInput, weight = self.gradInput, self.weight
        if gradInput is None:
            return None
        if gradInput.shape != input.shape:
            gradInput.resize_(input.shape)
        try:
            if input.dim() == 1:
                mv(weight.t(), gradOutput, out=gradInput)
            elif input.dim() > 2:  # backward leaves it alone, as in Torch7; programs do that
                gradInput.zero_()
            elif input.shape[0] * weight.numel() >= LARGE and fits(gradOutput, weight.t()):
                gradInput.set_(product(gradOutput, weight.t()))
            else:
                mm(gradOutput, weight, out=gradInput)
        except (RuntimeError, TypeError, AttributeError) as error:
            raise product_error(error, weight, gradOutput, gradOutput, weight) from error
        return gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        gradWeight, gradBias = self.gradWeight, self.gradBias
        if scale is None:
            scale = 1
        if input.dim() == 1:
            if scale == 1:  # an alpha costs time that counts for one sample
                gradWeight.addr_(gradOutput, input)
            else:
                gradWeight.addr_(gradOutput, input, alpha=scale)
            if gradBias is not None:
                gradBias.add_(gradOutput, alpha=scale)
        elif input.dim() == 2:
            rows, columns = input.shape[0], gradOutput.t()
            # product and sum are two steps here, where MKL needs one
            if rows * gradWeight.numel() >= 8 * LARGE and fits(columns, input.t()):
                gradWeight.add_(product(columns, input.t()), alpha=scale)
            elif scale == 1:
                gradWeight.addmm_(columns, input)
            else:
                gradWeight.addmm_(columns, input, alpha=scale)
            if gradBias is not None:
                gradient = gradOutput.sum(0) if rows > 1 else gradOutput.view(-1)
                if scale == 1:
                    gradBias.add_(gradient)
                else:
                    gradBias.add_(gradient, alpha=scale)

    def _misfit(self, error: Exception, input) -> Exception:
        left, right = (self.weight, input) if getattr(input, "ndim", 2) == 1 else (input, self.weight.t())
        return product_error(error, self.weight, input, left, right)

    def sharedAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        # shared parameters add up their steps by themselves
        self.defaultAccUpdateGradParameters(input, gradOutput, lr)

    def clearState(self) -> Linear:
        utils.clear(self, "addBuffer")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        outputs, inputs = self.weight.shape
        return f"{type(self).__typename__}({inputs} -> {outputs}){'' if self.bias is not None else ' without bias'}"
