"""SparseLinear: Linear for inputs of which few elements are not 0."""

from __future__ import annotations

import math

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from ..table import Table
from . import utils
from ._check import need_tensor
from .module import Module

Tensor = torch.Tensor
# `sparseUpdate`: how often gradients were added up since they were zeroed; after one time, whatever is not in
# `lastInput` has none.
NEVER, ONCE, OFTEN = 0, 1, 2


@register("nn.SparseLinear")
class SparseLinear(Module):
    """``y = W x + b``, where ``x`` is a list of pairs: the place from 1, and the element there.

    The input is a tensor of pairs (n x 2), a Table of such tensors as a batch, or a tensor batch x n x 2. As gradInput
    there is an empty Table, or with ``doGradInput`` all elements as such pairs. Steps and zeroing touch only what the
    last input touched. ``weightDecay`` times the weight is added to its gradient each time.
    """

    lastInput = formatted_input = legacyMode = None
    weightDecay, doGradInput, sparseUpdate = 0, False, NEVER  # for files of older versions

    def __init__(self, inputSize: int, outputSize: int, doGradInput: bool | None = None):
        Module.__init__(self)
        self.weightDecay = 0
        self.doGradInput = False if doGradInput is None else doGradInput
        if not isinstance(self.doGradInput, bool):
            raise TorchError("doGradInput must be a boolean")
        self.weight = utils.default_tensor(outputSize, inputSize)
        self.bias = utils.default_tensor(outputSize)
        self.gradWeight = utils.default_tensor(outputSize, inputSize).zero_()
        self.gradBias = utils.default_tensor(outputSize).zero_()
        self.sparseUpdate = NEVER
        self.gradInput = Table()
        self.output.resize_(outputSize)
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw the weight uniformly, by default from +-1/sqrt(inputSize), and a bias next to 0."""
        bound = 1 / math.sqrt(self.weight.shape[1]) if stdv is None else stdv * math.sqrt(3)
        random.default().fill_uniform(self.weight, -bound, bound)
        random.default().fill_uniform(self.bias, -bound, bound)
        self.bias.mul_(0.000001)

    def updateOutput(self, input):
        if self.sparseUpdate == ONCE:
            self.sparseUpdate = OFTEN
        self.legacyMode = isinstance(input, Tensor) and input.dim() == 3
        samples = self._samples(input)
        if not samples:
            return self.output.resize_(self.bias.shape).copy_(self.bias)
        self.formatted_input = self._formatted(samples)
        rows, columns, values = self._entries(self.formatted_input)
        self.output.resize_(len(samples), len(self.bias)).copy_(self.bias)
        self.output.index_add_(0, rows, self.weight.t()[columns] * values.unsqueeze(1))
        if isinstance(input, Tensor) and input.dim() == 2:
            self.output = self.output[0]
        return self.output

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = 1 if scale is None else scale
        if self.formatted_input is None:
            raise TorchError("there was no input with any samples")
        if self.sparseUpdate == NEVER:
            self.lastInput = self.formatted_input.clone()
        self.sparseUpdate = ONCE if self.sparseUpdate == NEVER else OFTEN
        rows, columns, values = self._entries(self.formatted_input)
        gradOutput = gradOutput.reshape(-1, len(self.bias))
        self.gradWeight.t().index_add_(0, columns, gradOutput[rows] * values.unsqueeze(1), alpha=scale)
        self.gradBias.add_(gradOutput.sum(0), alpha=scale)
        if self.weightDecay:
            self.gradWeight.add_(self.weight, alpha=self.weightDecay)

    def updateGradInput(self, input, gradOutput):
        self.gradInput = Table()
        if self.doGradInput:
            samples = gradOutput.reshape(-1, len(self.bias)) @ self.weight
            places = torch.arange(1, samples.shape[1] + 1).to(samples)
            pairs = torch.stack([places.expand_as(samples), samples], 2)
            self.gradInput = pairs if self.legacyMode else Table(pair.clone() for pair in pairs)
        elif self.legacyMode:
            self.gradInput = gradOutput.new_zeros(input.shape)
        return self.gradInput

    def updateParameters(self, learningRate) -> None:
        if self.lastInput is None or self.sparseUpdate != ONCE:
            Module.updateParameters(self, learningRate)
            return
        columns = self._entries(self.lastInput)[1].unique()
        if len(columns) > 0:
            self.bias.sub_(self.gradBias, alpha=learningRate)
            self.weight[:, columns] -= learningRate * self.gradWeight[:, columns]

    def zeroGradParameters(self) -> None:
        if self.lastInput is None or self.sparseUpdate != ONCE:
            Module.zeroGradParameters(self)
        else:
            self.gradBias.zero_()
            self.gradWeight[:, self._entries(self.lastInput)[1]] = 0
        self.sparseUpdate = NEVER

    def clearState(self) -> SparseLinear:
        self._set(lastInput=None, formatted_input=None)
        return Module.clearState(self)

    def _samples(self, input) -> list[Tensor]:
        """The samples of a batch, each with a row for every pair."""
        samples = input.list() if isinstance(input, Table) else [input] if input.dim() == 2 else list(input)
        for sample in samples:
            need_tensor(sample, self.weight)
            if sample.dim() != 2 or sample.shape[1] != 2:
                raise TorchError("input must be nnz x 2, a table of such tensors, or batchsize x nnz x 2")
        return samples

    @staticmethod
    def _formatted(samples: list[Tensor]) -> Tensor:
        """All pairs, and before each the number of its sample: [pairs x 3]."""
        counts = torch.tensor([len(sample) for sample in samples], device=samples[0].device)
        numbers = torch.arange(1, len(samples) + 1, device=counts.device).repeat_interleave(counts)
        pairs = torch.cat(samples)
        return torch.cat([numbers.to(pairs).unsqueeze(1), pairs], 1)

    def _entries(self, formatted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Sample (from 0), place (from 0) and value of what is not 0."""
        formatted = formatted[formatted[:, 2] != 0]
        rows, columns = formatted[:, 0].long() - 1, formatted[:, 1].long() - 1
        inputs = self.weight.shape[1]
        outside = (columns < 0) | (columns >= inputs)
        if outside.any():
            raise TorchError(f"index out of bound: {columns[outside][0].item() + 1} not between 1 and {inputs}")
        return rows, columns, formatted[:, 2]
