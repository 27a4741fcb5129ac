"""Colours of images: noise in training, and normalization."""

from __future__ import annotations

import torch

from torch7py import random
from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import Module, utils
from torch7py.nn._check import sizes
from torch7py.nn._kernels import fit

Tensor = torch.Tensor


def _check_images(images: Tensor, channels: int, name: str) -> None:
    if images.dim() not in (3, 4):
        raise TorchError(f"<{name}> Invalid input dimensionality: {sizes(images)}")
    if images.shape[-3] != channels:
        raise TorchError(f"<{name}> input {sizes(images)} has {images.shape[-3]} channels, {channels} expected")


class _ColourNoise(Module):
    """What the colour transforms share: in training each image gets a colour added; gradients pass unchanged."""

    noise = None

    def updateOutput(self, input):
        output = fit(self.output, input).copy_(input)
        if self.train:
            _check_images(input, self.inputChannels, type(self).__name__)
            if self.noise is None:
                self.noise = utils.empty_like_type(input)
            output.add_(self._draw(input).unsqueeze(-1).unsqueeze(-1))
        return output

    def _draw(self, input: Tensor) -> Tensor:
        """``noise``, drawn anew: a colour, or a batch of colours."""
        raise NotImplementedError

    def updateGradInput(self, input, gradOutput):
        if not self.train:
            raise TorchError("backprop only defined while training")
        return fit(self.gradInput, gradOutput).copy_(gradOutput)


@register("nn.SimpleColorTransform")
class SimpleColorTransform(_ColourNoise):
    """In training, add to each channel of each image a number drawn from +- that channel's element of ``range``.

    Input: ``inputChannels`` x height x width or a batch of these.
    """

    def __init__(self, inputChannels: int, range: Tensor):
        Module.__init__(self)
        self.train = True
        self.inputChannels = inputChannels
        if inputChannels != range.numel():
            raise TorchError(
                f"Number of input channels and number of range values don't match: {inputChannels} and {range.numel()}"
            )
        self.range = range

    def _draw(self, input):
        noise = self.noise.resize_(input.shape[:-2])
        drawn = torch.empty(noise.t().shape if noise.dim() == 2 else (len(noise), 1), dtype=noise.dtype)
        for channel, bound in zip(drawn, self.range.tolist(), strict=True):
            random.default().fill_uniform(channel, -bound, bound)
        return noise.copy_(drawn.t().reshape(noise.shape))

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self._set(noise=None)
        return Module.type(self, type, tensorCache)

    def __tostring__(self) -> str:
        return "SimpleColorTransform"


@register("nn.PCAColorTransform")
class PCAColorTransform(_ColourNoise):
    """In training, add to each image the colours ``eigenVectors``, each times its element of ``eigenValues`` and a
    normal number of standard deviation ``std`` (0.1).

    ``eigenVectors`` is ``inputChannels`` x ``inputChannels``. Input: ``inputChannels`` x height x width or a batch of
    these.
    """

    alphas = None

    def __init__(self, inputChannels: int, eigenVectors: Tensor, eigenValues: Tensor, std: float | None = None):
        Module.__init__(self)
        self.train = True
        self.inputChannels = inputChannels
        if eigenVectors.shape != (inputChannels, inputChannels):
            raise TorchError(f"eigen vectors: {inputChannels} x {inputChannels} expected, got {sizes(eigenVectors)}")
        if eigenValues.numel() != inputChannels:
            raise TorchError(f"{inputChannels} input channels, but {eigenValues.numel()} eigen values")
        self.eigenVectors, self.eigenValues = eigenVectors, eigenValues
        self.std = 0.1 if std is None else std

    def _draw(self, input):
        if self.alphas is None:
            self.alphas = utils.empty_like_type(input)
        alphas = self.alphas.resize_(self.inputChannels, len(input) if input.dim() == 4 else 1)
        random.default().fill_normal(alphas, 0, self.std)
        alphas.mul_(self.eigenValues.view(-1, 1))
        self.noise.set_(torch.mm(self.eigenVectors, alphas).t().contiguous())
        return self.noise if input.dim() == 4 else self.noise[0]

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self._set(noise=None, alphas=None)
        return Module.type(self, type, tensorCache)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__} channels: {self.inputChannels}, std: {self.std:f}"


@register("nn.SpatialFeatNormalization")
class SpatialFeatNormalization(Module):
    """Subtract from each plane its element of ``mean`` and divide it by its element of ``std`` (1 unless given).

    Input: planes x height x width or a batch of these.
    """

    def __init__(self, mean: Tensor, std: Tensor | None = None):
        Module.__init__(self)
        if mean.dim() != 1:
            raise TorchError("<SpatialFeatNormalization> Mean/Std should be 1D.")
        self.mean = utils.default_tensor(len(mean)).copy_(mean)
        self.std = utils.default_tensor(len(mean)).fill_(1)
        if std is not None:
            self.std.copy_(std)
        self.noOfFeats = len(mean)

    def updateOutput(self, input):
        _check_images(input, self.noOfFeats, "SpatialFeatNormalization")
        output = torch.sub(input, self.mean.view(-1, 1, 1), out=fit(self.output, input))
        return output.div_(self.std.view(-1, 1, 1))

    def updateGradInput(self, input, gradOutput):
        _check_images(gradOutput, self.noOfFeats, "SpatialFeatNormalization")
        return torch.div(gradOutput, self.std.view(-1, 1, 1), out=fit(self.gradInput, gradOutput))
