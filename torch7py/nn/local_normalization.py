"""Normalisation of images by their surroundings: neighbouring planes, or neighbouring pixels."""

from __future__ import annotations

import math

import torch

from ..classes import register
from ..errors import TorchError
from ..table import Table
from . import tables, utils
from ._check import need_dims, need_sizes
from ._kernels import fit
from .convolution import SpatialConvolution
from .maps import SpatialConvolutionMap
from .module import Module
from .padding import SpatialZeroPadding
from .pointwise import Sqrt, Square
from .sequential import Sequential
from .slices import Replicate
from .tabular import CDivTable, CSubTable
from .transfer import Threshold

Tensor = torch.Tensor


@register("nn.SpatialCrossMapLRN")
class SpatialCrossMapLRN(Module):
    """Divides each element by ``(k + alpha / size * s) ^ beta``, where s is the sum of squares at its pixel over the
    ``size`` planes around its own. Krizhevsky et al., 2012.

    ``size`` is odd; alpha is 0.0001, beta 0.75 and k 1 unless given. Input: planes x height x width or a batch.
    ``scale`` holds what is in the brackets.
    """

    def __init__(self, size, alpha=None, beta=None, k=None):
        Module.__init__(self)
        self.size = size
        self.alpha = 0.0001 if alpha is None else alpha
        self.beta = 0.75 if beta is None else beta
        self.k = 1 if k is None else k

    def updateOutput(self, input):
        need_dims(input, self.output, 3, 4)
        if self.size % 2 != 1:
            raise TorchError(f"size must be odd, got {self.size}")
        self.scale = self._around(input.square()).mul_(self.alpha / self.size).add_(self.k)
        return torch.mul(self.scale.pow(-self.beta), input, out=fit(self.output, input))

    def updateGradInput(self, input, gradOutput):
        need_sizes(gradOutput, input.shape)
        gradInput = torch.mul(self.scale.pow(-self.beta), gradOutput, out=fit(self.gradInput, input))
        ratios = self._around(gradOutput.mul(self.output).div_(self.scale))
        return gradInput.addcmul_(input, ratios, value=-2 * self.alpha * self.beta / self.size)

    def _around(self, planes: Tensor) -> Tensor:
        """For each plane the sum of the ``size`` planes around it."""
        result, count = planes.clone(), planes.shape[-3]
        for distance in range(1, min(self.size // 2 + 1, count)):
            rest = count - distance
            result.narrow(-3, 0, rest).add_(planes.narrow(-3, distance, rest))
            result.narrow(-3, distance, rest).add_(planes.narrow(-3, 0, rest))
        return result

    def clearState(self) -> SpatialCrossMapLRN:
        utils.clear(self, "scale", "paddedRatio", "accumRatio")
        return Module.clearState(self)


class _Neighbours(Module):
    """What the normalisations by neighbouring pixels share.

    ``kernel`` weighs the neighbours: its sizes are odd, and a vector counts along both axes (9 x 9 ones unless given).
    It is scaled in place. Input: nInputPlane (1) x height x width or a batch of these.
    """

    def _set_up(self, nInputPlane: int | None, kernel: Tensor | None) -> None:
        Module.__init__(self)
        self.nInputPlane = 1 if nInputPlane is None else nInputPlane
        self.kernel = utils.default_tensor(9, 9).fill_(1) if kernel is None else kernel
        name = type(self).__name__
        if self.kernel.dim() not in (1, 2):
            raise TorchError(f"<{name}> averaging kernel must be 2D or 1D")
        if any(size % 2 == 0 for size in self.kernel.shape):
            raise TorchError(f"<{name}> averaging kernel must have ODD dimensions")

    def _estimator(self, *first: Module) -> Sequential:
        """The modules ``first``, and then what gives each pixel the sum over its neighbours in all planes, weighed by
        the kernel; the same for each plane.
        """
        height, width = self.kernel.shape[0], self.kernel.shape[-1]
        network = Sequential()
        for module in first:
            network.add(module)
        network.add(SpatialZeroPadding(width // 2, width // 2, height // 2, height // 2))
        if self.kernel.dim() == 2:
            layers = [SpatialConvolution(self.nInputPlane, 1, width, height)]
        else:
            layers = [
                SpatialConvolutionMap(tables.oneToOne(self.nInputPlane), width, 1),
                SpatialConvolution(self.nInputPlane, 1, 1, height),
            ]
        for layer in layers:
            layer.weight.copy_(self.kernel.reshape(layer.kH, layer.kW))
            layer.bias.zero_()
            network.add(layer)
        return network.add(Replicate(self.nInputPlane, 1, 3))

    def _coefficients(self, input: Tensor) -> Tensor:
        """The estimated mean of ones at each pixel: less at the edges, where neighbours are missing."""
        need_dims(input, self.output, 3, 4)
        shape = (*input.shape[:-2], 1, *input.shape[-2:])  # as the estimators give it
        if self.coef.shape != shape:
            ones = torch.ones_like(input[0] if input.dim() == 4 else input)
            self.coef = self.meanestimator.updateOutput(ones).clone().expand(shape)
        return self.coef

    def clearState(self) -> _Neighbours:
        utils.clear(self, "coef")
        self.meanestimator.clearState()
        return Module.clearState(self)


@register("nn.SpatialSubtractiveNormalization")
class SpatialSubtractiveNormalization(_Neighbours):
    """Subtracts from each pixel the weighed mean of its neighbours in all planes. Jarrett et al., 2009.

    ``kernel`` gives the weights: its sizes are odd, and a vector counts along both axes (9 x 9 ones unless given). It
    is scaled in place. Input: nInputPlane (1) x height x width or a batch of these.
    """

    def __init__(self, nInputPlane: int | None = None, kernel: Tensor | None = None):
        self._set_up(nInputPlane, kernel)
        self.kernel.div_(self.kernel.sum() * self.nInputPlane)
        self.meanestimator = self._estimator()
        self.coef = utils.default_tensor()
        self.subtractor, self.divider = CSubTable(), CDivTable()

    def updateOutput(self, input):
        coefficients = self._coefficients(input)
        self.localsums = self.meanestimator.updateOutput(input)
        self.adjustedsums = self.divider.updateOutput(Table([self.localsums, coefficients]))
        self.output = self.subtractor.updateOutput(Table([input, self.adjustedsums]))
        return self.output

    def updateGradInput(self, input, gradOutput):
        direct, adjusted = self.subtractor.updateGradInput(Table([input, self.adjustedsums]), gradOutput)
        sums, _ = self.divider.updateGradInput(Table([self.localsums, self.coef]), adjusted)
        return torch.add(direct, self.meanestimator.updateGradInput(input, sums), out=fit(self.gradInput, input))


@register("nn.SpatialDivisiveNormalization")
class SpatialDivisiveNormalization(_Neighbours):
    """Divides each pixel by the weighed standard deviation of its neighbours in all planes (their mean taken for 0), or
    by ``thresval`` where that is not above ``threshold`` (both 0.0001). Jarrett et al., 2009.

    ``kernel`` and input as for SpatialSubtractiveNormalization.
    """

    def __init__(self, nInputPlane=None, kernel: Tensor | None = None, threshold=None, thresval=None):
        self._set_up(nInputPlane, kernel)
        self.threshold, self.thresval = _thresholds(threshold, thresval)
        planes = self.nInputPlane if self.kernel.dim() == 2 else math.sqrt(self.nInputPlane)
        self.kernel.div_(self.kernel.sum() * planes)
        self.meanestimator = self._estimator()
        self.coef = utils.default_tensor()
        self.stdestimator = self._estimator(Square()).add(Sqrt())
        self.normalizer, self.divider = CDivTable(), CDivTable()
        self.thresholder = Threshold(self.threshold, self.thresval)

    def updateOutput(self, input):
        self.localstds = self.stdestimator.updateOutput(input)
        self.adjustedstds = self.divider.updateOutput(Table([self.localstds, self._coefficients(input)]))
        self.thresholdedstds = self.thresholder.updateOutput(self.adjustedstds)
        self.output = self.normalizer.updateOutput(Table([input, self.thresholdedstds]))
        return self.output

    def updateGradInput(self, input, gradOutput):
        direct, thresholded = self.normalizer.updateGradInput(Table([input, self.thresholdedstds]), gradOutput)
        adjusted = self.thresholder.updateGradInput(self.adjustedstds, thresholded)
        stds, _ = self.divider.updateGradInput(Table([self.localstds, self.coef]), adjusted)
        return torch.add(direct, self.stdestimator.updateGradInput(input, stds), out=fit(self.gradInput, input))

    def clearState(self) -> SpatialDivisiveNormalization:
        self.stdestimator.clearState()
        return _Neighbours.clearState(self)


@register("nn.SpatialContrastiveNormalization")
class SpatialContrastiveNormalization(_Neighbours):
    """SpatialSubtractiveNormalization, then SpatialDivisiveNormalization, which take the same arguments."""

    def __init__(self, nInputPlane=None, kernel: Tensor | None = None, threshold=None, thresval=None):
        self._set_up(nInputPlane, kernel)
        self.threshold, self.thresval = _thresholds(threshold, thresval)
        self.normalizer = (
            Sequential()
            .add(SpatialSubtractiveNormalization(self.nInputPlane, self.kernel))
            .add(SpatialDivisiveNormalization(self.nInputPlane, self.kernel, self.threshold, self.thresval))
        )

    def updateOutput(self, input):
        self.output = self.normalizer.forward(input)
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.gradInput = self.normalizer.backward(input, gradOutput)
        return self.gradInput

    def clearState(self) -> SpatialContrastiveNormalization:
        self.normalizer.clearState()
        return Module.clearState(self)


def _thresholds(threshold: float | None, thresval: float | None) -> tuple[float, float]:
    threshold = 1e-4 if threshold is None else threshold
    return threshold, threshold if thresval is None else thresval
