"""IndexLinear: Linear for batches of keys and values, with few keys out of very many."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from ..table import Table
from . import utils
from ._check import need_tensor
from .module import Module

Tensor = torch.Tensor


def rounds(keys: Tensor) -> Iterator[Tensor]:
    """Places of the first occurrence of every key, then of the second ones, and so on.

    What must be done entry by entry, as later entries of a key build on what earlier ones left, can so be done a
    round at a time: no key comes twice in a round.
    """
    order = keys.argsort(stable=True)
    _, counts = keys[order].unique_consecutive(return_counts=True)
    starts = counts.cumsum(0) - counts
    number = torch.arange(len(keys), device=keys.device) - starts.repeat_interleave(counts)
    for place in range(int(counts.max()) if len(keys) else 0):
        yield order[number == place]


@register("nn.IndexLinear")
class IndexLinear(Module):
    """``y = W x + b``, where ``x`` is given as keys (places, from 1) and the values there.

    Input: ``{keys, values}``, both 1-D tensors, or as a batch both Tables of them; or ``{keys, values, sizes}``, where
    a batch lies in one piece and ``sizes`` says how many keys each sample has. ``weight`` is inputSize x outputSize.

    Gradients are kept sparsely in the Table ``running``, one entry for each ``accGradParameters``, until
    ``zeroGradParameters``; only ``updateParameters`` and ``accUpdateGradParameters`` apply them. ``weightDecay`` acts
    on the keys of an update.

    With ``normalize`` each value is divided by the greatest absolute value that its key has had in training, and a
    learnt number for the key is added; ``weight`` has 4 more columns at its left for these: the greatest value, its
    inverse, a factor for the step size, and the number added.

    ``keysOffset`` - 1 is added to the keys. ``weight`` and ``bias`` may be given, to be shared.
    """

    def __init__(
        self, inputSize, outputSize, doGradInput=None, keysOffset=None, weight=None, bias=None, normalize=None
    ):
        Module.__init__(self)
        self.normalize = 4 if normalize else 0
        self.weight = utils.default_tensor(inputSize, outputSize + self.normalize).zero_() if weight is None else weight
        self.bias = utils.default_tensor(outputSize).zero_() if bias is None else bias
        self.inputSize, self.outputSize = self.weight.shape[0], self.weight.shape[1] - self.normalize
        self.gradWeight = utils.default_tensor()
        self.gradBias = utils.default_tensor(self.outputSize).zero_()
        self.normalizedValues = utils.default_tensor()
        self.gradWeightBuffer, self.valuesBuffer = utils.default_tensor(), utils.default_tensor()  # the original's
        self.sizesCache, self.cumSumSizesCache = Table(), Table()  # own, without which it could not use our files
        self.running = Table(cumSumSizes=Table(), keys=Table(), gradWeight=Table(), counter=1)
        self.weightDecay = 0
        self.doGradInput = bool(doGradInput)
        self.offset = -1 if keysOffset is None else keysOffset - 1

    def reset(self, stdv: float | None = None) -> None:
        """Draw the weight uniformly, by default from +-1/sqrt(outputSize), and a bias next to 0."""
        bound = 1 / math.sqrt(self.weight.shape[1]) if stdv is None else stdv * math.sqrt(3)
        random.default().fill_uniform(self.weight, -bound, bound)
        random.default().fill_uniform(self.bias, -bound, bound)
        self.bias.mul_(0.000001)
        self.weight[:, : self.normalize] = 0

    # --- input

    def reshapeInput(self, input: Table) -> tuple:
        """Keys, values (tensors, or Tables of tensors), and the sizes if they were given."""
        if not isinstance(input, Table) or len(input) not in (2, 3):
            raise TorchError("expected a table of keys and values, and maybe sizes")
        keys, values, sizes = input[1], input[2], input[3]
        tensors = isinstance(keys, Tensor) and isinstance(values, Tensor)
        self.isFlat = sizes is not None
        self.noBatch = tensors and not self.isFlat
        if self.isFlat:
            if keys.numel() != values.numel():
                raise TorchError("Keys and values should be of same size")
            if keys.dim() != 1:
                raise TorchError("Keys and values should be 1D")
            sizes = sizes if isinstance(sizes, Tensor) else torch.tensor([sizes])
            return keys, values, sizes
        if tensors:
            keys, values = Table([keys]), Table([values])
        elif not (isinstance(keys, Table) and isinstance(values, Table)):
            raise TorchError("Wrong input format.")
        if any(tensor.dim() != 1 for tensor in (*keys, *values)):
            raise TorchError("keys and values should be 1D")
        return keys, values, None

    def flattenInputs(self, input: Table) -> None:
        """Take over the input as the fields ``keys``, ``values``, ``sizes`` and ``cumSumSizes``."""
        keys, values, sizes = self.reshapeInput(input)
        if not self.isFlat:
            sizes = torch.tensor([len(part) for part in keys])
            keys, values = torch.cat(keys.list()), torch.cat(values.list())
        need_tensor(values, self.weight, "values")
        if keys.numel() != values.numel() or int(sizes.sum()) != keys.numel():
            raise TorchError("Keys and values should have the same number of elements")
        self.keys, self.values, self.sizes = keys.long(), values, sizes.long()
        self.cumSumSizes = self.sizes.cumsum(0)
        self.running["keys"][self.running.counter] = self.keys
        self.running.cumSumSizes[self.running.counter] = self.cumSumSizes

    def _rows(self, keys: Tensor) -> Tensor:
        """The rows of the weight for these keys."""
        rows = keys.long() + self.offset
        if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < self.weight.shape[0]:
            last = self.weight.shape[0] - 1
            raise TorchError(f"key out of range: keys must be from {-self.offset} to {last - self.offset}")
        return rows

    def _samples(self) -> Tensor:
        """For each key the number of its sample, from 0."""
        samples = torch.arange(len(self.sizes), device=self.sizes.device)
        return samples.repeat_interleave(self.sizes).to(self.keys.device)

    # --- forward and backward

    def updateOutput(self, input):
        self.flattenInputs(input)
        rows = self._rows(self.keys)
        values = self._normalized(rows) if self.normalize else self.values
        weight = self.weight[rows, self.normalize :]
        output = self.output.resize_(len(self.sizes), self.outputSize).copy_(self.bias)
        output.index_add_(0, self._samples(), weight.mul_(values.unsqueeze(1)))
        return output.resize_(self.outputSize) if self.noBatch else output

    def _normalized(self, rows: Tensor) -> Tensor:
        """The values by the greatest absolute values so far, plus the learnt numbers; learns the former in training."""
        weight, values = self.weight, self.values
        result = self.normalizedValues.resize_(values.shape)
        for places in rounds(rows):
            some, value = rows[places], values[places]
            size = value.abs()
            if self.train:
                greater = size > weight[some, 0]
                weight[some[greater], 0] = size[greater]
                weight[some[greater], 1] = 1 / size[greater]
                weight[some, 2] = 1
            scaled = torch.where(size > weight[some, 0], value.sign(), value * weight[some, 1])
            result[places] = scaled + weight[some, 3]
        return result

    def updateGradInput(self, input, gradOutput):
        self.gradInput = Table()
        if not self.doGradInput:
            if self.noBatch:
                raise TorchError("the input gradient of a single sample needs doGradInput")
            return self.gradInput
        if self.normalize:
            raise TorchError("updateGradInput is not implemented in max-normalize mode")
        gradients = gradOutput.reshape(-1, self.outputSize) @ self.weight.t()
        keys = torch.arange(1, self.inputSize + 1, device=gradients.device)
        if self.isFlat:
            keys = keys.repeat(len(gradients), 1)
        elif self.noBatch:
            gradients = gradients.view(-1)
        else:
            keys = Table(keys.clone() for _ in gradients)
            gradients = Table(gradient.clone() for gradient in gradients)
        self.gradInput = Table([keys, gradients])
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        by_bias, by_keys = self._gradients(gradOutput, 1 if scale is None else scale)
        self.gradBias.add_(by_bias)
        counter = self.running.counter
        self.running.gradWeight[counter] = by_keys
        self.running.counter = counter + 1

    def _gradients(self, gradOutput: Tensor, scale: float) -> tuple[Tensor, Tensor]:
        """``scale`` times the gradients by the bias, and by the row of ``weight`` of each key of the input."""
        gradients = gradOutput.reshape(-1, self.outputSize) * scale
        by_key = gradients[self._samples()]
        by_weight = by_key * self._effective_values().unsqueeze(1)
        return gradients.sum(0), torch.cat([by_key, by_weight], 1) if self.normalize else by_weight

    def _effective_values(self) -> Tensor:
        return self.normalizedValues if self.normalize else self.values

    def parameters(self) -> tuple[Table, Table]:
        return Table([self.weight, self.bias]), Table([self.running, self.gradBias])

    def zeroGradParameters(self) -> None:
        self.gradBias.zero_()
        self.running.counter = 1

    # --- steps

    # With one output the original decays in its own way: together with the step, and with `normalize` upwards.

    def updateParameters(self, learningRate) -> None:
        if learningRate is None:
            raise TorchError("You must specify a learning rate")
        count = self.running.counter - 1
        if count == 0:
            return
        self.updateKeys = torch.cat([self.running["keys"][i] for i in range(1, count + 1)])
        self.gradWeight = torch.cat([self.running.gradWeight[i] for i in range(1, count + 1)])
        self.bias.sub_(self.gradBias, alpha=learningRate)
        self._descend(self.updateKeys, self.gradWeight, learningRate)

    def accUpdateGradParameters(self, input, gradOutput, lr) -> None:
        lr = 1 if lr is None else lr
        by_bias, by_keys = self._gradients(gradOutput, lr)
        self.bias.sub_(by_bias)
        self._descend(self.keys, by_keys, 1)
        if self.normalize and self.outputSize == 1:
            self.weight[self._rows(self.keys), 2] = 0

    def _descend(self, keys: Tensor, gradients: Tensor, rate: float) -> None:
        """Steps of the weight's rows for ``keys`` against their gradients: [keys x outputs], with ``normalize`` behind
        those by the values.
        """
        rows, decay = self._rows(keys), self.weightDecay or 0
        if not self.normalize and not decay:
            self.weight.index_add_(0, rows, gradients, alpha=-rate)
            return
        single = self.outputSize == 1
        for places in rounds(rows):
            some, gradient = rows[places], gradients[places] * rate
            weight, factor = self.weight[some, self.normalize :], 1
            if self.normalize:
                factor = self.weight[some, 2].unsqueeze(1)
                by_value, gradient = gradient.split(self.outputSize, 1)
                self.weight[some, 3] -= (weight * by_value * factor).sum(1)
                gradient = gradient * factor
            sign = -1 if single and self.normalize else 1
            self.weight[some, self.normalize :] = weight - sign * decay * factor * weight - gradient

    def clearState(self) -> IndexLinear:
        self.running["keys"], self.running["gradWeight"] = Table(), Table()
        self._set(keys=None, values=None, sizes=None, updateKeys=None)
        return Module.clearState(self)
