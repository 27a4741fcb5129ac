"""CategoricalEntropy: keeps a batch of predictions from all being the same."""

from __future__ import annotations

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.nn import AddConstant, CMulTable, ConcatTable, Identity, Log, Module, MulConstant, Sequential, Sum
from torch7py.nn._check import sizes
from torch7py.nn._kernels import fit
from torch7py.nn.utils import default_tensor
from torch7py.table import Table


@register("nn.CategoricalEntropy")
class CategoricalEntropy(Module):
    """Passes a batch of categorical probabilities on; adds to the gradient what raises the entropy
    ``H = -sum(p * log(p))`` of their mean, times ``scale`` (1).

    With ``minEntropy`` only while the entropy is below that. ``entropy`` holds the last one.
    """

    minEntropy = None

    def __init__(self, scale: float | None = None, minEntropy: float | None = None):
        Module.__init__(self)
        self.scale = 1 if scale is None else scale
        self._set(minEntropy=minEntropy)
        self._mul = MulConstant(1)  # makes the batch's sum a distribution
        logarithm = Sequential().add(AddConstant(0.000001)).add(Log())
        self.module = Sequential().add(Sum(1)).add(self._mul)
        self.module.add(ConcatTable().add(Identity()).add(logarithm)).add(CMulTable())
        self.module.add(Sum()).add(MulConstant(-1))
        self.modules = Table([self.module])
        self.minusOne = default_tensor(1).fill_(-self.scale)  # descent on this gradient is ascent on the entropy
        self.sizeAverage = True

    def updateOutput(self, input):
        self._check(input)
        return self.output.set_(input)

    def updateGradInput(self, input, gradOutput):
        self._check(input)
        gradInput = fit(self.gradInput, input).copy_(gradOutput)
        self._mul.constant_scalar = 1 / input.sum().item()
        self.entropy = self.module.updateOutput(input)[0].item()
        if self.minEntropy is None or self.entropy < self.minEntropy:
            gradient = self.module.updateGradInput(input, self.minusOne)
            gradInput.add_(gradient, alpha=1 / len(input) if self.sizeAverage else 1)
        return gradInput

    @staticmethod
    def _check(input) -> None:
        if input.dim() != 2:
            raise TorchError(f"CategoricalEntropy only works with batches, got input {sizes(input)}")
