"""LookupTable: learnt vectors for numbered things, such as words."""

from __future__ import annotations

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from . import utils
from .module import Module


@register("nn.LookupTable")
class LookupTable(Module):
    """Rows of ``weight`` (nIndex x nOutput) for a vector or matrix of indices from 1.

    Output: the sizes of the input, then nOutput. The index ``paddingValue`` gets no gradient. With ``maxNorm`` the
    rows that are used are first shortened to that norm (``normType``, 2 unless given).
    """

    _version = 4
    paddingValue = 0
    maxNorm = normType = shouldScaleGradByFreq = None

    def __init__(self, nIndex, nOutput, paddingValue=None, maxNorm=None, normType=None):
        Module.__init__(self)
        self.weight = utils.default_tensor(nIndex, nOutput)
        self.gradWeight = utils.default_tensor(nIndex, nOutput).zero_()
        self.paddingValue = 0 if paddingValue is None else paddingValue
        self._set(maxNorm=maxNorm, normType=normType)
        self.reset()

    def accUpdateOnly(self) -> LookupTable:
        """Do without ``gradWeight``: only ``accUpdateGradParameters`` can train it then. Returns itself."""
        self._set(gradWeight=None)
        return self

    def setPadding(self, paddingValue: int) -> LookupTable:
        self.paddingValue = paddingValue
        return self

    def setMaxNorm(self, maxNorm: float | None) -> LookupTable:
        self._set(maxNorm=maxNorm)
        return self

    def setNormType(self, normType: float | None) -> LookupTable:
        self._set(normType=normType)
        return self

    def scaleGradByFreq(self) -> LookupTable:
        """Divide the gradient of a row by how often it was used. Returns itself."""
        self.shouldScaleGradByFreq = True
        return self

    def reset(self, stdv: float | None = None) -> None:
        random.default().fill_normal(self.weight, 0, 1 if stdv is None else stdv)

    def updateOutput(self, input):
        rows = self._rows(input)
        if self.maxNorm:
            self._renormalize(rows.unique())
        output = self.output
        shape = (*input.shape, self.weight.shape[1])
        if output.shape != shape:
            output.resize_(shape)
        torch.index_select(self.weight, 0, rows, out=output.view(rows.shape[0], -1))
        return output

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None or self.gradInput.dtype is not input.dtype:
            self.gradInput = utils.empty_like_type(input)
        if self.gradInput.shape != input.shape:
            self.gradInput.resize_(input.shape).zero_()
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        rows = self._rows(input)
        gradient = gradOutput.reshape(rows.shape[0], -1)
        if self.shouldScaleGradByFreq:
            _, places, counts = rows.unique(return_inverse=True, return_counts=True)
            gradient = gradient / counts[places].unsqueeze(1)
        if self.paddingValue and bool((rows == self.paddingValue - 1).any()):
            kept = rows != self.paddingValue - 1
            rows, gradient = rows[kept], gradient[kept]
        self.gradWeight.index_add_(0, rows, gradient, alpha=1 if scale is None else scale)

    def _rows(self, input) -> torch.Tensor:
        """The rows of ``weight`` that are asked for, from 0."""
        if input.dim() > 2:
            raise TorchError("input must be a vector or matrix")
        rows = input.reshape(-1).long() - 1
        lowest, highest = rows.aminmax()
        if lowest < 0 or highest >= self.weight.shape[0]:
            raise TorchError(f"index out of range: indices must be from 1 to {self.weight.shape[0]}")
        return rows

    def _renormalize(self, rows: torch.Tensor) -> None:
        used = self.weight[rows]
        norms = used.norm(2 if self.normType is None else self.normType, 1, keepdim=True)
        self.weight[rows] = torch.where(norms > self.maxNorm, used * (self.maxNorm / (norms + 1e-7)), used)

    def sharedAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        # shared parameters add up their steps by themselves
        self.defaultAccUpdateGradParameters(input, gradOutput, lr)

    def clearState(self) -> LookupTable:
        utils.clear(self, "_count", "_input")
        return Module.clearState(self)
