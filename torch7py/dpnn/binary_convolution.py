"""SpatialBinaryConvolution: a convolution with weights of -1 and 1."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.nn import SpatialConvolution, utils


@register("nn.SpatialBinaryConvolution")
class SpatialBinaryConvolution(SpatialConvolution):
    """A convolution by the signs of the weights; each output plane is scaled by its weights' mean size (Rastegari et
    al., 2016, http://arxiv.org/abs/1603.05279).

    While training, ``weight`` holds the signs between forward and backward; ``accGradParameters`` puts the weights
    back. Arguments as of SpatialConvolution; there is no bias.
    """

    def __init__(self, nInputPlane, nOutputPlane, kW, kH, dW=None, dH=None, padW=None, padH=None):
        SpatialConvolution.__init__(self, nInputPlane, nOutputPlane, kW, kH, dW, dH, padW, padH)
        self.noBias()
        self.iwh = nInputPlane * self.kW * self.kH
        self.owh = nOutputPlane * self.kW * self.kH
        self.train = True

    tempWeight = alphas = gradInputAlphas = None

    def binarizeWeight(self) -> None:
        """Put the signs in the weights' place, which go to ``tempWeight``; their mean sizes to ``alphas``, by output
        plane, and ``gradInputAlphas``, by input plane.
        """
        for name in ("tempWeight", "alphas", "gradInputAlphas"):
            if getattr(self, name) is None:
                setattr(self, name, utils.empty_like_type(self.weight))
        size = self.weight.abs()
        self.gradInputAlphas.set_(size.sum((0, 2, 3)).div_(self.owh))
        self.alphas.set_(size.sum((1, 2, 3)).div_(self.iwh))
        self.tempWeight.resize_(self.weight.shape).copy_(self.weight)
        self.weight.copy_(torch.where(self.weight >= 0, 1.0, -1.0))

    def updateOutput(self, input):
        self.binarizeWeight()
        output = SpatialConvolution.updateOutput(self, input).mul_(self.alphas.view(-1, 1, 1))
        if not self.train:
            self.weight.copy_(self.tempWeight)
        return output

    def updateGradInput(self, input, gradOutput):
        gradInput = SpatialConvolution.updateGradInput(self, input, gradOutput)
        return gradInput if gradInput is None else gradInput.mul_(self.gradInputAlphas.view(-1, 1, 1))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        SpatialConvolution.accGradParameters(self, input, gradOutput, scale)
        self.weight.copy_(self.tempWeight)

    def _backward(self, input, gradOutput, scale):
        # not in one kernel: the two parts differ in more than a convolution's
        self.updateGradInput(input, gradOutput)
        self.accGradParameters(input, gradOutput, scale)
        return self.gradInput

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self._set(tempWeight=None, alphas=None, gradInputAlphas=None)
        return SpatialConvolution.type(self, type, tensorCache)

    def __tostring__(self) -> str:
        return "Binary Convolution: " + SpatialConvolution.__tostring__(self)
