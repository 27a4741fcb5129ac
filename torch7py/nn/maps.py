"""Convolutions whose kernels connect chosen pairs of planes."""

from __future__ import annotations

import math

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from . import _parameters
from ._check import need_dims, need_tensor, sizes
from ._kernels import take
from .module import Module

Tensor = torch.Tensor
convolution_backward = torch.ops.aten.convolution_backward.default


class _Map(Module):
    """What both kinds share. ``connTable`` has a row ``input plane, output plane`` for each of the kernels in
    ``weight``, which are kW wide and kH high; ``nn.tables`` makes such tables. Steps dW and dH are 1 unless given.

    They run as full convolutions, in which the kernels of pairs that are not connected are zero.
    """

    _transposed = False
    _dims = (3, 4)

    def __init__(self, conMatrix: Tensor, kW, kH, dW=None, dH=None):
        Module.__init__(self)
        if not isinstance(conMatrix, Tensor) or conMatrix.dim() != 2 or conMatrix.shape[1] != 2 or conMatrix.min() < 1:
            raise TorchError("a table of connections expected: rows of an input and an output plane, from 1")
        self.kW, self.kH = kW, kH
        self.dW = 1 if dW is None else dW
        self.dH = 1 if dH is None else dH
        self.connTable = conMatrix
        self.nInputPlane, self.nOutputPlane = conMatrix.amax(0).long().tolist()
        _parameters.make(self, (len(conMatrix), kH, kW), (self.nOutputPlane,))
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw weight and bias uniformly, by default from +-1/sqrt(elements of the kernels of an output plane)."""
        if stdv is not None:
            return _parameters.draw(self, 0, stdv)
        targets = self._pairs()[1]
        counts = targets.bincount(minlength=self.nOutputPlane).tolist()
        bounds = [1 / math.sqrt(self.kW * self.kH * count) if count else math.inf for count in counts]
        parts = [(kernel, bounds[target]) for kernel, target in zip(self.weight, targets.tolist(), strict=True)]
        parts += zip(self.bias.view(-1, 1), bounds, strict=True)
        for part, bound in parts:
            random.default().fill_uniform(part, -bound, bound)

    def updateOutput(self, input):
        output = torch.convolution(self._batch(input), self._kernels(), self.bias, *self._geometry())
        return take(self.output, output.view(*input.shape[:-3], *output.shape[1:]))

    def updateGradInput(self, input, gradOutput):
        gradient, _, _ = self._gradients(input, gradOutput, (True, False, False))
        unused = input.shape[-3] - self.nInputPlane
        if unused:
            gradient = torch.constant_pad_nd(gradient, (0, 0, 0, 0, 0, unused), 0)
        return take(self.gradInput, gradient.view(input.shape))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = 1 if scale is None else scale
        _, weight, bias = self._gradients(input, gradOutput, (False, True, True))
        self.gradWeight.add_(weight[self._places()], alpha=scale)
        self.gradBias.add_(bias, alpha=scale)

    def _gradients(self, input: Tensor, gradOutput: Tensor, wanted: tuple[bool, bool, bool]):
        batch = self._batch(input)
        need_tensor(gradOutput, self.weight, "gradOutput")
        if gradOutput.shape[:-3] != input.shape[:-3]:
            raise TorchError(f"gradOutput{sizes(gradOutput)} does not fit input{sizes(input)}")
        gradient = gradOutput if batch.dim() == gradOutput.dim() else gradOutput.unsqueeze(0)
        return convolution_backward(
            gradient, batch, self._kernels(), (self.nOutputPlane,), *self._geometry(), wanted
        )  # fmt: skip

    def _geometry(self) -> tuple:
        return (self.dH, self.dW), (0, 0), (1, 1), self._transposed, (0, 0), 1

    def _batch(self, input: Tensor) -> Tensor:
        """The planes that are used, as a batch of images."""
        need_dims(input, self.weight, *self._dims)
        if input.shape[-3] < self.nInputPlane:
            raise TorchError(f"invalid number of input planes: {self.nInputPlane} expected, got {sizes(input)}")
        return input.reshape(-1, *input.shape[-3:]).narrow(1, 0, self.nInputPlane)

    def _pairs(self) -> tuple[Tensor, Tensor]:
        """Each kernel's input and output plane, from 0."""
        return self.connTable.long().sub_(1).unbind(1)

    def _places(self) -> tuple[Tensor, Tensor]:
        """Where the kernels stand among those of the full convolution."""
        source, target = self._pairs()
        return (source, target) if self._transposed else (target, source)

    def _kernels(self) -> Tensor:
        planes = self.nInputPlane, self.nOutputPlane
        full = self.weight.new_zeros(*(planes if self._transposed else planes[::-1]), self.kH, self.kW)
        return full.index_put_(self._places(), self.weight, accumulate=True)  # a pair may stand there twice


@register("nn.SpatialConvolutionMap")
class SpatialConvolutionMap(_Map):
    """SpatialConvolution between chosen pairs of planes, without padding. Input: planes x height x width or a batch."""

    def decayParameters(self, decay: float) -> None:
        """Take the part ``decay`` from weight and bias."""
        self.weight.add_(self.weight, alpha=-decay)
        self.bias.add_(self.bias, alpha=-decay)


@register("nn.SpatialFullConvolutionMap")
class SpatialFullConvolutionMap(_Map):
    """The transpose, which makes images larger: SpatialFullConvolution between chosen pairs of planes.

    Input: planes x height x width. Output: height (height - 1) dH + kH, width likewise.
    """

    _transposed = True
    _dims = (3,)
